//! Cuts AWS's event streams into messages: length-prefixed, with typed headers and two checksums.

mod headers;

#[cfg(test)]
pub(crate) mod encode;
#[cfg(test)]
mod tests;

use std::mem;

use bytes::Bytes;

use self::headers::Headers;
use crate::fault::StreamFault;
use crate::frame::{Frame, FrameName};

/// Bytes before the headers: both lengths, and the checksum of them.
const PRELUDE: usize = 12;
/// Bytes that a message has beside headers and payload.
const AROUND: usize = PRELUDE + CHECKSUM;
const CHECKSUM: usize = 4;
/// Bytes that the headers of a message may have.
const HEADERS_LIMIT: usize = 128 << 10;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsMessage {
    raw: Bytes,
    kind: FrameName,
    error_message: Option<Bytes>,
    content_type: Option<Bytes>,
    payload: Bytes,
}

impl AwsMessage {
    /// The whole message as it came, checksums and all.
    pub const fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// `:event-type`, `:exception-type` or `:error-code`, as `:message-type` says.
    pub const fn kind(&self) -> &FrameName {
        &self.kind
    }

    /// `:error-message`, of a message that is an error.
    pub const fn error_message(&self) -> Option<&Bytes> {
        self.error_message.as_ref()
    }

    /// `:content-type` of the payload.
    pub const fn content_type(&self) -> Option<&Bytes> {
        self.content_type.as_ref()
    }

    pub const fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// The message as a frame among those of other framings.
    pub fn into_frame(self) -> Frame {
        let message = self.error_message.filter(|_| matches!(self.kind, FrameName::Error(_)));
        Frame { kind: self.kind, data: message.unwrap_or(self.payload) }
    }

    /// Reads a message whose prelude has been checked.
    fn read(raw: Bytes, headers_length: usize) -> Result<Self, StreamFault> {
        let body = raw.len().checked_sub(CHECKSUM).ok_or(StreamFault::Malformed)?;
        let (covered, checksum) = raw.split_at_checked(body).ok_or(StreamFault::Malformed)?;
        if number(checksum, 0) != Some(crc32fast::hash(covered)) {
            return Err(StreamFault::Checksum);
        }
        let headers_end = PRELUDE + headers_length;
        let headers = Headers::read(&raw, PRELUDE..headers_end).ok_or(StreamFault::Malformed)?;
        let kind = match headers.message_type.as_deref() {
            Some(b"event") | None => headers.event_type.map_or(FrameName::None, FrameName::Event),
            Some(b"exception") => FrameName::Exception(headers.exception_type.unwrap_or_default()),
            Some(b"error") => FrameName::Error(headers.error_code.unwrap_or_default()),
            Some(_) => return Err(StreamFault::Malformed),
        };
        Ok(Self {
            kind,
            error_message: headers.error_message,
            content_type: headers.content_type,
            payload: raw.slice(headers_end..body),
            raw,
        })
    }
}

/// Cuts an event stream into messages. How the body is cut into chunks changes nothing.
#[derive(Debug)]
pub struct AwsFramer {
    /// The beginning of a message whose end has not come.
    tail: Vec<u8>,
    /// Its lengths, once the prelude is there.
    lengths: Option<Lengths>,
    limit: usize,
}

/// What a prelude says.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    /// Of the whole message.
    total: usize,
    headers: usize,
}

impl AwsFramer {
    /// A framer that takes messages with payloads of up to `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self { tail: Vec::new(), lengths: None, limit }
    }

    /// Takes the next bytes; gives the messages that end in them to `visit`, as slices of the chunk wherever
    /// they came in one. After a fault there is nothing more to get.
    pub fn push(&mut self, chunk: &Bytes, visit: impl FnMut(AwsMessage)) -> Result<(), StreamFault> {
        let result = self.read(chunk, visit);
        if result.is_err() {
            self.tail = Vec::new();
        }
        result
    }

    /// The body has ended.
    pub fn finish(&mut self) -> Result<(), StreamFault> {
        let tail = mem::take(&mut self.tail);
        if tail.is_empty() { Ok(()) } else { Err(StreamFault::Truncated) }
    }

    /// Bytes held because their message has not ended: at most `limit` and what may stand around a payload.
    pub const fn held(&self) -> usize {
        self.tail.len()
    }

    fn read(&mut self, chunk: &Bytes, mut visit: impl FnMut(AwsMessage)) -> Result<(), StreamFault> {
        let mut at = 0;
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            if self.tail.is_empty() {
                self.lengths = rest.get(..PRELUDE).map(|prelude| self.lengths(prelude)).transpose()?;
                if let Some(lengths) = self.lengths.filter(|lengths| lengths.total <= rest.len()) {
                    let raw = chunk.slice(at..at + lengths.total);
                    at += lengths.total;
                    visit(AwsMessage::read(raw, lengths.headers)?);
                    continue;
                }
            }
            let wanted = self.lengths.map_or(PRELUDE, |lengths| lengths.total);
            let missing = wanted.saturating_sub(self.tail.len()).min(rest.len());
            self.tail.extend_from_slice(rest.get(..missing).unwrap_or_default());
            at += missing;
            if self.tail.len() < wanted {
                return Ok(());
            }
            match self.lengths.take() {
                Some(lengths) => {
                    let raw = Bytes::from(mem::take(&mut self.tail));
                    visit(AwsMessage::read(raw, lengths.headers)?);
                }
                None => self.lengths = Some(self.lengths(&self.tail)?),
            }
        }
        Ok(())
    }

    /// Reads a prelude. The checksum comes first: lengths that are not what was sent bound nothing.
    fn lengths(&self, prelude: &[u8]) -> Result<Lengths, StreamFault> {
        let covered = prelude.get(..PRELUDE - CHECKSUM).ok_or(StreamFault::Malformed)?;
        if number(prelude, PRELUDE - CHECKSUM) != Some(crc32fast::hash(covered)) {
            return Err(StreamFault::Checksum);
        }
        let length = |at| number(prelude, at).and_then(|length| usize::try_from(length).ok());
        let (Some(total), Some(headers)) = (length(0), length(4)) else {
            return Err(StreamFault::Malformed);
        };
        let payload = total.checked_sub(AROUND).and_then(|rest| rest.checked_sub(headers));
        match payload {
            Some(payload) if payload > self.limit => Err(StreamFault::FrameTooLong { limit: self.limit }),
            Some(_) if headers <= HEADERS_LIMIT => Ok(Lengths { total, headers }),
            _ => Err(StreamFault::Malformed),
        }
    }
}

/// The big-endian number of four bytes at `at`.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}
