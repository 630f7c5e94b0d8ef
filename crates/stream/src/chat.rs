//! What a dialect gives the transcoder: how its streams are read, and how they are written.

use model::{ChatEvent, UpstreamError, Usage};
use thiserror::Error;

use crate::StreamFault;

/// One unit of an upstream's stream, whatever its framing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit<'a> {
    /// The SSE event name, or the AWS event or exception type; none where the framing has no names.
    pub name: Option<&'a str>,
    /// The framing itself says that this is an error (AWS exceptions).
    pub exception: bool,
    pub data: &'a [u8],
}

/// A unit that cannot be read as what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an event of the upstream's stream cannot be read")]
pub struct Unreadable;

/// Whether anything is to be read after a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    More,
    /// The dialect's end mark: what may follow is not read.
    End,
}

/// Reads the stream of one answer. Its events obey [`model::Grammar`]; how the network cut the body does not
/// change them.
pub trait ChatDecoder: Send {
    /// Reads one unit; appends the events that it gives.
    fn unit(&mut self, unit: Unit<'_>, events: &mut Vec<ChatEvent>) -> Result<Progress, Unreadable>;

    /// The body has ended as the transport says it should: appends what is still to be told, such as a finish
    /// that only the end makes final.
    fn end(&mut self, events: &mut Vec<ChatEvent>);

    /// What the provider counted before it had an answer, where it did: exact input, no output. An estimate
    /// for an answer that broke off begins with it.
    fn input_usage(&self) -> Option<Usage> {
        None
    }
}

/// Writes the stream of one answer for a client. Whatever events come, what it writes is legal in its dialect.
pub trait ChatEncoder: Send {
    /// Appends what a client is sent for an event, in whole frames. [`ChatEvent::Error`] never comes here. A fault
    /// is that the client's format cannot go on, within the bounds there are.
    fn event(&mut self, event: ChatEvent, out: &mut Vec<u8>) -> Result<(), StreamFault>;

    /// The answer is complete: appends the rest, usage and end mark. `usage` is what the provider reported, or
    /// an estimate.
    fn finish(&mut self, usage: Option<&Usage>, out: &mut Vec<u8>);

    /// Appends one frame that tells of an error, behind which nothing comes.
    fn error(&mut self, error: &UpstreamError, out: &mut Vec<u8>);

    /// The same error as a whole body, for when nothing was sent before it.
    fn error_body(&self, error: &UpstreamError) -> Vec<u8>;
}
