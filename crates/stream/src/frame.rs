//! One unit of an upstream's stream, whatever its framing was.

use bytes::Bytes;

use crate::chat::Unit;

/// What stands between two ends of the framing: an SSE event, an AWS message, a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: FrameName,
    /// The joined `data` of an SSE event, the payload of an AWS message, a JSON value without what surrounds
    /// it. A slice of the chunk wherever it came in one.
    pub data: Bytes,
}

/// What the framing itself says of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameName {
    /// Nothing: a JSON value, or an event without a name.
    None,
    /// SSE `event`, or AWS `:event-type`.
    Event(Bytes),
    /// AWS `:exception-type`: the provider failed in a way that its API knows.
    Exception(Bytes),
    /// AWS `:error-code`: the stream failed outside of what the API knows. The data is `:error-message`, or
    /// the payload where there is none.
    Error(Bytes),
}

/// What a body that has ended without a fault ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The end of a frame; with a JSON array, its bracket.
    Complete,
    /// A JSON array that was not closed, after an element or before the first one.
    BetweenElements,
    /// The last frame given out has no end of its own (an SSE event without blank line, a line without line
    /// end that is no object): it may be half of one.
    Unended,
}

impl Frame {
    /// What a dialect's decoder is given.
    pub fn unit(&self) -> Unit<'_> {
        Unit { name: self.kind.as_str(), exception: self.kind.is_failure(), data: &self.data }
    }
}

impl FrameName {
    /// The name, where there is one and it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Event(name) | Self::Exception(name) | Self::Error(name) => std::str::from_utf8(name).ok(),
        }
    }

    /// Whether the framing itself says that something failed.
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Exception(_) | Self::Error(_))
    }
}
