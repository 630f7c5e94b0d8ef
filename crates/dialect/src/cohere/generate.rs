//! Generation, `/v1/generate`: one prompt, and one text or several.
//!
//! From <https://docs.cohere.com/v1/reference/generate>.

use document::{Kind, Value, write_body};
use model::{ChatEvent, ChatRequest, ChatResponse, LossKind, Losses, Parameter, UpstreamError};
use stream::ChatDecoder;

use super::calls::Way;
use super::error;
use super::lines::{Lines, usage};
use super::request::write_sampling;
use crate::{
    ChatAnswer, ChatCall, ChatCodec, Counting, DecodeError, Delivery, EncodeError, Encoded, ErrorReader,
    Family, Handling, HeaderOf, Quirks, ToolNames, counting, prompt, read, settle, whole,
};

/// Members that pass as they are.
const KNOWN: [&str; 5] = ["end_sequences", "preset", "raw_prompting", "return_likelihoods", "truncate"];

/// Generation from a prompt.
#[derive(Debug, Clone, Copy)]
pub struct Generate;

/// The one [`Generate`].
pub static GENERATE_CODEC: Generate = Generate;

impl ErrorReader for Generate {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read_body(status, headers, body)
    }
}

impl ChatCodec for Generate {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::COHERE
    }

    fn handling(&self, parameter: Parameter, _family: &Family) -> Handling {
        match parameter {
            Parameter::TopP => Handling::Rename("p"),
            Parameter::TopK => Handling::Rename("k"),
            Parameter::Stop => Handling::Rename("stop_sequences"),
            Parameter::N => Handling::Rename("num_generations"),
            Parameter::MaxTokens
            | Parameter::Temperature
            | Parameter::Seed
            | Parameter::FrequencyPenalty
            | Parameter::PresencePenalty => Handling::Pass,
            Parameter::ImageData | Parameter::ImageUrl | Parameter::Audio | Parameter::File => {
                Handling::Refuse
            }
            _ => Handling::Drop,
        }
    }

    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        let mut losses = Losses::default();
        settle(self, request, call.family, &mut losses)?;
        let streamed = call.delivery == Delivery::Stream;
        let body = write_body(|body| {
            body.text("prompt", &prompt::paragraphs(request));
            body.text("model", call.model);
            write_sampling(request, ("p", "k", "stop_sequences"), body, &mut losses);
            match request.sampling.n.filter(|n| *n > 1) {
                // A stream has one text only.
                Some(_) if streamed => losses.add(Parameter::N.name(), LossKind::Dropped),
                Some(number) => body.number("num_generations", number),
                None => {}
            }
            for extra in request.extras.iter() {
                match &*extra.name {
                    name if KNOWN.contains(&name) => body.raw(name, extra.value.as_bytes()),
                    name => losses.add(name.to_owned(), LossKind::Dropped),
                }
            }
            body.bool("stream", streamed);
        });
        Ok(Encoded { body, headers: Vec::new(), losses, answer: Box::new(Answer) })
    }
}

struct Answer;

fn lines() -> Lines {
    Lines::new(Way { names: ToolNames::default(), nonce: "".into() })
}

impl ChatAnswer for Answer {
    fn whole(&self, _headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = read::object(body)?;
        let generations = document.value("generations").filter(|list| list.kind() == Kind::Array);
        let generations = generations.ok_or(DecodeError::Missing("generations"))?;
        let mut events = Vec::new();
        let mut lines = lines();
        lines.start(document.root(), &mut events);
        for (choice, generation) in (0..).zip(generations.items()) {
            lines.text(choice, generation.value("text"), &mut events);
            lines.finish(choice, word(generation).as_deref(), &mut events);
        }
        events.extend(usage(document.root()).map(ChatEvent::Usage));
        whole::of_events(events)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(lines())
    }
}

fn word(generation: Value<'_>) -> Option<String> {
    read::text(generation.value("finish_reason"))
}

#[cfg(test)]
mod tests;
