//! Tests of the framings: frames of known bodies, and that cutting changes nothing of any body.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::aws::encode::encode;
use crate::{FrameName, frames_cut};

fn texts(framing: Framing, body: &str) -> (Vec<String>, Result<Ended, StreamFault>) {
    let (frames, ended) = frames_cut(Framer::new(framing, 1000), body.as_bytes(), []);
    let bytes = frames_cut(Framer::new(framing, 1000), body.as_bytes(), vec![1; body.len()]);
    assert_eq!((&frames, &ended), (&bytes.0, &bytes.1), "{body:?} byte for byte");
    assert!(framing == Framing::Sse || frames.iter().all(|frame| frame.kind == FrameName::None));
    (frames.iter().map(|frame| String::from_utf8(frame.data.to_vec()).unwrap()).collect(), ended)
}

#[track_caller]
fn check(framing: Framing, body: &str, expected: &[&str], ended: Result<Ended, StreamFault>) {
    let (found, found_end) = texts(framing, body);
    assert_eq!(found, expected, "{body:?}");
    assert_eq!(found_end, ended, "{body:?}");
}

#[test]
fn content_types_are_compared_whole_and_in_any_case() {
    for (content_type, framing) in [
        ("text/event-stream", Some(Framing::Sse)),
        ("Text/Event-Stream; charset=utf-8", Some(Framing::Sse)),
        ("application/vnd.amazon.eventstream", Some(Framing::AwsEventStream)),
        ("application/x-ndjson", Some(Framing::Ndjson)),
        ("application/stream+json ;a=b", Some(Framing::Ndjson)),
        ("application/json; charset=UTF-8", Some(Framing::JsonArray)),
        ("application/jsonx", None),
        ("application", None),
        ("text/html", None),
        ("", None),
    ] {
        assert_eq!(Framing::for_content_type(content_type), framing, "{content_type:?}");
        assert_eq!(Framer::for_content_type(content_type).is_some(), framing.is_some());
    }
}

#[test]
fn events_have_names_and_comments_are_none() {
    let body = b": hi\n\nevent: a\ndata: 1\ndata: 2\n\ndata: [DONE]\r\n\r\nretry: 5\n\nevent: b\ndata: x";
    let (frames, ended) = frames_cut(Framer::new(Framing::Sse, 100), body, []);
    let found: Vec<_> = frames.iter().map(|frame| (frame.kind.as_str(), &frame.data[..])).collect();
    assert_eq!(found, [(Some("a"), &b"1\n2"[..]), (None, b"[DONE]"), (Some("b"), b"x")]);
    assert_eq!(ended, Ok(Ended::Unended));
    check(Framing::Sse, "data: x\n\n: left", &["x"], Ok(Ended::Complete));
    check(Framing::Sse, "", &[], Ok(Ended::Complete));
}

#[test]
fn an_event_stream_that_begins_with_an_object_is_json_lines() {
    let ok = Ok(Ended::Complete);
    check(Framing::Sse, "{\"a\":1}\n{\"b\":2}", &["{\"a\":1}", "{\"b\":2}"], ok);
    check(Framing::Sse, "\u{feff}\r\n \t{\"a\":1}\n\n{}", &["{\"a\":1}", "{}"], ok);
    check(Framing::Sse, "\u{feff}data: {}\n\n", &["{}"], ok);
    check(Framing::Sse, "\n\ndata: {}\n\n{\"a\":1}\n\n", &["{}"], ok);
    let (frames, ended) = frames_cut(Framer::new(Framing::Sse, 100), b"\xEF\xBB{}\n\ndata: x\n\n", []);
    assert_eq!((frames.len(), ended), (1, ok));
}

#[test]
fn lines_are_values_and_blank_ones_are_nothing() {
    let ok = Ok(Ended::Complete);
    let lines = Framing::Ndjson;
    check(lines, "{\"a\":1}\n{\"b\":2}\n", &["{\"a\":1}", "{\"b\":2}"], ok);
    check(lines, "\u{feff}{\"a\":1}\r\n\r\n\n  {\"b\":2}", &["{\"a\":1}", "{\"b\":2}"], ok);
    check(lines, "{}{\"a\":\"}{\"} {}", &["{}", "{\"a\":\"}{\"}", "{}"], ok);
    check(lines, "{\n  \"a\": [\n1\n]\n}\n{}\n", &["{\n  \"a\": [\n1\n]\n}", "{}"], ok);
    check(lines, "[1]\nnull\r\n\"a\" \n", &["[1]", "null", "\"a\""], ok);
    check(lines, "", &[], ok);
    check(lines, "\n\r\n", &[], ok);
    check(lines, "{\"a\":1}\nnul", &["{\"a\":1}", "nul"], Ok(Ended::Unended));
    check(lines, "{\"a\":1}\n{\"b\":", &["{\"a\":1}"], Err(StreamFault::Truncated));
}

#[test]
fn a_broken_line_does_not_take_the_next_one_along() {
    let lines = Framing::Ndjson;
    check(lines, "{\"a\":\"b\n{\"c\":1}\n", &["{\"a\":\"b", "{\"c\":1}"], Ok(Ended::Complete));
    check(lines, "oops {\n{\"c\":1}\n", &["oops {", "{\"c\":1}"], Ok(Ended::Complete));
    for body in ["{\"a\":{\"b\":1}\n{\"c\":1}\n", "{\"a\":[1\r\n{\"c\":1}\n", "{\"a\"\n\n{\"c\":1}\n"] {
        let first = body.lines().next().unwrap();
        check(lines, body, &[first, "{\"c\":1}"], Ok(Ended::Complete));
    }
    check(lines, "{\n  \"a\":\n{\"c\":1}\n", &["{\n  \"a\":", "{\"c\":1}"], Ok(Ended::Complete));
    check(lines, "{\"a\":1}}\n{}\n", &["{\"a\":1}", "}", "{}"], Ok(Ended::Complete));
    let (_, ended) = frames_cut(Framer::new(lines, 100), b"\xEF\xBB", []);
    assert_eq!(ended, Err(StreamFault::Truncated));
    let (_, ended) = frames_cut(Framer::new(lines, 100), b"\xEF\xBB{}", [2]);
    assert_eq!(ended, Err(StreamFault::Malformed));
}

#[test]
fn elements_of_an_array_are_frames() {
    let ok = Ok(Ended::Complete);
    let array = Framing::JsonArray;
    check(array, "[{\"a\":1}\n,\r\n{\"b\":2}\n]\n", &["{\"a\":1}", "{\"b\":2}"], ok);
    check(array, "\u{feff} [ {\"a\":\"],[\\\"\"} , [1,[2]] ]", &["{\"a\":\"],[\\\"\"}", "[1,[2]]"], ok);
    check(array, "[1,-2.5e3 ,true,null,\"a,]\"]", &["1", "-2.5e3", "true", "null", "\"a,]\""], ok);
    check(array, "[]", &[], ok);
    check(array, "{\"error\":{\"code\":5}}\n", &["{\"error\":{\"code\":5}}"], ok);
    check(array, "{\"a\":1}\n{\"b\":2}", &["{\"a\":1}", "{\"b\":2}"], ok);
}

#[test]
fn the_end_of_an_array_is_told_from_an_end_between_elements() {
    let array = Framing::JsonArray;
    for body in ["[{}", "[{}\n", "[{},", "[{} ,\n "] {
        check(array, body, &["{}"], Ok(Ended::BetweenElements));
    }
    for body in ["", " ", "[", "[\n"] {
        check(array, body, &[], Ok(Ended::BetweenElements));
    }
    for body in ["[{},{", "[{},{\"a\":\"", "[{},12", "[{},{\"a\":\"\\"] {
        check(array, body, &["{}"], Err(StreamFault::Truncated));
    }
    for body in ["[{}]]", "[{}] {}", "[{}}", "[{}:", "{}[", "[{},<"] {
        check(array, body, &["{}"], Err(StreamFault::Malformed));
    }
    for body in ["<html>", "1", "\"a\"", "]", ",[{}]", "data: {}"] {
        check(array, body, &[], Err(StreamFault::Malformed));
    }
}

#[test]
fn frames_are_slices_of_the_chunk() {
    let message = encode(&[(":event-type", "a")], b"{}");
    for (framing, body) in [
        (Framing::Sse, &b"event: a\ndata: 1\n\nevent: b\ndata: 2\n\n"[..]),
        (Framing::Sse, b"\n{\"a\":1}\n{\"b\":2}\n"),
        (Framing::AwsEventStream, &[&message[..], &message].concat()),
        (Framing::Ndjson, b"{\"a\":1}\n[]\n"),
        (Framing::JsonArray, b"[{\"a\":1},2]"),
    ] {
        let chunk = Bytes::copy_from_slice(body);
        let mut framer = Framer::new(framing, 100);
        let mut found = Vec::new();
        framer.push(&chunk, &mut found).unwrap();
        assert_eq!(found.len(), 2, "{framing:?}");
        for frame in &found {
            assert!(chunk.as_ptr_range().contains(&frame.data.as_ptr()), "{framing:?}");
            if let FrameName::Event(name) = &frame.kind {
                assert!(chunk.as_ptr_range().contains(&name.as_ptr()), "{framing:?}");
            }
        }
    }
}

#[test]
fn a_frame_may_be_as_long_as_the_limit_however_it_is_cut() {
    for (framing, body, length) in [
        (Framing::Sse, &b"data: 12\n\n"[..], 10),
        (Framing::Sse, b"{\"a\": 12}\n", 9),
        (Framing::Ndjson, b" {\"a\": 12}\n", 9),
        (Framing::Ndjson, b"nonsense \n", 9),
        (Framing::JsonArray, b"[ {\"a\": 12} ]", 9),
        (Framing::JsonArray, b"[ 123456789 ]", 9),
        (Framing::AwsEventStream, &encode(&[(":event-type", "a")], b"123456789"), 9),
    ] {
        for cut in 0..=body.len() {
            let (frames, ended) = frames_cut(Framer::new(framing, length), body, [cut]);
            assert_eq!((frames.len(), ended), (1, Ok(Ended::Complete)), "{framing:?} cut at {cut}");
            let limit = length - 1;
            let (frames, ended) = frames_cut(Framer::new(framing, limit), body, [cut]);
            let fault = Err(StreamFault::FrameTooLong { limit });
            assert_eq!((frames.len(), ended), (0, fault), "{framing:?} cut at {cut}");
        }
    }
}

#[test]
fn a_fault_lasts() {
    let mut framer = Framer::new(Framing::JsonArray, 100);
    let mut out = Vec::new();
    let fault = Err(StreamFault::Malformed);
    assert_eq!(framer.push(&Bytes::from_static(b"[{}]!"), &mut out), fault);
    assert_eq!(framer.push(&Bytes::from_static(b"[{}]"), &mut out), fault);
    assert_eq!(framer.finish(&mut out), Err(StreamFault::Malformed));
    assert_eq!((out.len(), framer.held()), (1, 0));
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\"\\\\\\[\\]{},:\n\r é]{0,8}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-z\"\\\\{}]{0,3}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    value.prop_map(|value| serde_json::json!({ "v": value }))
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(""), Just(" "), Just("\n"), Just("\r\n"), Just("\n\n\t")]
}

/// A value with the white space around it, and whether it is written over several lines.
fn written() -> impl Strategy<Value = (Value, bool, &'static str, &'static str)> {
    (json(), any::<bool>(), space(), space())
}

fn text(value: &Value, lines: bool) -> String {
    if lines { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) }.unwrap()
}

/// Bodies made of the pieces that the framings look at, and of any others.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "[\\[\\]{},:\"\\\\ \r\n1a]{1,4}".prop_map(String::into_bytes),
        Just(b"{\"a\":\"b\"}".to_vec()),
        Just(b"\n,{\"a\":1}".to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        Just(b"event: a\ndata: ".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12)
            .prop_map(|payload| encode(&[(":event-type", "a"), (":message-type", "event")], &payload)),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    let opening = prop_oneof![Just(""), Just("["), Just("{"), Just("\u{feff}"), Just("data:")];
    (opening, proptest::collection::vec(piece, 0..20))
        .prop_map(|(open, rest)| [open.as_bytes(), &rest.concat()].concat())
}

proptest! {
    #[test]
    fn json_lines_are_found_whatever_is_between_them(
        values in proptest::collection::vec(written(), 0..6),
        mark in any::<bool>(),
        sizes in proptest::collection::vec(0_usize..12, 0..60),
    ) {
        let mut body = String::from(if mark { "\u{feff}" } else { "" });
        for (value, lines, before, after) in &values {
            body.extend([before, &text(value, *lines)[..], after]);
        }
        let (frames, ended) = frames_cut(Framer::new(Framing::Ndjson, 10_000), body.as_bytes(), sizes);
        let found: Vec<Value> =
            frames.iter().map(|frame| serde_json::from_slice(&frame.data).unwrap()).collect();
        prop_assert_eq!(found, values.into_iter().map(|(value, ..)| value).collect::<Vec<_>>());
        prop_assert_eq!(ended, Ok(Ended::Complete));
    }

    #[test]
    fn elements_are_found_whatever_is_between_them(
        values in proptest::collection::vec(written(), 0..6),
        sizes in proptest::collection::vec(0_usize..12, 0..60),
    ) {
        let elements: Vec<_> = values
            .iter()
            .map(|(value, lines, before, after)| format!("{before}{}{after}", text(value, *lines)))
            .collect();
        let body = format!("[{}]", elements.join(","));
        let (frames, ended) = frames_cut(Framer::new(Framing::JsonArray, 10_000), body.as_bytes(), sizes);
        let found: Vec<Value> =
            frames.iter().map(|frame| serde_json::from_slice(&frame.data).unwrap()).collect();
        prop_assert_eq!(found, values.into_iter().map(|(value, ..)| value).collect::<Vec<_>>());
        prop_assert_eq!(ended, Ok(Ended::Complete));
    }

    #[test]
    fn cutting_changes_nothing_and_what_is_held_is_bounded(
        body in anything(),
        limit in prop_oneof![1_usize..40, Just(10_000)],
        sizes in proptest::collection::vec(0_usize..12, 0..60),
    ) {
        for framing in Framing::ALL {
            let whole = frames_cut(Framer::new(framing, limit), &body, []);
            let bytes = frames_cut(Framer::new(framing, limit), &body, vec![1; body.len()]);
            prop_assert_eq!(&whole, &bytes);
            let some = frames_cut(Framer::new(framing, limit), &body, sizes.clone());
            prop_assert_eq!(&whole, &some);

            let mut framer = Framer::new(framing, limit);
            let mut out = Vec::new();
            for byte in body.chunks(1) {
                let _ = framer.push(&Bytes::copy_from_slice(byte), &mut out);
                let around = if framing == Framing::AwsEventStream { 16 + (128 << 10) } else { 0 };
                prop_assert!(framer.held() <= limit + around);
            }
        }
    }
}
