//! What targets share: what every framing must keep to, and every codec that a provider has.

mod codecs;

pub use codecs::{answer_of, codecs, encode, families, front, identity, writer};

use bytes::Bytes;
use stream::{Ended, Frame, FrameName, Framer, Framing, StreamFault, frames_cut};

/// Bytes that an AWS message may have around its payload.
const AROUND: usize = 16 + (128 << 10);

/// Cuts the input, without its first two bytes, which choose the limit and how it is cut: the frames and the end
/// depend on the bytes alone, and what is held is bounded. Gives both.
pub fn check_framing(framing: Framing, input: &[u8]) -> Option<(Vec<Frame>, Result<Ended, StreamFault>)> {
    let [choice, cut, body @ ..] = input else { return None };
    let limit = if choice & 1 == 0 { 1 << 20 } else { 16 };
    let whole = frames_cut(Framer::new(framing, limit), body, []);
    let bytes = frames_cut(Framer::new(framing, limit), body, body.iter().map(|_| 1));
    assert_eq!(whole, bytes, "single bytes make a difference");
    let some = frames_cut(Framer::new(framing, limit), body, sizes(*cut, body.len()));
    assert_eq!(whole, some, "cutting makes a difference");

    let mut framer = Framer::new(framing, limit);
    let mut frames = Vec::new();
    let mut rest = body;
    for size in sizes(*cut, body.len()) {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        let pushed = framer.push(&Bytes::copy_from_slice(chunk), &mut frames);
        let around = if framing == Framing::AwsEventStream { AROUND } else { 0 };
        assert!(framer.held() <= limit + around, "more is held than one frame may have");
        assert!(pushed.is_ok() || framer.held() == 0, "something is held behind a fault");
        rest = after;
    }
    // The limit is one of payloads; the text of an AWS error may come from a header.
    let long = |frame: &&Frame| frame.data.len() > limit && !matches!(frame.kind, FrameName::Error(_));
    assert!(whole.0.iter().find(long).is_none(), "a frame is longer than allowed");
    assert!(whole.0.iter().map(|frame| frame.data.len()).sum::<usize>() <= body.len(), "bytes were made up");
    Some(whole)
}

/// Sizes of up to 31 bytes that make up `length` or a little more.
pub fn sizes(seed: u8, length: usize) -> impl Iterator<Item = usize> {
    let mut state = u32::from(seed) | 1;
    let mut covered = 0;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let size = ((state >> 16) % 32) as usize;
        let more = covered < length;
        covered += size;
        more.then_some(size)
    })
}
