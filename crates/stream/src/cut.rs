//! Drives a relay over a whole body that is cut at given places, for tests and fuzzing.

use bytes::Bytes;

use crate::fault::{End, Summary};
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
    let mut rest = body;
    for size in sizes {
        let Some((chunk, after)) = rest.split_at_checked(size) else {
            break;
        };
        relay.push(&Bytes::copy_from_slice(chunk), &mut out);
        rest = after;
    }
    relay.push(&Bytes::copy_from_slice(rest), &mut out);
    let summary = relay.finish(end, &mut out);
    (out.concat(), summary)
}
