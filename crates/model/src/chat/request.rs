//! What a client asks a model for.

use crate::{ConfiguredOptions, Extras, Json, Message, Number, OptionsPrecedence, Tool, ToolChoice};

/// A request for generated text. `None` everywhere means: the client said nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatRequest {
    pub messages: Vec<Message>,
    /// Most tokens of an answer, reasoning included.
    pub max_tokens: Option<u64>,
    pub sampling: Sampling,
    pub tools: Vec<Tool>,
    pub tool_choice: Option<ToolChoice>,
    pub parallel_tool_calls: Option<bool>,
    pub response_format: ResponseFormat,
    pub reasoning: Option<ReasoningWish>,
    /// The client's name for its own user.
    pub user: Option<Box<str>>,
    pub service_tier: Option<Box<str>>,
    pub metadata: Option<Json>,
    /// The client wants the usage of its stream.
    pub include_usage: bool,
    /// The request is for `llm/v1/completions`: one user message that is the prompt as written.
    pub completion: bool,
    /// The client's headers that the codec asked to see: name in lower case, value.
    pub headers: Vec<(&'static str, Box<str>)>,
    /// Members at the top of the body that the model has no place for, those of `extra_body` included. A codec
    /// takes the ones that its provider knows; the others are losses.
    pub extras: Extras,
}

/// How the next token is chosen, and what is told about that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sampling {
    pub temperature: Option<Number>,
    pub top_p: Option<Number>,
    pub top_k: Option<Number>,
    pub frequency_penalty: Option<Number>,
    pub presence_penalty: Option<Number>,
    pub seed: Option<Number>,
    pub stop: Vec<String>,
    /// How many answers are wanted.
    pub n: Option<u64>,
    pub logprobs: Option<bool>,
    pub top_logprobs: Option<u64>,
    pub logit_bias: Option<Json>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ResponseFormat {
    #[default]
    Text,
    JsonObject,
    JsonSchema {
        name: Box<str>,
        description: Option<String>,
        schema: Json,
        strict: Option<bool>,
    },
}

/// How much a model should think, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    XHigh,
    Max,
}

impl Effort {
    pub const ALL: [Self; 6] = [Self::Minimal, Self::Low, Self::Medium, Self::High, Self::XHigh, Self::Max];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.name() == name)
    }

    /// Tokens of reasoning that stand for an effort where a provider counts them.
    pub const fn budget(self) -> u64 {
        match self {
            Self::Minimal | Self::Low => 1024,
            Self::Medium => 2048,
            Self::High => 4096,
            Self::XHigh => 8192,
            Self::Max => 16_384,
        }
    }

    /// The effort that stands for a budget where a provider knows words only.
    pub const fn of_budget(budget: u64) -> Self {
        match budget {
            0..2048 => Self::Low,
            2048..8192 => Self::Medium,
            _ => Self::High,
        }
    }
}

/// What a client says about reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasoningWish {
    Off,
    Effort(Effort),
    /// Tokens.
    Budget(u64),
    /// The model decides, with this effort where given.
    Adaptive(Option<Effort>),
}

impl ReasoningWish {
    /// As an effort; none where reasoning is off.
    pub fn effort(self) -> Option<Effort> {
        match self {
            Self::Off => None,
            Self::Effort(effort) => Some(effort),
            Self::Budget(budget) => Some(Effort::of_budget(budget)),
            Self::Adaptive(effort) => Some(effort.unwrap_or(Effort::High)),
        }
    }

    /// As tokens; none where reasoning is off.
    pub fn budget(self) -> Option<u64> {
        match self {
            Self::Budget(budget) => Some(budget),
            other => other.effort().map(Effort::budget),
        }
    }
}

impl ChatRequest {
    /// Merges the options of a target: what both give is decided by the options' precedence.
    pub fn merge(&mut self, options: &ConfiguredOptions) {
        let config_wins = options.precedence == OptionsPrecedence::Config;
        let number = |text: &Option<Box<str>>| text.clone().map(Number::from_checked);
        settle(&mut self.max_tokens, options.max_tokens, config_wins);
        settle(&mut self.sampling.temperature, number(&options.temperature), config_wins);
        settle(&mut self.sampling.top_p, number(&options.top_p), config_wins);
        settle(&mut self.sampling.top_k, options.top_k.map(Number::from), config_wins);
    }

    /// The name of the tool that the call with this id called.
    pub fn called(&self, id: &str) -> Option<&str> {
        let parts = self.messages.iter().rev().filter_map(|message| match message {
            Message::Assistant(assistant) => Some(&assistant.parts),
            _ => None,
        });
        parts.flatten().find_map(|part| match part {
            crate::AssistantPart::ToolCall(call) if &*call.id == id => Some(&*call.name),
            _ => None,
        })
    }
}

fn settle<T>(asked: &mut Option<T>, configured: Option<T>, config_wins: bool) {
    if asked.is_none() || (config_wins && configured.is_some()) {
        *asked = configured;
    }
}
