//! Refusals in Anthropic's words and form.

use http::StatusCode;
use serde_json::{Value, json};

use super::REQUEST_ID;
use crate::native::{Body, Reply};
use crate::refusal::Refusal;

pub(super) fn reply(refusal: &Refusal) -> Reply {
    let status = status(refusal);
    let value = json!({
        "type": "error",
        "error": {"type": kind(status), "message": message(refusal)},
        "request_id": REQUEST_ID,
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply { status, headers: super::headers(), body: Body::Whole(value) }
}

/// What a stream says when it fails.
pub(super) fn in_stream() -> Value {
    json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
}

const fn status(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::KeyMissing | Refusal::KeyWrong(_) => 401,
        Refusal::Path | Refusal::Model(_) => 404,
        Refusal::Method => 405,
        Refusal::TooLarge => 413,
        Refusal::Asked(status) => *status,
        _ => 400,
    }
}

const fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500..=599 => "api_error",
        _ => "invalid_request_error",
    }
}

/// A refusal as one sentence: the place, a colon, what is wrong there.
pub(crate) fn message(refusal: &Refusal) -> String {
    match refusal {
        Refusal::KeyMissing => "x-api-key header is required".to_owned(),
        Refusal::KeyWrong(_) => "invalid x-api-key".to_owned(),
        Refusal::Path => "Not found".to_owned(),
        Refusal::Method => "Method Not Allowed".to_owned(),
        Refusal::Model(name) => format!("model: {name}"),
        Refusal::NotJson(why) => format!("The request body is not valid JSON: {why}"),
        Refusal::TooLarge => "Request exceeds the maximum size".to_owned(),
        Refusal::Encoding(coding) => format!("The content coding `{coding}` is not supported."),
        Refusal::Unknown { member, .. } => format!("{member}: Extra inputs are not permitted"),
        Refusal::Missing { member } => format!("{member}: Field required"),
        Refusal::Type { member, expected, .. } => format!("{member}: Input should be {}", valid(expected)),
        Refusal::Range { member, expected } => format!("{member}: Input should be {expected}"),
        Refusal::Invalid { member, message } if member.is_empty() => message.clone(),
        Refusal::Invalid { member, message } => format!("{member}: {message}"),
        Refusal::Fault(name) => format!("no fault is called `{name}`"),
        Refusal::Asked(429) => {
            "This request would exceed your organization's rate limit of 50 requests per minute.".to_owned()
        }
        Refusal::Asked(529) => "Overloaded".to_owned(),
        Refusal::Asked(500..=599) => "Internal server error".to_owned(),
        _ => "The request was refused.".to_owned(),
    }
}

/// `a string` as `a valid string`.
fn valid(expected: &str) -> String {
    expected
        .strip_prefix("a ")
        .or_else(|| expected.strip_prefix("an "))
        .map_or_else(|| expected.to_owned(), |rest| format!("a valid {rest}"))
}
