//! Requests as Bedrock gets them: the worked vector, every repair, every parameter.

use bytes::Bytes;
use document::Document;
use model::{Effort, Losses, Settings};
use serde_json::{Value, json};

use super::*;
use crate::{Delivery, EffortPlace, Quirks, TopK};

mod judge;
mod parameters;
mod repairs;

/// Claude 4.5.
pub(super) static CLAUDE: Family = Family {
    thinking: Thinking::Budget { least: 1024, may_be_off: true },
    sampling: SamplingRule::OneOf,
    ..Family::UNKNOWN
};
/// Claude 4.6.
pub(super) static ADAPTIVE: Family = Family { thinking: Thinking::Adaptive { budget: true }, ..CLAUDE };
/// Claude 3.5: nothing but tools.
pub(super) static EARLY: Family =
    Family { structured: Structured::ForcedTool, thinking: Thinking::None, ..Family::UNKNOWN };
/// Nova 2.
pub(super) static NOVA: Family = Family {
    thinking: Thinking::Levels { efforts: &[Effort::Low, Effort::Medium, Effort::High], may_be_off: true },
    structured: Structured::ForcedTool,
    top_k: TopK::Additional("inferenceConfig.topK"),
    effort: EffortPlace::ReasoningConfig,
    cache: CachePlaces::Conversation,
    ..Family::UNKNOWN
};
/// A model that takes no instructions, tools or points.
pub(super) static PLAIN: Family = Family {
    system: false,
    structured: Structured::None,
    top_k: TopK::Unknown,
    cache: CachePlaces::Nowhere,
    ..Family::UNKNOWN
};

pub(super) struct Case {
    pub(super) model: &'static str,
    pub(super) family: &'static Family,
    pub(super) settings: Settings,
    pub(super) delivery: Delivery,
}

pub(super) fn case(model: &'static str, family: &'static Family) -> Case {
    Case { model, family, settings: Settings::default(), delivery: Delivery::Whole }
}

impl Case {
    pub(super) fn encode(&self, request: &ChatRequest) -> Result<Encoded, EncodeError> {
        let call = ChatCall {
            model: self.model,
            family: self.family,
            quirks: &Quirks::NONE,
            settings: &self.settings,
            delivery: self.delivery,
            want_usage: true,
            nonce: "n0",
        };
        CHAT_CODEC.encode(request, &call)
    }

    /// Body and losses of what an OpenAI client sends.
    pub(super) fn write(&self, body: &Value) -> (Value, Vec<String>) {
        let encoded = self.encode(&read(body)).unwrap();
        let written = serde_json::from_slice(&encoded.body).unwrap();
        judge::judge(&written, self.delivery);
        (written, losses(&encoded.losses))
    }
}

pub(super) fn read(body: &Value) -> ChatRequest {
    let document = Document::parse(Bytes::from(body.to_string())).unwrap();
    crate::ChatFront::read(&crate::openai::CHAT_FRONT, &document).unwrap().request
}

pub(super) fn losses(losses: &Losses) -> Vec<String> {
    losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect()
}

pub(super) const CLAUDE_MODEL: &str = "anthropic.claude-x-v1:0";

#[test]
fn the_worked_vector() {
    let request = json!({
        "messages": [
            {"role": "system", "content": "S"},
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "add", "arguments": "{\"a\":1}"}},
                {"id": "b", "type": "function", "function": {"name": "add", "arguments": "{\"a\":2}"}}
            ]},
            {"role": "tool", "tool_call_id": "a", "content": "{\"r\":1}"},
            {"role": "tool", "tool_call_id": "b", "content": "7"}
        ],
        "tools": [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}],
        "tool_choice": {"type": "function", "function": {"name": "add"}},
        "max_tokens": 50, "temperature": 0.5, "top_p": 0.9, "stop": ["x"]
    });
    let encoded = case(CLAUDE_MODEL, &EARLY).encode(&read(&request)).unwrap();
    let expected = concat!(
        r#"{"system":[{"text":"S"}],"messages":[{"role":"user","content":[{"text":"q"}]},{"role":"assistant","content":["#,
        r#"{"toolUse":{"toolUseId":"a","name":"add","input":{"a":1}}},{"toolUse":{"toolUseId":"b","name":"add","input":{"a":2}}}]},"#,
        r#"{"role":"user","content":[{"toolResult":{"toolUseId":"a","content":[{"json":{"r":1}}]}},"#,
        r#"{"toolResult":{"toolUseId":"b","content":[{"json":{"result":7}}]}}]}],"#,
        r#""toolConfig":{"tools":[{"toolSpec":{"name":"add","inputSchema":{"json":{"type":"object"}}}}],"#,
        r#""toolChoice":{"tool":{"name":"add"}}},"#,
        r#""inferenceConfig":{"maxTokens":50,"temperature":0.5,"topP":0.9,"stopSequences":["x"]}}"#,
    );
    assert_eq!(String::from_utf8(encoded.body).unwrap(), expected);
    assert!(encoded.losses.is_empty() && encoded.headers.is_empty());
}
