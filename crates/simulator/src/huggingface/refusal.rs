//! Refusals in the words of text-generation-inference and of Hugging Face's own servers.

use http::StatusCode;
use serde_json::{Value, json};

use crate::native::Reply;
use crate::refusal::Refusal;

pub(crate) fn validation(message: &str) -> Refusal {
    Refusal::Invalid { member: String::new(), message: format!("Input validation error: {message}") }
}

pub(crate) fn reply(refusal: &Refusal) -> Reply {
    let (status, message) = words(refusal);
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply::whole(code, body(status, &message))
}

fn body(status: u16, message: &str) -> Value {
    match status {
        422 => json!({"error": message, "error_type": "validation"}),
        429 => json!({"error": message, "error_type": "overloaded"}),
        503 => json!({"error": message, "estimated_time": 20.0}),
        500.. => json!({"error": message, "error_type": "generation"}),
        _ => json!({"error": message}),
    }
}

fn words(refusal: &Refusal) -> (u16, String) {
    let plain = |status: u16, message: &str| (status, message.to_owned());
    match refusal {
        Refusal::KeyMissing | Refusal::KeyWrong(_) => {
            plain(401, "Invalid credentials in Authorization header")
        }
        Refusal::Path => plain(404, "Not Found"),
        Refusal::Denied { message, .. } => (403, message.clone()),
        Refusal::Method => plain(405, "Method Not Allowed"),
        Refusal::NotJson(why) => (422, format!("Failed to parse the request body as JSON: {why}")),
        Refusal::TooLarge => plain(413, "length limit exceeded"),
        Refusal::Encoding(coding) => (400, format!("content coding {coding} is not supported")),
        Refusal::Model(name) => (404, format!("Model {name} does not exist")),
        Refusal::Fault(name) => (400, format!("no fault is called `{name}`")),
        Refusal::Asked(503) => plain(503, "Model is currently loading"),
        Refusal::Asked(429) => plain(429, "Model is overloaded"),
        Refusal::Asked(401) => plain(401, "Invalid credentials in Authorization header"),
        Refusal::Asked(status @ 500..) => {
            (*status, "Request failed during generation: Server error".to_owned())
        }
        Refusal::Asked(status) => (*status, "The request was refused.".to_owned()),
        Refusal::Unknown { member, .. } => (422, format!("extra inputs are not permitted: {member}")),
        Refusal::Type { member, expected, found } => {
            (422, format!("invalid type at {member}: {found}, expected {expected}"))
        }
        Refusal::Range { member, expected } => {
            (422, format!("unknown variant at {member}, expected {expected}"))
        }
        Refusal::Missing { member } => (422, format!("missing field `{member}`")),
        Refusal::Invalid { message, .. } => (422, message.clone()),
        Refusal::Unsupported { member, .. } => (422, format!("{member} is not supported")),
        Refusal::ApiVersion => plain(400, "bad request"),
    }
}
