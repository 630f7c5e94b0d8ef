//! Answers that the gateway makes itself, errors above all.

use std::time::Duration;

use bytes::Bytes;
use dialect::{Envelope, Verdict};
use document::quote;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use crate::account::Account;
use crate::answer::ClientBody;
use crate::error::GatewayError;
use crate::response_headers::add_request_id;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-kong-request-id");
const RESPONSE_LATENCY: HeaderName = HeaderName::from_static("x-kong-response-latency");

/// Headers of an answer besides those that every answer has.
pub type Extra = Vec<(HeaderName, HeaderValue)>;

/// An error as a whole answer.
pub fn error(
    error: &GatewayError,
    envelope: &dyn Envelope,
    extra: Extra,
    mut account: Box<Account>,
) -> Response<ClientBody> {
    account.failed(error);
    let (status, extra, body) = refusal(error, envelope, extra, account.request_id().as_str());
    json(status, body, extra, envelope, account)
}

/// What a client is told of an error: status, headers besides those that every answer has, body.
pub fn refusal(
    error: &GatewayError,
    envelope: &dyn Envelope,
    mut extra: Extra,
    request_id: &str,
) -> (StatusCode, Extra, Bytes) {
    if let GatewayError::Method { allowed, .. } = error {
        extra.push((header::ALLOW, HeaderValue::from_static(allowed)));
    }
    (error.meaning().status, extra, error_body(error, envelope, request_id))
}

/// A duration as a header's value, in whole milliseconds.
pub fn milliseconds(duration: Duration) -> HeaderValue {
    // Most of these numbers have one digit, which needs no memory of its own.
    const DIGITS: &str = "0123456789";
    let number = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let digit = usize::try_from(number).ok().and_then(|number| DIGITS.get(number..=number));
    digit.map_or_else(|| HeaderValue::from(number), HeaderValue::from_static)
}

/// A whole answer of JSON.
pub fn json(
    status: StatusCode,
    body: Bytes,
    extra: Extra,
    envelope: &dyn Envelope,
    mut account: Box<Account>,
) -> Response<ClientBody> {
    let (before, _) = account.latencies_so_far();
    let request_id = account.request_id();
    if let Some(bodies) = account.bodies() {
        bodies.answered(body.clone());
    }
    let mut response = Response::new(ClientBody::whole(body, account));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(RESPONSE_LATENCY, milliseconds(before));
    if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in extra {
        headers.insert(name, value);
    }
    add_request_id(headers, envelope);
    response
}

/// Errors of routing and identification have Kong's shape, the others the client's dialect. A refused key
/// has both, so that Kong's tools and a provider's SDK each find the message where they look for it.
fn error_body(error: &GatewayError, envelope: &dyn Envelope, request_id: &str) -> Bytes {
    let message = error.to_string();
    match error {
        GatewayError::NoRoute | GatewayError::WantsTls(_) => kong_error(&message, request_id, b"}"),
        GatewayError::Denied(_) | GatewayError::NoPlugin => {
            let own = own_error(error, envelope, &message);
            let members = own.strip_prefix(b"{").unwrap_or(b"}");
            let rest = [b",", members].concat();
            kong_error(&message, request_id, &rest)
        }
        _ => Bytes::from(own_error(error, envelope, &message)),
    }
}

fn own_error(error: &GatewayError, envelope: &dyn Envelope, message: &str) -> Vec<u8> {
    let meaning = error.meaning();
    envelope.error(&Verdict {
        status: meaning.status.as_u16(),
        kind: meaning.kind,
        code: Some(meaning.code),
        param: error.param(),
        message,
    })
}

fn kong_error(message: &str, request_id: &str, rest: &[u8]) -> Bytes {
    let parts: [&[u8]; 5] =
        [b"{\"message\":", &quote(message), b",\"request_id\":", &quote(request_id), rest];
    Bytes::from(parts.concat())
}
