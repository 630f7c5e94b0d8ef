//! The lines that the first version of chat and generation are streamed in; their last one has a whole answer.

use bytes::Bytes;
use document::{Document, Value};
use model::{ChatEvent, ChoiceIndex, Start, UpstreamError, Usage};
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::calls::{Calls, Way};
use super::{citation, finish};
use crate::{plain_error, read};

/// An answer on its way.
pub(super) struct Lines {
    calls: Calls,
    phase: Phase,
    said: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Started,
    Over,
}

impl Lines {
    pub(super) fn new(way: Way) -> Self {
        Self { calls: Calls::new(way), phase: Phase::Waiting, said: false }
    }

    /// The answer begins; the object may have its id.
    pub(super) fn start(&mut self, object: Value<'_>, events: &mut Vec<ChatEvent>) {
        if self.phase == Phase::Waiting {
            self.phase = Phase::Started;
            let id = read::text(object.value("generation_id")).or_else(|| read::text(object.value("id")));
            events.push(ChatEvent::Start(Start { id: id.map(Into::into), model: None, created: None }));
        }
    }

    /// What of a whole answer has not been said by lines before it.
    pub(super) fn say(&mut self, answer: Value<'_>, events: &mut Vec<ChatEvent>) {
        self.start(answer, events);
        if !self.said {
            self.text(0, answer.value("text"), events);
            events.extend(citation::events(answer.value("citations")));
        }
        if !self.calls.any() {
            self.call(answer.value("tool_calls"), events);
        }
    }

    pub(super) fn text(&mut self, choice: ChoiceIndex, text: Option<Value<'_>>, events: &mut Vec<ChatEvent>) {
        if let Some(delta) = read::text(text) {
            self.said = true;
            events.push(ChatEvent::Text { choice, delta });
        }
    }

    fn call(&mut self, list: Option<Value<'_>>, events: &mut Vec<ChatEvent>) {
        for call in list.into_iter().flat_map(Value::items) {
            self.calls.whole(
                None,
                read::text(call.value("name")).as_deref(),
                call.value("parameters"),
                events,
            );
        }
    }

    pub(super) fn finish(&mut self, choice: ChoiceIndex, word: Option<&str>, events: &mut Vec<ChatEvent>) {
        self.phase = Phase::Over;
        self.calls.finish(events);
        let finish = finish::reason(word, self.calls.any());
        events.push(ChatEvent::Finish { choice, finish });
    }

    fn event(&mut self, document: &Document, events: &mut Vec<ChatEvent>) -> Progress {
        let line = document.root();
        let kind = read::text(line.value("event_type"));
        let ended = line.value("is_finished").and_then(Value::as_bool) == Some(true);
        match kind.as_deref() {
            Some("stream-error") => return self.fail(line, events),
            Some("stream-end") => return self.last(line, events),
            Some("text-generation") => {
                self.start(line, events);
                self.text(0, line.value("text"), events);
            }
            Some("citation-generation") => {
                self.start(line, events);
                events.extend(citation::events(line.value("citations")));
            }
            // The plan; the calls themselves come whole in a line of their own.
            Some("tool-calls-chunk") => {
                self.start(line, events);
                let call = line.value("tool_call_delta");
                let text = line.value("text").or_else(|| call.and_then(|call| call.value("text")));
                self.text(0, text, events);
            }
            Some("tool-calls-generation") => {
                self.start(line, events);
                if !self.said {
                    self.text(0, line.value("text"), events);
                }
                self.call(line.value("tool_calls"), events);
            }
            Some("stream-start") => self.start(line, events),
            None if ended => return self.last(line, events),
            None if line.value("message").is_some() || line.value("error").is_some() => {
                return self.fail(line, events);
            }
            None if line.value("text").is_some() => {
                self.start(line, events);
                self.text(0, line.value("text"), events);
            }
            // No beginning of an answer: the status is still to be decided.
            _ => {}
        }
        Progress::More
    }

    /// The last line: what has not been said yet, the reason, and the counts.
    fn last(&mut self, line: Value<'_>, events: &mut Vec<ChatEvent>) -> Progress {
        let answer = line.value("response").unwrap_or(line);
        let generation = answer.value("generations").and_then(|list| list.items().next());
        let answered = generation.unwrap_or(answer);
        let word =
            read::text(line.value("finish_reason")).or_else(|| read::text(answered.value("finish_reason")));
        if word.as_deref() == Some("ERROR") && read::text(answered.value("text")).is_none() {
            return self.fail(line, events);
        }
        self.start(answer, events);
        self.say(answered, events);
        self.finish(0, word.as_deref(), events);
        events.extend(usage(answer).or_else(|| usage(line)).map(ChatEvent::Usage));
        Progress::End
    }

    fn fail(&mut self, line: Value<'_>, events: &mut Vec<ChatEvent>) -> Progress {
        self.phase = Phase::Over;
        let told = read::text(line.value("err")).or_else(|| read::text(line.value("message")));
        let told = told.or_else(|| match line.value("error") {
            Some(_) => {
                let document = Document::parse(Bytes::copy_from_slice(line.raw())).ok()?;
                Some(plain_error::told(&document, 500).message)
            }
            None => None,
        });
        let message = told.unwrap_or_else(|| "the provider could not go on with its answer".to_owned());
        events.push(ChatEvent::Error(UpstreamError::new(500, message)));
        Progress::End
    }
}

/// What an answer of the first version says that it used.
pub(super) fn usage(answer: Value<'_>) -> Option<Usage> {
    finish::usage(answer.value("meta")).or_else(|| {
        let counted = answer.value("token_count")?;
        let (input, output) =
            (read::count(counted.value("prompt_tokens")), read::count(counted.value("response_tokens")));
        (input.is_some() || output.is_some()).then(|| Usage {
            fresh_input: input.unwrap_or(0),
            output: output.unwrap_or(0),
            ..Usage::default()
        })
    })
}

impl ChatDecoder for Lines {
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        let data = unit.data.trim_ascii();
        if self.phase == Phase::Over || data == b"[DONE]" {
            return Ok(Progress::End);
        }
        if data.is_empty() {
            return Ok(Progress::More);
        }
        let document = Document::parse(Bytes::copy_from_slice(data)).map_err(|_| Unreadable)?;
        Ok(self.event(&document, events))
    }

    fn end(&mut self, _events: &mut Vec<ChatEvent>) {
        self.phase = Phase::Over;
    }
}
