//! Reads an answer: the same steps for a whole one and for each line of a stream.

use bytes::Bytes;
use document::{Document, Kind, Value};
use model::{
    Base64, CallIndex, ChatEvent, ChatResponse, Finish, FinishReason, Image, Json, Source, Start, Usage,
};
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::moment;
use crate::{ChatAnswer, DecodeError, HeaderOf, plain_error, read, whole};

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Chat,
    Generate,
}

#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) form: Form,
    /// Begins the ids of calls, which mostly have none.
    pub(super) nonce: Box<str>,
    /// The most tokens that were asked for.
    pub(super) limit: Option<u64>,
}

impl ChatAnswer for Answer {
    fn whole(&self, _headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = read::object(body)?;
        let (member, kind) = match self.form {
            Form::Chat => ("message", Kind::Object),
            Form::Generate => ("response", Kind::String),
        };
        if document.value(member).is_none_or(|value| value.kind() != kind) {
            return Err(DecodeError::Missing(member));
        }
        let said = document.value("message").and_then(|message| read::present(message.value("content")));
        if said.is_some_and(|said| said.kind() != Kind::String) {
            return Err(DecodeError::Missing("message.content"));
        }
        let mut events = Vec::new();
        let mut reading = Reading::new(self.clone());
        reading.say(&document, &mut events);
        reading.finish(&document, &mut events);
        whole::of_events(events)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Reading::new(self.clone()))
    }
}

/// An answer on its way.
struct Reading {
    answer: Answer,
    phase: Phase,
    calls: CallIndex,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Started,
    Over,
}

impl Reading {
    fn new(answer: Answer) -> Self {
        Self { answer, phase: Phase::Waiting, calls: 0 }
    }

    /// What one object says.
    fn say(&mut self, document: &Document, events: &mut Vec<ChatEvent>) {
        if self.phase == Phase::Waiting {
            self.phase = Phase::Started;
            let created = read::text(document.value("created_at")).and_then(|text| moment::seconds(&text));
            let model = read::text(document.value("model")).map(Into::into);
            events.push(ChatEvent::Start(Start { id: None, model, created }));
        }
        let (message, said) = match self.answer.form {
            Form::Chat => (document.value("message"), "content"),
            Form::Generate => (Some(document.root()), "response"),
        };
        let Some(message) = message else { return };
        if let Some(delta) = read::text(message.value("thinking")) {
            events.push(ChatEvent::Reasoning { choice: 0, delta });
        }
        if let Some(delta) = read::text(message.value(said)) {
            events.push(ChatEvent::Text { choice: 0, delta });
        }
        for data in message.value("images").into_iter().flat_map(Value::items) {
            events.extend(image(data).map(|image| ChatEvent::Image { choice: 0, image }));
        }
        for call in message.value("tool_calls").into_iter().flat_map(Value::items) {
            self.call(call, events);
        }
        if let Some(logprobs) =
            document.value("logprobs").filter(|value| !value.is_empty() && !value.is_null())
        {
            let value = document::write_object(|object| object.raw("content", logprobs.raw()));
            events.push(ChatEvent::Logprobs { choice: 0, value: Json::from_checked(value) });
        }
    }

    fn call(&mut self, value: Value<'_>, events: &mut Vec<ChatEvent>) {
        let Some(function) = value.value("function") else { return };
        let call = self.calls;
        self.calls += 1;
        let id =
            read::text(value.value("id")).unwrap_or_else(|| format!("call_{}_{call}", self.answer.nonce));
        let name = read::text(function.value("name")).unwrap_or_else(|| "_".to_owned());
        events.push(ChatEvent::ToolStart { choice: 0, call, id: id.into(), name: name.into(), seal: None });
        let arguments = read::present(function.value("arguments"));
        let delta = arguments.and_then(|arguments| match arguments.kind() {
            Kind::String => read::text(Some(arguments)),
            _ => Some(read::compact(arguments)),
        });
        let delta = delta.unwrap_or_else(|| "{}".to_owned());
        events.push(ChatEvent::ToolArguments { choice: 0, call, delta });
    }

    /// The last object: why the answer ends, and its counts.
    fn finish(&mut self, document: &Document, events: &mut Vec<ChatEvent>) {
        self.phase = Phase::Over;
        let output = read::count(document.value("eval_count"));
        let reason = match read::text(document.value("done_reason")).as_deref() {
            Some("length") => FinishReason::Length,
            _ if self.calls > 0 => FinishReason::ToolCalls,
            // Older servers do not say.
            None if output.is_some() && output == self.answer.limit => FinishReason::Length,
            _ => FinishReason::Stop,
        };
        events.push(ChatEvent::Finish { choice: 0, finish: Finish::from(reason) });
        // What was in the cache is not counted, or counts as nothing.
        let input = read::count(document.value("prompt_eval_count"));
        if input.is_some() || output.is_some() {
            let usage =
                Usage { fresh_input: input.unwrap_or(0), output: output.unwrap_or(0), ..Usage::default() };
            events.push(ChatEvent::Usage(usage));
        }
    }
}

impl ChatDecoder for Reading {
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        if self.phase == Phase::Over {
            return Ok(Progress::End);
        }
        if unit.data.trim_ascii().is_empty() {
            return Ok(Progress::More);
        }
        let document = Document::parse(Bytes::copy_from_slice(unit.data)).map_err(|_| Unreadable)?;
        if read::present(document.value("error")).is_some() {
            self.phase = Phase::Over;
            events.push(ChatEvent::Error(plain_error::told(&document, 500)));
            return Ok(Progress::End);
        }
        // What has neither is no beginning of an answer: the status is still to be decided.
        if ["message", "response", "done"].iter().all(|name| document.value(name).is_none()) {
            return Ok(Progress::More);
        }
        self.say(&document, events);
        if document.value("done").and_then(Value::as_bool) != Some(true) {
            return Ok(Progress::More);
        }
        self.finish(&document, events);
        Ok(Progress::End)
    }

    fn end(&mut self, _events: &mut Vec<ChatEvent>) {
        self.phase = Phase::Over;
    }
}

/// A picture that the model made; its first bytes tell what it is.
fn image(value: Value<'_>) -> Option<Image> {
    let text = read::text(Some(value))?;
    let kinds = [("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp")];
    let kind = kinds.iter().find(|(start, _)| text.starts_with(start)).map_or("image/png", |(_, kind)| kind);
    let source = Source::Inline { media_type: kind.into(), data: Base64::new(text.into_bytes())? };
    Some(Image { source, detail: None, cache: None })
}

#[cfg(test)]
mod tests;
