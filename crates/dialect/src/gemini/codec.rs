//! The dialect towards Google.

use model::{ChatRequest, Losses, Parameter, UpstreamError};

use super::answer::Answer;
use super::content::Way;
use super::host::{Host, PUBLIC, VERTEX};
use super::{error, request};
use crate::{
    ChatCall, ChatCodec, Counting, EncodeError, Encoded, ErrorReader, Family, Handling, HeaderOf, Quirks,
    Thinking, counting, settle,
};

/// `generateContent`, as one host has it.
#[derive(Debug, Clone, Copy)]
pub struct GeminiCodec {
    host: &'static Host,
}

/// The public API.
pub static CHAT_CODEC: GeminiCodec = GeminiCodec { host: &PUBLIC };
/// Vertex AI.
pub static VERTEX_CODEC: GeminiCodec = GeminiCodec { host: &VERTEX };

impl ErrorReader for GeminiCodec {
    fn error(&self, status: u16, _headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read(status, body)
    }
}

impl ChatCodec for GeminiCodec {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::GENERATE_CONTENT
    }

    fn handling(&self, parameter: Parameter, family: &Family) -> Handling {
        match parameter {
            Parameter::MaxTokens => Handling::Rename("maxOutputTokens"),
            Parameter::Temperature | Parameter::Seed => Handling::Pass,
            Parameter::TopP => Handling::Rename("topP"),
            Parameter::TopK => Handling::Rename("topK"),
            Parameter::Stop => Handling::Rename("stopSequences"),
            Parameter::N => Handling::Rename("candidateCount"),
            Parameter::FrequencyPenalty => Handling::Rename("frequencyPenalty"),
            Parameter::PresencePenalty => Handling::Rename("presencePenalty"),
            Parameter::Logprobs => Handling::Rename("responseLogprobs"),
            Parameter::TopLogprobs => Handling::Rename("logprobs"),
            Parameter::ServiceTier if self.host.service_tier => Handling::Rename("serviceTier"),
            Parameter::JsonObject => Handling::Rename("responseMimeType"),
            Parameter::JsonSchema if family.gemini.json_schema => Handling::Rename("responseJsonSchema"),
            Parameter::JsonSchema => Handling::Rename("responseSchema"),
            Parameter::Tools => Handling::Rename("functionDeclarations"),
            Parameter::ToolChoiceNone
            | Parameter::ToolChoiceRequired
            | Parameter::ToolChoiceNamed
            | Parameter::ToolChoiceAmong => Handling::Rename("functionCallingConfig"),
            Parameter::Reasoning | Parameter::ReasoningOff => match family.thinking {
                Thinking::None if parameter == Parameter::Reasoning => Handling::Drop,
                // What does not think need not be told not to.
                Thinking::None => Handling::Pass,
                Thinking::Budget { may_be_off: false, .. } | Thinking::Levels { may_be_off: false, .. }
                    if parameter == Parameter::ReasoningOff =>
                {
                    Handling::Approximate
                }
                _ => Handling::Rename("thinkingConfig"),
            },
            Parameter::ImageData | Parameter::Audio | Parameter::File => Handling::Rename("inlineData"),
            Parameter::ImageUrl => Handling::Rename("fileData"),
            Parameter::ToolResultImage if family.gemini.signs_calls => Handling::Rename("parts"),
            Parameter::ToolResultImage => Handling::Approximate,
            Parameter::ToolResultError => Handling::Rename("functionResponse"),
            Parameter::ServiceTier
            | Parameter::LogitBias
            | Parameter::User
            | Parameter::Metadata
            | Parameter::ParallelToolCalls
            | Parameter::CacheMark
            | Parameter::UserName => Handling::Drop,
        }
    }

    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        let mut losses = Losses::default();
        settle(self, request, call.family, &mut losses)?;
        let written = request::write(self.host, request, call, &mut losses)?;
        let way = Way { names: written.names, nonce: call.nonce.into() };
        Ok(Encoded { body: written.body, headers: Vec::new(), losses, answer: Box::new(Answer { way }) })
    }
}

#[cfg(test)]
mod tests;
