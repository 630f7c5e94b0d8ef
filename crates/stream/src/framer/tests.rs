//! Tests of the framer against a reading of the standard that knows the whole body.

use std::borrow::Cow;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

type Event = (Option<Vec<u8>>, Vec<u8>);

/// Events by the letter of the standard: split in lines first, then dispatch.
fn reference(body: &[u8]) -> Vec<Event> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let mut lines = Vec::new();
    let mut line = Vec::new();
    let mut bytes = body.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                lines.push(std::mem::take(&mut line));
            }
            b'\n' => lines.push(std::mem::take(&mut line)),
            _ => line.push(byte),
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    // Our rule: an event that the body ends in is delivered.
    lines.push(Vec::new());

    let mut events = Vec::new();
    let (mut name, mut data) = (Vec::new(), None::<Vec<u8>>);
    for line in lines {
        if line.is_empty() {
            let name = Some(std::mem::take(&mut name)).filter(|name| !name.is_empty());
            if let Some(data) = data.take() {
                events.push((name, data));
            }
            continue;
        }
        let (field, value) = match line.iter().position(|&byte| byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (&line[..], &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => name = value.to_vec(),
            b"data" => {
                data = Some(match data {
                    None => value.to_vec(),
                    Some(before) => [&before[..], b"\n", value].concat(),
                });
            }
            _ => {}
        }
    }
    events
}

fn frames_of(body: &[u8], sizes: &[usize]) -> Vec<SseFrame> {
    let mut framer = SseFramer::default();
    let mut found = Vec::new();
    let mut rest = body;
    for &size in sizes {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        let chunk = Bytes::copy_from_slice(chunk);
        found.extend(framer.frames(&chunk).map(Result::unwrap));
        rest = after;
    }
    let chunk = Bytes::copy_from_slice(rest);
    found.extend(framer.frames(&chunk).map(Result::unwrap));
    found.extend(framer.finish());
    found
}

fn events_of(body: &[u8], sizes: &[usize]) -> Vec<Event> {
    frames_of(body, sizes)
        .iter()
        .filter_map(|frame| {
            let event = frame.event();
            Some((event.name.map(<[u8]>::to_vec), event.data?.into_owned()))
        })
        .collect()
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"data: ".to_vec()),
        Just(b"data:".to_vec()),
        Just(b"data".to_vec()),
        Just(b"event: e".to_vec()),
        Just(b": note".to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\n\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        Just(b"{\"a\":1}".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_cutting_gives_the_events_of_the_standard(
        body in body(),
        sizes in proptest::collection::vec(0_usize..12, 0..60),
    ) {
        prop_assert_eq!(events_of(&body, &sizes), reference(&body));
        prop_assert_eq!(events_of(&body, &[]), reference(&body));
        prop_assert_eq!(events_of(&body, &vec![1; body.len()]), reference(&body));
    }

    #[test]
    fn frames_are_the_body(body in body()) {
        let whole: Vec<u8> = frames_of(&body, &[]).iter().flat_map(|frame| frame.raw().to_vec()).collect();
        prop_assert_eq!(whole, body);
    }
}

#[test]
fn an_event_is_not_made_to_wait_for_a_line_feed() {
    let mut framer = SseFramer::default();
    let chunk = Bytes::from_static(b"data: x\r\n\r");
    assert_eq!(framer.frames(&chunk).count(), 1);
    let chunk = Bytes::from_static(b"\ndata: y\r\r");
    let found: Vec<_> = framer.frames(&chunk).map(Result::unwrap).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].event().data, Some(Cow::Borrowed(&b"y"[..])));
}

#[test]
fn a_frame_may_be_as_long_as_the_limit_however_it_is_cut() {
    // 10 bytes with its blank line.
    let frame = b"data: xx\n\n";
    for (limit, fits) in [(10, true), (9, false)] {
        for cut in 0..=frame.len() {
            let mut framer = SseFramer::new(limit);
            let mut results = Vec::new();
            for chunk in [&frame[..cut], &frame[cut..]] {
                let chunk = Bytes::copy_from_slice(chunk);
                results.extend(framer.frames(&chunk).map(|result| result.map(|_| ())));
                if results.iter().any(Result::is_err) {
                    break;
                }
            }
            let expected = if fits { Ok(()) } else { Err(StreamFault::FrameTooLong { limit }) };
            assert_eq!(results, [expected], "limit {limit}, cut {cut}");
        }
    }
}

#[test]
fn what_is_held_stays_within_the_limit() {
    let mut framer = SseFramer::new(1000);
    let chunk = Bytes::from(vec![b'x'; 300]);
    for _ in 0..3 {
        assert_eq!(framer.frames(&chunk).count(), 0);
    }
    assert_eq!(framer.held(), 900);
    assert!(framer.frames(&chunk).next().is_some_and(|result| result.is_err()));
    assert_eq!(framer.held(), 0);
}

#[test]
fn whole_frames_are_slices_of_the_chunk() {
    let mut framer = SseFramer::default();
    let chunk = Bytes::from(b"data: a\n\ndata: b\n\n".to_vec());
    let range = chunk.as_ptr_range();
    for frame in framer.frames(&chunk) {
        assert!(range.contains(&frame.unwrap().raw().as_ptr()));
    }
    assert_eq!(framer.held(), 0);
}
