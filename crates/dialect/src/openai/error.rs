//! Errors in OpenAI's form: written for clients, and understood where a stream opens with one.
//!
//! From <https://platform.openai.com/docs/guides/error-codes>.

use std::ops::ControlFlow;

use document::{Kind, Value, quote, scan_members};
use model::UpstreamError;

use crate::Verdict;

/// Status of an error that says nothing of its kind.
const UNKNOWN: u16 = 502;

/// A provider's error in OpenAI's words. A code that says no more than the type is none: Anthropic's errors have no
/// other word.
pub(super) fn verdict(error: &UpstreamError) -> Verdict<'_> {
    let kind = error.kind.name();
    Verdict {
        status: error.status,
        kind,
        code: error.code.as_deref().filter(|code| *code != kind),
        param: error.param.as_deref(),
        message: &error.message,
    }
}

/// `{"error":{…}}`
pub(super) fn body(verdict: &Verdict<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + verdict.message.len());
    write_body(verdict, &mut out);
    out
}

/// The same as an event.
pub(super) fn frame(verdict: &Verdict<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(136 + verdict.message.len());
    out.extend_from_slice(b"data: ");
    write_body(verdict, &mut out);
    out.extend_from_slice(b"\n\n");
    out
}

fn write_body(verdict: &Verdict<'_>, out: &mut Vec<u8>) {
    let members = [
        ("{\"error\":{\"message\":", Some(verdict.message)),
        (",\"type\":", Some(verdict.kind)),
        (",\"param\":", verdict.param),
        (",\"code\":", verdict.code),
    ];
    for (before, text) in members {
        out.extend_from_slice(before.as_bytes());
        match text {
            Some(text) => out.extend_from_slice(&quote(text)),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.extend_from_slice(b"}}");
}

/// The status that an error stands for: a number in it that is one, else what its `type` or `code` means.
pub(super) fn status(data: &[u8]) -> u16 {
    let mut told = Told::default();
    let read = scan_members(data, |member| {
        if member.name.is("error") && member.value.kind() == Kind::Object {
            for part in member.value.members() {
                told.read(part.name.raw(), part.value);
            }
        } else {
            told.read(member.name.raw(), member.value);
        }
        ControlFlow::Continue(())
    });
    match read {
        Ok(()) => told.number.or(told.word).unwrap_or(UNKNOWN),
        Err(_) => UNKNOWN,
    }
}

/// What an error tells of its kind; the first word that is known counts.
#[derive(Default)]
struct Told {
    number: Option<u16>,
    word: Option<u16>,
}

impl Told {
    fn read(&mut self, name: &[u8], value: Value<'_>) {
        if !matches!(name, b"code" | b"status" | b"status_code" | b"type") {
            return;
        }
        let text = value.as_str();
        let number = value.as_u64().or_else(|| text.as_deref()?.parse().ok());
        let number = number.and_then(|number| u16::try_from(number).ok());
        self.number = self.number.or(number.filter(|number| (400..600).contains(number)));
        self.word = self.word.or_else(|| meaning(text.as_deref()?));
    }
}

fn meaning(word: &str) -> Option<u16> {
    Some(match word {
        "invalid_request_error"
        | "invalid_request"
        | "BadRequestError"
        | "context_length_exceeded"
        | "content_policy_violation"
        | "content_filter"
        | "wrong_api_format" => 400,
        "authentication_error" | "invalid_api_key" | "AuthenticationError" => 401,
        "insufficient_balance" | "billing_error" => 402,
        "permission_error" | "permission_denied" | "PermissionDeniedError" => 403,
        "not_found_error" | "model_not_found" | "NotFoundError" => 404,
        "request_too_large" => 413,
        "unprocessable_entity_error" | "UnprocessableEntityError" => 422,
        "rate_limit_error"
        | "rate_limit_exceeded"
        | "insufficient_quota"
        | "requests"
        | "tokens"
        | "too_many_requests_error"
        | "RateLimitError" => 429,
        "server_error" | "api_error" | "internal_error" | "internal_server_error" | "InternalServerError" => {
            500
        }
        "overloaded_error" | "engine_overloaded" | "service_unavailable" | "ServiceUnavailableError" => 503,
        "timeout" | "timeout_error" => 504,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERDICT: Verdict<'_> = Verdict {
        status: 400,
        kind: "invalid_request_error",
        code: None,
        param: Some("model"),
        message: "cannot use own model - must be: \"x\"\n",
    };

    #[test]
    fn errors_have_all_four_members() {
        let text = r#"{"error":{"message":"cannot use own model - must be: \"x\"\n","type":"invalid_request_error","param":"model","code":null}}"#;
        assert_eq!(String::from_utf8(body(&VERDICT)).unwrap(), text);
        let event = String::from_utf8(frame(&VERDICT)).unwrap();
        assert_eq!(event, format!("data: {text}\n\n"));
        let code = Verdict { code: Some("rate_limit_exceeded"), param: None, ..VERDICT };
        let read: serde_json::Value = serde_json::from_slice(&body(&code)).unwrap();
        assert_eq!(read["error"]["code"], "rate_limit_exceeded");
        assert!(read["error"]["param"].is_null());
    }

    #[test]
    fn a_code_says_more_than_the_type() {
        let mut error = UpstreamError::new(529, "m");
        error.code = Some("overloaded_error".into());
        assert_eq!((verdict(&error).kind, verdict(&error).code), ("overloaded_error", None));
        error.code = Some("throttlingException".into());
        assert_eq!(verdict(&error).code, Some("throttlingException"));
    }

    #[test]
    fn the_status_is_what_the_error_says() {
        for (data, expected) in [
            (r#"{"error":{"message":"m","type":"invalid_request_error","code":null}}"#, 400),
            (r#"{"error":{"message":"m","type":"requests","code":"rate_limit_exceeded"}}"#, 429),
            (r#"{"error":{"message":"m","type":"server_error"}}"#, 500),
            (r#"{"error":{"message":"m","type":"???","code":"model_not_found"}}"#, 404),
            (r#"{"error":{"message":"m","type":"BadRequestError","code":422}}"#, 422),
            (r#"{"error":{"message":"m","code":"503"}}"#, 503),
            (r#"{"object":"error","message":"m","type":"NotFoundError","code":404}"#, 404),
            (r#"{"error":"bad","code":"Client specified an invalid argument"}"#, 502),
            (r#"{"error":{"message":"code 400","code":17}}"#, 502),
            (r#"{"error":{"message":"#, 502),
            ("[DONE]", 502),
        ] {
            assert_eq!(status(data.as_bytes()), expected, "{data}");
        }
    }
}
