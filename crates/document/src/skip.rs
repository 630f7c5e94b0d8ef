//! Passing over values without validating them.

use memchr::memchr3;

use crate::search::{quote_or_escape, structural};

/// Position after the value that starts at `at`; none where it is cut short or no value starts there.
#[inline]
pub fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string_end(bytes, at + 1),
        b'{' | b'[' => container_end(bytes, at),
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => Some(scalar_end(bytes, at)),
        _ => None,
    }
}

/// Position after the closing quote of the string whose text starts at `at`.
#[inline]
pub fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    name_end(bytes, at).map(|(end, _)| end)
}

/// The same, and whether there are escapes in the string.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the call costs as much as a short name; measured")]
pub fn name_end(bytes: &[u8], at: usize) -> Option<(usize, bool)> {
    let stop = quote_or_escape(bytes, at);
    match bytes.get(stop)? {
        b'"' => Some((stop + 1, false)),
        _ => Some((escaped_end(bytes, stop)?, true)),
    }
}

/// Position after the closing quote, from an escape at `at` on.
fn escaped_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = quote_or_escape(bytes, at + 2);
        if *bytes.get(at)? == b'"' {
            return Some(at + 1);
        }
    }
}

/// Position after the container that opens at `at`. Brackets are counted, not matched.
fn container_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        at = structural(bytes, at);
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at + 1)?;
                // Strings that follow each other need no search between them.
                while let Some([b':' | b',', b'"']) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
                    at = string_end(bytes, at + 2)?;
                }
            }
            b'{' => {
                depth += 1;
                at += 1;
            }
            b'[' => {
                depth += 1;
                at = numbers_end(bytes, at + 1);
            }
            b'}' | b']' => {
                at += 1;
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
}

/// The end of a list of numbers that starts at `at`, before its bracket; `at` where it is not such a list.
///
/// An embedding is thousands of bytes of numbers, and this search is twice as fast as one for all that structures.
/// An object among the numbers that has no text in it is `{}`, so nothing that counts is passed over.
fn numbers_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    if let Some(b'-' | b'0'..=b'9') = rest.first()
        && let Some(len) = memchr3(b']', b'"', b'[', rest)
        && rest.get(len) == Some(&b']')
    {
        return at + len;
    }
    at
}

/// Position after a number or literal: at the next byte that ends one.
fn scalar_end(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).map_or(bytes.len(), |rest| {
        at + rest
            .iter()
            .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))
            .unwrap_or(rest.len())
    })
}
