//! Every framing that an upstream's stream may come in, behind one type: chunks in, frames out.

mod json;
mod sse;
mod value;

use bytes::Bytes;

use self::json::{JsonFrames, Layout};
use self::sse::SseFrames;
use crate::DEFAULT_FRAME_LIMIT;
use crate::aws::AwsFramer;
use crate::fault::StreamFault;
use crate::frame::{Ended, Frame};

/// How a body is cut into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Server-sent events; a body that begins with `{` is read as [`Self::Ndjson`].
    Sse,
    /// AWS's binary messages.
    AwsEventStream,
    /// A JSON value a line. Several may share one, and one may be written over several, its first bracket alone on
    /// the first of them; a line that is broken otherwise is a frame of its own.
    Ndjson,
    /// The elements of one JSON array at the top; an object in its place is one element.
    JsonArray,
}

impl Framing {
    pub const ALL: [Self; 4] = [Self::Sse, Self::AwsEventStream, Self::Ndjson, Self::JsonArray];

    /// The framing of a content type, parameters and all; none where no stream comes in it.
    pub fn for_content_type(content_type: &str) -> Option<Self> {
        const TYPES: [(&str, Framing); 5] = [
            ("text/event-stream", Framing::Sse),
            ("application/vnd.amazon.eventstream", Framing::AwsEventStream),
            ("application/x-ndjson", Framing::Ndjson),
            ("application/stream+json", Framing::Ndjson),
            ("application/json", Framing::JsonArray),
        ];
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        TYPES.iter().find(|(name, _)| essence.eq_ignore_ascii_case(name)).map(|(_, framing)| *framing)
    }
}

/// Cuts the body of an answer into frames. How the network cut it into chunks changes nothing, neither the
/// frames nor the fault. Less than two frames' bytes are ever held.
#[derive(Debug)]
pub struct Framer {
    machine: Machine,
    /// What ended the reading: there is nothing more to get.
    fault: Option<StreamFault>,
}

#[derive(Debug)]
enum Machine {
    Sse(SseFrames),
    Aws(AwsFramer),
    Json(JsonFrames),
}

impl Framer {
    /// A framer that takes frames of up to `limit` bytes.
    pub fn new(framing: Framing, limit: usize) -> Self {
        let machine = match framing {
            Framing::Sse => Machine::Sse(SseFrames::new(limit)),
            Framing::AwsEventStream => Machine::Aws(AwsFramer::new(limit)),
            Framing::Ndjson => Machine::Json(JsonFrames::new(Layout::Lines, limit)),
            Framing::JsonArray => Machine::Json(JsonFrames::new(Layout::Array, limit)),
        };
        Self { machine, fault: None }
    }

    /// The framer for a content type, with the default limit.
    pub fn for_content_type(content_type: &str) -> Option<Self> {
        Some(Self::new(Framing::for_content_type(content_type)?, DEFAULT_FRAME_LIMIT))
    }

    /// Takes the next bytes; appends the frames that end in them. After a fault, whose frames before it are in
    /// `out`, every call gives the same fault.
    pub fn push(&mut self, chunk: &Bytes, out: &mut Vec<Frame>) -> Result<(), StreamFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let result = match &mut self.machine {
            Machine::Sse(machine) => machine.push(chunk, out),
            Machine::Aws(machine) => machine.push(chunk, |message| out.push(message.into_frame())),
            Machine::Json(machine) => machine.push(chunk, out),
        };
        self.fault = result.err();
        result
    }

    /// The body has ended: appends the last frame, where its end was still to come. A body that ended inside
    /// of a frame is [`StreamFault::Truncated`], unless the frame can be given out: see [`Ended::Unended`].
    pub fn finish(&mut self, out: &mut Vec<Frame>) -> Result<Ended, StreamFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let result = match &mut self.machine {
            Machine::Sse(machine) => machine.finish(out),
            Machine::Aws(machine) => machine.finish().map(|()| Ended::Complete),
            Machine::Json(machine) => machine.finish(out),
        };
        self.fault = result.err();
        result
    }

    /// Bytes held because their frame has not ended.
    pub fn held(&self) -> usize {
        match &self.machine {
            Machine::Sse(machine) => machine.held(),
            Machine::Aws(machine) => machine.held(),
            Machine::Json(machine) => machine.held(),
        }
    }
}

#[cfg(test)]
mod recordings;
#[cfg(test)]
mod tests;
