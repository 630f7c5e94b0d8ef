//! Any stream of AWS messages, whole or damaged, cut anywhere: the same frames and events, within bounds.
#![no_main]

use arbitrary::Arbitrary;
use base64::Engine as _;
use bytes::Bytes;
use dialect::{InvokeFault, InvokeReframer};
use libfuzzer_sys::fuzz_target;
use stream::{Ended, Framing, SseFramer};

#[path = "../../crates/stream/src/aws/encode.rs"]
mod encode;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    choice: u8,
    cut: u8,
    pieces: Vec<Piece<'a>>,
    damage: Option<(u16, u8)>,
}

#[derive(Debug, Arbitrary)]
enum Piece<'a> {
    Event {
        kind: &'a str,
        payload: &'a [u8],
    },
    Chunk {
        json: &'a [u8],
    },
    /// Headers as they stand on the wire.
    Message {
        headers: &'a [u8],
        payload: &'a [u8],
    },
    /// No message at all.
    Bytes(&'a [u8]),
}

impl Piece<'_> {
    fn write(&self) -> Vec<u8> {
        match self {
            Self::Event { kind, payload } => encode::encode(&[(":event-type", kind)], payload),
            Self::Chunk { json } => {
                let coded = base64::engine::general_purpose::STANDARD.encode(json);
                encode::encode(&[(":event-type", "chunk")], format!(r#"{{"bytes":"{coded}"}}"#).as_bytes())
            }
            Self::Message { headers, payload } => encode::encode_raw(headers, payload),
            Self::Bytes(bytes) => bytes.to_vec(),
        }
    }
}

fuzz_target!(|input: Input<'_>| {
    let mut body = vec![input.choice, input.cut];
    body.extend(input.pieces.iter().flat_map(Piece::write));
    if let Some((at, bits)) = input.damage
        && let Some(byte) = body.get_mut(2 + usize::from(at))
    {
        *byte ^= bits;
    }
    let Some((frames, ended)) = fuzz::check_framing(Framing::AwsEventStream, &body) else { return };
    let well_made = |piece: &Piece<'_>| matches!(piece, Piece::Event { .. } | Piece::Chunk { .. });
    if input.damage.is_none() && input.choice & 1 == 0 && input.pieces.iter().all(well_made) {
        assert_eq!(ended, Ok(Ended::Complete));
        assert_eq!(frames.len(), input.pieces.len());
    }

    let body = &body[2..];
    let (whole, result) = reframe(body, [body.len()]);
    assert_eq!((&whole, &result), (&reframe(body, body.iter().map(|_| 1)).0, &result));
    let (some, same) = reframe(body, fuzz::sizes(input.cut, body.len()));
    assert_eq!((whole.clone(), result.clone()), (some, same), "cutting makes a difference");
    let mut framer = SseFramer::default();
    let sent = Bytes::from(whole);
    let events = framer.frames(&sent).map(Result::unwrap).count();
    assert_eq!(framer.held(), 0, "half an event was written");
    let chunks = frames.iter().filter(|frame| frame.kind.as_str().is_none_or(|name| name == "chunk")).count();
    assert!(events <= chunks || input.choice & 1 == 1, "an event was made up");
});

fn reframe(body: &[u8], sizes: impl IntoIterator<Item = usize>) -> (Vec<u8>, Result<(), InvokeFault>) {
    let mut reframer = InvokeReframer::default();
    let mut out = Vec::new();
    let mut rest = body;
    for size in sizes {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        let _ = reframer.push(&Bytes::copy_from_slice(chunk), &mut out);
        rest = after;
    }
    let result = reframer.finish();
    (out, result)
}
