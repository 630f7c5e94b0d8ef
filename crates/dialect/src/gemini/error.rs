//! Errors in Google's form.
//!
//! From <https://cloud.google.com/apis/design/errors>.

use std::borrow::Cow;

use bytes::Bytes;
use document::{Document, Kind, Value};
use model::{ErrorKind, UpstreamError};

/// Bytes of a body in no known form that are repeated.
const LONGEST_TEXT: usize = 2048;
/// Characters of the provider's own word that are kept.
const LONGEST_WORD: usize = 128;

fn kind_of(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => ErrorKind::InvalidRequest,
        "UNAUTHENTICATED" => ErrorKind::Authentication,
        "PERMISSION_DENIED" => ErrorKind::Permission,
        "NOT_FOUND" => ErrorKind::NotFound,
        "RESOURCE_EXHAUSTED" => ErrorKind::RateLimit,
        "UNAVAILABLE" => ErrorKind::Overloaded,
        "DEADLINE_EXCEEDED" => ErrorKind::Timeout,
        "INTERNAL" | "UNKNOWN" | "DATA_LOSS" | "ABORTED" | "CANCELLED" | "UNIMPLEMENTED" => ErrorKind::Api,
        _ => return None,
    })
}

/// Reads an answer with an error status.
pub(crate) fn read(status: u16, body: &[u8]) -> UpstreamError {
    let mut error = match parse(body) {
        Some(document) => told(&document, Some(status)),
        None => UpstreamError::new(status, bounded_text(body)),
    };
    if error.message.is_empty() {
        error.message = format!("the provider answered with status {status} and no message");
    }
    error
}

/// Reads one element of a stream; none where it is no error.
pub(super) fn read_unit(document: &Document) -> Option<UpstreamError> {
    document.value("error").filter(|error| !error.is_null())?;
    let mut error = told(document, None);
    if error.message.is_empty() {
        error.kind.name().clone_into(&mut error.message);
    }
    Some(error)
}

/// An object, or the first one of an array, as streams are refused with.
pub(super) fn parse(body: &[u8]) -> Option<Document> {
    let document = |bytes: &[u8]| Document::parse(Bytes::copy_from_slice(bytes)).ok();
    if body.trim_ascii_start().first() != Some(&b'[') {
        return document(body);
    }
    let list = document(&[b"{\"list\":", body, b"}"].concat())?;
    document(list.value("list")?.items().next()?.raw())
}

fn told(document: &Document, status: Option<u16>) -> UpstreamError {
    let text = |value: Option<Value<'_>>| value.and_then(Value::as_str).map(Cow::into_owned);
    let error = document.value("error");
    let inner = error.filter(|error| error.kind() == Kind::Object);
    let of = |name: &str| inner.and_then(|inner| inner.value(name));
    let message = text(of("message"))
        .or_else(|| text(error))
        .or_else(|| text(document.value("message")))
        .unwrap_or_else(|| bounded_text(document.bytes()));
    let code: Option<Box<str>> =
        text(of("status")).filter(|word| !word.is_empty() && word.len() <= LONGEST_WORD).map(Into::into);
    let number = of("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let number = number.filter(|code| (400..600).contains(code));
    let word = code.as_deref().and_then(kind_of);
    let status = status.or(number).or_else(|| word.map(ErrorKind::status)).unwrap_or(500);
    let details = || of("details").into_iter().flat_map(Value::items);
    // There is no word for a body that is too large.
    let kind = match ErrorKind::of_status(status) {
        ErrorKind::TooLarge => ErrorKind::TooLarge,
        of_status => word.unwrap_or(of_status),
    };
    let retry_after =
        details().find_map(|detail| seconds(&detail.value("retryDelay").and_then(Value::as_str)?));
    UpstreamError {
        code,
        kind,
        retry_after,
        ..UpstreamError::new(status, message.chars().take(LONGEST_TEXT).collect::<String>())
    }
}

/// Whole seconds of a duration such as `34.4s`, rounded up.
fn seconds(duration: &str) -> Option<u64> {
    let number = duration.strip_suffix('s')?;
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let more = u64::from(rest.bytes().any(|digit| digit != b'0'));
    whole.parse::<u64>().ok()?.checked_add(more)
}

fn bounded_text(body: &[u8]) -> String {
    let (start, _) = body.split_at_checked(LONGEST_TEXT).unwrap_or((body, &[]));
    String::from_utf8_lossy(start).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read() {
        for (status, body, kind, code, message) in [
            (
                429,
                r#"[{"error":{"code":429,"message":"q","status":"RESOURCE_EXHAUSTED"}}]"#,
                ErrorKind::RateLimit,
                Some("RESOURCE_EXHAUSTED"),
                "q",
            ),
            (
                403,
                r#"{"error":{"code":403,"message":"m","status":"PERMISSION_DENIED"}}"#,
                ErrorKind::Permission,
                Some("PERMISSION_DENIED"),
                "m",
            ),
            (
                503,
                r#"{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}"#,
                ErrorKind::Overloaded,
                Some("UNAVAILABLE"),
                "m",
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"bad key","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
                ErrorKind::InvalidRequest,
                Some("INVALID_ARGUMENT"),
                "bad key",
            ),
            (
                413,
                r#"{"error":{"code":413,"message":"m","status":"INVALID_ARGUMENT"}}"#,
                ErrorKind::TooLarge,
                Some("INVALID_ARGUMENT"),
                "m",
            ),
            (404, r#"{"error":{"message":"m"}}"#, ErrorKind::NotFound, None, "m"),
            (400, r#"{"error":"text"}"#, ErrorKind::InvalidRequest, None, "text"),
            (401, r#"{"message":"m"}"#, ErrorKind::Authentication, None, "m"),
            (502, "<html>bad</html>\n", ErrorKind::Api, None, "<html>bad</html>"),
            (500, "", ErrorKind::Api, None, "the provider answered with status 500 and no message"),
            (500, "[]", ErrorKind::Api, None, "[]"),
        ] {
            let error = read(status, body.as_bytes());
            assert_eq!(
                (error.status, error.kind, error.code.as_deref(), error.message.as_str()),
                (status, kind, code, message),
                "{body}"
            );
        }
        assert!(read(500, &[b'x'; 9999]).message.len() <= LONGEST_TEXT);
    }

    #[test]
    fn the_time_to_wait_is_read() {
        let body = r#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"violations":[]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}"#;
        assert_eq!(read(429, body.as_bytes()).retry_after, Some(35));
        for (text, expected) in
            [("0s", Some(0)), ("5s", Some(5)), ("5.000s", Some(5)), ("5.001s", Some(6)), ("x", None)]
        {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn elements_of_streams_tell_their_status() {
        let unit = |text: &str| read_unit(&parse(text.as_bytes()).unwrap());
        let error = unit(r#"[{"error":{"code":503,"message":"","status":"UNAVAILABLE"}}]"#).unwrap();
        assert_eq!((error.status, error.message.as_str()), (503, "overloaded_error"));
        let error = unit(r#"{"error":{"message":"q","status":"RESOURCE_EXHAUSTED"}}"#).unwrap();
        assert_eq!((error.status, error.kind), (429, ErrorKind::RateLimit));
        assert_eq!(unit(r#"{"candidates":[]}"#), None);
    }
}
