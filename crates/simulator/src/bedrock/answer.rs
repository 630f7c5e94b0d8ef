//! Converse's answer: its blocks, its stop reason, its usage.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{is_claude, reading};
use crate::anthropic::{Tokens, redacted, signature};
use crate::fault::Faults;
use crate::script::{self, Line, Stop};

/// What a guardrail says in the model's place.
const BLOCKED: &str = "Sorry, the model cannot answer this question.";
const LATENCY: u64 = 321;

/// One block of an answer.
pub(super) enum Block {
    /// Claude's thoughts are signed.
    Reasoning {
        text: String,
        signature: Option<String>,
    },
    /// In base64.
    Redacted(String),
    Text(String),
    Call {
        id: String,
        name: String,
        arguments: String,
    },
}

/// One answer.
pub(super) struct Turn {
    pub(super) blocks: Vec<Block>,
    pub(super) stop: &'static str,
    tokens: Tokens,
    output: u64,
    /// What the request asked to see of the model's own answer.
    pub(super) more: Option<Value>,
    guarded: Option<String>,
    echoes: Map<String, Value>,
}

impl Turn {
    pub(super) fn of(model: &str, body: &Map<String, Value>, faults: &Faults) -> Self {
        let cue = reading::cue(body, faults);
        let mut line = script::play(&cue);
        let guard = body.get("guardrailConfig").filter(|_| line.stop == Stop::Refused);
        let stop = match (&line.stop, guard) {
            (Stop::Refused, Some(_)) => "guardrail_intervened",
            (Stop::Refused, None) => "content_filtered",
            (Stop::End | Stop::Paused, _) => "end_turn",
            (Stop::Limit, _) => "max_tokens",
            (Stop::Sequence(_), _) => "stop_sequence",
            (Stop::Calls, _) => "tool_use",
        };
        if guard.is_some() {
            line.text = Some(BLOCKED.to_owned());
        }
        let names =
            guard.map(|config| config["guardrailIdentifier"].as_str().unwrap_or("guardrail").to_owned());
        let paths = body.get("additionalModelResponseFieldPaths").and_then(Value::as_array);
        let asked = paths.is_some_and(|list| list.iter().any(|path| path == "/stop_sequence"));
        let more = match &line.stop {
            Stop::Sequence(sequence) if asked => Some(json!({"stop_sequence": sequence})),
            _ => None,
        };
        let said_back = ["performanceConfig", "serviceTier"].into_iter();
        let echoes = said_back.filter_map(|name| Some((name.to_owned(), body.get(name)?.clone()))).collect();
        Self {
            tokens: reading::tokens(body),
            output: line.words() + cue.thoughts,
            blocks: blocks(&line, is_claude(model)),
            stop,
            more,
            guarded: names,
            echoes,
        }
    }

    fn usage(&self) -> Value {
        let input = self.tokens.total();
        json!({
            "inputTokens": self.tokens.fresh,
            "outputTokens": self.output,
            "totalTokens": input + self.output,
            "cacheReadInputTokens": self.tokens.cache_read,
            "cacheWriteInputTokens": self.tokens.cache_written,
        })
    }

    /// Usage, times, and what the request asked to be traced.
    pub(super) fn metadata(&self, quiet: bool) -> Map<String, Value> {
        let mut fields = self.echoes.clone();
        if !quiet {
            fields.insert("usage".to_owned(), self.usage());
        }
        fields.insert("metrics".to_owned(), json!({"latencyMs": LATENCY}));
        if let Some(name) = &self.guarded {
            let found = json!({"topicPolicy": {"topics": [{"name": "refused", "type": "DENY", "action": "BLOCKED"}]}});
            let trace = json!({"guardrail": {"inputAssessment": {name: found}}});
            fields.insert("trace".to_owned(), trace);
        }
        fields
    }

    /// The whole answer as one object.
    pub(super) fn whole(&self) -> Value {
        let content: Vec<Value> = self.blocks.iter().map(Block::whole).collect();
        let mut fields = self.metadata(false);
        fields.insert("output".to_owned(), json!({"message": {"role": "assistant", "content": content}}));
        fields.insert("stopReason".to_owned(), self.stop.into());
        if let Some(more) = &self.more {
            fields.insert("additionalModelResponseFields".to_owned(), more.clone());
        }
        fields.into()
    }
}

fn blocks(line: &Line, signs: bool) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(thinking) = &line.thinking {
        blocks.push(if thinking.redacted {
            Block::Redacted(STANDARD.encode(redacted(&thinking.words)))
        } else {
            Block::Reasoning {
                text: thinking.words.clone(),
                signature: signs.then(|| signature(&thinking.words)),
            }
        });
    }
    if let Some(text) = line.text.as_ref().filter(|text| !text.is_empty()) {
        blocks.push(Block::Text(text.clone()));
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
            Self::Reasoning { text, signature: None } => {
                json!({"reasoningContent": {"reasoningText": {"text": text}}})
            }
            Self::Reasoning { text, signature: Some(signature) } => {
                json!({"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}})
            }
            Self::Redacted(data) => json!({"reasoningContent": {"redactedContent": data}}),
            Self::Text(text) => json!({"text": text}),
            Self::Call { id, name, arguments } => {
                let input: Value = serde_json::from_str(arguments).unwrap_or_default();
                json!({"toolUse": {"toolUseId": id, "name": name, "input": input, "type": "tool_use"}})
            }
        }
    }
}
