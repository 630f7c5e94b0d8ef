//! The answer of a token endpoint (RFC 6749 §5), as Entra, the metadata services and Google give it.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use auth::AccessToken;
use serde::de::{Deserialize, Deserializer, Visitor};

use crate::error::showable;
use crate::{Grant, IdentityError};

#[derive(serde::Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    expires_in: Option<Seconds>,
    /// Unix seconds: some metadata services give nothing else.
    expires_on: Option<Seconds>,
}

/// Whole seconds, which some endpoints write as a text.
struct Seconds(u64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SecondsVisitor)
    }
}

struct SecondsVisitor;

impl Visitor<'_> for SecondsVisitor {
    type Value = Seconds;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("whole seconds")
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Seconds, E> {
        Ok(Seconds(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Seconds, E> {
        // Negative and endless ones are refused, and no token lasts for a thousand years.
        if (0.0..3.2e10).contains(&value) {
            return Ok(Seconds(Duration::from_secs_f64(value).as_secs()));
        }
        Err(E::custom("not whole seconds"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Seconds, E> {
        value.trim().parse().map(Seconds).map_err(E::custom)
    }
}

/// Reads a good answer.
pub(crate) fn grant(endpoint: &'static str, body: &[u8]) -> Result<Grant, IdentityError> {
    let malformed = |reason| IdentityError::Malformed(endpoint, reason);
    let answer: Answer<'_> =
        serde_json::from_slice(body).map_err(|_| malformed("it is not JSON with 'access_token'"))?;
    let token = AccessToken::new(&answer.access_token)
        .map_err(|_| malformed("'access_token' is empty or cannot be sent"))?;
    let lifetime = match (answer.expires_in, answer.expires_on) {
        (Some(Seconds(seconds)), _) => Duration::from_secs(seconds),
        (None, Some(Seconds(at))) => Duration::from_secs(at.saturating_sub(unix_seconds())),
        (None, None) => return Err(malformed("it does not say when the token expires")),
    };
    if lifetime.is_zero() {
        return Err(malformed("the token has expired already"));
    }
    Ok(Grant::token(token, lifetime))
}

/// What an endpoint calls its error: the code of Entra where there is one, else `error`.
pub(crate) fn code(body: &[u8]) -> Option<Box<str>> {
    #[derive(serde::Deserialize)]
    struct Refusal<'a> {
        #[serde(borrow)]
        error: Option<Cow<'a, str>>,
        #[serde(borrow)]
        error_description: Option<Cow<'a, str>>,
    }
    let refusal: Refusal<'_> = serde_json::from_slice(body).ok()?;
    let description = refusal.error_description.unwrap_or_default();
    let number = description.split([':', ' ']).next().filter(|word| word.starts_with("AADSTS"));
    number.and_then(showable).or_else(|| showable(&refusal.error?))
}

/// The time of the system; zero before 1970.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Lifetime;

    fn seconds(body: &str) -> Result<u64, IdentityError> {
        match grant("it", body.as_bytes())?.lifetime() {
            Lifetime::For(lifetime) => Ok(lifetime.as_secs()),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn lifetimes_come_in_many_forms() {
        assert_eq!(seconds(r#"{"access_token":"t","expires_in":3599,"token_type":"Bearer"}"#), Ok(3599));
        assert_eq!(seconds(r#"{"access_token":"t","expires_in":"3599"}"#), Ok(3599));
        assert_eq!(seconds(r#"{"access_token":"t","expires_in":3599.9}"#), Ok(3599));
        let on = unix_seconds() + 600;
        let left = seconds(&format!(r#"{{"access_token":"t","expires_on":"{on}"}}"#)).unwrap();
        assert!((598..=600).contains(&left), "{left}");
        assert_eq!(seconds(r#"{"access_token":"t","expires_in":99999999999}"#), Ok(86_400));
    }

    #[tokio::test]
    async fn what_is_no_token_is_refused_without_showing_it() {
        for body in [
            "",
            "<html>canary</html>",
            "[]",
            "null",
            r#"{"access_token":null,"expires_in":1}"#,
            r#"{"access_token":"","expires_in":1}"#,
            r#"{"access_token":"canary\r\nx: y","expires_in":1}"#,
            r#"{"access_token":"canary"}"#,
            r#"{"access_token":"canary","expires_in":0}"#,
            r#"{"access_token":"canary","expires_in":-5}"#,
            r#"{"access_token":"canary","expires_in":"soon"}"#,
            r#"{"access_token":"canary","expires_in":null}"#,
            r#"{"access_token":"canary","expires_in":1e300}"#,
            r#"{"access_token":"canary","expires_on":"1"}"#,
            r#"{"access_token":"canary","expires_in":5"#,
        ] {
            let error = grant("it", body.as_bytes()).err().unwrap_or_else(|| panic!("{body}"));
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    #[test]
    fn codes_are_shown_and_descriptions_are_not() {
        let told = |body: &str| code(body.as_bytes()).map(String::from);
        let entra = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid canary"}"#;
        assert_eq!(told(entra).as_deref(), Some("AADSTS7000215"));
        assert_eq!(told(r#"{"error":"invalid_grant"}"#).as_deref(), Some("invalid_grant"));
        assert_eq!(told(r#"{"error":"can ary"}"#), None);
        assert_eq!(told("<html>"), None);
    }
}
