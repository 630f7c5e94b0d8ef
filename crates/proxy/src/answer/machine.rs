//! The machine of crate `stream` that an answer goes through: relayed as it
//! comes or out of another framing, or translated.

use bytes::Bytes;
use stream::{End, SseRelay, StreamState, Summary, Transcoder};

use super::reframed::Reframed;

pub enum Machine {
    Relay(Box<SseRelay>),
    Reframe(Box<Reframed>),
    Translate(Box<Transcoder>),
}

impl Machine {
    pub fn push(&mut self, chunk: &Bytes, out: &mut Vec<Bytes>) {
        match self {
            Self::Relay(relay) => relay.push(chunk, out),
            Self::Reframe(reframed) => reframed.push(chunk, out),
            Self::Translate(transcoder) => transcoder.push(chunk, out),
        }
    }

    pub fn finish(self, end: End, out: &mut Vec<Bytes>) -> Summary {
        match self {
            Self::Relay(relay) => relay.finish(end, out),
            Self::Reframe(reframed) => reframed.finish(end, out),
            Self::Translate(transcoder) => transcoder.finish(end, out),
        }
    }

    pub fn abandon(&self) -> Summary {
        match self {
            Self::Relay(relay) => relay.abandon(),
            Self::Reframe(reframed) => reframed.abandon(),
            Self::Translate(transcoder) => transcoder.abandon(),
        }
    }

    pub fn state(&self) -> &StreamState {
        match self {
            Self::Relay(relay) => relay.state(),
            Self::Reframe(reframed) => reframed.state(),
            Self::Translate(transcoder) => transcoder.state(),
        }
    }

    pub fn at_frame_boundary(&self) -> bool {
        match self {
            Self::Relay(relay) => relay.at_frame_boundary(),
            Self::Reframe(reframed) => reframed.at_frame_boundary(),
            Self::Translate(transcoder) => transcoder.at_frame_boundary(),
        }
    }

    pub fn is_over(&self) -> bool {
        match self {
            Self::Relay(relay) => relay.is_over(),
            Self::Reframe(reframed) => reframed.is_over(),
            Self::Translate(transcoder) => transcoder.is_over(),
        }
    }

    /// Whether anything that the model generated has come.
    pub fn has_content(&self) -> bool {
        match self {
            Self::Relay(relay) => relay.has_content(),
            Self::Reframe(reframed) => reframed.has_content(),
            Self::Translate(transcoder) => transcoder.has_content(),
        }
    }

    pub fn is_terminated(&self) -> bool {
        match self {
            Self::Relay(relay) => relay.is_terminated(),
            Self::Reframe(reframed) => reframed.is_terminated(),
            Self::Translate(transcoder) => transcoder.is_terminated(),
        }
    }
}
