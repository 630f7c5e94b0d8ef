//! Reads the headers of an AWS message: names, and values of ten types.

use std::ops::Range;

use bytes::Bytes;

/// The headers that say what a message is. Where one occurs twice, the last counts.
#[derive(Debug, Default)]
pub(super) struct Headers {
    pub message_type: Option<Bytes>,
    pub event_type: Option<Bytes>,
    pub exception_type: Option<Bytes>,
    pub error_code: Option<Bytes>,
    pub error_message: Option<Bytes>,
    pub content_type: Option<Bytes>,
}

impl Headers {
    /// Reads the headers at `span` of a message; none where they are malformed. All are read, also those that
    /// nobody asks for.
    pub fn read(message: &Bytes, span: Range<usize>) -> Option<Self> {
        let mut headers = Self::default();
        let mut rest = message.get(span)?;
        while let Some((&length, after)) = rest.split_first() {
            let (name, after) = after.split_at_checked(usize::from(length))?;
            let (&kind, after) = after.split_first()?;
            let (value, after) = split_value(kind, after)?;
            rest = after;
            if kind != STRING {
                continue;
            }
            std::str::from_utf8(value).ok()?;
            let place = match name {
                b":message-type" => &mut headers.message_type,
                b":event-type" => &mut headers.event_type,
                b":exception-type" => &mut headers.exception_type,
                b":error-code" => &mut headers.error_code,
                b":error-message" => &mut headers.error_message,
                b":content-type" => &mut headers.content_type,
                _ => continue,
            };
            *place = Some(message.slice_ref(value));
        }
        Some(headers)
    }
}

const BYTES: u8 = 6;
const STRING: u8 = 7;

/// The value of a type at the start of `bytes`, and what follows it.
fn split_value(kind: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, bytes) = match kind {
        // True and false have no bytes of their own.
        0 | 1 => (0, bytes),
        // Whole numbers of 8, 16, 32 and 64 bits.
        2 => (1, bytes),
        3 => (2, bytes),
        4 => (4, bytes),
        // Also a time in milliseconds.
        5 | 8 => (8, bytes),
        BYTES | STRING => {
            let (length, bytes) = bytes.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), bytes)
        }
        // A UUID.
        9 => (16, bytes),
        _ => return None,
    };
    bytes.split_at_checked(length)
}
