//! Anthropic's events out of Bedrock's binary messages: `InvokeModelWithResponseStream` as server-sent events; and
//! what else of `InvokeModel` is AWS's own, its errors.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html>.

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use document::scan_members;
use memchr::memchr2;
use model::UpstreamError;
use stream::{DEFAULT_FRAME_LIMIT, Frame, FrameName, Framer, Framing, StreamFault};
use thiserror::Error;

use crate::{HeaderOf, bedrock};

/// Reframes an answer of `InvokeModelWithResponseStream`, so that it can be relayed as the event stream that
/// the model's own API would have sent. The JSON in it is not touched.
#[derive(Debug)]
pub struct InvokeReframer {
    framer: Framer,
    frames: Vec<Frame>,
    fault: Option<InvokeFault>,
}

/// Why the rest of such an answer cannot be reframed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvokeFault {
    #[error(transparent)]
    Stream(#[from] StreamFault),
    /// The provider failed: its exception or error, to be rendered for the client.
    #[error("the upstream reported an error in its stream")]
    Reported(UpstreamError),
    /// A message is not an object with the bytes of an event.
    #[error("a message of the upstream's stream cannot be read")]
    Unreadable,
}

/// An answer with an error status, read.
pub(crate) fn refused(status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
    bedrock::answer_error(status, headers, body)
}

impl InvokeReframer {
    /// A reframer that takes messages with payloads of up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { framer: Framer::new(Framing::AwsEventStream, limit), frames: Vec::new(), fault: None }
    }

    /// Takes the next bytes of the body; appends the events that end in them, each with its blank line. After
    /// a fault, whose events before it are in `out`, every call gives the same fault.
    pub fn push(&mut self, chunk: &Bytes, out: &mut Vec<u8>) -> Result<(), InvokeFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let framed = self.framer.push(chunk, &mut self.frames).map_err(InvokeFault::from);
        let written = self.frames.drain(..).try_for_each(|frame| write_frame(&frame, out));
        let result = written.and(framed);
        self.fault = result.as_ref().err().cloned();
        result
    }

    /// The body has ended; inside of a message, that is a fault.
    pub fn finish(&mut self) -> Result<(), InvokeFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        self.framer.finish(&mut self.frames)?;
        Ok(())
    }

    /// Bytes held because their message has not ended.
    pub fn held(&self) -> usize {
        self.framer.held()
    }
}

impl Default for InvokeReframer {
    fn default() -> Self {
        Self::new(DEFAULT_FRAME_LIMIT)
    }
}

fn write_frame(frame: &Frame, out: &mut Vec<u8>) -> Result<(), InvokeFault> {
    match &frame.kind {
        FrameName::Exception(_) | FrameName::Error(_) => {
            Err(InvokeFault::Reported(bedrock::event_error(frame.kind.as_str(), &frame.data)))
        }
        // The API knows no other kind of event; a new one is not an event of the model.
        FrameName::Event(name) if name != "chunk" => Ok(()),
        FrameName::Event(_) | FrameName::None => {
            let coded = text_member(&frame.data, "bytes").ok_or(InvokeFault::Unreadable)?;
            let event = STANDARD.decode(coded).map_err(|_| InvokeFault::Unreadable)?;
            write_event(&event, out);
            Ok(())
        }
    }
}

/// Writes an event of the model under the name that its `type` is. Without one it has no name.
fn write_event(json: &[u8], out: &mut Vec<u8>) {
    let name = text_member(json, "type").filter(|name| !name.is_empty() && !name.contains(['\r', '\n']));
    if let Some(name) = name {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    // A line end would end the line of data: JSON that has any is several lines of it.
    let mut rest = json;
    while let Some(at) = memchr2(b'\r', b'\n', rest) {
        let (line, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        write_data(line, out);
        rest = after.get(1..).unwrap_or_default();
    }
    write_data(rest, out);
    out.push(b'\n');
}

fn write_data(line: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(line);
    out.push(b'\n');
}

/// The text of the first member of an object with this name.
fn text_member(object: &[u8], name: &str) -> Option<String> {
    let mut found = None;
    let walked = scan_members(object, |member| {
        if !member.name.is(name) {
            return ControlFlow::Continue(());
        }
        found = member.value.as_str().map(std::borrow::Cow::into_owned);
        ControlFlow::Break(())
    });
    walked.ok().and(found)
}

#[cfg(test)]
mod tests;
