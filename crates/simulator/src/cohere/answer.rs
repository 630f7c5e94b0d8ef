//! Answers of the second version of chat, whole and as events.

use serde_json::{Map, Value, json};

use super::request::{self, list};
use crate::chat;
use crate::fault::{Fault, Faults};
use crate::flow::{Flow, Framing, Piece};
use crate::script::{self, Line, Stop};
use crate::text;

/// Cohere's events have names and are ended by a mark.
pub(super) const EVENTS: Framing = Framing::Events { blank: " ", line_end: "\n" };
const REFUSED: &str = "I will not help with that.";

struct Turn<'a> {
    body: &'a Value,
    faults: &'a Faults,
    id: String,
    wanted: String,
    line: Line,
}

impl<'a> Turn<'a> {
    fn of(body: &'a Value, faults: &'a Faults) -> Self {
        let cue = request::cue(body, faults);
        let mut line = script::play(&cue);
        if line.stop == Stop::Refused {
            line.text = Some(REFUSED.to_owned());
        }
        for call in &mut line.calls {
            call.id = format!("{}_{}", call.name, call.id);
        }
        Self { body, faults, id: super::identifier(&body.to_string()), wanted: cue.wanted, line }
    }

    /// The reason of the end; `finish:WORD` in the text asks for that one.
    fn finish(&self) -> String {
        finish(&self.wanted, &self.line.stop)
    }

    fn usage(&self) -> Value {
        let thoughts = self.thinking().map_or(0, text::count);
        let (input, output) = (request::words(self.body), self.line.words() + thoughts);
        let mut usage = json!({
            "billed_units": {"input_tokens": input.div_ceil(2), "output_tokens": output.div_ceil(2)},
            "tokens": {"input_tokens": input, "output_tokens": output},
        });
        if self.wanted.contains("cached_prompt") {
            usage["cached_tokens"] = (input / 2).into();
        }
        usage
    }

    fn thinking(&self) -> Option<&str> {
        self.line.thinking.as_ref().map(|thinking| thinking.words.as_str())
    }

    /// What is said about the calls before they are made.
    fn plan(&self) -> Option<String> {
        let first = self.line.calls.first()?;
        Some(format!("I will call {}.", first.name))
    }

    /// What the text owes to the documents.
    fn citations(&self) -> Vec<Value> {
        let Some(document) = list(&self.body["documents"]).first().filter(|_| self.line.text.is_some())
        else {
            return Vec::new();
        };
        let said = self.line.text.as_deref().unwrap_or_default();
        let first = said.split(' ').next().unwrap_or_default();
        let data = document.get("data").cloned().unwrap_or_else(|| document.clone());
        let data = if data.is_object() { data } else { json!({"text": data}) };
        let id = document["id"].as_str().unwrap_or("doc:0");
        vec![json!({
            "start": 0, "end": first.len(), "text": first,
            "sources": [{"type": "document", "id": id, "document": data}], "type": "TEXT_CONTENT",
        })]
    }
}

pub(super) fn finish(wanted: &str, stop: &Stop) -> String {
    if let Some((_, rest)) = wanted.split_once("finish:") {
        return rest.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
    }
    match stop {
        Stop::Limit => "MAX_TOKENS",
        Stop::Sequence(_) => "STOP_SEQUENCE",
        Stop::Calls => "TOOL_CALL",
        _ => "COMPLETE",
    }
    .to_owned()
}

/// The whole answer.
pub(super) fn whole(body: &Value, faults: &Faults) -> Value {
    let turn = Turn::of(body, faults);
    let mut message = Map::new();
    message.insert("role".to_owned(), "assistant".into());
    let thinking = turn.thinking().map(|words| json!({"type": "thinking", "thinking": words}));
    let said = turn.line.text.as_ref().map(|said| json!({"type": "text", "text": said}));
    let content: Vec<Value> = thinking.into_iter().chain(said).collect();
    if !content.is_empty() {
        message.insert("content".to_owned(), content.into());
    }
    if let Some(plan) = turn.plan() {
        message.insert("tool_plan".to_owned(), plan.into());
        message.insert("tool_calls".to_owned(), turn.line.calls.iter().map(script_call).collect());
    }
    if !turn.citations().is_empty() {
        message.insert("citations".to_owned(), turn.citations().into());
    }
    let mut answer = json!({
        "id": turn.id, "message": message, "finish_reason": turn.finish(), "usage": turn.usage(),
    });
    if body["logprobs"] == true {
        answer["logprobs"] =
            text::words(turn.line.text.as_deref().unwrap_or_default()).map(logprob).collect();
    }
    answer
}

fn script_call(call: &crate::tools::Call) -> Value {
    call.whole()
}

fn logprob(word: &str) -> Value {
    json!({"text": word, "token_ids": [1], "logprobs": [-0.25]})
}

fn event(name: &'static str, mut value: Value) -> Piece {
    let mut fields = Map::new();
    if let Some(id) = value.as_object_mut().and_then(|fields| fields.remove("id")) {
        fields.insert("id".to_owned(), id);
    }
    fields.insert("type".to_owned(), name.into());
    if let Value::Object(rest) = value {
        fields.extend(rest);
    }
    Piece { name: Some(name), value: fields.into() }
}

/// The answer in events.
pub(super) fn stream(body: &Value, faults: &Faults) -> Flow {
    let turn = Turn::of(body, faults);
    let nothing =
        json!({"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []});
    let mut pieces = vec![event("message-start", json!({"id": turn.id, "delta": {"message": nothing}}))];
    let mut index = 0;
    if let Some(words) = turn.thinking() {
        content(&mut pieces, index, "thinking", words, false);
        index += 1;
    }
    if let Some(plan) = turn.plan() {
        for word in text::words(&plan) {
            pieces.push(event("tool-plan-delta", json!({"delta": {"message": {"tool_plan": word}}})));
        }
    }
    if let Some(said) = &turn.line.text {
        content(&mut pieces, index, "text", said, body["logprobs"] == true);
    }
    for (position, citation) in turn.citations().into_iter().enumerate() {
        let delta = json!({"message": {"citations": citation}});
        pieces.push(event("citation-start", json!({"index": position, "delta": delta})));
        pieces.push(event("citation-end", json!({"index": position})));
    }
    for (position, call) in turn.line.calls.iter().enumerate() {
        let function = json!({"name": call.name, "arguments": ""});
        let start = json!({"id": call.id, "type": "function", "function": function});
        let delta = json!({"message": {"tool_calls": start}});
        pieces.push(event("tool-call-start", json!({"index": position, "delta": delta})));
        for piece in chat::pieces(&call.arguments) {
            let delta = json!({"message": {"tool_calls": {"function": {"arguments": piece}}}});
            pieces.push(event("tool-call-delta", json!({"index": position, "delta": delta})));
        }
        pieces.push(event("tool-call-end", json!({"index": position})));
    }
    let finish = pieces.len();
    let mut delta = json!({"finish_reason": turn.finish()});
    if !turn.faults.has(Fault::NoUsage) {
        delta["usage"] = turn.usage();
    }
    pieces.push(event("message-end", json!({"delta": delta})));
    let failed = json!({"error": "an internal error has occurred", "finish_reason": "ERROR"});
    Flow {
        framing: EVENTS,
        pieces,
        opening: finish.min(3),
        finish,
        end_mark: Some("[DONE]"),
        error: event("message-end", json!({"delta": failed})),
        huge: |text| {
            let delta = json!({"message": {"content": {"text": text}}});
            event("content-delta", json!({"index": 0, "delta": delta}))
        },
    }
}

fn content(pieces: &mut Vec<Piece>, index: u64, kind: &str, said: &str, logprobs: bool) {
    let start = json!({"message": {"content": {"type": kind, kind: ""}}});
    pieces.push(event("content-start", json!({"index": index, "delta": start})));
    for word in text::words(said).filter(|word| !word.is_empty()) {
        let delta = json!({"message": {"content": {kind: word}}});
        let mut value = json!({"index": index, "delta": delta});
        if logprobs {
            value["logprobs"] = logprob(word);
        }
        pieces.push(event("content-delta", value));
    }
    pieces.push(event("content-end", json!({"index": index})));
}
