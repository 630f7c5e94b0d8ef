//! The dialect towards a server that takes raw prompts.

use document::write_body;
use model::{ChatRequest, LossKind, Losses, Parameter, UpstreamError};

use super::answer::Answer;
use super::template::{Prompt, Template};
use crate::{
    ChatCall, ChatCodec, Counting, EncodeError, Encoded, ErrorReader, Family, Handling, HeaderOf, Quirks,
    counting, plain_documents, plain_error, settle,
};

/// Parameters that pass as they are.
const KNOWN: [&str; 3] = ["do_sample", "repetition_penalty", "return_full_text"];

/// Setting that says how a conversation becomes a prompt.
const TEMPLATE: &str = "extensions.prompt_template";

/// Raw prompts, for chat and for completions.
#[derive(Debug, Clone, Copy)]
pub struct RawCodec;

/// The one [`RawCodec`].
pub static RAW_CODEC: RawCodec = RawCodec;

impl ErrorReader for RawCodec {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        plain_error::read(status, headers, body)
    }
}

impl ChatCodec for RawCodec {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::TEXT_ALONE
    }

    fn handling(&self, parameter: Parameter, _family: &Family) -> Handling {
        match parameter {
            Parameter::MaxTokens => Handling::Rename("parameters.max_new_tokens"),
            Parameter::Temperature => Handling::Rename("parameters.temperature"),
            Parameter::TopP => Handling::Rename("parameters.top_p"),
            Parameter::TopK => Handling::Rename("parameters.top_k"),
            Parameter::Stop => Handling::Rename("parameters.stop"),
            Parameter::Seed => Handling::Rename("parameters.seed"),
            Parameter::ImageData | Parameter::ImageUrl | Parameter::Audio | Parameter::File => {
                Handling::Refuse
            }
            _ => Handling::Drop,
        }
    }

    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        let request = &*plain_documents::as_texts(request);
        let mut losses = Losses::default();
        settle(self, request, call.family, &mut losses)?;
        let template = Template::from_setting(call.settings.value(TEMPLATE));
        let Prompt { text: inputs, echo } = template.prompt(request, &mut losses);
        let sampling = &request.sampling;
        let body = write_body(|body| {
            body.text("inputs", &inputs);
            body.object("parameters", |parameters| {
                if let Some(limit) = request.max_tokens {
                    parameters.number("max_new_tokens", limit);
                }
                for (name, value) in [
                    ("top_p", &sampling.top_p),
                    ("top_k", &sampling.top_k),
                    ("temperature", &sampling.temperature),
                    ("seed", &sampling.seed),
                ] {
                    if let Some(value) = value {
                        parameters.raw(name, value.as_str().as_bytes());
                    }
                }
                if !sampling.stop.is_empty() {
                    parameters.texts("stop", &sampling.stop);
                }
                // Also where the client wants a stream: see the answer.
                parameters.bool("stream", false);
                for extra in request.extras.iter() {
                    match &*extra.name {
                        name if KNOWN.contains(&name) => parameters.raw(name, extra.value.as_bytes()),
                        name => losses.add(name.to_owned(), LossKind::Dropped),
                    }
                }
            });
        });
        Ok(Encoded { body, headers: Vec::new(), losses, answer: Box::new(Answer { echo }) })
    }
}

#[cfg(test)]
mod tests;
