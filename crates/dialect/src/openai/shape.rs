//! What a request body is: its head, and whether it is one of its operation.

use document::{Document, Kind, Value};
use model::Operation;

use crate::{Head, RequestError};

/// Members that the gateway reads or writes. Another spelling of one is refused: a lenient provider would
/// take it for the same member, and see another value than the gateway did.
const CONTROLLED: [&str; 15] = [
    "model",
    "stream",
    "stream_options",
    "messages",
    "prompt",
    "input",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "top_k",
    "tools",
    "tool_choice",
    "extra_body",
    "user",
];

const _: () = {
    let mut index = 0;
    while index < CONTROLLED.len() {
        let name = CONTROLLED[index].as_bytes();
        let mut at = 0;
        while at < name.len() {
            assert!(!name[at].is_ascii_uppercase() && name[at].is_ascii());
            at += 1;
        }
        index += 1;
    }
};

/// Members of `extra_body` that are taken over; each costs a search through the body.
const MOST_EXTRAS: usize = 128;

/// Reads the head. A model that is empty or not a string counts as absent: SDKs send null.
pub(super) fn head(document: &Document) -> Result<Head<'_>, RequestError> {
    let model = document.value("model").and_then(Value::as_str);
    let stream = match given(document, "stream") {
        None => false,
        Some(value) => value.as_bool().ok_or(wrong_type("stream", "a boolean"))?,
    };
    let options = document.value("stream_options");
    Ok(Head {
        model: model.filter(|name| !name.is_empty()),
        stream,
        include_usage: options.is_some_and(includes_usage),
    })
}

/// Whether `stream_options` asks for usage.
pub(super) fn includes_usage(options: Value<'_>) -> bool {
    options.value("include_usage").and_then(Value::as_bool) == Some(true)
}

/// The value of a top-level member that is not null.
pub(super) fn given<'d>(document: &'d Document, name: &str) -> Option<Value<'d>> {
    document.value(name).filter(|value| !value.is_null())
}

pub(super) fn check(document: &Document, operation: Operation) -> Result<(), RequestError> {
    if operation == Operation::Preserve {
        return Ok(());
    }
    // Most names are as plain as ours, which need no comparing then.
    if !document.has_plain_names()
        && let Some(name) = document.misspelt(&CONTROLLED)
    {
        return Err(RequestError::Duplicate(name.into()));
    }
    check_extra_body(document)?;
    match operation {
        Operation::Chat | Operation::Completions => check_prompt(document, operation),
        Operation::Embeddings => check_input(document),
        _ => Ok(()),
    }
}

fn check_prompt(document: &Document, operation: Operation) -> Result<(), RequestError> {
    let found = match (has_messages(document), has_prompt(document)) {
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

fn check_input(document: &Document) -> Result<(), RequestError> {
    let input = document.value("input").map(Value::kind);
    if let Some(Kind::String | Kind::Array) = input {
        return Ok(());
    }
    let found = match (has_messages(document), has_prompt(document)) {
        (true, _) => Operation::Chat,
        (false, true) => Operation::Completions,
        (false, false) => return Err(wrong_type("input", "a string or an array")),
    };
    Err(RequestError::WrongShape { found: found.route_type(), route: Operation::Embeddings.route_type() })
}

fn has_messages(document: &Document) -> bool {
    document.value("messages").is_some_and(|messages| messages.kind() == Kind::Array && !messages.is_empty())
}

/// A text, texts, or tokens.
fn has_prompt(document: &Document) -> bool {
    document.value("prompt").is_some_and(|prompt| match prompt.kind() {
        Kind::String => true,
        Kind::Array => !prompt.is_empty(),
        _ => false,
    })
}

fn check_extra_body(document: &Document) -> Result<(), RequestError> {
    let Some(extra) = given(document, "extra_body") else {
        return Ok(());
    };
    if extra.kind() != Kind::Object {
        return Err(wrong_type("extra_body", "an object"));
    }
    if extra.members().nth(MOST_EXTRAS).is_some() {
        return Err(wrong_type("extra_body", "an object of at most 128 members"));
    }
    let names: Vec<_> = extra.members().map(|member| member.name).collect();
    for (index, name) in names.iter().enumerate() {
        if let Some(known) = CONTROLLED.iter().find(|known| name.resembles(known)) {
            return Err(RequestError::Duplicate(format!("extra_body.{known}").into()));
        }
        let decoded = name.decoded();
        if names.iter().take(index).any(|earlier| earlier.is(&decoded)) {
            return Err(RequestError::Duplicate("extra_body".into()));
        }
    }
    Ok(())
}

fn wrong_type(member: &'static str, expected: &'static str) -> RequestError {
    RequestError::WrongType { member: member.into(), expected }
}

#[cfg(test)]
mod tests;
