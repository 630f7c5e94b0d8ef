//! One span.

use super::identifier::{SpanId, TraceId};
use super::wire::{Attributes, Message};

/// Who is on the other side of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    Internal = 1,
    Server = 2,
    Client = 3,
}

/// A span that is over.
#[derive(Debug)]
pub struct Span<'a> {
    pub trace: TraceId,
    pub id: SpanId,
    pub parent: Option<SpanId>,
    /// The parent is of another process.
    pub remote: bool,
    /// `tracestate`.
    pub state: &'a str,
    pub name: &'a str,
    pub kind: SpanKind,
    /// Nanoseconds of the epoch.
    pub start: u64,
    pub end: u64,
    pub attributes: Attributes<'a>,
    /// What went wrong, in a word.
    pub error: Option<&'a str>,
}

/// Bits of `Span.flags` above those of `traceparent`: whether it is known that the parent is remote, and that.
const KNOWS_REMOTE: u32 = 0x100;
const REMOTE: u32 = 0x200;
const SAMPLED: u32 = 1;

impl Span<'_> {
    /// Appends the span as `ScopeSpans.spans`.
    pub fn write(&self, out: &mut Vec<u8>) {
        Message::new(out).message(2, |span| {
            span.bytes(1, &self.trace.bytes());
            span.bytes(2, &self.id.bytes());
            if !self.state.is_empty() {
                span.text(3, self.state);
            }
            if let Some(parent) = self.parent {
                span.bytes(4, &parent.bytes());
            }
            span.text(5, self.name);
            span.varint(6, self.kind as u64);
            span.fixed64(7, self.start);
            // A span took some time, whatever the clock's grain.
            span.fixed64(8, self.end.max(self.start + 1));
            for (name, value) in &self.attributes {
                span.attribute(9, name, value);
            }
            if let Some(error) = self.error {
                span.message(15, |status| {
                    status.text(2, error);
                    status.varint(3, 2);
                });
            }
            span.fixed32(16, SAMPLED | KNOWS_REMOTE | if self.remote { REMOTE } else { 0 });
        });
    }
}
