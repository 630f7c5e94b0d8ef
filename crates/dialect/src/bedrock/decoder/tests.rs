//! Streams: the worked events, their end, faults; and that a stream is what the whole answer is.

use model::{AssistantPart, ErrorKind, Grammar, Maker, Reasoning};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::bedrock::answer::Answer;
use crate::bedrock::answer::tests::way;
use crate::{ChatAnswer, whole};

/// Reads events, which must obey the grammar, up to the end.
pub(super) fn decode(
    way: Way,
    units: &[(Option<&str>, bool, Vec<u8>)],
) -> Result<(Vec<ChatEvent>, Progress), Unreadable> {
    let mut decoder = Decoder::new(way);
    let (mut events, mut progress) = (Vec::new(), Progress::More);
    for (name, exception, data) in units {
        progress = decoder.unit(Unit { name: *name, exception: *exception, data }, &mut events)?;
    }
    decoder.end(&mut events);
    let mut grammar = Grammar::default();
    for event in &events {
        grammar.accept(event).unwrap();
    }
    Ok((events, progress))
}

fn units(events: &[(&'static str, Json)]) -> Vec<(Option<&'static str>, bool, Vec<u8>)> {
    events.iter().map(|(name, data)| (Some(*name), false, data.to_string().into_bytes())).collect()
}

#[test]
fn calls_are_counted_and_not_blocks() {
    let delta = |index: u64, delta: Json| {
        ("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta, "p": "abc"}))
    };
    let start = |index: u64, id: &str| {
        let call = json!({"toolUseId": id, "name": "add"});
        ("contentBlockStart", json!({"contentBlockIndex": index, "start": {"toolUse": call}}))
    };
    let stop = |index: u64| ("contentBlockStop", json!({"contentBlockIndex": index}));
    let stream = units(&[
        ("messageStart", json!({"role": "assistant"})),
        delta(0, json!({"text": "T"})),
        stop(0),
        start(1, "a"),
        delta(1, json!({"toolUse": {"input": "{\"a\":"}})),
        delta(1, json!({"toolUse": {"input": "1}"}})),
        stop(1),
        start(2, "b"),
        stop(2),
        ("newEvent", json!({"x": 1})),
        ("messageStop", json!({"stopReason": "tool_use"})),
        (
            "metadata",
            json!({"usage": {"inputTokens": 5, "outputTokens": 3, "totalTokens": 8}, "metrics": {"latencyMs": 1}}),
        ),
        delta(0, json!({"text": "never read"})),
    ]);
    let (events, progress) = decode(way(Maker::Anthropic, None), &stream).unwrap();
    assert_eq!(progress, Progress::End);
    let call = |call, delta: &str| ChatEvent::ToolArguments { choice: 0, call, delta: delta.to_owned() };
    let began = |call, id: &str| ChatEvent::ToolStart {
        choice: 0,
        call,
        id: id.into(),
        name: "add".into(),
        seal: None,
    };
    let finish = model::Finish::from(model::FinishReason::ToolCalls);
    let usage = model::Usage { fresh_input: 5, output: 3, ..model::Usage::default() };
    assert_eq!(
        events,
        [
            ChatEvent::Start(model::Start::default()),
            ChatEvent::Text { choice: 0, delta: "T".to_owned() },
            began(0, "a"),
            call(0, "{\"a\":"),
            call(0, "1}"),
            began(1, "b"),
            call(1, "{}"),
            ChatEvent::Finish { choice: 0, finish },
            ChatEvent::Usage(usage),
        ]
    );
}

#[test]
fn an_exception_is_an_error() {
    let mut stream = units(&[("messageStart", json!({"role": "assistant"}))]);
    stream.push((Some("throttlingException"), true, br#"{"message":"Too many"}"#.to_vec()));
    stream.extend(units(&[("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": "x"}}))]));
    let (events, progress) = decode(way(Maker::Anthropic, None), &stream).unwrap();
    assert_eq!((events.len(), progress), (2, Progress::End));
    let Some(ChatEvent::Error(error)) = events.last() else { panic!() };
    assert_eq!((error.status, error.kind, error.message.as_str()), (429, ErrorKind::RateLimit, "Too many"));
    assert_eq!(error.code.as_deref(), Some("throttlingException"));
    let first = [(Some("InternalFailure"), true, Vec::new())];
    let (events, _) = decode(way(Maker::Anthropic, None), &first).unwrap();
    assert!(matches!(events.as_slice(), [ChatEvent::Error(error)] if error.status == 500));
    // As the member of an unnamed event.
    let unnamed = [(None, false, br#"{"validationException":{"message":"bad"}}"#.to_vec())];
    let (events, _) = decode(way(Maker::Anthropic, None), &unnamed).unwrap();
    assert!(
        matches!(events.as_slice(), [ChatEvent::Error(error)] if error.status == 400 && error.message == "bad")
    );
}

#[test]
fn what_cannot_be_read_is_a_fault_and_what_is_cut_has_no_finish() {
    let broken = [(Some("contentBlockDelta"), false, b"{".to_vec())];
    assert!(decode(way(Maker::Anthropic, None), &broken).is_err());
    let cut = units(&[("contentBlockDelta", json!({"delta": {"text": "x"}}))]);
    let (events, progress) = decode(way(Maker::Anthropic, None), &cut).unwrap();
    assert_eq!(progress, Progress::More);
    assert!(matches!(events.as_slice(), [ChatEvent::Start(_), ChatEvent::Text { .. }]));
    // Counts that come too early are counts all the same.
    let early = units(&[
        ("metadata", json!({"usage": {"inputTokens": 1, "outputTokens": 2}})),
        ("messageStop", json!({"stopReason": "end_turn"})),
    ]);
    let (events, _) = decode(way(Maker::Anthropic, None), &early).unwrap();
    assert!(matches!(
        events.as_slice(),
        [ChatEvent::Start(_), ChatEvent::Usage(_), ChatEvent::Finish { .. }]
    ));
}

#[test]
fn what_is_held_is_bounded() {
    let mut decoder = Decoder::new(way(Maker::Anthropic, Some("form")));
    let data = json!({"contentBlockIndex": 0, "delta": {"text": "x".repeat(1 << 20)}}).to_string();
    let unit = Unit { name: Some("contentBlockDelta"), exception: false, data: data.as_bytes() };
    let mut events = Vec::new();
    let read = (0..20).map(|_| decoder.unit(unit, &mut events)).take_while(Result::is_ok).count();
    assert_eq!(read, 16);
}

#[test]
fn reasoning_without_an_end_of_its_block_is_sealed_before_the_text() {
    let delta =
        |index: u64, delta: Json| ("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta}));
    let stream = units(&[
        delta(0, json!({"reasoningContent": {"text": "hm"}})),
        delta(0, json!({"reasoningContent": {"signature": "s"}})),
        delta(1, json!({"text": "T"})),
        ("messageStop", json!({"stopReason": "end_turn"})),
    ]);
    let (events, _) = decode(way(Maker::Anthropic, None), &stream).unwrap();
    let parts = whole::of_events(events).unwrap().choices.remove(0).parts;
    assert!(
        matches!(&parts[0], AssistantPart::Reasoning(Reasoning::Open { seal: Some(seal), .. }) if &*seal.text == "s")
    );
    assert!(matches!(&parts[1], AssistantPart::Text(part) if part.text == "T"));
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zé\" {}\\\\]{0,6}", 0..4)
}

/// A block of a whole answer, and its events.
fn block() -> impl Strategy<Value = (Json, Option<Json>, Vec<Json>)> {
    let text = texts().prop_map(|pieces| {
        let deltas = pieces.iter().map(|piece| json!({"text": piece})).collect();
        (json!({"text": pieces.concat()}), None, deltas)
    });
    let reasoning = (texts(), "[a-z]{0,4}").prop_map(|(pieces, signature)| {
        let mut deltas: Vec<_> =
            pieces.iter().map(|piece| json!({"reasoningContent": {"text": piece}})).collect();
        deltas.push(json!({"reasoningContent": {"signature": signature}}));
        let whole = json!({"text": pieces.concat(), "signature": signature});
        (json!({"reasoningContent": {"reasoningText": whole}}), None, deltas)
    });
    let redacted = Just((
        json!({"reasoningContent": {"redactedContent": "QUJD"}}),
        None,
        vec![json!({"reasoningContent": {"redactedContent": "QUJD"}})],
    ));
    let kind = prop::sample::select(vec![None, Some("tool_use"), Some("server_tool_use")]);
    let call = (prop::sample::select(vec!["f", "form"]), kind, prop::option::of(0_u8..9), 0_usize..12)
        .prop_map(|(name, kind, argument, cut)| {
            let input = argument.map_or_else(|| json!({}), |number| json!({"n": number, "s": "é"}));
            let mut start = json!({"toolUseId": "c", "name": name});
            if let Some(kind) = kind {
                start["type"] = json!(kind);
            }
            let text = if argument.is_some() { input.to_string() } else { String::new() };
            let cut = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let deltas = [&text[..cut], &text[cut..]].map(|piece| json!({"toolUse": {"input": piece}}));
            let mut whole = start.clone();
            whole["input"] = input;
            (json!({"toolUse": whole}), Some(json!({"toolUse": start})), deltas.to_vec())
        });
    let cited = "[a-z]{1,4}".prop_map(|text| {
        let source = json!({"title": "t", "location": {"web": {"url": "u"}}});
        let whole = json!({"content": [{"text": text}], "citations": [source]});
        (json!({"citationsContent": whole}), None, vec![json!({"text": text}), json!({"citation": source})])
    });
    let image = Just((
        json!({"image": {"format": "png", "source": {"bytes": "QUJD"}}}),
        Some(json!({"image": {"format": "png"}})),
        vec![
            json!({"image": {"source": {"bytes": "QUI="}}}),
            json!({"image": {"source": {"bytes": "Qw=="}}}),
        ],
    ));
    prop_oneof![text, reasoning, redacted, call, cited, image]
}

proptest! {
    #[test]
    fn a_stream_is_what_the_whole_answer_is(
        blocks in prop::collection::vec(block(), 0..6),
        answer_tool in any::<bool>(),
        reason in prop::sample::select(vec!["end_turn", "tool_use", "max_tokens", "guardrail_intervened"]),
    ) {
        let answer_tool = answer_tool.then_some("form");
        let mut events = vec![("messageStart", json!({"role": "assistant"}))];
        for (index, (_, start, deltas)) in blocks.iter().enumerate() {
            let with = |name: &str, value: &Json| json!({"contentBlockIndex": index, name: value});
            events.extend(start.iter().map(|start| ("contentBlockStart", with("start", start))));
            events.extend(deltas.iter().map(|delta| ("contentBlockDelta", with("delta", delta))));
            events.push(("contentBlockStop", json!({"contentBlockIndex": index})));
        }
        let usage = json!({"inputTokens": 1, "outputTokens": 2, "totalTokens": 3});
        events.push(("messageStop", json!({"stopReason": reason})));
        events.push(("metadata", json!({"usage": usage, "trace": {"guardrail": {}}})));
        let (streamed, progress) = decode(way(Maker::Anthropic, answer_tool), &units(&events)).unwrap();
        prop_assert_eq!(progress, Progress::End);
        let content: Vec<_> = blocks.iter().map(|(whole, ..)| whole).collect();
        let body = json!({
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": reason, "usage": usage, "trace": {"guardrail": {}}
        });
        let answer = Answer { way: way(Maker::Anthropic, answer_tool) };
        let whole = answer.whole(&|_| None, body.to_string().as_bytes()).unwrap();
        prop_assert_eq!(whole::of_events(streamed).unwrap(), whole);
    }
}
