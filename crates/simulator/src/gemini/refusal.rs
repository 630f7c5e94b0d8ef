//! Refusals in Google's words.

use http::StatusCode;
use serde_json::{Value, json};

use crate::native::Reply;
use crate::refusal::Refusal;
use crate::shape::snake;

/// Which of Google's two APIs speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    Public,
    Vertex,
}

/// Where a refusal says nothing about the model, its message stands alone in `Invalid`.
pub(super) fn invalid(message: &str) -> Refusal {
    Refusal::Invalid { member: String::new(), message: message.to_owned() }
}

pub(super) fn reply(host: Host, refusal: &Refusal) -> Reply {
    let (status, value) = error(host, refusal);
    Reply::whole(status, value)
}

/// The error and its status.
pub(super) fn error(host: Host, refusal: &Refusal) -> (StatusCode, Value) {
    let (status, message, details) = words(host, refusal);
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut error = json!({"code": status, "message": message, "status": name(status)});
    if !details.is_null() {
        error["details"] = details;
    }
    (code, json!({"error": error}))
}

/// What is said in the middle of a stream.
pub(super) fn in_stream(host: Host) -> Value {
    error(host, &Refusal::Asked(503)).1
}

const fn name(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500..=599 => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

fn because(reason: &str, service: &str) -> Value {
    json!([{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": service},
    }])
}

fn violation(field: &str, message: &str) -> Value {
    json!([{
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": field, "description": message}],
    }])
}

const SERVICES: [&str; 2] = ["generativelanguage.googleapis.com", "aiplatform.googleapis.com"];

fn words(host: Host, refusal: &Refusal) -> (u16, String, Value) {
    let service = SERVICES[usize::from(host == Host::Vertex)];
    let plain = |status: u16, message: &str| (status, message.to_owned(), Value::Null);
    match refusal {
        Refusal::KeyMissing if host == Host::Public => plain(
            403,
            "Method doesn't allow unregistered callers (callers without established identity). \
             Please use API Key or other form of API consumer identity to call this API.",
        ),
        Refusal::KeyMissing => (
            401,
            "Request is missing required authentication credential. Expected OAuth 2 access token, login \
             cookie or other valid authentication credential."
                .to_owned(),
            because("CREDENTIALS_MISSING", service),
        ),
        Refusal::KeyWrong(_) if host == Host::Public => (
            400,
            "API key not valid. Please pass a valid API key.".to_owned(),
            because("API_KEY_INVALID", service),
        ),
        Refusal::KeyWrong(_) | Refusal::Asked(401) => (
            401,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
             other valid authentication credential."
                .to_owned(),
            because("ACCESS_TOKEN_TYPE_UNSUPPORTED", service),
        ),
        Refusal::Path | Refusal::Method => plain(404, "Requested entity was not found."),
        Refusal::ApiVersion => plain(400, "The version of the API is not known."),
        Refusal::NotJson(why) => (400, format!("Invalid JSON payload received. {why}"), Value::Null),
        Refusal::TooLarge => plain(413, "Request payload size exceeds the limit."),
        Refusal::Encoding(coding) => (400, format!("Content coding {coding} is not supported."), Value::Null),
        Refusal::Model(text) => (404, text.clone(), Value::Null),
        Refusal::Fault(name) => (400, format!("no fault is called `{name}`"), Value::Null),
        Refusal::Asked(429) => (
            429,
            "You exceeded your current quota, please check your plan and billing details.".to_owned(),
            json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]),
        ),
        Refusal::Asked(status) => (*status, asked(*status).to_owned(), Value::Null),
        _ => of_member(refusal),
    }
}

fn of_member(refusal: &Refusal) -> (u16, String, Value) {
    match refusal {
        Refusal::Unknown { member, .. } => {
            let (place, name) = member.rsplit_once('.').unwrap_or(("", member));
            let place = snake(place);
            let at = if place.is_empty() { String::new() } else { format!(" at '{place}'") };
            let text =
                format!("Invalid JSON payload received. Unknown name \"{name}\"{at}: Cannot find field.");
            (400, text.clone(), violation(&place, &text))
        }
        Refusal::Type { member, expected, found } => {
            let place = snake(member);
            let text = format!("Invalid value at '{place}' ({expected}), {found}");
            (400, text.clone(), violation(&place, &text))
        }
        Refusal::Range { member, expected } => {
            let text = format!("Invalid value at '{}': expected {expected}", snake(member));
            (400, text, Value::Null)
        }
        Refusal::Missing { member } => {
            (400, format!("* {}: must be specified\n", snake(member)), Value::Null)
        }
        Refusal::Unsupported { member, .. } => {
            (400, format!("{} is not supported for this model.", snake(member)), Value::Null)
        }
        Refusal::Invalid { member, message } if member.is_empty() => (400, message.clone(), Value::Null),
        Refusal::Invalid { member, message } => (400, format!("{}: {message}", snake(member)), Value::Null),
        _ => (400, "Request contains an invalid argument.".to_owned(), Value::Null),
    }
}

const fn asked(status: u16) -> &'static str {
    match status {
        403 => "The caller does not have permission",
        404 => "Requested entity was not found.",
        503 => "The model is overloaded. Please try again later.",
        504 => "Deadline expired before operation could complete.",
        500..=599 => "An internal error has occurred. Please retry.",
        _ => "Request contains an invalid argument.",
    }
}
