//! The first version of chat, `/v1/chat`: a message, and what was said before it.
//!
//! From <https://docs.cohere.com/v1/reference/chat>.

use model::{ChatRequest, ChatResponse, Losses, Parameter, UpstreamError};
use stream::ChatDecoder;

use super::calls::{NAMES, Way};
use super::error;
use super::lines::{Lines, usage};
use crate::{
    ChatAnswer, ChatCall, ChatCodec, Counting, DecodeError, EncodeError, Encoded, ErrorReader, Family,
    Handling, HeaderOf, Quirks, ToolNames, counting, plain_documents, read, settle, whole,
};

mod history;
mod request;
mod tools;

/// Chat of the first version.
#[derive(Debug, Clone, Copy)]
pub struct ChatV1;

/// The one [`ChatV1`].
pub static CHAT_V1_CODEC: ChatV1 = ChatV1;

impl ErrorReader for ChatV1 {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read_body(status, headers, body)
    }
}

impl ChatCodec for ChatV1 {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::COHERE
    }

    fn handling(&self, parameter: Parameter, _family: &Family) -> Handling {
        match parameter {
            Parameter::TopP => Handling::Rename("p"),
            Parameter::TopK => Handling::Rename("k"),
            Parameter::Stop => Handling::Rename("stop_sequences"),
            Parameter::JsonObject | Parameter::JsonSchema => Handling::Rename("response_format"),
            Parameter::MaxTokens
            | Parameter::Temperature
            | Parameter::Seed
            | Parameter::FrequencyPenalty
            | Parameter::PresencePenalty => Handling::Pass,
            // Parameters of a function have a type each, and no more of their schema.
            Parameter::Tools | Parameter::ToolChoiceAmong => Handling::Approximate,
            Parameter::ToolChoiceNone => Handling::Emulate,
            Parameter::ImageData | Parameter::ImageUrl | Parameter::Audio | Parameter::File => {
                Handling::Refuse
            }
            Parameter::N
            | Parameter::Logprobs
            | Parameter::TopLogprobs
            | Parameter::LogitBias
            | Parameter::User
            | Parameter::ServiceTier
            | Parameter::Metadata
            | Parameter::ToolChoiceRequired
            | Parameter::ToolChoiceNamed
            | Parameter::ParallelToolCalls
            | Parameter::Reasoning
            | Parameter::ReasoningOff
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

struct Answer {
    way: Way,
}

impl ChatAnswer for Answer {
    fn whole(&self, _headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = read::object(body)?;
        if document.value("text").is_none() {
            return Err(DecodeError::Missing("text"));
        }
        let mut events = Vec::new();
        let mut lines = Lines::new(self.way.clone());
        lines.say(document.root(), &mut events);
        lines.finish(0, read::text(document.value("finish_reason")).as_deref(), &mut events);
        events.extend(usage(document.root()).map(model::ChatEvent::Usage));
        whole::of_events(events)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Lines::new(self.way.clone()))
    }
}

#[cfg(test)]
mod tests;
