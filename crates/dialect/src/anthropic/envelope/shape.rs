//! What a request body is: its head, and whether it is one of its operation.

use document::{Document, Kind, Value};
use model::Operation;

use crate::{Head, RequestError};

/// Members that the gateway reads or writes. Another spelling of one is refused: a lenient host would take it
/// for the same member, and see another value than the gateway did.
const CONTROLLED: [&str; 16] = [
    "model",
    "stream",
    "messages",
    "prompt",
    "system",
    "max_tokens",
    "max_tokens_to_sample",
    "temperature",
    "top_p",
    "top_k",
    "thinking",
    "tools",
    "tool_choice",
    "metadata",
    "anthropic_version",
    "anthropic_beta",
];

/// Reads the head. A model that is empty or not a string counts as absent.
pub(super) fn head(document: &Document) -> Result<Head<'_>, RequestError> {
    let model = document.value("model").and_then(Value::as_str);
    let stream = match given(document, "stream") {
        None => false,
        Some(value) => value.as_bool().ok_or(wrong("stream", "a boolean"))?,
    };
    Ok(Head { model: model.filter(|name| !name.is_empty()), stream, include_usage: false })
}

/// The value of a top-level member that is not null.
pub(super) fn given<'d>(document: &'d Document, name: &str) -> Option<Value<'d>> {
    document.value(name).filter(|value| !value.is_null())
}

/// Judges no more than what the gateway relies on: the rest is the host's to judge.
pub(super) fn check(document: &Document, operation: Operation) -> Result<(), RequestError> {
    if operation == Operation::Preserve {
        return Ok(());
    }
    if !document.has_plain_names()
        && let Some(name) = document.misspelt(&CONTROLLED)
    {
        return Err(RequestError::Duplicate(name.into()));
    }
    match operation {
        Operation::Chat | Operation::Completions => check_prompt(document, operation),
        _ => Ok(()),
    }
}

fn check_prompt(document: &Document, operation: Operation) -> Result<(), RequestError> {
    let messages =
        document.value("messages").is_some_and(|list| list.kind() == Kind::Array && !list.is_empty());
    let prompt = document.value("prompt").is_some_and(|prompt| prompt.kind() == Kind::String);
    let found = match (messages, prompt) {
        (true, true) => return Err(RequestError::ManyShapes),
        (false, false) => return Err(RequestError::NoPrompt),
        (true, false) => Operation::Chat,
        (false, true) => Operation::Completions,
    };
    if found == operation {
        return Ok(());
    }
    Err(RequestError::WrongShape { found: found.route_type(), route: operation.route_type() })
}

fn wrong(member: &'static str, expected: &'static str) -> RequestError {
    RequestError::WrongType { member: member.into(), expected }
}
