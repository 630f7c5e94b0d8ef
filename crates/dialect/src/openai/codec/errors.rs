//! Errors of providers, in all the forms that they have.

use std::borrow::Cow;

use document::{Document, Kind, Value};
use model::{ErrorKind, UpstreamError};

/// Bytes of a message that are passed on.
const LONGEST: usize = 4096;

/// Reads an error with its status. A body in an unknown form is the message itself.
pub(in crate::openai) fn read(status: u16, body: &[u8]) -> UpstreamError {
    // Some wrap the object in a list, so that it is looked at as a value.
    let wrapped = [b"{\"body\":", body, b"}"].concat();
    let document = Document::parse(wrapped.into()).ok();
    let mut root = document.as_ref().and_then(|document| document.value("body"));
    if let Some(first) = root.and_then(|root| root.items().next()) {
        root = Some(first);
    }
    let root = root.filter(|root| root.kind() == Kind::Object);
    let mut error =
        UpstreamError { kind: ErrorKind::of_status(status), ..UpstreamError::new(status, String::new()) };
    if let Some(root) = root {
        read_object(root, &mut error);
    }
    if error.message.is_empty() {
        error.message = String::from_utf8_lossy(body.trim_ascii()).into_owned();
    }
    if error.message.is_empty() {
        error.message = format!("the provider answered with status {status} and nothing else");
    }
    truncate(&mut error.message);
    error
}

fn read_object(root: Value<'_>, error: &mut UpstreamError) {
    let wrapped = root.value("error").filter(|error| !error.is_null());
    let inner = wrapped.filter(|error| error.kind() == Kind::Object).unwrap_or(root);
    let told = ["message", "detail", "error", "errors", "error_description"];
    let message = told.into_iter().find_map(|name| message_of(inner.value(name)?));
    error.message = message.or_else(|| message_of(wrapped?)).unwrap_or_default();
    let code = [inner.value("code"), root.value("code"), root.value("error_code"), root.value("error_type")];
    error.code = code.into_iter().flatten().find_map(|code| word_of(code, error.status));
    error.param = text(inner.value("param")).or_else(|| location(inner));
    error.request_id = text(root.value("request_id")).or_else(|| text(inner.value("request_id")));
}

/// A text, the message in an object, or that of the first item of a list.
fn message_of(value: Value<'_>) -> Option<String> {
    let found = match value.kind() {
        Kind::String => value.as_str(),
        Kind::Object => ["message", "msg", "detail"].into_iter().find_map(|name| {
            let inner = value.value(name)?;
            if inner.kind() == Kind::Array { first_message(inner) } else { inner.as_str() }
        }),
        Kind::Array => first_message(value),
        _ => None,
    };
    found.filter(|text| !text.is_empty()).map(Cow::into_owned)
}

fn first_message(list: Value<'_>) -> Option<Cow<'_, str>> {
    let first = list.items().next()?;
    first.as_str().or_else(|| first.value("msg")?.as_str()).or_else(|| first.value("message")?.as_str())
}

/// A word, or a number that is not just the status.
fn word_of(code: Value<'_>, status: u16) -> Option<Box<str>> {
    match code.kind() {
        Kind::String => text(Some(code)).filter(|word| **word != *status.to_string()),
        Kind::Number if code.as_u64() != Some(u64::from(status)) => {
            Some(String::from_utf8_lossy(code.raw()).into())
        }
        _ => None,
    }
}

fn text(value: Option<Value<'_>>) -> Option<Box<str>> {
    let text = value?.as_str()?;
    (!text.is_empty() && text.len() <= LONGEST).then(|| text.as_ref().into())
}

/// The path of the first fault of a list: `["body","messages",0]`.
fn location(inner: Value<'_>) -> Option<Box<str>> {
    let detail = ["detail", "message"].into_iter().find_map(|name| {
        let value = inner.value(name)?;
        if value.kind() == Kind::Object { value.value("detail") } else { Some(value) }
    })?;
    let steps = detail.items().next()?.value("loc")?;
    let step = |step: Value<'_>| match step.kind() {
        Kind::String => step.as_str().map(Cow::into_owned),
        _ => Some(String::from_utf8_lossy(step.raw()).into_owned()),
    };
    let path = steps.items().filter_map(step).skip_while(|step| step == "body").collect::<Vec<_>>().join(".");
    (!path.is_empty() && path.len() <= LONGEST).then(|| path.into())
}

fn truncate(text: &mut String) {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
}
