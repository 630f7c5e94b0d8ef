//! Cohere's API: chat in both versions, generation, embeddings.

mod answer;
mod embed;
mod old;
mod request;
mod shapes;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::flow::{self, Flow};
use crate::native::{Native, Reply, Visit};
use crate::refusal::Refusal;
use crate::reply::spoil;
use crate::service;
use crate::shape::{self, Names, Shape};
use crate::text;

pub(crate) static NATIVE: Native = Native { id: "cohere", serve, refuse };

/// In the form of a UUID.
fn identifier(seed: &str) -> String {
    let digits = format!("{:016x}{:016x}", text::hash(seed), text::hash(&format!("{seed}.")));
    let (a, b, c) = (&digits[..8], &digits[8..12], &digits[13..16]);
    format!("{a}-{b}-4{c}-8{}-{}", &digits[17..20], &digits[20..])
}

fn serve(visit: &mut Visit<'_>) -> Result<Reply, Refusal> {
    let peeked = visit.peek().unwrap_or_default();
    visit.obey(peeked.get("model").and_then(Value::as_str).unwrap_or_default())?;
    judge_key(visit)?;
    let (table, needs_model): (&Shape, bool) = match visit.path {
        "/v2/chat" => (&shapes::CHAT, true),
        "/v1/chat" => (&shapes::OLD_CHAT, false),
        "/v1/generate" => (&shapes::GENERATE, false),
        "/v2/embed" => (&shapes::EMBED, true),
        "/v1/embed" => (&shapes::OLD_EMBED, false),
        _ => return Err(Refusal::Path),
    };
    if visit.head.method != Method::POST {
        return Err(Refusal::Method);
    }
    let fields = service::parse(&visit.head.headers, visit.body)?;
    let body = judged(&fields, table, needs_model)?;
    let streams = body["stream"] == true;
    let faults = &*visit.faults;
    let (mut value, main) = match visit.path {
        "/v2/chat" => {
            request::judge(&body)?;
            if streams {
                return Ok(stream(answer::stream(&body, faults), visit));
            }
            (answer::whole(&body, faults), "message")
        }
        "/v1/chat" => {
            old::judge_chat(&body)?;
            if streams {
                return Ok(stream(old::chat_stream(&body, faults), visit));
            }
            (old::chat(&body, faults).0, "text")
        }
        "/v1/generate" => {
            old::judge_generate(&body)?;
            if streams {
                return Ok(stream(old::generate_stream(&body, faults), visit));
            }
            (old::generate(&body, faults).0, "generations")
        }
        path => (embed::answer(&body, path == "/v1/embed")?, "embeddings"),
    };
    spoil(&mut value, faults, main, &["usage", "meta"]);
    Ok(Reply::whole(StatusCode::OK, value))
}

fn stream(flow: Flow, visit: &Visit<'_>) -> Reply {
    // The first version calls its lines a stream of JSON.
    let kind = match flow.framing {
        flow::Framing::Lines => "application/stream+json",
        framing => framing.kind(),
    };
    Reply::stream(flow::write(flow, visit.faults), kind)
}

fn judged(fields: &Map<String, Value>, table: &Shape, needs_model: bool) -> Result<Value, Refusal> {
    let body = Value::Object(shape::read(fields, table, "", Names::Exact)?);
    match body["model"].as_str() {
        None | Some("") if needs_model => Err(Refusal::Missing { member: "model".to_owned() }),
        Some(model) if model.starts_with("missing") => Err(Refusal::Model(model.to_owned())),
        _ => Ok(body),
    }
}

fn judge_key(visit: &Visit<'_>) -> Result<(), Refusal> {
    match visit.header("authorization") {
        None if visit.core.options.keyless => Ok(()),
        None => Err(Refusal::KeyMissing),
        Some(value) => match value.strip_prefix("Bearer ") {
            Some(key) if visit.knows(key) => Ok(()),
            _ => Err(Refusal::KeyWrong(String::new())),
        },
    }
}

fn refuse(refusal: &Refusal) -> Reply {
    let (status, message) = words(refusal);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply::whole(status, json!({"id": identifier(&message), "message": message}))
}

fn words(refusal: &Refusal) -> (u16, String) {
    match refusal {
        Refusal::KeyMissing => (401, "no api key supplied".to_owned()),
        Refusal::KeyWrong(_) => (401, "invalid api token".to_owned()),
        Refusal::Denied { message, .. } => (403, message.clone()),
        Refusal::Path => (404, "404 page not found".to_owned()),
        Refusal::Method => (405, "method not allowed".to_owned()),
        Refusal::NotJson(why) => (400, format!("invalid request: valid JSON is required. {why}")),
        Refusal::TooLarge => (413, "request too large".to_owned()),
        Refusal::Encoding(coding) => (400, format!("content coding {coding} is not supported")),
        Refusal::Model(name) => (
            404,
            format!(
                "model '{name}' not found, make sure the correct model ID was used and that you have access to the model."
            ),
        ),
        Refusal::Fault(name) => (400, format!("no fault is called `{name}`")),
        Refusal::Asked(status) => (*status, asked(*status).to_owned()),
        Refusal::Unknown { member, .. } => {
            (422, format!("unknown field: parameter '{member}' is not a valid field"))
        }
        Refusal::Type { member, expected, .. } => {
            (422, format!("invalid type: parameter '{member}' must be {expected}"))
        }
        Refusal::Range { member, expected } => (400, format!("invalid request: {member} must be {expected}")),
        Refusal::Missing { member } => (400, format!("invalid request: {member} is required")),
        Refusal::Invalid { message, .. } => (400, message.clone()),
        Refusal::Unsupported { member, .. } => (400, format!("invalid request: {member} is not supported")),
        Refusal::ApiVersion => (400, "invalid request".to_owned()),
    }
}

const fn asked(status: u16) -> &'static str {
    match status {
        401 | 498 => "invalid api token",
        403 => "this operation is not allowed",
        404 => "model not found",
        429 => "You are past the per minute request limit, please wait and try again later.",
        499 => "request cancelled",
        503 => "the service is overloaded, please try again later",
        500..=599 => "internal server error, this has been reported to our developers.",
        _ => "invalid request",
    }
}
