//! The answer as events.

use serde_json::{Map, Value, json};

use super::turn::{Block, Turn};
use crate::answer::Event;
use crate::fault::{Fault, Faults};
use crate::{chat, text};

/// The events of one answer, each named as its `type` says.
pub(crate) fn events(turn: &Turn, faults: &Faults) -> Vec<Event> {
    let mut events = Events { list: Vec::new() };
    let quiet = faults.has(Fault::NoUsage);
    // What the count says before anything was said is no count.
    let usage = if quiet { json!({"input_tokens": 0, "output_tokens": 0}) } else { turn.usage(1) };
    events.add(
        "message_start",
        json!({"message": {
            "id": turn.id, "type": "message", "role": "assistant", "model": turn.model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": usage,
        }}),
    );
    for (index, block) in turn.blocks.iter().enumerate() {
        events.block(index, block);
        if index == 0 {
            // Real streams have their first ping after the first block's start.
            events.list.insert(2, Event::Named("ping", json!({"type": "ping"})));
        }
    }
    let mut delta = json!({"stop_reason": turn.stop_reason(), "stop_sequence": turn.stop_sequence()});
    if let Some(details) = turn.stop_details() {
        delta["stop_details"] = details;
    }
    let mut usage = if quiet { Map::new() } else { turn.counts(turn.output) };
    if !quiet {
        turn.finish(&mut usage);
    }
    events.add("message_delta", json!({"delta": delta, "usage": usage}));
    let ends = match (faults.has(Fault::NoDone), faults.has(Fault::DoubleDone)) {
        (true, _) => 0,
        (false, false) => 1,
        (false, true) => 2,
    };
    for _ in 0..ends {
        events.add("message_stop", json!({}));
    }
    events.list
}

struct Events {
    list: Vec<Event>,
}

impl Events {
    /// Adds an event; `type` is put before its other members.
    fn add(&mut self, name: &'static str, members: Value) {
        let mut fields = Map::new();
        fields.insert("type".to_owned(), name.into());
        if let Value::Object(members) = members {
            fields.extend(members);
        }
        self.list.push(Event::Named(name, fields.into()));
    }

    fn delta(&mut self, index: usize, delta: &Value) {
        self.add("content_block_delta", json!({"index": index, "delta": delta}));
    }

    fn block(&mut self, index: usize, block: &Block) {
        self.add("content_block_start", json!({"index": index, "content_block": start(block)}));
        match block {
            Block::Thinking { shown, signature } => {
                for word in text::words(shown) {
                    self.delta(index, &json!({"type": "thinking_delta", "thinking": word}));
                }
                self.delta(index, &json!({"type": "signature_delta", "signature": signature}));
            }
            Block::Text { text, citation } => {
                if let Some(citation) = citation {
                    self.delta(index, &json!({"type": "citations_delta", "citation": citation}));
                }
                for word in text::words(text) {
                    self.delta(index, &json!({"type": "text_delta", "text": word}));
                }
            }
            Block::Call { arguments, .. } => self.input(index, arguments),
            Block::Server(value) if value["input"].is_object() => {
                self.input(index, &value["input"].to_string());
            }
            Block::Redacted(_) | Block::Server(_) => {}
        }
        self.add("content_block_stop", json!({"index": index}));
    }

    /// Arguments come in pieces after an empty one; those of a call without any never come.
    fn input(&mut self, index: usize, arguments: &str) {
        self.delta(index, &json!({"type": "input_json_delta", "partial_json": ""}));
        if arguments == "{}" {
            return;
        }
        for piece in chat::pieces(arguments) {
            self.delta(index, &json!({"type": "input_json_delta", "partial_json": piece}));
        }
    }
}

fn start(block: &Block) -> Value {
    match block {
        Block::Thinking { .. } => json!({"type": "thinking", "thinking": "", "signature": ""}),
        Block::Redacted(data) => json!({"type": "redacted_thinking", "data": data}),
        Block::Text { citation: None, .. } => json!({"type": "text", "text": ""}),
        Block::Text { citation: Some(_), .. } => json!({"citations": [], "type": "text", "text": ""}),
        Block::Call { id, name, .. } => json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
        Block::Server(value) => {
            let mut value = value.clone();
            if value["input"].is_object() {
                value["input"] = json!({});
            }
            value
        }
    }
}
