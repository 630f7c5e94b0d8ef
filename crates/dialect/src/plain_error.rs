//! Errors of providers in the forms that most of them have: `{"error":{"message":…}}`, `{"error":"…"}`,
//! `{"message":"…"}`, `{"detail":…}`, or no JSON at all.

use document::{Document, Kind, Value};
use model::{ErrorKind, UpstreamError};

use crate::{HeaderOf, read};

/// Bytes of a text that are repeated.
const LONGEST_TEXT: usize = 2048;
/// Bytes of a word of the provider's own.
const LONGEST_WORD: usize = 128;

/// Reads an answer with an error status.
pub(crate) fn read(status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
    let mut error = match read::object(body) {
        Ok(document) => told(&document, status),
        Err(_) => UpstreamError { kind: kind_of(status), ..UpstreamError::new(status, bounded(body)) },
    };
    if error.message.is_empty() {
        error.message = format!("the provider answered with status {status} and no message");
    }
    if error.request_id.is_none() {
        let id = ["x-request-id", "request-id"].into_iter().find_map(headers);
        error.request_id = id.map(String::into_boxed_str);
    }
    error
}

/// Reads an error that came in a stream; `status` is what it stands for.
pub(crate) fn told(document: &Document, status: u16) -> UpstreamError {
    let error = read::present(document.value("error"));
    let inner = error.filter(|error| error.kind() == Kind::Object);
    let of = |name: &str| inner.and_then(|inner| inner.value(name));
    let message = read::text(of("message"))
        .or_else(|| sentence(error))
        .or_else(|| read::text(document.value("message")))
        .or_else(|| sentence(document.value("detail")))
        .or_else(|| sentence(document.value("errors")))
        .unwrap_or_else(|| bounded(document.bytes()));
    let code = [of("code"), of("type"), document.value("code"), document.value("error_type")];
    UpstreamError {
        status,
        kind: kind_of(status),
        code: code.into_iter().find_map(word),
        message: message.chars().take(LONGEST_TEXT).collect(),
        param: word(of("param")),
        request_id: word(document.value("request_id")),
        retry_after: None,
    }
}

/// A text, or the texts of a list: plain ones, or objects that have one.
fn sentence(value: Option<Value<'_>>) -> Option<String> {
    let value = value?;
    if value.kind() != Kind::Array {
        return read::text(Some(value));
    }
    let one = |item: Value<'_>| {
        read::text(Some(item)).or_else(|| read::text(item.value("msg").or_else(|| item.value("message"))))
    };
    let texts: Vec<String> = value.items().filter_map(one).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

fn word(value: Option<Value<'_>>) -> Option<Box<str>> {
    read::text(value).filter(|word| word.len() <= LONGEST_WORD).map(String::into_boxed_str)
}

/// Some providers have statuses of their own: 498 is a key that is not valid.
fn kind_of(status: u16) -> ErrorKind {
    match status {
        498 => ErrorKind::Authentication,
        status => ErrorKind::of_status(status),
    }
}

fn bounded(body: &[u8]) -> String {
    let (start, _) = body.split_at_checked(LONGEST_TEXT).unwrap_or((body, &[]));
    String::from_utf8_lossy(start).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read() {
        for (status, body, kind, code, message) in [
            (404, r#"{"error":"model 'x' not found"}"#, ErrorKind::NotFound, None, "model 'x' not found"),
            (
                400,
                r#"{"error":{"message":"m","type":"t","code":null,"param":"p"}}"#,
                ErrorKind::InvalidRequest,
                Some("t"),
                "m",
            ),
            (
                498,
                r#"{"id":"1","message":"invalid token"}"#,
                ErrorKind::Authentication,
                None,
                "invalid token",
            ),
            (
                422,
                r#"{"error":"bad","error_type":"validation"}"#,
                ErrorKind::InvalidRequest,
                Some("validation"),
                "bad",
            ),
            (422, r#"{"error":["a","b"]}"#, ErrorKind::InvalidRequest, None, "a; b"),
            (422, r#"{"detail":[{"loc":["x"],"msg":"wrong"}]}"#, ErrorKind::InvalidRequest, None, "wrong"),
            (404, r#"{"detail":"Not Found"}"#, ErrorKind::NotFound, None, "Not Found"),
            (429, r#"{"a":1}"#, ErrorKind::RateLimit, None, r#"{"a":1}"#),
            (500, "<html>bad</html>\n", ErrorKind::Api, None, "<html>bad</html>"),
            (503, "", ErrorKind::Overloaded, None, "the provider answered with status 503 and no message"),
        ] {
            let error = read(status, &|_| None, body.as_bytes());
            assert_eq!((error.status, error.kind), (status, kind), "{body}");
            assert_eq!((error.code.as_deref(), error.message.as_str()), (code, message), "{body}");
        }
    }

    #[test]
    fn texts_are_bounded_and_requests_named() {
        let named = |name: &str| (name == "x-request-id").then(|| "r".to_owned());
        let error = read(500, &named, "ü".repeat(5000).as_bytes());
        assert!(error.message.len() <= LONGEST_TEXT + 3);
        assert_eq!(error.request_id.as_deref(), Some("r"));
    }
}
