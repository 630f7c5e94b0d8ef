//! Completions of prompts, the older form.

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Answer, Event};
use crate::ask::Ask;
use crate::fault::Fault;
use crate::text::{self, CREATED};
use crate::usage::Counts;

struct Completion {
    text: String,
    finish: &'static str,
}

pub(crate) fn answer(ask: &Ask) -> Answer {
    let prompts = prompts(ask);
    let number = ask.number("n").unwrap_or(1);
    let mut counts = Counts::default();
    let mut choices = Vec::new();
    for prompt in &prompts {
        counts.prompt += text::count(prompt);
        for _ in 0..number {
            let (said, cut) = text::limited(ask, &text::said(ask, prompt));
            counts.completion += text::count(&said);
            let text = if ask.flag("echo") { format!("{prompt}{said}") } else { said };
            choices.push(Completion { text, finish: if cut { "length" } else { "stop" } });
        }
    }
    let id = text::identifier("cmpl-", 34, &format!("{} {}", ask.model, prompts.join("\n")));
    if ask.streams() {
        return Answer::Stream(stream(ask, &id, &choices, counts));
    }
    let choices: Vec<Value> = choices
        .iter()
        .enumerate()
        .map(|(index, choice)| piece(index, &choice.text, Some(choice.finish)))
        .collect();
    Answer::Whole(
        StatusCode::OK,
        json!({
            "id": id, "object": "text_completion", "created": CREATED, "model": ask.model,
            "choices": choices, "usage": counts.object(ask),
        }),
    )
}

/// The prompts as texts; a list of tokens is one prompt.
fn prompts(ask: &Ask) -> Vec<String> {
    match ask.member("prompt") {
        Some(Value::String(prompt)) => vec![prompt.clone()],
        Some(Value::Array(list)) if list.iter().any(|item| !item.is_number()) => {
            list.iter().map(tokens).collect()
        }
        Some(list) => vec![tokens(list)],
        None => Vec::new(),
    }
}

/// A text as it is, a list of tokens as words.
fn tokens(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(Value::to_string).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn piece(index: usize, text: &str, finish: Option<&str>) -> Value {
    json!({"text": text, "index": index, "logprobs": null, "finish_reason": finish})
}

fn stream(ask: &Ask, id: &str, choices: &[Completion], counts: Counts) -> Vec<Event> {
    let chunk = |choices: Value| {
        let mut fields = json!({
            "id": id, "object": "text_completion", "created": CREATED, "model": ask.model, "choices": choices,
        });
        if ask.stream_option("include_usage") && !ask.faults.has(Fault::NoUsage) {
            fields["usage"] = Value::Null;
        }
        fields
    };
    let mut events = Vec::new();
    for (index, choice) in choices.iter().enumerate() {
        for word in text::words(&choice.text) {
            events.push(Event::Data(chunk(json!([piece(index, word, None)]))));
        }
        events.push(Event::Data(chunk(json!([piece(index, "", Some(choice.finish))]))));
    }
    if ask.stream_option("include_usage") && !ask.faults.has(Fault::NoUsage) {
        let mut last = chunk(json!([]));
        last["usage"] = counts.object(ask);
        events.push(Event::Data(last));
    }
    events.push(Event::Done);
    events
}
