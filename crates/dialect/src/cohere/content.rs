//! What an answer of the second version of chat says: the same steps for a whole one and for a stream.
//!
//! From <https://docs.cohere.com/v2/docs/streaming>.

use bytes::Bytes;
use document::{Document, Kind, Value, write_object};
use model::{ChatEvent, Json, Start, UpstreamError};
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::calls::{Calls, Way};
use super::{citation, finish};
use crate::{plain_error, read};

/// Events that say something.
const SPEAKING: [&str; 7] = [
    "content-start",
    "content-delta",
    "tool-plan-delta",
    "tool-call-start",
    "tool-call-delta",
    "citation-start",
    "message-end",
];

pub(super) struct Content {
    calls: Calls,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Started,
    Over,
}

impl Content {
    pub(super) fn new(way: Way) -> Self {
        Self { calls: Calls::new(way), phase: Phase::Waiting }
    }

    fn start(&mut self, id: Option<String>, events: &mut Vec<ChatEvent>) {
        if self.phase == Phase::Waiting {
            self.phase = Phase::Started;
            events.push(ChatEvent::Start(Start { id: id.map(Into::into), model: None, created: None }));
        }
    }

    /// All of an answer, in the order in which a stream would tell it.
    pub(super) fn whole(&mut self, document: &Document, events: &mut Vec<ChatEvent>) {
        self.start(read::text(document.value("id")), events);
        let Some(message) = document.value("message") else { return };
        let content = message.value("content");
        let parts = || content.into_iter().flat_map(Value::items);
        for part in parts() {
            reasoning(read::text(part.value("thinking")), events);
        }
        reasoning(read::text(message.value("tool_plan")), events);
        text(content.and_then(|content| read::text(Some(content))), events);
        for part in parts() {
            text(read::text(part.value("text")), events);
        }
        events.extend(citation::events(message.value("citations")));
        for call in message.value("tool_calls").into_iter().flat_map(Value::items) {
            let function = call.value("function");
            let of = |name: &str| function.and_then(|function| function.value(name));
            let (id, name) = (read::text(call.value("id")), read::text(of("name")));
            self.calls.whole(id, name.as_deref(), of("arguments"), events);
        }
        if let Some(list) = document.value("logprobs").filter(|list| list.kind() == Kind::Array) {
            logprobs(list.items(), events);
        }
        self.finish(document.root(), events);
    }

    /// The end: `finish_reason` and `usage`.
    fn finish(&mut self, end: Value<'_>, events: &mut Vec<ChatEvent>) {
        self.phase = Phase::Over;
        self.calls.finish(events);
        let word = read::text(end.value("finish_reason"));
        let finish = finish::reason(word.as_deref(), self.calls.any());
        events.push(ChatEvent::Finish { choice: 0, finish });
        events.extend(finish::usage(end.value("usage")).map(ChatEvent::Usage));
    }

    fn event(
        &mut self,
        document: &Document,
        name: Option<&str>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<Progress, Unreadable> {
        let kind = read::text(document.value("type"));
        let delta = document.value("delta");
        let message = delta.and_then(|delta| delta.value("message"));
        let of = |name: &str| message.and_then(|message| message.value(name));
        let index = read::count(document.value("index"));
        let kind = kind.as_deref().or(name);
        if kind == Some("message-start") {
            self.start(read::text(document.value("id")), events);
            return Ok(Progress::More);
        }
        // A message that is no text is that of a whole answer, which nobody asked for.
        let words = read::text(document.value("message")).is_some();
        if kind.is_none() && (words || document.value("error").is_some()) {
            return Ok(self.fail(plain_error::told(document, 500), events));
        }
        if kind == Some("message-end")
            && let Some(message) = read::text(delta.and_then(|delta| delta.value("error")))
        {
            // Where nothing was said before, this is all of the answer.
            return Ok(self.fail(UpstreamError::new(500, message), events));
        }
        if kind == Some("tool-call-end") {
            self.calls.end(index, events);
        }
        // What is none of these is no beginning of an answer: the status is still to be decided.
        if !kind.is_some_and(|kind| SPEAKING.contains(&kind)) {
            return Ok(Progress::More);
        }
        self.start(None, events);
        match kind {
            Some("content-start" | "content-delta") => {
                let content = of("content");
                let of = |name: &str| read::text(content.and_then(|content| content.value(name)));
                reasoning(of("thinking"), events);
                text(of("text"), events);
                if let Some(one) = read::present(document.value("logprobs")) {
                    logprobs(std::iter::once(one), events);
                }
            }
            Some("tool-plan-delta") => reasoning(read::text(of("tool_plan")), events),
            Some("tool-call-start") => {
                let call = of("tool_calls");
                let function = call.and_then(|call| call.value("function"));
                let id = read::text(call.and_then(|call| call.value("id")));
                let name = read::text(function.and_then(|function| function.value("name")));
                self.calls.start(index, id, name.as_deref(), events);
                self.more(index, function, events);
            }
            // The beginning of the call got lost: without it the answer would be another one.
            Some("tool-call-delta") if !self.calls.any() => return Err(Unreadable),
            Some("tool-call-delta") => {
                let function = of("tool_calls").and_then(|call| call.value("function"));
                self.more(index, function, events);
            }
            Some("citation-start") => events.extend(citation::events(of("citations"))),
            Some("message-end") => {
                self.finish(delta.unwrap_or(document.root()), events);
                return Ok(Progress::End);
            }
            _ => {}
        }
        Ok(Progress::More)
    }

    fn more(&mut self, index: Option<u64>, function: Option<Value<'_>>, events: &mut Vec<ChatEvent>) {
        let arguments = function.and_then(|function| function.value("arguments")).and_then(Value::as_str);
        if let Some(arguments) = arguments {
            self.calls.arguments(index, &arguments, events);
        }
    }

    fn fail(&mut self, error: UpstreamError, events: &mut Vec<ChatEvent>) -> Progress {
        self.phase = Phase::Over;
        events.push(ChatEvent::Error(error));
        Progress::End
    }
}

impl ChatDecoder for Content {
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        let data = unit.data.trim_ascii();
        if self.phase == Phase::Over || data == b"[DONE]" {
            return Ok(Progress::End);
        }
        if data.is_empty() {
            return Ok(Progress::More);
        }
        let document = Document::parse(Bytes::copy_from_slice(data)).map_err(|_| Unreadable)?;
        self.event(&document, unit.name, events)
    }

    fn end(&mut self, _events: &mut Vec<ChatEvent>) {
        self.phase = Phase::Over;
    }
}

fn text(delta: Option<String>, events: &mut Vec<ChatEvent>) {
    events.extend(delta.map(|delta| ChatEvent::Text { choice: 0, delta }));
}

fn reasoning(delta: Option<String>, events: &mut Vec<ChatEvent>) {
    events.extend(delta.map(|delta| ChatEvent::Reasoning { choice: 0, delta }));
}

/// Tokens as OpenAI lists them. Cohere gives a text with the numbers of all tokens in it.
fn logprobs<'d>(tokens: impl Iterator<Item = Value<'d>>, events: &mut Vec<ChatEvent>) {
    let value = write_object(|object| {
        object.array("content", |content| {
            for token in tokens {
                let numbers = token.value("logprobs").into_iter().flat_map(Value::items);
                let sum: f64 = numbers.filter_map(Value::as_f64).filter(|number| number.is_finite()).sum();
                content.object(|entry| {
                    entry.text("token", &token.value("text").and_then(Value::as_str).unwrap_or_default());
                    entry.raw("logprob", sum.to_string().as_bytes());
                    entry.null("bytes");
                    entry.array("top_logprobs", |_| {});
                });
            }
        });
    });
    events.push(ChatEvent::Logprobs { choice: 0, value: Json::from_checked(value) });
}
