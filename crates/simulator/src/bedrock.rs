//! AWS Bedrock's runtime: Converse, invoking Claude and embedding models, counting tokens; whole and streamed.

mod answer;
mod converse;
mod count;
mod embed;
mod events;
mod invoke;
mod messages;
mod parts;
mod reading;
mod refusal;
mod signing;
mod tools;
mod wire;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::fault::{Fault, Faults};
use crate::native::{Body, Native, Reply, Visit, entry};
use crate::provider::{Provider, matches};
use crate::refusal::Refusal;
use crate::service;

pub(crate) static PROVIDER: Provider = entry("bedrock");

pub(crate) static NATIVE: Native = Native { id: "bedrock", serve, refuse: refusal::reply };

const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";
const BINARY_STREAM: &str = "application/vnd.amazon.eventstream";

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Converse { streams: bool },
    Invoke { streams: bool },
    CountTokens,
}

const CALLS: &[(&str, Call)] = &[
    ("/model/{}/converse", Call::Converse { streams: false }),
    ("/model/{}/converse-stream", Call::Converse { streams: true }),
    ("/model/{}/invoke", Call::Invoke { streams: false }),
    ("/model/{}/invoke-with-response-stream", Call::Invoke { streams: true }),
    ("/model/{}/count-tokens", Call::CountTokens),
];

fn serve(visit: &mut Visit<'_>) -> Result<Reply, Refusal> {
    let found = CALLS.iter().find_map(|(path, call)| Some((matches(path, visit.path)??, *call)));
    let model = found.map(|(segment, _)| percent_decode_str(segment).decode_utf8_lossy().into_owned());
    visit.obey(model.as_deref().unwrap_or_default())?;
    signing::judge(visit)?;
    let (Some((_, call)), Some(model)) = (found, model) else {
        return Err(Refusal::Path);
    };
    if visit.head.method != Method::POST {
        return Err(Refusal::Method);
    }
    let mut headers = visit.head.headers.clone();
    if matches!(call, Call::Invoke { .. }) {
        // What is invoked is JSON unless told otherwise.
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    }
    let body = service::parse(&headers, visit.body)?;
    if model.starts_with("missing") || !is_model(&model) {
        return Err(Refusal::Model(model));
    }
    match call {
        Call::Converse { streams } => converse::answer(&model, &body, streams, visit.faults),
        Call::Invoke { streams } => invoke::answer(&model, &body, streams, visit.faults),
        Call::CountTokens => count::answer(&model, &body),
    }
}

/// Whether this could be a model: an identifier, a profile's, or an ARN.
fn is_model(model: &str) -> bool {
    let arn = model.starts_with("arn:aws");
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_:.+".contains(c) || (arn && c == '/');
    !model.is_empty() && model.len() <= 2048 && model.chars().all(legal)
}

/// Whether the model is Anthropic's.
fn is_claude(model: &str) -> bool {
    model.contains("anthropic.") || model.contains("claude")
}

fn whole(mut value: Value, counts: &[(&'static str, u64)], faults: &Faults) -> Reply {
    if let Some(fields) = value.as_object_mut() {
        if faults.has(Fault::NoChoices) {
            fields.remove("output");
            fields.remove("content");
        }
        if faults.has(Fault::NullChoices) {
            for name in ["output", "content"] {
                if let Some(member) = fields.get_mut(name) {
                    *member = Value::Null;
                }
            }
        }
        if faults.has(Fault::NoUsage) {
            fields.remove("usage");
        }
    }
    let mut headers = headers();
    if !faults.has(Fault::NoUsage) {
        headers.extend(counts.iter().map(|(name, count)| (*name, count.to_string())));
    }
    Reply { status: StatusCode::OK, headers, body: Body::Whole(value) }
}

fn headers() -> Vec<(&'static str, String)> {
    vec![("x-amzn-requestid", REQUEST_ID.to_owned())]
}

fn stream(events: Vec<wire::Event>, faults: &Faults) -> Reply {
    let mut headers = headers();
    headers.push(("x-amzn-bedrock-content-type", "application/json".to_owned()));
    let frames = wire::write(events, faults);
    Reply { status: StatusCode::OK, headers, body: Body::Stream { kind: BINARY_STREAM, frames } }
}
