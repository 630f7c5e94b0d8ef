//! Bytes to frames to bytes: framing of event streams, and the relay that passes them on.
//!
//! Sans-I/O: every machine takes bytes and gives bytes; no clock, no async.
//!
//! - [`SseFramer`] cuts a body into frames, whatever the network made of it, and [`SseEvent`] reads one.
//! - [`SseRelay`] is the whole answer path of a relayed event stream.
//! - [`StreamReader`] is what a dialect gives the relay, so that this crate knows no wire format.

mod chat;
mod cut;
mod event;
mod fault;
mod framer;
mod opaque;
mod reader;
mod relay;
mod scan;

pub use chat::{ChatDecoder, ChatEncoder, Progress, Unit, Unreadable};
pub use cut::relay_cut;
pub use event::SseEvent;
pub use fault::{Break, End, StreamEnd, StreamFault, StreamState, Summary};
pub use framer::{DEFAULT_FRAME_LIMIT, SseFrame, SseFramer};
pub use opaque::Opaque;
pub use reader::{FrameKind, StreamReader};
pub use relay::{FaultFrame, RelaySettings, SseRelay, UsagePolicy};
