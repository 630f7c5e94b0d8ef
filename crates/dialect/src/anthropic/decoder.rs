//! Reads the stream of an answer of Claude's.
//!
//! From <https://docs.anthropic.com/en/api/messages-streaming>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use document::{Document, Value};
use model::{ChatEvent, Usage};
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::content::{Content, Ending, Opening, Way, extra};
use super::error;

/// Reads events as they come; after the end mark or an error it reads nothing.
pub(super) struct Decoder {
    content: Content,
    over: bool,
}

impl Decoder {
    pub(super) fn new(way: Way) -> Self {
        Self { content: Content::new(way), over: false }
    }

    fn event(
        &mut self,
        document: &Document,
        name: Option<&str>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<Progress, Unreadable> {
        let kind = document.value("type").and_then(Value::as_str);
        let index = document.value("index").and_then(Value::as_u64).unwrap_or(0);
        match kind.as_deref().or(name) {
            Some("message_start") => {
                let message = document.value("message").into_iter().flat_map(Value::members);
                self.content.start(Opening::of(message), events);
                if !self.content.is_finished() {
                    self.content.counts = self.content.counts.without_output();
                }
            }
            Some("content_block_start") => {
                if let Some(block) = document.value("content_block") {
                    self.content.open(index, block, events)?;
                }
            }
            Some("content_block_delta") => {
                if let Some(delta) = document.value("delta") {
                    self.content.delta(index, delta, events)?;
                }
            }
            Some("content_block_stop") => self.content.close(index, events),
            Some("message_delta") => self.message_delta(document, events),
            // Nobody said why the answer stopped: what did is lost, and the answer is not whole.
            Some("message_stop") if !self.content.is_finished() => return Ok(self.end_here()),
            Some("message_stop") => {
                if let Some(metrics) = document.value("amazon-bedrock-invocationMetrics") {
                    self.content.counts.update_from_metrics(metrics);
                    events.extend(self.content.counts.usage().map(ChatEvent::Usage));
                }
                return Ok(self.end_here());
            }
            Some("error") => {
                events.push(ChatEvent::Error(error::read_event(Some(document), name)));
                return Ok(self.end_here());
            }
            _ => {}
        }
        Ok(Progress::More)
    }

    /// What changed about the message as a whole: its end, and counts that replace those before.
    fn message_delta(&mut self, document: &Document, events: &mut Vec<ChatEvent>) {
        let delta = document.value("delta");
        let stopped = delta.and_then(|delta| delta.value("stop_reason")).is_some_and(|stop| !stop.is_null());
        if let Some(usage) = document.value("usage") {
            self.content.counts.update(usage);
        }
        if stopped {
            self.content.finish(Ending::of(delta.into_iter().flat_map(Value::members)), events);
        }
        if let Some(managed) = document.value("context_management").filter(|value| !value.is_null()) {
            self.content.start(Opening::default(), events);
            events.push(extra("context_management", managed));
        }
        // What was told at the beginning is no count of the answer.
        if document.value("usage").is_some_and(|usage| !usage.is_empty()) {
            self.content.start(Opening::default(), events);
            events.extend(self.content.counts.usage().map(ChatEvent::Usage));
        }
        if let Some(usage) = document.value("usage") {
            self.content.serve(usage, events);
        }
    }

    fn end_here(&mut self) -> Progress {
        self.over = true;
        Progress::End
    }
}

impl ChatDecoder for Decoder {
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        if self.over {
            return Ok(Progress::End);
        }
        let document = Document::parse(Bytes::copy_from_slice(unit.data));
        if unit.exception || unit.name == Some("error") {
            events.push(ChatEvent::Error(error::read_event(document.as_ref().ok(), unit.name)));
            return Ok(self.end_here());
        }
        match document {
            Ok(document) => match unwrapped(&document) {
                Some(inner) => self.event(&inner?, None, events),
                None => self.event(&document, unit.name, events),
            },
            Err(_) if unit.data.trim_ascii().is_empty() || unit.name == Some("ping") => Ok(Progress::More),
            Err(_) => Err(Unreadable),
        }
    }

    fn end(&mut self, _events: &mut Vec<ChatEvent>) {
        self.over = true;
    }

    fn input_usage(&self) -> Option<Usage> {
        self.content.counts.input()
    }
}

/// The event in a chunk of Bedrock's, which has it in base64.
fn unwrapped(document: &Document) -> Option<Result<Document, Unreadable>> {
    let wrapped = document.value("bytes").filter(|_| document.value("type").is_none())?.inner()?;
    let event = STANDARD.decode(wrapped).ok().and_then(|bytes| Document::parse(bytes.into()).ok());
    Some(event.ok_or(Unreadable))
}

#[cfg(test)]
mod recordings;
#[cfg(test)]
pub(super) mod tests;
