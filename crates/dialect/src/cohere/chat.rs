//! The second version of chat, `/v2/chat`.
//!
//! From <https://docs.cohere.com/reference/chat>.

use model::{ChatRequest, Losses, Parameter, UpstreamError};

use super::answer::Answer;
use super::calls::{NAMES, Way};
use super::{error, request};
use crate::{
    ChatCall, ChatCodec, Counting, EncodeError, Encoded, ErrorReader, Family, Handling, HeaderOf, Quirks,
    Thinking, ToolNames, counting, plain_documents, settle,
};

/// Chat of the second version.
#[derive(Debug, Clone, Copy)]
pub struct ChatV2;

/// The one [`ChatV2`].
pub static CHAT_CODEC: ChatV2 = ChatV2;

impl ErrorReader for ChatV2 {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read_body(status, headers, body)
    }
}

impl ChatCodec for ChatV2 {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::COHERE
    }

    fn handling(&self, parameter: Parameter, family: &Family) -> Handling {
        match parameter {
            Parameter::TopP => Handling::Rename("p"),
            Parameter::TopK => Handling::Rename("k"),
            Parameter::Stop => Handling::Rename("stop_sequences"),
            Parameter::JsonObject | Parameter::JsonSchema => Handling::Rename("response_format"),
            Parameter::ToolChoiceNone | Parameter::ToolChoiceRequired => Handling::Rename("tool_choice"),
            Parameter::ToolChoiceNamed | Parameter::ToolChoiceAmong => Handling::Emulate,
            Parameter::Reasoning if family.thinking == Thinking::None => Handling::Drop,
            Parameter::Reasoning | Parameter::ReasoningOff => Handling::Rename("thinking"),
            Parameter::ImageData | Parameter::ImageUrl => Handling::Rename("image_url"),
            Parameter::MaxTokens
            | Parameter::Temperature
            | Parameter::Seed
            | Parameter::FrequencyPenalty
            | Parameter::PresencePenalty
            | Parameter::Logprobs
            | Parameter::Tools => Handling::Pass,
            Parameter::Audio | Parameter::File => Handling::Refuse,
            Parameter::N
            | Parameter::TopLogprobs
            | Parameter::LogitBias
            | Parameter::User
            | Parameter::ServiceTier
            | Parameter::Metadata
            | Parameter::ParallelToolCalls
            | Parameter::ToolResultImage
            | Parameter::ToolResultError
            | Parameter::CacheMark
            | Parameter::UserName => Handling::Drop,
        }
    }

    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        let request = &*plain_documents::as_texts(request);
        let mut losses = Losses::default();
        settle(self, request, call.family, &mut losses)?;
        let names = ToolNames::of(request, NAMES);
        let body = request::write(request, call, &names, &mut losses)?;
        let way = Way { names, nonce: call.nonce.into() };
        Ok(Encoded { body, headers: Vec::new(), losses, answer: Box::new(Answer { way }) })
    }
}

#[cfg(test)]
mod tests;
