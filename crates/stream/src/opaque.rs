//! A stream that is nobody's to read: every frame passes, any clean end is a normal one.

use model::{Told, Usage};

use crate::{FrameKind, StreamReader};

/// Reads nothing and knows nothing; for routes whose wire format is not known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opaque;

impl StreamReader for Opaque {
    fn frame(&mut self, _event: Option<&[u8]>, _data: &[u8]) -> FrameKind {
        FrameKind::Content
    }

    fn whole(&self, _data: &[u8]) -> bool {
        true
    }

    fn usage(&self) -> Option<Usage> {
        None
    }

    fn told(&self) -> Told {
        Told::default()
    }

    fn finished(&self) -> bool {
        true
    }

    fn started(&self) -> bool {
        false
    }

    fn output_bytes(&self) -> u64 {
        0
    }

    fn usage_frame(&self, _usage: &Usage) -> Vec<u8> {
        Vec::new()
    }

    fn terminator(&self) -> Option<&'static [u8]> {
        None
    }
}
