//! The dialect towards Bedrock.

use model::{ChatRequest, Losses, Parameter, UpstreamError};

use super::answer::Answer;
use super::content::Way;
use super::{error, request};
use crate::{
    CachePlaces, ChatCall, ChatCodec, Counting, EncodeError, Encoded, ErrorReader, Family, Handling,
    HeaderOf, Quirks, SamplingRule, Structured, Thinking, counting, settle,
};

const FIELDS: &str = "additionalModelRequestFields";

/// Converse, whole and as a stream.
#[derive(Debug, Clone, Copy)]
pub struct ConverseCodec;

/// AWS Bedrock's Converse.
pub static CHAT_CODEC: ConverseCodec = ConverseCodec;

impl ErrorReader for ConverseCodec {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read(status, headers, body)
    }
}

impl ChatCodec for ConverseCodec {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::CONVERSE
    }

    fn handling(&self, parameter: Parameter, family: &Family) -> Handling {
        match parameter {
            Parameter::MaxTokens => Handling::Rename("inferenceConfig.maxTokens"),
            Parameter::Temperature | Parameter::TopP | Parameter::TopK
                if family.sampling == SamplingRule::Fixed =>
            {
                Handling::Drop
            }
            Parameter::Temperature => Handling::Rename("inferenceConfig.temperature"),
            Parameter::TopP => Handling::Rename("inferenceConfig.topP"),
            Parameter::TopK if request::top_k_member(family).is_none() => Handling::Drop,
            Parameter::Stop => Handling::Rename("inferenceConfig.stopSequences"),
            Parameter::Seed | Parameter::FrequencyPenalty | Parameter::PresencePenalty
                if !family.additional.contains(&parameter) =>
            {
                Handling::Drop
            }
            Parameter::Reasoning if family.thinking == Thinking::None => Handling::Drop,
            Parameter::ReasoningOff if !request::may_be_off(family.thinking) => Handling::Drop,
            Parameter::TopK
            | Parameter::Seed
            | Parameter::FrequencyPenalty
            | Parameter::PresencePenalty
            | Parameter::Reasoning
            | Parameter::ReasoningOff => Handling::Rename(FIELDS),
            Parameter::ServiceTier => Handling::Rename("serviceTier"),
            Parameter::Metadata => Handling::Rename("requestMetadata"),
            Parameter::JsonSchema => match family.structured {
                Structured::Native => Handling::Rename("outputConfig"),
                Structured::ForcedTool => Handling::Emulate,
                Structured::None => Handling::Drop,
            },
            Parameter::Tools | Parameter::ToolChoiceNone => Handling::Rename("toolConfig"),
            Parameter::ToolChoiceRequired | Parameter::ToolChoiceNamed => Handling::Rename("toolChoice"),
            Parameter::JsonObject | Parameter::ToolChoiceAmong => Handling::Emulate,
            Parameter::ImageData | Parameter::ImageUrl => Handling::Rename("image"),
            Parameter::Audio => Handling::Rename("audio"),
            Parameter::File => Handling::Rename("document"),
            Parameter::ToolResultImage => Handling::Rename("toolResult"),
            Parameter::ToolResultError => Handling::Rename("status"),
            Parameter::CacheMark if family.cache == CachePlaces::Nowhere => Handling::Drop,
            Parameter::CacheMark => Handling::Rename("cachePoint"),
            Parameter::N
            | Parameter::Logprobs
            | Parameter::TopLogprobs
            | Parameter::LogitBias
            | Parameter::User
            | Parameter::ParallelToolCalls
            | Parameter::UserName => Handling::Drop,
        }
    }

    fn reads_headers(&self) -> &'static [&'static str] {
        &request::HEADERS
    }

    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        let mut losses = Losses::default();
        settle(self, request, call.family, &mut losses)?;
        let written = request::write(request, call, &mut losses)?;
        let way = Way {
            names: written.names,
            answer_tool: written.answer_tool,
            carries_seals: written.thinks,
            nonce: call.nonce.into(),
            maker: written.maker,
        };
        Ok(Encoded { body: written.body, headers: Vec::new(), losses, answer: Box::new(Answer { way }) })
    }
}

#[cfg(test)]
mod tests;
