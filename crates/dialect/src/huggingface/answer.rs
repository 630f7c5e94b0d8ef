//! Reads generated text: whole, an object or a list of one, and token by token.

use bytes::Bytes;
use document::{Document, Kind, Value};
use model::{ChatEvent, ChatResponse, Finish, FinishReason, Start, Usage};
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::error;
use crate::{ChatAnswer, DecodeError, HeaderOf, read, whole};

pub(super) struct Answer;

impl ChatAnswer for Answer {
    fn whole(&self, _headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = read::wrapped(body)?;
        let value = document.value(read::WRAPPED).ok_or(DecodeError::NotAnObject)?;
        let answer = match value.kind() {
            Kind::Array => value.items().next(),
            Kind::Object => Some(value),
            _ => return Err(DecodeError::NotAnObject),
        };
        let text = answer.and_then(|answer| answer.value("generated_text")).and_then(Value::as_str);
        let text = text.ok_or(DecodeError::Missing("generated_text"))?;
        let mut events = vec![ChatEvent::Start(Start::default())];
        if !text.is_empty() {
            events.push(ChatEvent::Text { choice: 0, delta: text.into_owned() });
        }
        finish(answer.and_then(|answer| answer.value("details")), &mut events);
        whole::of_events(events)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Decoder { phase: Phase::Waiting, said: false })
    }
}

/// The end of an answer, as far as `details` tell of it.
fn finish(details: Option<Value<'_>>, events: &mut Vec<ChatEvent>) {
    let of = |name: &str| details.and_then(|details| details.value(name));
    let reason = match read::text(of("finish_reason")).as_deref() {
        Some("length") => FinishReason::Length,
        Some("stop_sequence") => FinishReason::StopSequence,
        _ => FinishReason::Stop,
    };
    events.push(ChatEvent::Finish { choice: 0, finish: Finish::from(reason) });
    let prefill = of("prefill").map(|list| list.items().count() as u64).filter(|count| *count > 0);
    let input = read::count(of("input_length")).or(prefill);
    // What is counted on one side only is better estimated on both.
    if let Some((input, output)) = input.zip(read::count(of("generated_tokens"))) {
        events.push(ChatEvent::Usage(Usage { fresh_input: input, output, ..Usage::default() }));
    }
}

struct Decoder {
    phase: Phase,
    said: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Started,
    Over,
}

impl Decoder {
    fn token(&mut self, document: &Document, events: &mut Vec<ChatEvent>) -> Progress {
        if self.phase == Phase::Waiting {
            self.phase = Phase::Started;
            events.push(ChatEvent::Start(Start::default()));
        }
        let token = document.value("token");
        let special = token.and_then(|token| token.value("special")).and_then(Value::as_bool);
        let text = read::text(token.and_then(|token| token.value("text")));
        if let Some(delta) = text.filter(|_| special != Some(true)) {
            self.said = true;
            events.push(ChatEvent::Text { choice: 0, delta });
        }
        // The whole text stands beside the last token.
        let Some(all) = document.value("generated_text").filter(|text| text.kind() == Kind::String) else {
            return Progress::More;
        };
        if !self.said
            && let Some(delta) = read::text(Some(all))
        {
            events.push(ChatEvent::Text { choice: 0, delta });
        }
        finish(read::present(document.value("details")), events);
        self.phase = Phase::Over;
        Progress::End
    }
}

impl ChatDecoder for Decoder {
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        let data = unit.data.trim_ascii();
        if self.phase == Phase::Over || data == b"[DONE]" {
            return Ok(Progress::End);
        }
        if data.is_empty() {
            return Ok(Progress::More);
        }
        let document = Document::parse(Bytes::copy_from_slice(data)).map_err(|_| Unreadable)?;
        if unit.name == Some("error") || read::present(document.value("error")).is_some() {
            self.phase = Phase::Over;
            events.push(ChatEvent::Error(error::in_stream(&document)));
            return Ok(Progress::End);
        }
        Ok(self.token(&document, events))
    }

    fn end(&mut self, _events: &mut Vec<ChatEvent>) {
        self.phase = Phase::Over;
    }
}

#[cfg(test)]
mod tests;
