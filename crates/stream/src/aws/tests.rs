//! Tests of the AWS framing: what is read of a message, and what is refused.

use proptest::prelude::*;

use super::encode::{encode, encode_raw};
use super::*;
use crate::framing::{Framer, Framing};
use crate::{DEFAULT_FRAME_LIMIT, Ended, frames_cut};

/// The smallest message: no headers, no payload.
const EMPTY: [u8; 16] = [0, 0, 0, 16, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];

fn messages(body: &[u8]) -> Result<Vec<AwsMessage>, StreamFault> {
    let mut framer = AwsFramer::new(DEFAULT_FRAME_LIMIT);
    let mut found = Vec::new();
    framer.push(&Bytes::copy_from_slice(body), |message| found.push(message))?;
    framer.finish()?;
    Ok(found)
}

fn message(body: &[u8]) -> AwsMessage {
    let mut found = messages(body).unwrap();
    assert_eq!(found.len(), 1);
    found.pop().unwrap()
}

fn name(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn event(kind: &str, payload: &[u8]) -> Vec<u8> {
    encode(&[(":event-type", kind), (":message-type", "event")], payload)
}

#[test]
fn the_smallest_message_is_sixteen_bytes() {
    assert_eq!(encode(&[], b""), EMPTY);
    let message = message(&EMPTY);
    assert_eq!((message.kind(), message.payload().len()), (&FrameName::None, 0));
    assert_eq!(message.raw()[..], EMPTY);
}

#[test]
fn events_exceptions_and_errors_are_told_apart() {
    let json = ("application/json", br#"{"message":"slow down"}"#);
    let raw = encode(
        &[
            (":exception-type", "throttlingException"),
            (":content-type", json.0),
            (":message-type", "exception"),
        ],
        json.1,
    );
    let read = message(&raw);
    assert_eq!(read.kind(), &FrameName::Exception(name("throttlingException")));
    assert_eq!(read.content_type(), Some(&name("application/json")));
    let frame = read.into_frame();
    let unit = frame.unit();
    assert_eq!((unit.name, unit.exception, unit.data), (Some("throttlingException"), true, &json.1[..]));

    let raw = encode(
        &[(":message-type", "error"), (":error-code", "InternalError"), (":error-message", "it broke")],
        b"",
    );
    let read = message(&raw);
    assert_eq!(read.error_message(), Some(&name("it broke")));
    let frame = read.into_frame();
    assert_eq!(frame, Frame { kind: FrameName::Error(name("InternalError")), data: name("it broke") });

    let frame = message(&event("messageStart", b"{}")).into_frame();
    assert_eq!(frame, Frame { kind: FrameName::Event(name("messageStart")), data: name("{}") });
    assert!(!frame.unit().exception);
}

#[test]
fn headers_of_every_type_are_passed_over() {
    let mut headers = Vec::new();
    for (kind, value) in [
        (0, &[][..]),
        (1, &[]),
        (2, &[1]),
        (3, &[1; 2]),
        (4, &[1; 4]),
        (5, &[1; 8]),
        (6, &[0, 3, 1, 2, 3]),
        (8, &[1; 8]),
        (9, &[1; 16]),
        (7, &[0, 1, b'x']),
    ] {
        headers.extend_from_slice(&[2, b'h', b'0' + kind, kind]);
        headers.extend_from_slice(value);
    }
    let wanted = b"\x0b:event-type\x07\x00\x04stop";
    headers.extend_from_slice(wanted);
    assert_eq!(message(&encode_raw(&headers, b"p")).kind(), &FrameName::Event(name("stop")));

    // Every shorter block is cut inside of a header, or lacks the last.
    for length in 0..headers.len() {
        let kind = messages(&encode_raw(&headers[..length], b"p")).map(|found| found[0].kind().clone());
        assert!(matches!(kind, Ok(FrameName::None) | Err(StreamFault::Malformed)), "{length}");
    }
    assert_eq!(messages(&encode_raw(&[1, b'h', 10], b"")), Err(StreamFault::Malformed));
    assert_eq!(messages(&encode_raw(b"\x01h\x07\x00\x01\xff", b"")), Err(StreamFault::Malformed));
    assert_eq!(messages(&encode(&[(":message-type", "riddle")], b"")), Err(StreamFault::Malformed));
}

#[test]
fn one_wrong_bit_anywhere_is_found() {
    let good = event("chunk", br#"{"bytes":"e30="}"#);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            assert_eq!(messages(&bad), Err(StreamFault::Checksum), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn lengths_that_cannot_be_are_refused_before_anything_is_held() {
    let prelude = |total: u32, headers: u32| {
        let mut prelude = [total.to_be_bytes(), headers.to_be_bytes()].concat();
        prelude.extend_from_slice(&crc32fast::hash(&prelude).to_be_bytes());
        prelude
    };
    let too_long = StreamFault::FrameTooLong { limit: 1000 };
    for (total, headers, expected) in [
        (15, 0, Err(StreamFault::Malformed)),
        (0, 0, Err(StreamFault::Malformed)),
        (u32::MAX, u32::MAX, Err(StreamFault::Malformed)),
        (32, 17, Err(StreamFault::Malformed)),
        (200_016, 200_000, Err(StreamFault::Malformed)),
        (u32::MAX, 0, Err(too_long)),
        (1017, 0, Err(too_long)),
        (1016, 0, Ok(())),
        (1116, 100, Ok(())),
    ] {
        let mut framer = AwsFramer::new(1000);
        let result = framer.push(&Bytes::from(prelude(total, headers)), |_| panic!("no message"));
        assert_eq!(result, expected, "{total} {headers}");
        assert_eq!(framer.held(), if expected.is_ok() { PRELUDE } else { 0 });
    }
}

#[test]
fn whole_messages_are_slices_of_the_chunk() {
    let chunk = Bytes::from([event("a", b"one"), event("b", b"two")].concat());
    let mut framer = AwsFramer::new(100);
    let mut found = 0;
    framer
        .push(&chunk, |message| {
            found += 1;
            assert!(chunk.as_ptr_range().contains(&message.payload().as_ptr()));
        })
        .unwrap();
    assert_eq!((found, framer.held()), (2, 0));
}

#[test]
fn a_body_that_ends_inside_of_a_message_is_truncated() {
    let body = [event("a", b"one"), event("b", b"two")].concat();
    let first = event("a", b"one").len();
    for length in 0..=body.len() {
        let framer = Framer::new(Framing::AwsEventStream, 100);
        let (found, ended) = frames_cut(framer, &body[..length], []);
        let whole = length == 0 || length == first || length == body.len();
        assert_eq!(ended, if whole { Ok(Ended::Complete) } else { Err(StreamFault::Truncated) }, "{length}");
        assert_eq!(found.len(), usize::from(length >= first) + usize::from(length == body.len()));
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read_however_it_is_cut(
        written in proptest::collection::vec(("[a-zA-Z]{0,20}", proptest::collection::vec(any::<u8>(), 0..60)), 0..8),
        sizes in proptest::collection::vec(0_usize..40, 0..60),
    ) {
        let body: Vec<u8> = written.iter().flat_map(|(kind, payload)| event(kind, payload)).collect();
        let expected: Vec<_> = written
            .iter()
            .map(|(kind, payload)| Frame {
                kind: FrameName::Event(Bytes::copy_from_slice(kind.as_bytes())),
                data: Bytes::copy_from_slice(payload),
            })
            .collect();
        for sizes in [vec![], vec![1; body.len()], sizes] {
            let framer = Framer::new(Framing::AwsEventStream, 60);
            let (found, ended) = frames_cut(framer, &body, sizes);
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(ended, Ok(Ended::Complete));
        }
    }
}
