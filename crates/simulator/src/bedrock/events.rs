//! Converse's answer as events.

use serde_json::{Map, Value, json};

use super::answer::{Block, Turn};
use super::wire::Event;
use crate::fault::{Fault, Faults};
use crate::{chat, text};

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The events of one answer.
pub(super) fn events(turn: &Turn, faults: &Faults) -> Vec<Event> {
    let mut events = Events { list: Vec::new(), after_end: false };
    events.add("messageStart", &json!({"role": "assistant"}), None);
    for (index, block) in turn.blocks.iter().enumerate() {
        events.block(index, block);
    }
    events.after_end = true;
    let mut stop = json!({"stopReason": turn.stop});
    if let Some(more) = &turn.more {
        stop["additionalModelResponseFields"] = more.clone();
    }
    events.add("messageStop", &stop, None);
    events.add("metadata", &turn.metadata(faults.has(Fault::NoUsage)).into(), None);
    events.list
}

struct Events {
    list: Vec<Event>,
    after_end: bool,
}

impl Events {
    fn add(&mut self, name: &'static str, members: &Value, with_text: Option<fn(&str) -> Value>) {
        let mut fields: Map<String, Value> = members.as_object().cloned().unwrap_or_default();
        // Real events are padded, so that their lengths do not tell what is said.
        let length =
            usize::try_from(text::hash(&format!("{} {members}", self.list.len())) % 60).unwrap_or(0) + 3;
        fields.insert("p".to_owned(), LETTERS[..length.min(LETTERS.len())].into());
        self.list.push(Event { name, payload: fields.into(), after_end: self.after_end, with_text });
    }

    fn delta(&mut self, index: usize, delta: &Value, with_text: Option<fn(&str) -> Value>) {
        self.add("contentBlockDelta", &json!({"contentBlockIndex": index, "delta": delta}), with_text);
    }

    fn block(&mut self, index: usize, block: &Block) {
        match block {
            Block::Reasoning { text, signature } => {
                for word in text::words(text) {
                    self.delta(index, &json!({"reasoningContent": {"text": word}}), None);
                }
                if let Some(signature) = signature {
                    self.delta(index, &json!({"reasoningContent": {"signature": signature}}), None);
                }
            }
            Block::Redacted(data) => {
                self.delta(index, &json!({"reasoningContent": {"redactedContent": data}}), None);
            }
            Block::Text(said) => {
                for word in text::words(said) {
                    self.delta(index, &json!({"text": word}), Some(spoken));
                }
            }
            // Of all blocks only calls are announced.
            Block::Call { id, name, arguments } => {
                let start = json!({"toolUse": {"toolUseId": id, "name": name, "type": "tool_use"}});
                self.add("contentBlockStart", &json!({"contentBlockIndex": index, "start": start}), None);
                if arguments == "{}" {
                    self.delta(index, &json!({"toolUse": {"input": ""}}), None);
                } else {
                    for piece in chat::pieces(arguments) {
                        self.delta(index, &json!({"toolUse": {"input": piece}}), None);
                    }
                }
            }
        }
        self.add("contentBlockStop", &json!({"contentBlockIndex": index}), None);
    }
}

/// An event that says a text.
fn spoken(text: &str) -> Value {
    json!({"contentBlockIndex": 0, "delta": {"text": text}})
}
