//! What must not be seen of a body that is recorded: members that carry credentials, and credentials that an
//! answer repeats.

use std::borrow::Cow;

use auth::Secret;
use bytes::Bytes;
use document::{Document, Edits, Kind, Member};
use http::HeaderMap;
use memchr::memmem;
use telemetry::Redactor;

/// Stands where a credential was.
const MASK: &[u8] = b"REDACTED";
/// The same as a JSON value.
const MASKED_VALUE: &[u8] = b"\"REDACTED\"";

/// What is shorter may be an ordinary word, and is no secret.
const SHORTEST: usize = 8;

/// A request's body without the values of members that carry credentials, at the top and one level down; none where
/// it is no object and may hold `some`, or has a part that is one. The same memory where there is none.
pub fn without_members(body: Bytes, redactor: &Redactor, some: bool) -> Option<Bytes> {
    let Ok(document) = Document::parse(body.clone()) else {
        return if some { None } else { without_fields(body, redactor) };
    };
    let mut edits = Edits::default();
    let mut found = false;
    let mut hide = |member: &Member<'_>| {
        let hidden = redactor.is_credential(&member.name.decoded());
        if hidden {
            edits.replace(&member.value, MASKED_VALUE);
            found = true;
        }
        hidden
    };
    for member in document.members() {
        if !hide(&member) && member.value.kind() == Kind::Object {
            for inner in member.value.members() {
                hide(&inner);
            }
        }
    }
    Some(if found { document.apply(&edits).to_bytes() } else { body })
}

/// A form of escaped arguments without the values of those that carry credentials; none where a field of a form of
/// parts does. Other bodies stay as they are.
fn without_fields(body: Bytes, redactor: &Redactor) -> Option<Bytes> {
    let is_credential = |at: usize| {
        let is_name = at == 0 || !body.get(at - 1).is_some_and(u8::is_ascii_alphanumeric);
        is_name && field_name(body.get(at + NAME.len()..)).is_some_and(|name| redactor.is_credential(name))
    };
    if memmem::find_iter(&body, NAME).any(is_credential) {
        return None;
    }
    let text = std::str::from_utf8(&body).ok().filter(|text| !text.contains('\n'));
    let masked = text.map(|text| redactor.arguments(text));
    Some(match masked {
        Some(Cow::Owned(masked)) => masked.into(),
        Some(Cow::Borrowed(_)) | None => body,
    })
}

/// What begins the name of a part.
const NAME: &[u8] = b"name=";

/// The name of a part, from what follows [`NAME`]. It ends before the next one begins, so that reading all of them takes
/// no longer than reading the body.
fn field_name(rest: Option<&[u8]>) -> Option<&str> {
    let rest = rest?;
    let name = match rest.strip_prefix(b"\"") {
        Some(quoted) => quoted.split(|byte| *byte == b'"').next(),
        None => rest.split(|byte| b"=; \r\n".contains(byte)).next(),
    };
    std::str::from_utf8(name?).ok()
}

/// The credentials that a request carries in its head, of which its answer could tell.
pub fn credentials(redactor: &Redactor, headers: &HeaderMap, query: Option<&str>) -> Vec<Secret> {
    let named = headers.iter().filter(|(name, _)| redactor.is_credential(name.as_str()));
    let values = named.filter_map(|(_, value)| value.to_str().ok()).map(without_scheme).map(Cow::Borrowed);
    let arguments = query.into_iter().flat_map(|query| redactor.credentials(query));
    values.chain(arguments).filter(|value| value.len() >= SHORTEST).map(Secret::new).collect()
}

/// What follows the name of a scheme, such as `Bearer`.
fn without_scheme(value: &str) -> &str {
    let scheme = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    match value.split_once(' ') {
        Some((word, credential)) if scheme(word) => credential.trim_start(),
        _ => value,
    }
}

/// A body in which each of `secrets` is masked; the same memory where none occurs.
pub fn without_secrets(body: Bytes, secrets: &[Secret]) -> Bytes {
    secrets.iter().fold(body, |body, secret| {
        let plain = without(body, secret.expose().as_bytes());
        let quoted = document::quote(secret.expose());
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        if inner == secret.expose().as_bytes() { plain } else { without(plain, inner) }
    })
}

fn without(body: Bytes, secret: &[u8]) -> Bytes {
    if secret.len() < SHORTEST {
        return body;
    }
    let mut out = Vec::new();
    let mut end = 0;
    for at in memmem::find_iter(&body, secret) {
        out.extend_from_slice(body.get(end..at).unwrap_or_default());
        out.extend_from_slice(MASK);
        end = at + secret.len();
    }
    if end == 0 {
        return body;
    }
    out.extend_from_slice(body.get(end..).unwrap_or_default());
    out.into()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn redactor() -> Redactor {
        Redactor::new(["my-key", "X-Team"])
    }

    fn request(body: &'static str) -> String {
        let kept = without_members(Bytes::from_static(body.as_bytes()), &redactor(), false).unwrap();
        String::from_utf8(kept.to_vec()).unwrap()
    }

    #[test]
    fn members_with_names_of_credentials_are_masked_where_they_stand() {
        assert_eq!(
            request(
                r#"{"a":[{"my-key":"x"}],"My-Key" : "C","api_ke\u0079":{"x":"C"},"more":{"MY-KEY":"C","b":1}}"#
            ),
            r#"{"a":[{"my-key":"x"}],"My-Key" : "REDACTED","api_ke\u0079":"REDACTED","more":{"MY-KEY":"REDACTED","b":1}}"#
        );
    }

    #[test]
    fn other_bodies_stay_where_they_are() {
        let body = Bytes::from_static(br#"{"messages":[],"max_tokens":1}"#);
        let kept = without_members(body.clone(), &redactor(), true).unwrap();
        assert_eq!(kept.as_ptr(), body.as_ptr());
        let form = Bytes::from_static(b"--x\r\n");
        assert_eq!(without_members(form.clone(), &redactor(), false), Some(form.clone()));
        assert_eq!(without_members(form, &redactor(), true), None);
    }

    #[test]
    fn fields_of_forms_are_not_shown() {
        assert_eq!(request("a=1&api_key=CANARY&b=2"), "a=1&api_key=REDACTED&b=2");
        let parts = |disposition: &str| {
            let form = format!(
                "--x\r\ncontent-disposition: form-data; {disposition}\r\n\r\nCANARY&key=1\r\n--x--\r\n"
            );
            without_members(Bytes::from(form.clone()), &redactor(), false).map(|kept| kept == form)
        };
        assert_eq!(parts(r#"name="my-key""#), None);
        assert_eq!(parts("name=token; filename=a"), None);
        assert_eq!(parts(r#"name="file"; filename="token""#), Some(true));
    }

    #[test]
    fn a_body_of_names_is_read_once() {
        for names in ["name=", "name=\"", "name=a;", "name=a&"] {
            let body = Bytes::from(names.repeat(1 << 18));
            assert_eq!(without_members(body.clone(), &redactor(), false), Some(body), "{names}");
        }
    }

    #[test]
    fn an_answer_that_repeats_a_credential_is_masked() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer sk-CANARY-1"));
        headers.insert("x-team", HeaderValue::from_static("CANARY/\"2\""));
        headers.insert("x-other", HeaderValue::from_static("ordinary-text"));
        headers.insert("x-api-key", HeaderValue::from_static("ollama"));
        let secrets = credentials(&redactor(), &headers, Some("key=CANARY%2D3&a=ordinary"));
        assert_eq!(secrets.len(), 3);
        let told = r#"{"error":"no such key: sk-CANARY-1, sk-CANARY-1, CANARY/\"2\", CANARY-3; ollama, ordinary-text"}"#;
        let shown = without_secrets(Bytes::from_static(told.as_bytes()), &secrets);
        assert_eq!(
            shown,
            r#"{"error":"no such key: REDACTED, REDACTED, REDACTED, REDACTED; ollama, ordinary-text"}"#
        );
        let harmless = Bytes::from_static(b"{}");
        assert_eq!(without_secrets(harmless.clone(), &secrets).as_ptr(), harmless.as_ptr());
    }
}
