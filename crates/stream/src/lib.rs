//! Bytes to frames to bytes: framing of event streams, and the relay that passes them on.
//!
//! Sans-I/O: every machine takes bytes and gives bytes; no clock, no async.
//!
//! - [`SseFramer`] cuts a body into frames, whatever the network made of it, and [`SseEvent`] reads one.
//! - [`Framer`] gives frames of every framing that upstreams stream in; [`AwsFramer`] is the one for AWS alone.
//! - [`SseRelay`] is the whole answer path of a relayed event stream.
//! - [`StreamReader`] is what a dialect gives the relay, so that this crate knows no wire format.

mod aws;
mod chat;
mod cut;
mod event;
mod fault;
mod frame;
mod framer;
mod framing;
mod opaque;
mod reader;
mod relay;
mod scan;
mod transcode;

pub use aws::{AwsFramer, AwsMessage};
pub use chat::{ChatDecoder, ChatEncoder, Progress, Unit, Unreadable};
pub use cut::{frames_cut, relay_cut};
pub use event::SseEvent;
pub use fault::{Break, End, StreamEnd, StreamFault, StreamState, Summary};
pub use frame::{Ended, Frame, FrameName};
pub use framer::{DEFAULT_FRAME_LIMIT, SseFrame, SseFramer};
pub use framing::{Framer, Framing};
pub use opaque::Opaque;
pub use reader::{FrameKind, StreamReader, TokenCounter};
pub use relay::{FaultFrame, RelaySettings, SseRelay, UsagePolicy};
pub use transcode::Transcoder;
