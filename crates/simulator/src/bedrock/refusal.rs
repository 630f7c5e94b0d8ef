//! Refusals in AWS's words and form.

use http::StatusCode;
use serde_json::{Value, json};

use crate::native::{Body, Reply};
use crate::refusal::Refusal;

/// What AWS puts behind the name of an error.
const NAMESPACE: &str = "http://internal.amazon.com/coral/com.amazon.bedrock/";

pub(super) fn reply(refusal: &Refusal) -> Reply {
    let (status, kind) = kind(refusal);
    let text = message(refusal);
    // The door in front of the service writes the name of the member in another case.
    let value = match refusal {
        Refusal::KeyWrong(_) => json!({"Message": text}),
        _ => json!({"message": text}),
    };
    let mut headers = super::headers();
    headers.push(("x-amzn-errortype", format!("{kind}:{NAMESPACE}")));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply { status, headers, body: Body::Whole(value) }
}

const fn kind(refusal: &Refusal) -> (u16, &'static str) {
    match refusal {
        Refusal::KeyMissing => (403, "MissingAuthenticationTokenException"),
        Refusal::KeyWrong(_) => (403, "AccessDeniedException"),
        Refusal::Denied { kind, .. } => (403, kind),
        Refusal::Path => (404, "UnknownOperationException"),
        Refusal::Method => (405, "UnsupportedOperationException"),
        Refusal::NotJson(_) | Refusal::Type { .. } | Refusal::Encoding(_) => (400, "SerializationException"),
        Refusal::TooLarge => (413, "RequestEntityTooLargeException"),
        Refusal::Asked(status) => (*status, asked(*status)),
        _ => (400, "ValidationException"),
    }
}

const fn asked(status: u16) -> &'static str {
    match status {
        401 | 403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        503 => "ServiceUnavailableException",
        500..=599 => "InternalServerException",
        _ => "ValidationException",
    }
}

fn message(refusal: &Refusal) -> String {
    match refusal {
        Refusal::KeyMissing => "Missing Authentication Token".to_owned(),
        Refusal::KeyWrong(_) => "Authentication failed: Please make sure your API Key is valid.".to_owned(),
        Refusal::Path => "Unable to determine service/operation name to be authorized".to_owned(),
        Refusal::Method => "Not allowed to use this method on this path.".to_owned(),
        Refusal::NotJson(why) => format!("Could not parse the request body: {why}"),
        Refusal::Encoding(coding) => format!("The content coding `{coding}` is not supported."),
        Refusal::TooLarge => "Request entity too large".to_owned(),
        Refusal::Model(_) => "The provided model identifier is invalid.".to_owned(),
        Refusal::Unknown { member, .. } => format!(
            "Malformed input request: #: extraneous key [{member}] is not permitted, please reformat your input \
             and try again."
        ),
        Refusal::Missing { member } => {
            constraint(&format!("Value null at '{member}'"), "Member must not be null")
        }
        Refusal::Type { member, expected, .. } => {
            format!("Unexpected field type at '{member}': expected {expected}.")
        }
        Refusal::Range { member, expected } => {
            constraint(&format!("Value at '{member}'"), &format!("Member must be {expected}"))
        }
        Refusal::Denied { message, .. } | Refusal::Invalid { message, .. } => message.clone(),
        Refusal::Fault(name) => format!("no fault is called `{name}`"),
        Refusal::Asked(429) => "Too many requests, please wait before trying again.".to_owned(),
        Refusal::Asked(503) => "Bedrock is unable to process your request.".to_owned(),
        Refusal::Asked(500..=599) => {
            "The system encountered an unexpected error during processing. Try your request again.".to_owned()
        }
        Refusal::Asked(401 | 403) => {
            "You don't have access to the model with the specified model ID.".to_owned()
        }
        _ => "The request was refused.".to_owned(),
    }
}

fn constraint(what: &str, must: &str) -> String {
    format!("1 validation error detected: {what} failed to satisfy constraint: {must}")
}

/// What a stream says when it fails: the exception's name, and its payload.
pub(super) fn in_stream() -> (&'static str, Value) {
    ("throttlingException", json!({"message": "Too many requests, please wait before trying again."}))
}
