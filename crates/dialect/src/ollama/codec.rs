//! The dialect towards a server.
//!
//! From <https://docs.ollama.com/api>.

use model::{ChatRequest, Losses, Parameter, UpstreamError};

use super::answer::{Answer, Form};
use super::request;
use crate::{
    ChatCall, ChatCodec, Counting, EncodeError, Encoded, ErrorReader, Family, Handling, HeaderOf, Quirks,
    Thinking, counting, plain_documents, plain_error, settle,
};

/// One of the two ways to ask for text.
#[derive(Debug, Clone, Copy)]
pub struct OllamaCodec {
    form: Form,
}

/// `/api/chat`.
pub static CHAT_CODEC: OllamaCodec = OllamaCodec { form: Form::Chat };
/// `/api/generate`: one prompt, one text. A conversation becomes one prompt.
pub static GENERATE_CODEC: OllamaCodec = OllamaCodec { form: Form::Generate };

impl ErrorReader for OllamaCodec {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        plain_error::read(status, headers, body)
    }
}

impl ChatCodec for OllamaCodec {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::OLLAMA
    }

    fn handling(&self, parameter: Parameter, family: &Family) -> Handling {
        match parameter {
            Parameter::MaxTokens => Handling::Rename("options.num_predict"),
            Parameter::Temperature => Handling::Rename("options.temperature"),
            Parameter::TopP => Handling::Rename("options.top_p"),
            Parameter::TopK => Handling::Rename("options.top_k"),
            Parameter::Stop => Handling::Rename("options.stop"),
            Parameter::Seed => Handling::Rename("options.seed"),
            Parameter::FrequencyPenalty => Handling::Rename("options.frequency_penalty"),
            Parameter::PresencePenalty => Handling::Rename("options.presence_penalty"),
            Parameter::Logprobs | Parameter::TopLogprobs => Handling::Pass,
            Parameter::JsonObject | Parameter::JsonSchema => Handling::Rename("format"),
            Parameter::ReasoningOff => match family.thinking {
                Thinking::Levels { may_be_off: false, .. } => Handling::Approximate,
                _ => Handling::Rename("think"),
            },
            Parameter::Reasoning => match family.thinking {
                Thinking::None => Handling::Drop,
                Thinking::Levels { efforts: [_, ..], .. } => Handling::Rename("think"),
                // Whether, but not how much.
                _ => Handling::Approximate,
            },
            Parameter::ImageData => Handling::Rename("images"),
            Parameter::ImageUrl | Parameter::Audio | Parameter::File => Handling::Refuse,
            Parameter::Tools if self.form == Form::Chat => Handling::Pass,
            Parameter::ToolChoiceNone if self.form == Form::Chat => Handling::Emulate,
            Parameter::ToolChoiceAmong if self.form == Form::Chat => Handling::Approximate,
            Parameter::ToolResultImage if self.form == Form::Chat => Handling::Rename("images"),
            Parameter::N
            | Parameter::LogitBias
            | Parameter::User
            | Parameter::ServiceTier
            | Parameter::Metadata
            | Parameter::Tools
            | Parameter::ToolChoiceNone
            | Parameter::ToolChoiceRequired
            | Parameter::ToolChoiceNamed
            | Parameter::ToolChoiceAmong
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
        let body = match self.form {
            Form::Chat => request::chat(request, call, &mut losses)?,
            Form::Generate => request::generate(request, call, &mut losses)?,
        };
        let answer = Answer { form: self.form, nonce: call.nonce.into(), limit: request.max_tokens };
        Ok(Encoded { body, headers: Vec::new(), losses, answer: Box::new(answer) })
    }
}

#[cfg(test)]
mod tests;
