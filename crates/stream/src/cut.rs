//! Drives a relay, or a framer, over a whole body that is cut at given places, for tests and fuzzing.

use bytes::Bytes;

use crate::fault::{End, StreamFault, Summary};
use crate::frame::{Ended, Frame};
use crate::framing::Framer;
use crate::relay::SseRelay;

/// Relays `body` in chunks of the given sizes (the rest is one chunk); gives all bytes that went out.
/// How the body is cut changes neither them nor the summary.
pub fn relay_cut(
    mut relay: SseRelay,
    body: &[u8],
    sizes: impl IntoIterator<Item = usize>,
    end: End,
) -> (Vec<u8>, Summary) {
    let mut out = Vec::new();
    for chunk in cut(body, sizes) {
        relay.push(&chunk, &mut out);
    }
    let summary = relay.finish(end, &mut out);
    (out.concat(), summary)
}

/// Frames `body` in chunks of the given sizes (the rest is one chunk); gives all frames and what it ended with.
/// How the body is cut changes neither.
pub fn frames_cut(
    mut framer: Framer,
    body: &[u8],
    sizes: impl IntoIterator<Item = usize>,
) -> (Vec<Frame>, Result<Ended, StreamFault>) {
    let mut out = Vec::new();
    for chunk in cut(body, sizes) {
        if let Err(fault) = framer.push(&chunk, &mut out) {
            return (out, Err(fault));
        }
    }
    let ended = framer.finish(&mut out);
    (out, ended)
}

/// Copies, so that nothing can look beyond its chunk.
fn cut(body: &[u8], sizes: impl IntoIterator<Item = usize>) -> impl Iterator<Item = Bytes> {
    let mut sizes = sizes.into_iter();
    let mut rest = Some(body);
    std::iter::from_fn(move || {
        let left = rest?;
        let (chunk, after) = match sizes.next().and_then(|size| left.split_at_checked(size)) {
            Some((chunk, after)) => (chunk, Some(after)),
            None => (left, None),
        };
        rest = after;
        Some(Bytes::copy_from_slice(chunk))
    })
}
