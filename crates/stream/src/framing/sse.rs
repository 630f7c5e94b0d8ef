//! Server-sent events as frames; gives way to JSON lines where those come under the wrong content type.

use bytes::Bytes;

use super::json::{JsonFrames, Layout};
use super::value::is_space;
use crate::fault::StreamFault;
use crate::frame::{Ended, Frame, FrameName};
use crate::framer::{SseFrame, SseFramer};

const BOM: [u8; 3] = *b"\xEF\xBB\xBF";

/// Cuts a body of content type `text/event-stream`.
#[derive(Debug)]
pub(super) struct SseFrames {
    events: SseFramer,
    /// In place of events, where the body begins with an object.
    lines: Option<JsonFrames>,
    opening: Option<Opening>,
    limit: usize,
}

/// The bytes before the first that tells what a body is: white space behind a byte order mark.
#[derive(Debug, Default)]
struct Opening {
    /// Bytes of the mark that have come; all of them once it cannot come any more.
    mark: usize,
}

impl SseFrames {
    pub fn new(limit: usize) -> Self {
        Self { events: SseFramer::new(limit), lines: None, opening: Some(Opening::default()), limit }
    }

    pub fn push(&mut self, chunk: &Bytes, out: &mut Vec<Frame>) -> Result<(), StreamFault> {
        if let Some(lines) = &mut self.lines {
            return lines.push(chunk, out);
        }
        if let Some(opening) = &mut self.opening
            && let Some((at, is_object)) = opening.end(chunk)
        {
            self.opening = None;
            if is_object {
                // The limit counts white space before the object however it is cut.
                let space = chunk.slice(..at);
                read(&mut self.events, &space, out)?;
                self.events = SseFramer::new(self.limit);
                let lines = self.lines.insert(JsonFrames::new(Layout::Lines, self.limit));
                return lines.push(&chunk.slice(at..), out);
            }
        }
        read(&mut self.events, chunk, out)
    }

    pub fn finish(&mut self, out: &mut Vec<Frame>) -> Result<Ended, StreamFault> {
        if let Some(lines) = &mut self.lines {
            return lines.finish(out);
        }
        let last = self.events.finish().and_then(|frame| event(&frame));
        let ended = if last.is_some() { Ended::Unended } else { Ended::Complete };
        out.extend(last);
        Ok(ended)
    }

    pub fn held(&self) -> usize {
        self.events.held() + self.lines.as_ref().map_or(0, JsonFrames::held)
    }
}

impl Opening {
    /// Where the opening ends in `bytes`, and whether an object begins there.
    fn end(&mut self, bytes: &[u8]) -> Option<(usize, bool)> {
        for (at, &byte) in bytes.iter().enumerate() {
            let half_mark = (1..BOM.len()).contains(&self.mark);
            if BOM.get(self.mark) == Some(&byte) {
                self.mark += 1;
            } else if !half_mark && is_space(byte) {
                self.mark = BOM.len();
            } else {
                return Some((at, !half_mark && byte == b'{'));
            }
        }
        None
    }
}

fn read(events: &mut SseFramer, chunk: &Bytes, out: &mut Vec<Frame>) -> Result<(), StreamFault> {
    for frame in events.frames(chunk) {
        out.extend(event(&frame?));
    }
    Ok(())
}

/// The event of a frame; none in a comment or a lone blank line.
fn event(frame: &SseFrame) -> Option<Frame> {
    let raw = frame.raw();
    let event = frame.event();
    let data = match event.data? {
        std::borrow::Cow::Borrowed(data) => raw.slice_ref(data),
        std::borrow::Cow::Owned(data) => Bytes::from(data),
    };
    let kind = event.name.map_or(FrameName::None, |name| FrameName::Event(raw.slice_ref(name)));
    Some(Frame { kind, data })
}
