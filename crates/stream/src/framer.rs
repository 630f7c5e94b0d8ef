//! Cuts the body of an event stream into frames; a frame that has not ended is held, within a limit.

use std::mem;
use std::ops::Range;

use bytes::Bytes;

use crate::event::SseEvent;
use crate::fault::StreamFault;
use crate::scan::LineScanner;

/// Limit of one frame, in bytes, unless the caller has another.
pub const DEFAULT_FRAME_LIMIT: usize = 16 << 20;

/// Cuts an event stream into frames. How the body is cut into chunks changes nothing.
#[derive(Debug)]
pub struct SseFramer {
    scanner: LineScanner,
    /// The beginning of a frame whose end has not come. Allocated only while there is one.
    tail: Vec<u8>,
    limit: usize,
    /// A frame has been given out, so a byte order mark can no longer come.
    begun: bool,
}

/// One frame with its blank line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SseFrame {
    raw: Bytes,
    first: bool,
}

impl SseFrame {
    /// The bytes as they came. A LF that came in a later chunk than the CR before it is not among them.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// What the frame says.
    pub fn event(&self) -> SseEvent<'_> {
        SseEvent::parse(&self.raw, self.first)
    }
}

impl SseFramer {
    /// A framer that takes frames of up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { scanner: LineScanner::default(), tail: Vec::new(), limit, begun: false }
    }

    /// Takes the next bytes and gives the frames that end in them. Dropping the iterator early loses the
    /// rest of the chunk; after a fault there is nothing more to get.
    pub fn frames<'a>(
        &'a mut self,
        chunk: &'a Bytes,
    ) -> impl Iterator<Item = Result<SseFrame, StreamFault>> + 'a {
        let mut feed = self.feed(chunk);
        std::iter::from_fn(move || {
            loop {
                let raw = match feed.next()? {
                    Ok(Piece::LineFeed(_)) => continue,
                    Ok(Piece::Span(span)) => chunk.slice(span),
                    Ok(Piece::Held(raw)) => raw,
                    Err(fault) => return Some(Err(fault)),
                };
                let first = !mem::replace(&mut feed.framer.begun, true);
                return Some(Ok(SseFrame { raw, first }));
            }
        })
    }

    /// The body has ended: the last frame, where it has no blank line.
    pub fn finish(&mut self) -> Option<SseFrame> {
        let (raw, _) = self.take_tail()?;
        Some(SseFrame { raw: Bytes::from(raw), first: !mem::replace(&mut self.begun, true) })
    }

    /// Bytes held because their frame has not ended.
    pub fn held(&self) -> usize {
        self.tail.len()
    }

    /// Like [`Self::frames`], for the relay: places in the chunk instead of slices of it.
    pub(crate) fn feed<'a>(&'a mut self, chunk: &'a [u8]) -> Feed<'a> {
        Feed { framer: self, chunk, at: 0 }
    }

    /// The unfinished frame, and what must follow it to make it a frame.
    pub(crate) fn take_tail(&mut self) -> Option<(Vec<u8>, &'static [u8])> {
        if self.tail.is_empty() {
            return None;
        }
        let missing = self.scanner.missing_end();
        self.scanner = LineScanner::default();
        Some((mem::take(&mut self.tail), missing))
    }
}

impl Default for SseFramer {
    fn default() -> Self {
        Self::new(DEFAULT_FRAME_LIMIT)
    }
}

/// What comes out of a chunk.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A frame that lies whole in the chunk.
    Span(Range<usize>),
    /// A frame that began in an earlier chunk.
    Held(Bytes),
    /// The LF of a CRLF that the frame before ended with.
    LineFeed(Range<usize>),
}

/// Goes through one chunk.
pub(crate) struct Feed<'a> {
    framer: &'a mut SseFramer,
    chunk: &'a [u8],
    at: usize,
}

impl Feed<'_> {
    /// The next piece, or a fault, after which the framer must not be used.
    pub(crate) fn next(&mut self) -> Option<Result<Piece, StreamFault>> {
        let start = self.at;
        let rest = self.chunk.get(start..).filter(|rest| !rest.is_empty())?;
        let framer = &mut *self.framer;
        if framer.tail.is_empty() && framer.scanner.owes_line_feed() {
            framer.scanner.settle_line_feed();
            if rest.first() == Some(&b'\n') {
                self.at += 1;
                return Some(Ok(Piece::LineFeed(start..self.at)));
            }
        }
        let end = framer.scanner.frame_end(rest);
        let (frame, _) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        self.at += frame.len();
        if framer.tail.len().saturating_add(frame.len()) > framer.limit {
            framer.tail = Vec::new();
            self.at = self.chunk.len();
            return Some(Err(StreamFault::FrameTooLong { limit: framer.limit }));
        }
        if end.is_none() {
            if framer.tail.capacity() == 0 {
                // Most often one more chunk ends it.
                framer.tail.reserve_exact(2 * frame.len());
            }
            framer.tail.extend_from_slice(frame);
            return None;
        }
        if framer.tail.is_empty() {
            if framer.scanner.owes_line_feed() && self.chunk.get(self.at) == Some(&b'\n') {
                framer.scanner.settle_line_feed();
                self.at += 1;
            }
            return Some(Ok(Piece::Span(start..self.at)));
        }
        framer.tail.extend_from_slice(frame);
        Some(Ok(Piece::Held(Bytes::from(mem::take(&mut framer.tail)))))
    }
}

#[cfg(test)]
mod tests;
