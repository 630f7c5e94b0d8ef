//! Errors in Anthropic's form: written for clients, and understood from whoever runs Claude.
//!
//! From <https://docs.anthropic.com/en/api/errors>.

use document::{Document, Kind, Value, write_object};
use model::{ErrorKind, UpstreamError};

use crate::HeaderOf;

/// Bytes of a body in no known form that are repeated.
const LONGEST_TEXT: usize = 2048;
/// Characters of a provider's own word that are kept.
const LONGEST_WORD: usize = 128;

/// `{"type":"error","error":{…}}`
pub(super) fn body(kind: ErrorKind, message: &str, request_id: Option<&str>) -> Vec<u8> {
    write_object(|body| {
        body.text("type", "error");
        body.object("error", |error| {
            error.text("type", kind.name());
            error.text("message", message);
        });
        if let Some(id) = request_id {
            body.text("request_id", id);
        }
    })
}

/// The same as an event.
pub(super) fn frame(kind: ErrorKind, message: &str, request_id: Option<&str>) -> Vec<u8> {
    [b"event: error\ndata: ", body(kind, message, request_id).as_slice(), b"\n\n"].concat()
}

/// The kind that a word of Anthropic's, of Google's or of AWS's means.
pub(super) fn kind_of(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "invalid_request_error"
        | "INVALID_ARGUMENT"
        | "FAILED_PRECONDITION"
        | "ValidationException"
        | "validationException"
        | "BAD_REQUEST" => ErrorKind::InvalidRequest,
        "authentication_error" | "UNAUTHENTICATED" => ErrorKind::Authentication,
        "billing_error" => ErrorKind::Billing,
        "permission_error" | "PERMISSION_DENIED" | "AccessDeniedException" => ErrorKind::Permission,
        "not_found_error" | "NOT_FOUND" | "ResourceNotFoundException" | "RESOURCE_DOES_NOT_EXIST" => {
            ErrorKind::NotFound
        }
        "request_too_large" => ErrorKind::TooLarge,
        "rate_limit_error"
        | "RESOURCE_EXHAUSTED"
        | "ThrottlingException"
        | "throttlingException"
        | "ServiceQuotaExceededException"
        | "REQUEST_LIMIT_EXCEEDED" => ErrorKind::RateLimit,
        "timeout_error" | "DEADLINE_EXCEEDED" | "ModelTimeoutException" | "modelTimeoutException" => {
            ErrorKind::Timeout
        }
        "overloaded_error"
        | "UNAVAILABLE"
        | "TEMPORARILY_UNAVAILABLE"
        | "ServiceUnavailableException"
        | "serviceUnavailableException"
        | "ModelNotReadyException" => ErrorKind::Overloaded,
        "api_error"
        | "INTERNAL"
        | "INTERNAL_ERROR"
        | "InternalServerException"
        | "internalServerException"
        | "ModelErrorException"
        | "ModelStreamErrorException"
        | "modelStreamErrorException" => ErrorKind::Api,
        _ => return None,
    })
}

/// The status of an error that was told under a 200.
pub(super) const fn status_of(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::Api => 500,
        other => other.status(),
    }
}

/// Whether a body is an error in Anthropic's form already.
pub(super) fn is_own(body: &[u8]) -> bool {
    let named = |document: &Document| {
        let kind = document.value("type").and_then(Value::as_str);
        let error = document.value("error");
        kind.is_some_and(|kind| kind == "error") && error.is_some_and(|error| error.kind() == Kind::Object)
    };
    parse(body).is_some_and(|document| named(&document))
}

/// Reads an answer with an error status.
pub(super) fn read(status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
    let mut error = match parse(body) {
        Some(document) => told(&document, status),
        None => UpstreamError::new(status, bounded_text(body)),
    };
    if error.message.is_empty() {
        error.message = format!("the provider answered with status {status} and no message");
    }
    if error.request_id.is_none() {
        let id = ["request-id", "x-amzn-requestid", "x-request-id"].into_iter().find_map(headers);
        error.request_id = id.map(String::into_boxed_str);
    }
    error
}

/// Reads an error that came in a stream, or under a 200; `name` is what the framing calls it.
pub(super) fn read_event(document: Option<&Document>, name: Option<&str>) -> UpstreamError {
    let mut error = document.map_or_else(|| UpstreamError::new(500, ""), |document| told(document, 0));
    if error.code.is_none() {
        error.code = name.filter(|name| kind_of(name).is_some()).map(Into::into);
    }
    let kind = error.code.as_deref().and_then(kind_of).unwrap_or(ErrorKind::Api);
    error.kind = kind;
    error.status = status_of(kind);
    if error.message.is_empty() {
        kind.name().clone_into(&mut error.message);
    }
    error
}

/// The status that an event of type `error` stands for.
pub(super) fn event_status(data: &[u8]) -> u16 {
    let Some(document) = parse(data) else { return 502 };
    match told(&document, 0).code.as_deref().and_then(kind_of) {
        Some(kind) => status_of(kind),
        None => 502,
    }
}

/// An object, or the first one of an array, as Google writes them.
fn parse(body: &[u8]) -> Option<Document> {
    let document = |bytes: &[u8]| Document::parse(bytes::Bytes::copy_from_slice(bytes)).ok();
    if body.trim_ascii_start().first() != Some(&b'[') {
        return document(body);
    }
    let list = document(&[b"{\"list\":", body, b"}"].concat())?;
    document(list.value("list")?.items().next()?.raw())
}

fn told(document: &Document, status: u16) -> UpstreamError {
    let text = |value: Option<Value<'_>>| value.and_then(Value::as_str).map(std::borrow::Cow::into_owned);
    let word = |value: Option<Value<'_>>| {
        text(value).filter(|word| !word.is_empty() && word.len() <= LONGEST_WORD).map(String::into_boxed_str)
    };
    let error = document.value("error");
    let inner = error.filter(|error| error.kind() == Kind::Object);
    let of = |name: &str| inner.and_then(|inner| inner.value(name));
    let message = text(of("message"))
        .or_else(|| text(error))
        .or_else(|| text(document.value("message")))
        .or_else(|| text(document.value("Message")));
    let code = word(of("type"))
        .or_else(|| word(of("status")))
        .or_else(|| word(of("code")))
        .or_else(|| word(document.value("error_code")))
        .or_else(|| word(document.value("__type")));
    let request_id = word(document.value("request_id"));
    let kind = code.as_deref().and_then(kind_of).unwrap_or_else(|| ErrorKind::of_status(status));
    let message =
        message.unwrap_or_else(|| bounded_text(document.bytes())).chars().take(LONGEST_TEXT).collect();
    UpstreamError { status, kind, code, message, param: None, request_id, retry_after: None }
}

fn bounded_text(body: &[u8]) -> String {
    let (start, _) = body.split_at_checked(LONGEST_TEXT).unwrap_or((body, &[]));
    String::from_utf8_lossy(start).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_plain(status: u16, body: &str) -> UpstreamError {
        read(status, &|_| None, body.as_bytes())
    }

    #[test]
    fn the_documented_form_is_read() {
        let error = read_plain(
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
        );
        assert_eq!((error.status, error.kind, &*error.message), (529, ErrorKind::Overloaded, "Overloaded"));
        assert_eq!(error.code.as_deref(), Some("overloaded_error"));
        assert_eq!(error.request_id.as_deref(), Some("req_1"));
    }

    #[test]
    fn other_forms_are_read() {
        for (status, body, kind, message) in [
            (429, r#"{"error":{"message":"slow","type":"rate_limit"}}"#, ErrorKind::RateLimit, "slow"),
            (400, r#"{"error":"text"}"#, ErrorKind::InvalidRequest, "text"),
            (403, r#"{"message":"no"}"#, ErrorKind::Permission, "no"),
            (403, r#"{"Message":"no"}"#, ErrorKind::Permission, "no"),
            (
                429,
                r#"[{"error":{"code":429,"message":"q","status":"RESOURCE_EXHAUSTED"}}]"#,
                ErrorKind::RateLimit,
                "q",
            ),
            (
                404,
                r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"gone"}"#,
                ErrorKind::NotFound,
                "gone",
            ),
            (502, "<html>bad</html>\n", ErrorKind::Api, "<html>bad</html>"),
            (500, "", ErrorKind::Api, "the provider answered with status 500 and no message"),
            (400, r#"{"a":1}"#, ErrorKind::InvalidRequest, r#"{"a":1}"#),
        ] {
            let error = read_plain(status, body);
            assert_eq!((error.kind, error.message.as_str()), (kind, message), "{body}");
            assert_eq!(error.status, status);
        }
        assert!(read_plain(500, &"x".repeat(100_000)).message.len() <= LONGEST_TEXT);
        let named = read(500, &|name| (name == "request-id").then(|| "r".to_owned()), b"{}");
        assert_eq!(named.request_id.as_deref(), Some("r"));
    }

    #[test]
    fn events_stand_for_a_status() {
        for (data, status) in [
            (r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, 529),
            (r#"{"type":"error","error":{"type":"api_error","message":"m"}}"#, 500),
            (r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#, 429),
            (r#"{"type":"error","error":{"type":"new_error","message":"m"}}"#, 502),
            ("<html>", 502),
        ] {
            assert_eq!(event_status(data.as_bytes()), status, "{data}");
        }
    }

    #[test]
    fn errors_are_written() {
        let written = body(ErrorKind::RateLimit, "slow \"down\"", None);
        let expected = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow \"down\""}}"#;
        assert_eq!(String::from_utf8(written).unwrap(), expected);
        let framed = String::from_utf8(frame(ErrorKind::RateLimit, "slow \"down\"", None)).unwrap();
        assert_eq!(framed, format!("event: error\ndata: {expected}\n\n"));
    }
}
