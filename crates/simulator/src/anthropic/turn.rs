//! The answer: its blocks, its stop reason, its usage.

use serde_json::{Map, Value, json};

use super::reading::{self, Tokens};
use super::request::{Host, Order};
use super::seal;
use crate::fault::Faults;
use crate::script::{self, Line, Stop};
use crate::text;

/// One block of an answer.
pub(crate) enum Block {
    /// The words as they are shown, and the signature of the whole thought.
    Thinking {
        shown: String,
        signature: String,
    },
    Redacted(String),
    Text {
        text: String,
        citation: Option<Value>,
    },
    Call {
        id: String,
        name: String,
        arguments: String,
    },
    /// A block that comes whole: calls of tools that Anthropic runs, and their results.
    Server(Value),
}

/// One answer.
pub(crate) struct Turn {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) stop: Stop,
    pub(crate) tokens: Tokens,
    /// With thinking.
    pub(crate) output: u64,
    pub(crate) thoughts: u64,
    pub(crate) searches: u64,
}

impl Turn {
    /// Answers a request.
    pub(crate) fn of(order: &Order, body: &Map<String, Value>, faults: &Faults) -> Self {
        let cue = reading::cue(body, faults);
        let line = script::play(&cue);
        let omitted = body.get("thinking").is_some_and(|thinking| thinking["display"] == "omitted");
        let seed = format!("{} {} {}", order.model, cue.turn, cue.wanted);
        let prefix = match order.host {
            Host::Bedrock => "msg_bdrk_",
            Host::Vertex => "msg_vrtx_",
            _ => "msg_",
        };
        Self {
            id: text::identifier(prefix, 28, &seed),
            model: order.model.clone(),
            tokens: reading::tokens(body),
            output: line.words() + cue.thoughts,
            thoughts: cue.thoughts,
            searches: u64::from(line.search.is_some()),
            blocks: blocks(&line, omitted),
            stop: line.stop,
        }
    }

    pub(super) const fn stop_reason(&self) -> &'static str {
        match self.stop {
            Stop::End => "end_turn",
            Stop::Limit => "max_tokens",
            Stop::Sequence(_) => "stop_sequence",
            Stop::Calls => "tool_use",
            Stop::Refused => "refusal",
            Stop::Paused => "pause_turn",
        }
    }

    pub(super) fn stop_sequence(&self) -> Option<&str> {
        match &self.stop {
            Stop::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }

    /// Why the model refused, where it did.
    pub(super) fn stop_details(&self) -> Option<Value> {
        (self.stop == Stop::Refused).then(|| {
            json!({"type": "refusal", "category": "cyber", "explanation": "This request was refused on request."})
        })
    }

    /// The counts that a stream knows at its end.
    pub(super) fn counts(&self, output: u64) -> Map<String, Value> {
        let mut usage = Map::new();
        usage.insert("input_tokens".to_owned(), self.tokens.fresh.into());
        usage.insert("cache_creation_input_tokens".to_owned(), self.tokens.cache_written.into());
        usage.insert("cache_read_input_tokens".to_owned(), self.tokens.cache_read.into());
        usage.insert("output_tokens".to_owned(), output.into());
        usage
    }

    /// The whole usage, with so many tokens of output so far.
    pub(super) fn usage(&self, output: u64) -> Value {
        let mut usage = self.counts(output);
        usage.insert(
            "cache_creation".to_owned(),
            json!({
                "ephemeral_5m_input_tokens": self.tokens.cache_written,
                "ephemeral_1h_input_tokens": 0,
            }),
        );
        usage.insert("service_tier".to_owned(), "standard".into());
        usage.into()
    }

    /// Adds what only a finished answer knows.
    pub(super) fn finish(&self, usage: &mut Map<String, Value>) {
        if self.searches > 0 {
            let uses = json!({"web_search_requests": self.searches, "web_fetch_requests": 0});
            usage.insert("server_tool_use".to_owned(), uses);
        }
        if self.thoughts > 0 {
            usage.insert("output_tokens_details".to_owned(), json!({"thinking_tokens": self.thoughts}));
        }
    }
}

fn blocks(line: &Line, omitted: bool) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(thinking) = &line.thinking {
        blocks.push(if thinking.redacted {
            Block::Redacted(seal::redacted(&thinking.words))
        } else {
            Block::Thinking {
                shown: if omitted { String::new() } else { thinking.words.clone() },
                signature: seal::signature(&thinking.words),
            }
        });
    }
    let mut citation = None;
    if let Some(query) = &line.search {
        let id = text::identifier("srvtoolu_01", 33, query);
        blocks.push(Block::Server(json!({
            "type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": query},
        })));
        blocks.push(Block::Server(json!({
            "type": "web_search_tool_result", "tool_use_id": id, "content": [{
                "type": "web_search_result", "title": "A page", "url": "https://page.invalid/one",
                "encrypted_content": seal::redacted(query), "page_age": null,
            }],
        })));
        citation = Some(json!({
            "type": "web_search_result_location", "cited_text": "What the page says.",
            "url": "https://page.invalid/one", "title": "A page", "encrypted_index": seal::redacted("one"),
        }));
    }
    if let Some(text) = line.text.as_ref().filter(|text| !text.is_empty()) {
        blocks.push(Block::Text { text: text.clone(), citation });
    }
    for call in &line.calls {
        blocks.push(Block::Call {
            id: call.id.clone(),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        });
    }
    blocks
}

impl Block {
    fn whole(&self) -> Value {
        match self {
            Self::Thinking { shown, signature } => {
                json!({"type": "thinking", "thinking": shown, "signature": signature})
            }
            Self::Redacted(data) => json!({"type": "redacted_thinking", "data": data}),
            Self::Text { text, citation: None } => json!({"type": "text", "text": text}),
            Self::Text { text, citation: Some(citation) } => {
                json!({"citations": [citation], "type": "text", "text": text})
            }
            Self::Call { id, name, arguments } => {
                let input: Value = serde_json::from_str(arguments).unwrap_or_default();
                json!({"type": "tool_use", "id": id, "name": name, "input": input})
            }
            Self::Server(value) => value.clone(),
        }
    }
}

/// The whole answer as one object.
pub(crate) fn message(turn: &Turn) -> Value {
    let mut usage = turn.usage(turn.output);
    if let Some(fields) = usage.as_object_mut() {
        turn.finish(fields);
    }
    let mut value = json!({
        "id": turn.id,
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": turn.blocks.iter().map(Block::whole).collect::<Vec<_>>(),
        "stop_reason": turn.stop_reason(),
        "stop_sequence": turn.stop_sequence(),
        "usage": usage,
    });
    if let Some(details) = turn.stop_details() {
        value["stop_details"] = details;
    }
    value
}
