//! `POST /v1/complete`: completions of prompts, the older form.

use serde_json::{Map, Value, json};

use super::request::invalid;
use super::{refusal, stream, whole};
use crate::answer::Event;
use crate::fault::{Fault, Faults};
use crate::frames;
use crate::member::{Form, Member, member};
use crate::native::Reply;
use crate::refusal::Refusal;
use crate::text;

const MEMBERS: &[Member] = &[
    member("model", Form::Text),
    member("prompt", Form::Text),
    member("max_tokens_to_sample", Form::Integer(1, i64::MAX)),
    member("stop_sequences", Form::Array),
    member("temperature", Form::Number(0.0, 1.0)),
    member("top_p", Form::Number(0.0, 1.0)),
    member("top_k", Form::Integer(0, i64::MAX)),
    member("metadata", Form::Object),
    member("stream", Form::Bool),
];

pub(super) fn answer(body: &Map<String, Value>, faults: &Faults) -> Result<Reply, Refusal> {
    for (name, value) in body {
        match MEMBERS.iter().find(|known| known.name == name) {
            Some(known) => known.check(value)?,
            None => return Err(Refusal::Unknown { member: name.clone(), input: value.clone() }),
        }
    }
    for name in ["model", "prompt", "max_tokens_to_sample"] {
        if !body.contains_key(name) {
            return Err(Refusal::Missing { member: name.to_owned() });
        }
    }
    let text_of = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let model = text_of("model");
    if model.starts_with("missing") {
        return Err(Refusal::Model(model.to_owned()));
    }
    let prompt = human(text_of("prompt"))?;
    let (said, reason, stop) = complete(body, faults, prompt);
    let id = text::identifier("compl_", 30, &format!("{model} {prompt}"));
    let object = |completion: &str, reason: Option<&str>, stop: Option<&str>| {
        json!({
            "type": "completion", "id": id, "completion": completion, "stop_reason": reason, "model": model,
            "stop": stop, "log_id": id,
        })
    };
    if body.get("stream").and_then(Value::as_bool) != Some(true) {
        return Ok(whole(object(&said, Some(reason), stop.as_deref())));
    }
    let mut events: Vec<Event> =
        text::words(&said).map(|word| Event::Named("completion", object(word, None, None))).collect();
    events.insert(0, Event::Named("ping", json!({"type": "ping"})));
    if !faults.has(Fault::NoDone) {
        events.push(Event::Named("completion", object("", Some(reason), stop.as_deref())));
    }
    Ok(stream(frames::write(events, faults, &refusal::in_stream())))
}

/// What the human said last. The prompt has turns, and the last is the assistant's.
fn human(prompt: &str) -> Result<&str, Refusal> {
    let wrong = |message: &str| Err(invalid("prompt", message));
    let Some(start) = prompt.rfind("Human:") else {
        return wrong("prompt must start with \"\\n\\nHuman:\" turn");
    };
    let Some((said, rest)) = prompt[start + "Human:".len()..].split_once("\n\nAssistant:") else {
        return wrong("prompt must end with \"\\n\\nAssistant:\" turn");
    };
    if rest.ends_with(' ') {
        return wrong("prompt must not end with trailing whitespace");
    }
    Ok(said.trim())
}

/// The completion, why it ended, and the sequence that ended it.
fn complete(
    body: &Map<String, Value>,
    faults: &Faults,
    prompt: &str,
) -> (String, &'static str, Option<String>) {
    let said = format!(" {}", text::spoken(faults, prompt));
    let stops = body.get("stop_sequences").and_then(Value::as_array).into_iter().flatten();
    let found = stops.filter_map(Value::as_str).filter_map(|stop| Some((said.find(stop)?, stop)));
    let first = found.min_by_key(|(place, _)| *place);
    let kept = &said[..first.map_or(said.len(), |(place, _)| place)];
    let limit = body.get("max_tokens_to_sample").and_then(Value::as_u64).unwrap_or(u64::MAX);
    // The blank that it begins with is no word.
    let limit = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let cut: String = text::words(kept).take(limit).collect();
    if cut.len() < kept.len() {
        return (cut.trim_end().to_owned(), "max_tokens", None);
    }
    let stop = first.map_or("\n\nHuman:", |(_, stop)| stop);
    (cut, "stop_sequence", Some(stop.to_owned()))
}
