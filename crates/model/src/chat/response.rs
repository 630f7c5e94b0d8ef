//! A whole answer.

use crate::{AssistantPart, Extras, Json, Reasoning, Told, Usage};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatResponse {
    /// The provider's id of the answer.
    pub id: Option<Box<str>>,
    /// The model that the provider says has answered, where clients are to be told that one.
    pub model: Option<Box<str>>,
    /// Unix seconds.
    pub created: Option<u64>,
    pub choices: Vec<Choice>,
    pub usage: Option<Usage>,
    /// How the request was served, in OpenAI's words, where clients are to be told.
    pub service_tier: Option<Box<str>>,
    /// The same in the provider's own word, for the account.
    pub served_as: Option<Box<str>>,
    /// What the provider said besides, under names that clients of its own format know.
    pub extras: Extras,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    pub index: u32,
    /// In the order in which they were said; texts and reasoning in one part each between other parts.
    pub parts: Vec<AssistantPart>,
    pub finish: Finish,
    pub logprobs: Option<Json>,
    pub extras: Extras,
}

/// Why generation ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finish {
    pub reason: FinishReason,
    /// The stop sequence that was met, where the provider tells.
    pub sequence: Option<Box<str>>,
}

impl From<FinishReason> for Finish {
    fn from(reason: FinishReason) -> Self {
        Self { reason, sequence: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum FinishReason {
    /// The model was done.
    #[default]
    Stop,
    /// A stop sequence came.
    StopSequence,
    Length,
    ToolCalls,
    /// The provider stopped or refused the answer.
    ContentFilter,
}

impl FinishReason {
    /// The word in spans, by the conventions of OpenTelemetry for generative AI.
    pub const fn convention_name(self) -> &'static str {
        match self {
            Self::Stop | Self::StopSequence => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_call",
            Self::ContentFilter => "content_filter",
        }
    }
}

impl ChatResponse {
    /// What the answer tells of itself.
    pub fn told(&self) -> Told {
        Told {
            id: self.id.clone(),
            model: self.model.clone(),
            service_tier: self.served_as.clone(),
            finish_reasons: self.choices.iter().map(|choice| choice.finish.reason).collect(),
        }
    }

    /// Bytes of generated text, for an estimate where a provider reports no usage.
    pub fn output_bytes(&self) -> u64 {
        let parts = self.choices.iter().flat_map(|choice| &choice.parts);
        let bytes = parts.map(|part| match part {
            AssistantPart::Text(part) => part.text.len(),
            AssistantPart::Reasoning(Reasoning::Open { text, .. }) | AssistantPart::Refusal(text) => {
                text.len()
            }
            AssistantPart::ToolCall(call) => call.name.len() + call.arguments.as_text().len(),
            AssistantPart::Reasoning(Reasoning::Redacted(_))
            | AssistantPart::Image(_)
            | AssistantPart::Native(..) => 0,
        });
        bytes.sum::<usize>() as u64
    }
}
