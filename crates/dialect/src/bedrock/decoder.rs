//! Reads the stream of an answer of `ConverseStream`.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html>.

use bytes::Bytes;
use document::{Document, Value};
use model::ChatEvent;
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::content::{Content, Way, extra};
use super::{error, usage};

/// Reads events as they come; after the last one or an error it reads nothing.
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
        kind: &str,
        payload: Value<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<Progress, Unreadable> {
        let index = payload.value("contentBlockIndex").and_then(Value::as_u64).unwrap_or(0);
        match kind {
            "metadata" => return Ok(self.metadata(payload, events)),
            _ if self.content.is_finished() => {}
            "messageStart" => self.content.start(None, events),
            "contentBlockStart" => {
                if let Some(start) = payload.value("start") {
                    self.content.open(index, start, events)?;
                }
            }
            "contentBlockDelta" => {
                if let Some(delta) = payload.value("delta") {
                    self.content.delta(index, delta, events)?;
                }
            }
            "contentBlockStop" => self.content.close(index, events),
            "messageStop" => self.content.finish(Some(payload), events),
            _ => {}
        }
        Ok(Progress::More)
    }

    /// The last event, unless it comes too early.
    fn metadata(&mut self, payload: Value<'_>, events: &mut Vec<ChatEvent>) -> Progress {
        self.content.start(None, events);
        events.extend(
            payload.value("trace").filter(|trace| !trace.is_null()).map(|trace| extra("trace", trace)),
        );
        events.extend(payload.value("usage").and_then(usage::read).map(ChatEvent::Usage));
        events.extend(usage::tier(payload).map(ChatEvent::ServedAs));
        if self.content.is_finished() { self.end_here() } else { Progress::More }
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
        if unit.exception || unit.name.is_some_and(is_exception) {
            events.push(ChatEvent::Error(error::read_event(unit.name, unit.data)));
            return Ok(self.end_here());
        }
        let document = Document::parse(Bytes::copy_from_slice(unit.data)).map_err(|_| Unreadable)?;
        if let Some(kind) = unit.name {
            return self.event(kind, document.root(), events);
        }
        // Without a name of its own, an event is a member with that name.
        let mut progress = Progress::More;
        for member in document.members() {
            let kind = member.name.decoded();
            if is_exception(&kind) {
                events.push(ChatEvent::Error(error::read_event(Some(&kind), member.value.raw())));
                return Ok(self.end_here());
            }
            progress = self.event(&kind, member.value, events)?;
        }
        Ok(progress)
    }

    fn end(&mut self, _events: &mut Vec<ChatEvent>) {
        self.over = true;
    }
}

fn is_exception(name: &str) -> bool {
    name.ends_with("Exception")
}

#[cfg(test)]
mod recordings;
#[cfg(test)]
mod tests;
