//! The dialect towards whoever runs Claude.

use model::{ChatRequest, Losses, Parameter, UpstreamError};

use super::answer::Answer;
use super::content::Way;
use super::hosting::{API, BEDROCK, DATABRICKS, FOUNDRY, Hosting, VERTEX};
use super::{error, request};
use crate::{
    ChatCall, ChatCodec, Counting, EncodeError, Encoded, ErrorReader, Family, Handling, HeaderOf, Quirks,
    SamplingRule, Structured, Thinking, counting, settle,
};

/// Messages, as one host has them.
#[derive(Debug, Clone, Copy)]
pub struct MessagesCodec {
    hosting: &'static Hosting,
}

/// Anthropic's own API.
pub static CHAT_CODEC: MessagesCodec = MessagesCodec { hosting: &API };
/// AWS Bedrock, `InvokeModel`.
pub static BEDROCK_CODEC: MessagesCodec = MessagesCodec { hosting: &BEDROCK };
/// Google Vertex AI, `rawPredict`.
pub static VERTEX_CODEC: MessagesCodec = MessagesCodec { hosting: &VERTEX };
/// Azure AI Foundry.
pub static FOUNDRY_CODEC: MessagesCodec = MessagesCodec { hosting: &FOUNDRY };
/// Databricks' endpoints in Anthropic's shape.
pub static DATABRICKS_CODEC: MessagesCodec = MessagesCodec { hosting: &DATABRICKS };

impl ErrorReader for MessagesCodec {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read(status, headers, body)
    }
}

impl ChatCodec for MessagesCodec {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::MESSAGES
    }

    fn handling(&self, parameter: Parameter, family: &Family) -> Handling {
        match parameter {
            Parameter::Temperature | Parameter::TopP | Parameter::TopK => match family.sampling {
                SamplingRule::Fixed => Handling::Drop,
                SamplingRule::Free | SamplingRule::OneOf => Handling::Pass,
            },
            Parameter::Stop => Handling::Rename("stop_sequences"),
            Parameter::User => Handling::Rename("metadata.user_id"),
            Parameter::ServiceTier if self.hosting.refuses("service_tier", &[]) => Handling::Drop,
            Parameter::JsonSchema => match family.structured {
                Structured::Native => Handling::Rename("output_config"),
                Structured::ForcedTool => Handling::Emulate,
                Structured::None => Handling::Drop,
            },
            Parameter::JsonObject | Parameter::ToolChoiceAmong => Handling::Emulate,
            Parameter::ToolChoiceNone
            | Parameter::ToolChoiceRequired
            | Parameter::ToolChoiceNamed
            | Parameter::ParallelToolCalls => Handling::Rename("tool_choice"),
            Parameter::Reasoning if family.thinking == Thinking::None => Handling::Drop,
            Parameter::ReasoningOff if !request::may_be_off(family.thinking) => Handling::Drop,
            Parameter::Reasoning | Parameter::ReasoningOff => Handling::Rename("thinking"),
            Parameter::ImageData | Parameter::ImageUrl => Handling::Rename("image"),
            Parameter::File => Handling::Rename("document"),
            Parameter::ToolResultImage => Handling::Rename("tool_result"),
            Parameter::ToolResultError => Handling::Rename("is_error"),
            Parameter::MaxTokens | Parameter::Tools | Parameter::CacheMark | Parameter::ServiceTier => {
                Handling::Pass
            }
            Parameter::Audio => Handling::Refuse,
            Parameter::Seed
            | Parameter::N
            | Parameter::FrequencyPenalty
            | Parameter::PresencePenalty
            | Parameter::Logprobs
            | Parameter::TopLogprobs
            | Parameter::LogitBias
            | Parameter::Metadata
            | Parameter::UserName => Handling::Drop,
        }
    }

    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        let mut losses = Losses::default();
        settle(self, request, call.family, &mut losses)?;
        let written = request::write(self.hosting, request, call, &mut losses)?;
        let mut headers = Vec::new();
        if !written.betas.is_empty() {
            headers.push(("anthropic-beta", written.betas.join(",")));
        }
        let way = Way {
            names: written.names,
            answer_tool: written.answer_tool,
            carries_seals: written.thinks,
            nonce: call.nonce.into(),
        };
        Ok(Encoded { body: written.body, headers, losses, answer: Box::new(Answer { way }) })
    }
}

#[cfg(test)]
pub(super) mod tests;
