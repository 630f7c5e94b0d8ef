//! The legacy text completions: one prompt, one text.
//!
//! From <https://docs.anthropic.com/en/api/complete>. The prompt is written as Kong writes it.

use bytes::Bytes;
use document::{Document, Value, write_body};
use model::{
    AssistantPart, ChatEvent, ChatRequest, ChatResponse, Finish, FinishReason, LossKind, Losses, Message,
    Parameter, Start, UpstreamError, UserPart,
};
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::answer::fold;
use super::error;
use crate::{
    ChatAnswer, ChatCall, ChatCodec, Counting, DecodeError, Delivery, EncodeError, Encoded, ErrorReader,
    Family, Handling, HeaderOf, Quirks, SamplingRule, counting, settle,
};

/// The legacy completions of Anthropic's own API.
#[derive(Debug, Clone, Copy)]
pub struct CompleteCodec;

/// The one [`CompleteCodec`].
pub static COMPLETE_CODEC: CompleteCodec = CompleteCodec;

impl ErrorReader for CompleteCodec {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read(status, headers, body)
    }
}

impl ChatCodec for CompleteCodec {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::COMPLETE
    }

    fn handling(&self, parameter: Parameter, family: &Family) -> Handling {
        match parameter {
            Parameter::MaxTokens => Handling::Rename("max_tokens_to_sample"),
            Parameter::Temperature | Parameter::TopP | Parameter::TopK => match family.sampling {
                SamplingRule::Fixed => Handling::Drop,
                SamplingRule::Free | SamplingRule::OneOf => Handling::Pass,
            },
            Parameter::Stop => Handling::Rename("stop_sequences"),
            Parameter::User => Handling::Rename("metadata.user_id"),
            Parameter::ImageData | Parameter::ImageUrl | Parameter::Audio | Parameter::File => {
                Handling::Refuse
            }
            _ => Handling::Drop,
        }
    }

    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        let mut losses = Losses::default();
        settle(self, request, call.family, &mut losses)?;
        for extra in request.extras.iter() {
            losses.add(extra.name.to_string(), LossKind::Dropped);
        }
        let sampling = &request.sampling;
        let body = write_body(|body| {
            body.text("model", call.model);
            body.text("prompt", &prompt(request));
            body.number("max_tokens_to_sample", request.max_tokens.unwrap_or(call.family.default_max_tokens));
            if call.family.sampling != SamplingRule::Fixed {
                let given = [
                    ("temperature", &sampling.temperature),
                    ("top_p", &sampling.top_p),
                    ("top_k", &sampling.top_k),
                ];
                for (name, value) in given {
                    if let Some(value) = value {
                        body.raw(name, value.as_str().as_bytes());
                    }
                }
            }
            if !sampling.stop.is_empty() {
                body.texts("stop_sequences", &sampling.stop);
            }
            if let Some(user) = &request.user {
                body.object("metadata", |metadata| metadata.text("user_id", user));
            }
            body.bool("stream", call.delivery == Delivery::Stream);
        });
        Ok(Encoded { body, headers: Vec::new(), losses, answer: Box::new(Completion) })
    }
}

/// The conversation as one text: instructions first, then who said what.
fn prompt(request: &ChatRequest) -> String {
    let mut prompt = String::new();
    for message in &request.messages {
        match message {
            Message::System(system) => {
                let texts = system.parts.iter().map(|part| part.text.as_str());
                texts.for_each(|text| turn(&mut prompt, "", text));
            }
            Message::User(user) => turn(&mut prompt, "Human: ", &text_of(&user.parts)),
            Message::Tool(result) => turn(&mut prompt, "Human: ", &text_of(&result.parts)),
            Message::Assistant(assistant) => {
                let texts = assistant.parts.iter().filter_map(|part| match part {
                    AssistantPart::Text(part) => Some(part.text.as_str()),
                    AssistantPart::Refusal(text) => Some(text),
                    _ => None,
                });
                turn(&mut prompt, "Assistant: ", &texts.collect::<String>());
            }
        }
    }
    turn(&mut prompt, "Assistant:", "");
    prompt
}

fn turn(prompt: &mut String, who: &str, text: &str) {
    if !prompt.is_empty() {
        prompt.push_str("\n\n");
    }
    prompt.push_str(who);
    prompt.push_str(text);
}

fn text_of(parts: &[UserPart]) -> String {
    Message::text_of(parts)
}

struct Completion;

impl ChatAnswer for Completion {
    fn whole(&self, _headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = Document::parse(Bytes::copy_from_slice(body)).map_err(|_| DecodeError::NotAnObject)?;
        if document.value("completion").and_then(Value::as_str).is_none() {
            return Err(DecodeError::Missing("completion"));
        }
        let mut events = Vec::new();
        let mut decoder = Decoder::default();
        decoder.completion(&document, &mut events);
        decoder.finish(FinishReason::Stop, None, &mut events);
        fold(events)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Decoder::default())
    }
}

#[derive(Default)]
struct Decoder {
    started: bool,
    finished: bool,
    over: bool,
}

impl Decoder {
    fn completion(&mut self, document: &Document, events: &mut Vec<ChatEvent>) {
        let text = |name: &str| document.value(name).and_then(Value::as_str);
        if !std::mem::replace(&mut self.started, true) {
            let (id, model) = (text("id").map(Into::into), text("model").map(Into::into));
            events.push(ChatEvent::Start(Start { id, model, created: None }));
        }
        if self.finished {
            return;
        }
        if let Some(delta) = text("completion").filter(|text| !text.is_empty()) {
            events.push(ChatEvent::Text { choice: 0, delta: delta.into_owned() });
        }
        let reason = match text("stop_reason").as_deref() {
            Some("max_tokens") => FinishReason::Length,
            Some(_) => FinishReason::Stop,
            None => return,
        };
        // Its own mark of the next turn is no stop sequence of the client's.
        let sequence = text("stop").filter(|stop| !stop.contains("Human:")).map(Into::into);
        self.finish(reason, sequence, events);
    }

    fn finish(&mut self, reason: FinishReason, sequence: Option<Box<str>>, events: &mut Vec<ChatEvent>) {
        if self.started && !std::mem::replace(&mut self.finished, true) {
            let reason = if sequence.is_some() { FinishReason::StopSequence } else { reason };
            events.push(ChatEvent::Finish { choice: 0, finish: Finish { reason, sequence } });
        }
    }
}

impl ChatDecoder for Decoder {
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        if self.over {
            return Ok(Progress::End);
        }
        let document = match Document::parse(Bytes::copy_from_slice(unit.data)) {
            Ok(document) => document,
            Err(_) if unit.data.trim_ascii().is_empty() => return Ok(Progress::More),
            Err(_) => return Err(Unreadable),
        };
        let kind = document.value("type").and_then(Value::as_str);
        match kind.as_deref().or(unit.name) {
            Some("error") => {
                events.push(ChatEvent::Error(error::read_event(Some(&document), unit.name)));
                self.over = true;
                return Ok(Progress::End);
            }
            Some("ping") => {}
            _ if document.value("completion").is_some() => self.completion(&document, events),
            _ => {}
        }
        Ok(Progress::More)
    }

    fn end(&mut self, _events: &mut Vec<ChatEvent>) {
        self.over = true;
    }
}

#[cfg(test)]
mod tests;
