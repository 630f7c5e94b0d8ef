//! Errors: `{"error","error_type"?}`, and what the router says.

use document::Document;
use model::{ErrorKind, UpstreamError};

use crate::{HeaderOf, plain_error, read};

pub(super) fn read_body(status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
    plain_error::read(status, headers, body)
}

/// An error in a stream; its type stands for a status.
pub(super) fn in_stream(document: &Document) -> UpstreamError {
    let kind = read::text(document.value("error_type"));
    let (status, kind) = match kind.as_deref() {
        Some("validation") => (422, ErrorKind::InvalidRequest),
        Some("overloaded") => (429, ErrorKind::RateLimit),
        _ => (500, ErrorKind::Api),
    };
    UpstreamError { kind, ..plain_error::told(document, status) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read() {
        for (status, body, kind, message) in [
            (
                503,
                r#"{"error":"Model x is currently loading","estimated_time":305.6}"#,
                ErrorKind::Overloaded,
                "Model x is currently loading",
            ),
            (422, r#"{"error":"bad","error_type":"validation"}"#, ErrorKind::InvalidRequest, "bad"),
            (422, r#"{"message":"missing"}"#, ErrorKind::InvalidRequest, "missing"),
            (400, r#"{"error":{"message":"m","type":"t","code":"c"}}"#, ErrorKind::InvalidRequest, "m"),
        ] {
            let error = read_body(status, &|_| None, body.as_bytes());
            assert_eq!((error.status, error.kind, error.message.as_str()), (status, kind, message));
        }
        for (kind, status) in [("validation", 422), ("overloaded", 429), ("generation", 500)] {
            let document =
                read::object(format!("{{\"error\":\"e\",\"error_type\":\"{kind}\"}}").as_bytes()).unwrap();
            let error = in_stream(&document);
            assert_eq!(
                (error.status, error.message.as_str(), error.code.as_deref()),
                (status, "e", Some(kind))
            );
        }
    }
}
