//! Whole answers of providers, read as a stream of one piece.

use bytes::Bytes;
use document::{Document, Kind, Value};
use model::{ChatEvent, ChatResponse, Fold, Start};

use super::said::{Choice, Sink, items};
use super::{MAX_CHOICES, Way};
use crate::openai::stream::name;
use crate::openai::{object, usage};
use crate::{DecodeError, read as reading};

/// Members that clients of the format know, besides those of the model.
const EXTRAS: [&str; 1] = ["system_fingerprint"];

pub(super) fn read(body: &[u8], way: &Way) -> Result<ChatResponse, DecodeError> {
    let document = Document::parse(Bytes::copy_from_slice(body)).map_err(|_| DecodeError::NotAnObject)?;
    let choices: Vec<_> = reading::objects(document.value("choices"), "choices")?.collect();
    if choices.is_empty() {
        return Err(DecodeError::Missing("choices"));
    }
    let mut events = vec![ChatEvent::Start(start(&document))];
    for (position, choice) in (0..MAX_CHOICES).zip(choices.iter().copied()) {
        read_choice(choice, position, &document, way, &mut events)?;
    }
    let mut fold = Fold::default();
    for event in events {
        fold.add(event);
    }
    // No event is an error.
    let mut response = fold.finish(object::is_object).unwrap_or_default();
    for (choice, value) in response.choices.iter_mut().zip(choices) {
        if let Some(value) = value.value("content_filter_results").filter(|value| !value.is_null()) {
            choice.extras.add("content_filter_results", json(&document, value));
        }
    }
    response.usage = usage_of(&document, way);
    response.service_tier = document.value("service_tier").and_then(name);
    response.served_as.clone_from(&response.service_tier);
    for extra in EXTRAS {
        if let Some(value) = document.value(extra).filter(|value| !value.is_null()) {
            response.extras.add(extra, json(&document, value));
        }
    }
    Ok(response)
}

fn json(document: &Document, value: Value<'_>) -> model::Json {
    model::Json::from_checked(document.share(&value))
}

fn read_choice(
    value: Value<'_>,
    position: u32,
    document: &Document,
    way: &Way,
    events: &mut Vec<ChatEvent>,
) -> Result<(), DecodeError> {
    let index = index_of(value).unwrap_or(position);
    let mut choice = Choice::default();
    if index == 0 {
        choice.sources = sources(document);
    }
    let mut sink = Sink { choice: index, way, document, events };
    let word = value.value("finish_reason").and_then(Value::as_str).unwrap_or_default();
    match message_of(value) {
        Some(message) => choice.read(message, true, &mut sink).map_err(|_| DecodeError::NotAnObject)?,
        // Azure has nothing to tell of an answer that was filtered.
        None if &*word == "content_filter" => {}
        None => return Err(DecodeError::Missing("choices[].message")),
    }
    read_logprobs(value, &mut sink);
    choice.finish(&word, sequence(value), &mut sink);
    Ok(())
}

/// What a choice says; some servers write it without a wrapper.
fn message_of(choice: Value<'_>) -> Option<Value<'_>> {
    let wrapped = choice.value("message").or_else(|| choice.value("delta"));
    match wrapped {
        Some(message) => Some(message).filter(|message| message.kind() == Kind::Object),
        None => ["content", "tool_calls"].iter().any(|name| choice.value(name).is_some()).then_some(choice),
    }
}

pub(super) fn index_of(choice: Value<'_>) -> Option<u32> {
    let index = choice.value("index").and_then(Value::as_u64)?;
    u32::try_from(index).ok().filter(|index| *index < MAX_CHOICES)
}

/// What is known of an answer from its own members; empty ones say nothing.
pub(super) fn start(document: &Document) -> Start {
    Start {
        id: document.value("id").and_then(name),
        model: document.value("model").and_then(name),
        created: document.value("created").and_then(Value::as_u64).filter(|created| *created > 0),
    }
}

/// Usage at the top, or in a choice where some providers have it.
pub(super) fn usage_of(document: &Document, way: &Way) -> Option<model::Usage> {
    let in_choice = || items(document.value("choices")).find_map(|choice| choice.value("usage"));
    let usage = document.value("usage").filter(|usage| usage.kind() == Kind::Object);
    let usage = usage.or_else(in_choice).filter(|usage| usage.kind() == Kind::Object)?;
    usage::read(usage, way.reasoning_outside)
}

/// Addresses beside the answer (xAI, Perplexity).
pub(super) fn sources(document: &Document) -> Vec<Box<str>> {
    items(document.value("citations")).filter_map(name).collect()
}

pub(super) fn read_logprobs(choice: Value<'_>, sink: &mut Sink<'_>) {
    if let Some(value) = choice.value("logprobs").filter(|value| value.kind() == Kind::Object) {
        let value = json(sink.document, value);
        sink.events.push(ChatEvent::Logprobs { choice: sink.choice, value });
    }
}

/// The stop sequence that was met: under vLLM's name for it, or `SGLang`'s.
pub(super) fn sequence(choice: Value<'_>) -> Option<Box<str>> {
    ["stop_reason", "matched_stop"].into_iter().find_map(|member| name(choice.value(member)?))
}
