//! Errors of Bedrock's runtime, before an answer and in its stream.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>.

use bytes::Bytes;
use document::{Document, Kind, Value};
use model::{ErrorKind, UpstreamError};

use crate::HeaderOf;

/// Bytes of a body in no known form that are repeated.
const LONGEST_TEXT: usize = 2048;
/// Characters of a provider's own word that are kept.
const LONGEST_WORD: usize = 128;

/// The kind and the usual status of an exception. Answers and streams write its first letter differently.
fn meaning(exception: &str) -> Option<(ErrorKind, u16)> {
    let mut name = exception.to_owned();
    name.get_mut(..1)?.make_ascii_lowercase();
    Some(match &*name {
        "validationException" => (ErrorKind::InvalidRequest, 400),
        "accessDeniedException"
        | "expiredTokenException"
        | "invalidSignatureException"
        | "missingAuthenticationTokenException"
        | "signatureDoesNotMatch"
        | "unrecognizedClientException" => (ErrorKind::Permission, 403),
        "resourceNotFoundException" => (ErrorKind::NotFound, 404),
        "modelTimeoutException" => (ErrorKind::Timeout, 408),
        "modelErrorException" | "modelStreamErrorException" => (ErrorKind::Api, 424),
        "throttlingException" | "serviceQuotaExceededException" | "modelNotReadyException" => {
            (ErrorKind::RateLimit, 429)
        }
        "serviceUnavailableException" => (ErrorKind::Overloaded, 503),
        "internalServerException" | "internalFailure" => (ErrorKind::Api, 500),
        _ => return None,
    })
}

/// Reads an answer with an error status.
pub(crate) fn read(status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
    let document = Document::parse(Bytes::copy_from_slice(body)).ok();
    let named = headers("x-amzn-errortype").and_then(|name| word(&name));
    let code = named.or_else(|| document.as_ref().and_then(code));
    let message = document.as_ref().and_then(message).unwrap_or_else(|| bounded_text(body));
    let kind =
        code.as_deref().and_then(meaning).map_or_else(|| ErrorKind::of_status(status), |(kind, _)| kind);
    let mut error = UpstreamError { kind, code, ..UpstreamError::new(status, message) };
    if error.message.is_empty() {
        error.message = format!("the provider answered with status {status} and no message");
    }
    error.request_id = headers("x-amzn-requestid").map(String::into_boxed_str);
    error
}

/// Reads an exception or an error of a stream; `name` is what the framing calls it.
pub(crate) fn read_event(name: Option<&str>, data: &[u8]) -> UpstreamError {
    let document = Document::parse(Bytes::copy_from_slice(data)).ok();
    let code = name.and_then(word).or_else(|| document.as_ref().and_then(code));
    let (kind, status) = code.as_deref().and_then(meaning).unwrap_or((ErrorKind::Api, 500));
    let message = document.as_ref().and_then(message).unwrap_or_else(|| bounded_text(data));
    let mut error = UpstreamError { kind, code, ..UpstreamError::new(status, message) };
    if error.message.is_empty() {
        error.code.as_deref().unwrap_or(kind.name()).clone_into(&mut error.message);
    }
    error
}

/// The name of an exception, without the namespace before it and the address behind it.
fn word(text: &str) -> Option<Box<str>> {
    let name = text.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default().trim();
    (!name.is_empty() && name.len() <= LONGEST_WORD).then(|| name.into())
}

fn code(document: &Document) -> Option<Box<str>> {
    let error = document.value("error").filter(|error| error.kind() == Kind::Object);
    let inner = |name: &str| error.and_then(|error| error.value(name));
    let candidates = [document.value("__type"), inner("code"), inner("type"), document.value("code")];
    candidates.into_iter().flatten().filter_map(Value::as_str).find_map(|text| word(&text))
}

fn message(document: &Document) -> Option<String> {
    let error = document.value("error");
    let places = [
        document.value("message"),
        document.value("Message"),
        error.and_then(|error| error.value("message")),
        error,
        document.value("originalMessage"),
    ];
    let texts = places.into_iter().flatten().filter_map(Value::as_str);
    texts.map(|text| text.chars().take(LONGEST_TEXT).collect::<String>()).find(|text| !text.is_empty())
}

fn bounded_text(body: &[u8]) -> String {
    let (start, _) = body.split_at_checked(LONGEST_TEXT).unwrap_or((body, &[]));
    String::from_utf8_lossy(start).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_named(status: u16, name: &str, body: &str) -> UpstreamError {
        let header = |asked: &str| (asked == "x-amzn-errortype" && !name.is_empty()).then(|| name.to_owned());
        read(status, &header, body.as_bytes())
    }

    #[test]
    fn exceptions_are_told_by_the_header() {
        for (status, name, body, kind, code, message) in [
            (
                400,
                "ValidationException:http://internal.amazon.com/coral/",
                r#"{"message":"bad"}"#,
                ErrorKind::InvalidRequest,
                Some("ValidationException"),
                "bad",
            ),
            (
                403,
                "AccessDeniedException",
                r#"{"Message":"no"}"#,
                ErrorKind::Permission,
                Some("AccessDeniedException"),
                "no",
            ),
            (
                400,
                "ServiceQuotaExceededException",
                r#"{"message":"much"}"#,
                ErrorKind::RateLimit,
                Some("ServiceQuotaExceededException"),
                "much",
            ),
            (
                429,
                "",
                r#"{"__type":"com.amazon.coral.service#ThrottlingException","message":"Too many"}"#,
                ErrorKind::RateLimit,
                Some("ThrottlingException"),
                "Too many",
            ),
            (
                429,
                "ModelNotReadyException",
                r#"{"message":"wait"}"#,
                ErrorKind::RateLimit,
                Some("ModelNotReadyException"),
                "wait",
            ),
            (
                408,
                "ModelTimeoutException",
                r#"{"message":"slow"}"#,
                ErrorKind::Timeout,
                Some("ModelTimeoutException"),
                "slow",
            ),
            (
                403,
                "",
                r#"{"message":"The request signature we calculated"}"#,
                ErrorKind::Permission,
                None,
                "The request signature we calculated",
            ),
            (404, "", r#"{"error":{"message":"gone"}}"#, ErrorKind::NotFound, None, "gone"),
            (400, "", r#"{"error":"text"}"#, ErrorKind::InvalidRequest, None, "text"),
            (503, "", "<html>down</html>\n", ErrorKind::Overloaded, None, "<html>down</html>"),
            (500, "", "", ErrorKind::Api, None, "the provider answered with status 500 and no message"),
        ] {
            let error = read_named(status, name, body);
            assert_eq!((error.status, error.kind, error.code.as_deref()), (status, kind, code), "{body}");
            assert_eq!(error.message, message);
        }
        assert!(read_named(500, "", &"x".repeat(100_000)).message.len() <= LONGEST_TEXT);
        let header = |name: &str| (name == "x-amzn-requestid").then(|| "r".to_owned());
        assert_eq!(read(500, &header, b"{}").request_id.as_deref(), Some("r"));
    }

    #[test]
    fn exceptions_of_a_stream_stand_for_a_status() {
        for (name, status, kind) in [
            ("internalServerException", 500, ErrorKind::Api),
            ("modelStreamErrorException", 424, ErrorKind::Api),
            ("serviceUnavailableException", 503, ErrorKind::Overloaded),
            ("throttlingException", 429, ErrorKind::RateLimit),
            ("validationException", 400, ErrorKind::InvalidRequest),
            ("modelTimeoutException", 408, ErrorKind::Timeout),
            ("newException", 500, ErrorKind::Api),
        ] {
            let error = read_event(Some(name), br#"{"message":"Too many"}"#);
            assert_eq!((error.status, error.kind, error.code.as_deref()), (status, kind, Some(name)));
            assert_eq!(error.message, "Too many");
        }
        let error = read_event(
            Some("modelStreamErrorException"),
            br#"{"originalStatusCode":500,"originalMessage":"o"}"#,
        );
        assert_eq!(error.message, "o");
        assert_eq!(read_event(Some("InternalFailure"), b"").message, "InternalFailure");
        assert_eq!(read_event(None, b"broken").message, "broken");
    }
}
