//! Anthropic: messages whole and streamed, counting tokens, the list of models, the older completions.

mod blocks;
mod cache;
mod events;
mod family;
mod format;
mod legacy;
mod members;
mod messages;
mod models;
mod reading;
mod refusal;
mod request;
mod seal;
mod thinking;
mod tools;
mod turn;
mod version;
pub(crate) mod vertex;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::frames;
use crate::native::{Body, Native, Reply, Visit, entry};
use crate::provider::Provider;
use crate::refusal::Refusal;
use crate::render::EVENT_STREAM;
use crate::service;

pub(crate) use events::events;
pub(crate) use members::{is_name, judge_object};
pub(crate) use reading::{Tokens, thought_words, tokens};
pub(crate) use refusal::message as refusal_message;
pub(crate) use request::Order;
pub(crate) use request::{Host, invalid, is_beta, judge, judge_options};
pub(crate) use seal::{knows_redacted, knows_signature, redacted, signature};
pub(crate) use turn::{Turn, message};

pub(crate) static PROVIDER: Provider = entry("anthropic");

pub(crate) static NATIVE: Native = Native { id: "anthropic", serve, refuse: refusal::reply };

pub(crate) const REQUEST_ID: &str = "req_sim0000000000000000000001";

fn serve(visit: &mut Visit<'_>) -> Result<Reply, Refusal> {
    let peeked = visit.peek().unwrap_or_default();
    let model = peeked.get("model").and_then(Value::as_str).unwrap_or_default();
    visit.obey(model)?;
    judge_key(visit)?;
    let list = visit.path.strip_prefix("/v1/models");
    if let Some(rest) = list.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        expect_method(visit, &Method::GET)?;
        judge_version(visit)?;
        return models::answer(&visit.core.options.models, rest).map(whole);
    }
    let counts = visit.path == "/v1/messages/count_tokens";
    let completes = visit.path == "/v1/complete";
    if !counts && !completes && visit.path != "/v1/messages" {
        return Err(Refusal::Path);
    }
    expect_method(visit, &Method::POST)?;
    judge_version(visit)?;
    let betas = betas(visit)?;
    let body = service::parse(&visit.head.headers, visit.body)?;
    version::judge(visit.header("anthropic-version"), &body)?;
    if completes {
        return legacy::answer(&body, visit.faults);
    }
    let host = if counts { Host::Counting } else { Host::Direct };
    let order = request::judge(host, &body, model, &betas)?;
    if counts {
        return Ok(whole(json!({"input_tokens": reading::tokens(&body).total()})));
    }
    Ok(answer(&order, &body, visit))
}

fn answer(order: &Order, body: &Map<String, Value>, visit: &Visit<'_>) -> Reply {
    let turn = Turn::of(order, body, visit.faults);
    if body.get("stream").and_then(Value::as_bool) != Some(true) {
        let mut value = message(&turn);
        spoil(&mut value, visit);
        return whole(value);
    }
    let events = events(&turn, visit.faults);
    stream(frames::write(events, visit.faults, &refusal::in_stream()))
}

/// The faults of whole answers.
fn spoil(value: &mut Value, visit: &Visit<'_>) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    if visit.faults.has(Fault::NoChoices) {
        fields.remove("content");
    }
    if visit.faults.has(Fault::NullChoices) {
        fields.insert("content".to_owned(), Value::Null);
    }
    if visit.faults.has(Fault::NoUsage) {
        fields.remove("usage");
    }
}

fn headers() -> Vec<(&'static str, String)> {
    vec![
        ("request-id", REQUEST_ID.to_owned()),
        ("anthropic-organization-id", "00000000-0000-4000-8000-000000000000".to_owned()),
        ("anthropic-ratelimit-requests-remaining", "999".to_owned()),
        ("anthropic-ratelimit-tokens-remaining", "99000".to_owned()),
    ]
}

fn whole(value: Value) -> Reply {
    Reply { status: StatusCode::OK, headers: headers(), body: Body::Whole(value) }
}

fn stream(frames: frames::Frames) -> Reply {
    Reply { status: StatusCode::OK, headers: headers(), body: Body::Stream { kind: EVENT_STREAM, frames } }
}

fn expect_method(visit: &Visit<'_>, method: &Method) -> Result<(), Refusal> {
    if visit.head.method == *method { Ok(()) } else { Err(Refusal::Method) }
}

fn judge_key(visit: &Visit<'_>) -> Result<(), Refusal> {
    let bearer = visit.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    match visit.header("x-api-key").or(bearer) {
        None if visit.core.options.keyless => Ok(()),
        None => Err(Refusal::KeyMissing),
        Some(key) if visit.knows(key) => Ok(()),
        Some(key) => Err(Refusal::KeyWrong(key.to_owned())),
    }
}

fn judge_version(visit: &Visit<'_>) -> Result<(), Refusal> {
    let wrong = |message: String| Err(Refusal::Invalid { member: "anthropic-version".to_owned(), message });
    match visit.header("anthropic-version") {
        None => wrong("header is required".to_owned()),
        Some(version) if version::ALL.contains(&version) => Ok(()),
        Some(version) => wrong(format!("\"{version}\" is not a valid version")),
    }
}

/// The betas that the head asks for; each is a name that ends in a date.
fn betas(visit: &Visit<'_>) -> Result<Vec<String>, Refusal> {
    let values = visit.head.headers.get_all("anthropic-beta").iter().filter_map(|value| value.to_str().ok());
    let names: Vec<String> =
        values.flat_map(|value| value.split(',')).map(|name| name.trim().to_owned()).collect();
    match names.iter().find(|name| !request::is_beta(name)) {
        None => Ok(names),
        Some(name) => Err(Refusal::Invalid {
            member: String::new(),
            message: format!("Unexpected value(s) `{name}` for the `anthropic-beta` header."),
        }),
    }
}
