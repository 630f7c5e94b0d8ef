//! Reads the stream of an answer of Gemini's, from server-sent events or from the elements of an array.

use model::ChatEvent;
use stream::{ChatDecoder, Progress, Unit, Unreadable};

use super::content::{Content, Way};
use super::error;

/// Reads elements as they come. There is no end mark: a finish reason may come more than once, and only the end
/// of the body makes the last one final.
pub(super) struct Decoder {
    content: Content,
    over: bool,
}

impl Decoder {
    pub(super) fn new(way: Way) -> Self {
        Self { content: Content::new(way), over: false }
    }
}

impl ChatDecoder for Decoder {
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable> {
        if self.over {
            return Ok(Progress::End);
        }
        let data = unit.data.trim_ascii();
        // Some servers in between add the end mark of other formats.
        if data.is_empty() || data == b"[DONE]" || data == b"[]" {
            return Ok(Progress::More);
        }
        let document = error::parse(data).ok_or(Unreadable)?;
        if let Some(error) = error::read_unit(&document) {
            self.over = true;
            events.push(ChatEvent::Error(error));
            return Ok(Progress::End);
        }
        self.content.add(&document, events);
        Ok(Progress::More)
    }

    fn end(&mut self, events: &mut Vec<ChatEvent>) {
        if !std::mem::replace(&mut self.over, true) {
            self.content.finish(None, events);
        }
    }
}

#[cfg(test)]
mod recordings;
#[cfg(test)]
mod tests;
