//! Tests of the reader of OpenAI streams, alone and in the relay.

use bytes::Bytes;
use proptest::prelude::*;
use stream::{End, RelaySettings, SseRelay, StreamEnd, StreamState, UsagePolicy, relay_cut};

use super::*;
use crate::Quirks;

const FIRST: &str = r#"{"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#;

fn reader() -> Reader {
    Reader::new(&Reading { operation: Operation::Chat, quirks: &Quirks::NONE, nonce: "", named: None })
}

/// A reader that knows the identity of its stream, so that it takes the short way where it can.
fn begun() -> Reader {
    let mut reader = reader();
    assert_eq!(read(&mut reader, FIRST), FrameKind::Content);
    assert_eq!(reader.tries, 0);
    reader
}

fn read(reader: &mut Reader, data: &str) -> FrameKind {
    reader.frame(None, data.as_bytes())
}

fn delta(delta: &str) -> String {
    format!(r#"{{"id":"c1","choices":[{{"index":0,"delta":{delta},"finish_reason":null}}],"usage":null}}"#)
}

#[test]
fn plain_text_takes_the_short_way_and_counts_the_same() {
    for text in [
        delta(r#"{"content":"hé\n"}"#),
        delta(r#"{"reasoning_content":"abc","content":null}"#),
        delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}"#),
        delta("{}"),
        r#"{"choices": [ {"delta" : {"content" : "spaced"} , "index" : 0 , "finish_reason" : null } ] }"#
            .into(),
    ] {
        assert!(is_ordinary(text.as_bytes()), "{text}");
        let (mut short, mut long) = (begun(), begun());
        assert_eq!(read(&mut short, &text), long.walk(text.as_bytes()));
        assert_eq!(short.generated, long.generated, "{text}");
        assert_eq!(short.seen, long.seen);
    }
}

#[test]
fn text_that_looks_like_members_fools_nobody() {
    for content in [
        r#"\"usage\":{\"prompt_tokens\":1}"#,
        r#"\"usage"#,
        r#"\"finish_reason"#,
        r#"x \"error\":{\"message\":\"no\"}"#,
        r#"\"error"#,
        "[DONE]",
        r#"\"index\":7"#,
    ] {
        let mut reader = begun();
        let chunk = delta(&format!(r#"{{"content":"{content}"}}"#));
        assert_eq!(read(&mut reader, &chunk), FrameKind::Content, "{content}");
        assert_eq!(reader.usage(), None);
        assert!(!reader.finished());
    }
    // Members of the same names elsewhere than where they count.
    let mut reader = begun();
    let nested = r#"{"choices":[{"index":0,"delta":{"usage":{"prompt_tokens":1},"error":{"a":1},"finish_reason":"stop"}}],"x":{"usage":{"prompt_tokens":1},"error":{"a":1},"choices":[]}}"#;
    assert_eq!(read(&mut reader, nested), FrameKind::Content);
    assert_eq!((reader.usage(), reader.finished()), (None, false));
}

#[test]
fn usage_alone_is_a_usage_frame() {
    for choices in [r#""choices":[],"#, r#""choices":null,"#, ""] {
        let mut reader = begun();
        let chunk = format!(r#"{{"id":"c1",{choices}"usage":{{"prompt_tokens":3,"completion_tokens":2}}}}"#);
        assert_eq!(read(&mut reader, &chunk), FrameKind::Usage);
        assert_eq!(reader.usage().map(|usage| (usage.fresh_input, usage.output)), Some((3, 2)));
    }
    let mut reader = begun();
    assert_eq!(read(&mut reader, r#"{"choices":[],"usage":null}"#), FrameKind::Content);
    assert_eq!(read(&mut reader, r#"{"choices":[],"usage":"4"}"#), FrameKind::Content);
    assert_eq!(reader.usage(), None);
}

#[test]
fn usage_beside_a_finish_stays_with_it_and_the_last_counts() {
    let mut reader = begun();
    for tokens in [1, 2] {
        let chunk = format!(
            r#"{{"choices":[{{"index":0,"delta":{{"content":"x"}},"finish_reason":null}}],"usage":{{"prompt_tokens":9,"completion_tokens":{tokens}}}}}"#
        );
        assert_eq!(read(&mut reader, &chunk), FrameKind::Content);
    }
    read(&mut reader, &delta(r#"{"content":"y"}"#));
    let last = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"new":{"a":[]}}}"#;
    assert_eq!(read(&mut reader, last), FrameKind::Content);
    assert!(reader.finished());
    assert_eq!(reader.usage().map(|usage| usage.output), Some(3));
    // A later chunk without usage takes nothing back.
    read(&mut reader, r#"{"choices":[],"usage":{}}"#);
    assert_eq!(reader.usage().map(|usage| usage.output), Some(3));
}

#[test]
fn the_first_chunk_of_azure_is_neither_usage_nor_identity() {
    let mut reader = reader();
    let first = r#"{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}"#;
    assert_eq!(read(&mut reader, first), FrameKind::Content);
    assert_eq!(reader.told().model.as_deref(), None);
    assert_eq!(read(&mut reader, FIRST), FrameKind::Content);
    assert_eq!(reader.told().model.as_deref(), Some("m"));
    assert!(!reader.started());
}

#[test]
fn every_choice_must_finish() {
    let chunk = |index: u32, reason: &str| {
        format!(r#"{{"choices":[{{"index":{index},"delta":{{}},"finish_reason":{reason}}}]}}"#)
    };
    let mut reader = begun();
    read(&mut reader, &chunk(1, "null"));
    read(&mut reader, &chunk(0, "\"stop\""));
    assert!(!reader.finished());
    read(&mut reader, &chunk(1, "\"\""));
    assert!(!reader.finished());
    read(&mut reader, &chunk(1, "\"length\""));
    assert!(reader.finished());
    // Not a choice, but a tool call has index 1.
    let mut reader = begun();
    read(&mut reader, &delta(r#"{"tool_calls":[{"index":1,"function":{"arguments":"x"}}]}"#));
    read(&mut reader, &chunk(0, "\"tool_calls\""));
    assert!(reader.finished());
    // Choices beyond what OpenAI allows do no harm.
    read(&mut reader, &chunk(4000, "null"));
    assert!(reader.finished());
}

#[test]
fn errors_are_told_in_many_ways() {
    for error in [
        r#"{"error":{"message":"no","code":500}}"#,
        r#"{"code":"Some code","error":"bad"}"#,
        r#"{"object":"error","message":"no","code":400}"#,
        r#"{"id":"c1","error":{"message":"no"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
    ] {
        assert_eq!(read(&mut begun(), error), FrameKind::Error, "{error}");
        assert_eq!(read(&mut reader(), error), FrameKind::Error, "{error}");
    }
    assert_eq!(begun().frame(Some(b"error"), b"gone"), FrameKind::Error);
    for fine in [r#"{"choices":[],"error":null}"#, r#"{"error":{}}"#, r#"{"error":""}"#, "", "x", "{", "[1]"]
    {
        assert_eq!(read(&mut begun(), fine), FrameKind::Content, "{fine}");
    }
}

#[test]
fn the_end_mark_is_told_with_space_around_it() {
    assert_eq!(read(&mut reader(), "[DONE]"), FrameKind::Terminator);
    assert_eq!(read(&mut reader(), " [DONE] "), FrameKind::Terminator);
    assert_eq!(read(&mut reader(), "[DONE]]"), FrameKind::Content);
}

#[test]
fn completions_count_text() {
    let mut reader = Reader::new(&Reading {
        operation: Operation::Completions,
        quirks: &Quirks::NONE,
        nonce: "",
        named: None,
    });
    for text in ["ab", "c\\n", ""] {
        let chunk = format!(
            r#"{{"id":"c","object":"text_completion","created":1,"model":"m","choices":[{{"text":"{text}","index":0,"logprobs":null,"finish_reason":null}}]}}"#
        );
        assert_eq!(read(&mut reader, &chunk), FrameKind::Content);
    }
    assert_eq!(reader.output_bytes(), 4);
    let frame = String::from_utf8(reader.usage_frame(&Usage::default())).unwrap();
    assert!(frame.contains(r#""object":"text_completion""#));
}

#[test]
fn a_chunk_with_text_and_delta_counts_once() {
    let mut reader = begun();
    read(
        &mut reader,
        r#"{"choices":[{"index":0,"text":"ab","delta":{"content":"ab"},"finish_reason":null}]}"#,
    );
    assert_eq!(reader.output_bytes(), 2);
}

#[test]
fn half_a_chunk_is_told_from_a_whole_one() {
    let reader = reader();
    for end in 1..FIRST.len() {
        assert!(!reader.whole(&FIRST.as_bytes()[..end]), "{end}");
    }
    for whole in [FIRST, "[DONE]", " [DONE]", "", "text", "[1,2,3,4]"] {
        assert!(reader.whole(whole.as_bytes()), "{whole}");
    }
    for half in ["[", "[DON", "[DONE", "{", "{\"a\":tru"] {
        assert!(!reader.whole(half.as_bytes()), "{half}");
    }
}

#[test]
fn a_usage_frame_has_the_identity_of_its_stream() {
    let usage = Usage { fresh_input: 18, output: 7, ..Usage::default() };
    let frame = String::from_utf8(begun().usage_frame(&usage)).unwrap();
    assert_eq!(
        frame,
        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[],\
         \"usage\":{\"prompt_tokens\":18,\"completion_tokens\":7,\"total_tokens\":25}}\n\n"
    );
    let data = frame.strip_prefix("data: ").unwrap().trim_end();
    assert_eq!(read(&mut begun(), data), FrameKind::Usage);
    let nameless = reader().usage_frame(&usage);
    assert_eq!(read(&mut begun(), std::str::from_utf8(&nameless[6..]).unwrap()), FrameKind::Usage);
}

#[test]
fn other_operations_have_no_end_that_is_known() {
    let reader = Reader::new(&Reading {
        operation: Operation::Responses,
        quirks: &Quirks::NONE,
        nonce: "",
        named: None,
    });
    assert!(reader.finished());
    assert_eq!(reader.terminator(), None);
}

#[test]
fn an_idle_reader_is_small() {
    assert!(size_of::<Reader>() <= 288, "{}", size_of::<Reader>());
}

fn relay(usage: UsagePolicy) -> SseRelay {
    let settings = RelaySettings { usage, input_estimate: 18, ..RelaySettings::default() };
    SseRelay::new(Box::new(reader()), settings, Box::new(|_| Bytes::from_static(b"data: fault\n\n")))
}

#[test]
fn the_answer_of_the_specification_is_estimated_at_seven_tokens() {
    let text = delta(r#"{"content":"The answer to 1 + 1 is 2."}"#);
    let finish = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let body = format!("data: {FIRST}\n\ndata: {text}\n\ndata: {finish}\n\ndata: [DONE]\n\n");
    let (out, summary) = relay_cut(relay(UsagePolicy::Ensure), body.as_bytes(), [], End::Clean);
    let out = String::from_utf8(out).unwrap();
    let usage = r#""usage":{"prompt_tokens":18,"completion_tokens":7,"total_tokens":25}}"#;
    assert!(out.ends_with(&format!("{usage}\n\ndata: [DONE]\n\n")), "{out}");
    assert_eq!(summary.end, StreamEnd::Complete);
    assert_eq!(summary.told.model.as_deref(), Some("m"));
    assert_eq!(summary.state, StreamState::Started);
}

#[test]
fn trap_p_half_a_chunk_at_the_end_is_an_error_and_not_a_chunk() {
    let body = format!("data: {FIRST}\n\ndata: {{\"id\":\"c1\",\"choi");
    let (out, summary) = relay_cut(relay(UsagePolicy::Pass), body.as_bytes(), [], End::Clean);
    assert_eq!(out, format!("data: {FIRST}\n\ndata: fault\n\n").as_bytes());
    assert!(matches!(summary.end, StreamEnd::Truncated(_)));
}

fn chunk() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[a-z \\PC]{0,8}".prop_map(|text| String::from_utf8_lossy(&quote(&text)).into_owned()),
        Just(r#""\"usage""#.to_owned()),
        Just(r#""\"finish_reason""#.to_owned()),
        Just("null".to_owned()),
    ];
    let reason = prop_oneof![6 => Just("null"), 1 => Just("\"stop\""), 1 => Just("\"\"")];
    let usage = prop_oneof![
        4 => Just(String::new()),
        4 => Just(r#","usage":null"#.to_owned()),
        1 => (0_u32..50).prop_map(|n| format!(r#","usage":{{"prompt_tokens":{n},"completion_tokens":1}}"#)),
    ];
    (text, reason, usage, 0_u32..10, any::<bool>(), any::<bool>()).prop_map(
        |(text, reason, usage, index, late, empty)| {
            let index = index.saturating_sub(7);
            let choice = if late {
                format!(r#"{{"delta":{{"content":{text}}},"finish_reason":{reason},"index":{index}}}"#)
            } else {
                format!(r#"{{"index":{index},"delta":{{"content":{text}}},"finish_reason":{reason}}}"#)
            };
            let choices = if empty && index == 1 { String::new() } else { choice };
            format!(r#"{{"id":"c1","model":"m","choices":[{choices}]{usage}}}"#)
        },
    )
}

proptest! {
    #[test]
    fn the_short_way_reads_what_the_long_way_reads(chunks in proptest::collection::vec(chunk(), 0..20)) {
        let (mut short, mut long) = (begun(), begun());
        for chunk in &chunks {
            prop_assert_eq!(read(&mut short, chunk), long.walk(chunk.as_bytes()), "{}", chunk);
            prop_assert_eq!(short.usage, long.usage);
            prop_assert_eq!(short.finished(), long.finished());
            prop_assert_eq!(short.generated, long.generated);
        }
    }

    #[test]
    fn any_data_is_taken(data in proptest::collection::vec(any::<u8>(), 0..200), event in any::<bool>()) {
        let event = event.then_some(&b"error"[..]);
        begun().frame(event, &data);
        reader().frame(None, &data);
        reader().whole(&data);
    }

    #[test]
    fn any_damage_is_taken(chunk in chunk(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut data = chunk.into_bytes();
        let at = at.index(data.len());
        data[at] = byte;
        begun().frame(None, &data);
        reader().frame(None, &data[..at]);
    }

    #[test]
    fn streams_are_the_same_however_they_are_cut(
        chunks in proptest::collection::vec(chunk(), 0..12),
        sizes in proptest::collection::vec(1_usize..200, 0..30),
        done in any::<bool>(),
        ensure in any::<bool>(),
    ) {
        let mut body: String = chunks.iter().flat_map(|chunk| ["data: ", chunk, "\n\n"]).collect();
        if done {
            body.push_str("data: [DONE]\n\n");
        }
        let policy = if ensure { UsagePolicy::Ensure } else { UsagePolicy::Hide };
        let whole = relay_cut(relay(policy), body.as_bytes(), [], End::Clean);
        prop_assert_eq!(&relay_cut(relay(policy), body.as_bytes(), sizes, End::Clean), &whole);
        prop_assert_eq!(&relay_cut(relay(policy), body.as_bytes(), vec![1; body.len()], End::Clean), &whole);
    }
}
