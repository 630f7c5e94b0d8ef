//! How a stream ended, and what is told about it.

use bytes::Bytes;
use model::{Told, Usage, UsageSource};
use thiserror::Error;

/// Why the body of an answer broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The connection was lost or the transfer coding was cut short.
    Connection,
    /// Nothing came for the read timeout.
    TimedOut,
    /// The time of the whole request was used up.
    Deadline,
    /// The content coding (gzip) could not be undone.
    Coding,
    /// The gateway is shutting down and waits no longer.
    Shutdown,
}

/// How the body of an answer ended, as the transport saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The transport says that the body is complete.
    Clean,
    Broken(Break),
}

/// A stream gone wrong on the way, for the one error frame that tells the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StreamFault {
    /// The body ended properly, the answer in it did not.
    #[error("the upstream ended the stream before the answer was complete")]
    Truncated,
    #[error("the upstream connection broke before the answer was complete")]
    Broken,
    #[error("the upstream sent nothing for longer than the read timeout")]
    TimedOut,
    #[error("the answer was not complete within the time of the request")]
    Deadline,
    #[error("the upstream's content coding could not be undone")]
    Coding,
    #[error("the gateway is shutting down")]
    Shutdown,
    #[error("an event of the upstream's stream cannot be read")]
    Unreadable,
    /// Limit in bytes.
    #[error("a frame of the upstream's stream is longer than {limit} bytes")]
    FrameTooLong { limit: usize },
    /// Limit in bytes.
    #[error("tool calls of the upstream's answer are interleaved over more than {limit} bytes")]
    Interleaved { limit: usize },
    /// The body is not framed as its content type says.
    #[error("the upstream's stream is malformed")]
    Malformed,
    #[error("a checksum in the upstream's stream is wrong")]
    Checksum,
}

impl StreamFault {
    /// The word for it in errors.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TimedOut | Self::Deadline => "upstream_timeout",
            Self::Truncated | Self::Broken => "upstream_truncated",
            Self::Coding
            | Self::Unreadable
            | Self::FrameTooLong { .. }
            | Self::Interleaved { .. }
            | Self::Malformed
            | Self::Checksum => "upstream_invalid",
            Self::Shutdown => "gateway_shutdown",
        }
    }
}

impl From<Break> for StreamFault {
    fn from(cause: Break) -> Self {
        match cause {
            Break::Connection => Self::Broken,
            Break::TimedOut => Self::TimedOut,
            Break::Deadline => Self::Deadline,
            Break::Coding => Self::Coding,
            Break::Shutdown => Self::Shutdown,
        }
    }
}

/// What became of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// A normal end: the terminator came, or the body ended after a finish reason.
    Complete,
    /// The body ended or broke before that; the client was told by an error frame.
    Truncated(StreamFault),
    /// The provider reported an error in the stream; it was passed on.
    UpstreamError,
    /// The stream broke a limit of the gateway; the client was told by an error frame.
    Fault(StreamFault),
    /// The caller stopped relaying before the end, because the client is gone.
    Abandoned,
}

/// What has come so far, for the caller that holds the head of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StreamState {
    /// Nothing but comments, blank lines and events without content.
    #[default]
    Waiting,
    /// An event that is not an error came first.
    Started,
    /// The first event is an error: its data as the client is sent it, and the status where it is known.
    ErrorFirst { data: Bytes, status: Option<u16> },
}

/// The account of a relayed stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What came first; the last event of a body may have been the first.
    pub state: StreamState,
    /// Reported by the provider, else estimated where any content was generated.
    pub usage: Option<(Usage, UsageSource)>,
    /// What the answer has told of itself.
    pub told: Told,
    pub end: StreamEnd,
    /// Events with data that came from upstream.
    pub frames: u64,
    /// Bytes given to the caller, inserted frames included.
    pub bytes_out: u64,
    /// Bytes of generated text.
    pub output_bytes: u64,
}
