//! Bytes to frames to bytes: framing of event streams, and the relay that passes them on.
//!
//! Sans-I/O: every machine takes bytes and gives bytes; no clock, no async.

mod reader;

pub use reader::{FrameKind, StreamReader};
