//! Errors: `{"id","message"}`.

use model::UpstreamError;

use crate::{HeaderOf, plain_error, read};

pub(super) fn read_body(status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
    let mut error = plain_error::read(status, headers, body);
    if let Ok(document) = read::object(body)
        && let Some(id) = read::text(document.value("id")).filter(|id| id.len() <= 128)
    {
        error.request_id = Some(id.into());
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial;
    use model::ErrorKind;
    use serde_json::Value;

    #[test]
    fn errors_are_read() {
        for (status, body, kind, message, id) in [
            (
                401,
                r#"{"id":"i","message":"invalid api token"}"#,
                ErrorKind::Authentication,
                "invalid api token",
                Some("i"),
            ),
            (498, r#"{"message":"invalid"}"#, ErrorKind::Authentication, "invalid", None),
            (422, r#"{"message":"no field"}"#, ErrorKind::InvalidRequest, "no field", None),
            (400, r#"{"error":{"type":"t","message":"bad"}}"#, ErrorKind::InvalidRequest, "bad", None),
            (429, r#"{"message":"slow"}"#, ErrorKind::RateLimit, "slow", None),
        ] {
            let error = read_body(status, &|_| None, body.as_bytes());
            assert_eq!((error.status, error.kind, error.message.as_str()), (status, kind, message));
            assert_eq!(error.request_id.as_deref(), id);
        }
    }

    #[test]
    fn a_recorded_error_is_read() {
        let file = "streams/cohere/pydantic-ai/embeddings--TestCohere.embed_error.json";
        let Some(exchange) = trial::data("cohere error", file) else { return };
        let exchange: Value = serde_json::from_slice(&exchange).unwrap();
        let error = read_body(404, &|_| None, exchange["response"]["body"].to_string().as_bytes());
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.message.contains("not found") && error.request_id.is_some());
    }
}
