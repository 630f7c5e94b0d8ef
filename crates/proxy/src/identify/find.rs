//! Where a caller's key can be, in the order in which Kong looks.

use std::borrow::Cow;

use config::KeyAuth;
use http::header::{self, HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;

use super::{Shown, Value};

/// Where the key was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Under one of the configured names, or nowhere.
    Named,
    /// In `Authorization: Bearer`.
    Bearer,
}

/// The caller's key: for each name header, query and body, and a bearer token when no name has one.
pub fn find_key<'a>(settings: &KeyAuth, shown: &Shown<'a>) -> (Value<'a>, Place) {
    for name in &settings.key_names {
        match named(settings, shown, name) {
            Value::Absent | Value::Other => {}
            found => return (found, Place::Named),
        }
    }
    if settings.key_in_bearer {
        return (bearer(shown.headers), Place::Bearer);
    }
    (Value::Absent, Place::Named)
}

fn named<'a>(settings: &KeyAuth, shown: &Shown<'a>, name: &str) -> Value<'a> {
    let mut value = Value::Absent;
    if settings.key_in_header {
        value = one(shown.headers.get_all(name).iter().map(header_text));
    }
    if value == Value::Absent && settings.key_in_query {
        let query = shown.query.unwrap_or_default();
        value = one(arguments(query).filter(|(given, _)| is(given, name)).map(|(_, value)| {
            // An argument without a value is there, but no key.
            value.map_or(Value::Other, |value| Value::Text(decoded(value)))
        }));
    }
    if value == Value::Absent && settings.key_in_body {
        value = shown.body.map_or(Value::Absent, |body| body(name));
    }
    value
}

fn one<'a>(mut values: impl Iterator<Item = Value<'a>>) -> Value<'a> {
    match (values.next(), values.next()) {
        (None, _) => Value::Absent,
        (Some(value), None) => value,
        (Some(_), Some(_)) => Value::Several,
    }
}

fn header_text(value: &HeaderValue) -> Value<'_> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Value::Text(Cow::Borrowed(text)),
        // No key that is text can be equal to it.
        Err(_) => Value::Text(String::from_utf8_lossy(value.as_bytes())),
    }
}

/// The token of `Authorization: Bearer`; other schemes are none of ours.
fn bearer(headers: &HeaderMap) -> Value<'_> {
    one(headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| match header_text(value) {
        Value::Text(Cow::Borrowed(text)) => bearer_token(text).map(|token| Value::Text(Cow::Borrowed(token))),
        _ => None,
    }))
}

fn bearer_token(text: &str) -> Option<&str> {
    let (scheme, token) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The arguments of a query: name and value as written, without a value where there is no `=`.
pub fn arguments(query: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    query.split('&').filter(|argument| !argument.is_empty()).map(|argument| match argument.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (argument, None),
    })
}

/// Whether an argument's name, as written, is this one. Configured names are in lower case, so case is no
/// difference.
pub fn is(given: &str, name: &str) -> bool {
    given.eq_ignore_ascii_case(name)
        || (given.contains(['%', '+']) && decoded(given).eq_ignore_ascii_case(name))
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}
