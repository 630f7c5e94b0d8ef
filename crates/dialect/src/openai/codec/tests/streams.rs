//! Streams of all providers as they are read.

use model::{Finish, FinishReason, Seal, Start};

use super::*;

fn text(delta: &str) -> ChatEvent {
    ChatEvent::Text { choice: 0, delta: delta.into() }
}

fn reasoning(delta: &str) -> ChatEvent {
    ChatEvent::Reasoning { choice: 0, delta: delta.into() }
}

fn start() -> ChatEvent {
    ChatEvent::Start(Start { id: Some("c".into()), model: Some("m".into()), created: Some(1) })
}

fn finish(reason: FinishReason) -> ChatEvent {
    ChatEvent::Finish { choice: 0, finish: Finish { reason, sequence: None } }
}

#[test]
fn a_text_is_read() {
    let told = events(&[
        &delta(r#"{"role":"assistant","content":"","refusal":null}"#),
        &delta(r#"{"content":"Hi"}"#),
        &delta(r#"{"content":null}"#),
        &ended("stop"),
        "[DONE]",
        "[DONE]",
    ]);
    assert_eq!(told, [start(), text("Hi"), finish(FinishReason::Stop)]);
}

#[test]
fn the_first_chunk_of_azure_says_nothing() {
    let first = r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0}],"id":"","model":"","created":0,"object":""}"#;
    let told = events(&[first, &delta(r#"{"content":"a"}"#), &ended("stop")]);
    assert_eq!(told, [start(), text("a"), finish(FinishReason::Stop)]);
}

#[test]
fn contents_in_parts_are_split() {
    let told = events(&[
        &delta(r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}]}]}"#),
        &delta(
            r#"{"content":[{"type":"reasoning","summary":[{"type":"summary_text","text":"s","signature":"g"}]},{"type":"text","text":"a"}]}"#,
        ),
        &delta(r#"{"reasoning":"x"}"#),
        &delta(r#"{"reasoning_content":"y","reasoning":"y"}"#),
        &ended("model_length"),
    ]);
    let seal = Seal { maker: Maker::Anthropic, text: "g".into() };
    let expected = [
        start(),
        reasoning("r"),
        reasoning("s"),
        ChatEvent::Sealed { choice: 0, seal },
        text("a"),
        reasoning("x"),
        reasoning("y"),
        finish(FinishReason::Length),
    ];
    assert_eq!(told, expected);
}

#[test]
fn usage_is_read_wherever_it_stands() {
    let usage = r#"{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}"#;
    let at_the_end = format!(r#"{{"choices":null,"usage":{usage}}}"#);
    let in_the_chunk = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"stop"}}],"usage":{usage}}}"#);
    let in_the_choice = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"stop","usage":{usage}}}]}}"#);
    for data in [
        vec![ended("stop"), at_the_end.clone()],
        vec![in_the_chunk.clone()],
        vec![in_the_choice],
        vec![in_the_chunk, at_the_end],
    ] {
        let data: Vec<&str> = data.iter().map(String::as_str).collect();
        let told = events(&data);
        let counts: Vec<_> = told
            .iter()
            .filter_map(|event| match event {
                ChatEvent::Usage(usage) => Some((usage.prompt_tokens(), usage.completion_tokens())),
                _ => None,
            })
            .collect();
        assert_eq!(counts, [(3, 2)], "{data:?}");
    }
}

#[test]
fn an_end_mark_ends_what_has_no_finish_reason() {
    let told = events(&[&delta(r#"{"content":"a"}"#), "[DONE]"]);
    assert_eq!(told, [start(), text("a"), finish(FinishReason::Stop)]);
    // Without either, the stream was cut short.
    assert_eq!(events(&[&delta(r#"{"content":"a"}"#)]), [start(), text("a")]);
    assert_eq!(events(&["[DONE]"]), []);
}

#[test]
fn what_comes_after_a_finish_is_not_told() {
    let told = events(&[
        &delta(r#"{"content":"a"}"#),
        r#"{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}"#,
        &delta(r#"{"content":""}"#),
        &delta(r#"{"content":"c"}"#),
        &ended("length"),
        "[DONE]",
    ]);
    assert_eq!(told, [start(), text("a"), text("b"), finish(FinishReason::Stop)]);
}

#[test]
fn choices_are_told_apart() {
    let data = |index: u32, delta: &str, reason: &str| {
        format!(
            r#"{{"id":"c","created":1,"model":"m","choices":[{{"index":{index},"delta":{{"content":"{delta}"}},"finish_reason":{reason}}}]}}"#
        )
    };
    let chunks = [data(1, "b", "null"), data(0, "a", "\"stop\""), data(1, "", "\"length\"")];
    let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
    let second = ChatEvent::Text { choice: 1, delta: "b".into() };
    let last = ChatEvent::Finish { choice: 1, finish: FinishReason::Length.into() };
    assert_eq!(events(&chunks), [start(), second, text("a"), finish(FinishReason::Stop), last]);
}

#[test]
fn a_whole_message_in_a_stream_is_read() {
    let whole = r#"{"id":"c","created":1,"model":"m","choices":[{"message":{"content":"a"},"finish_reason":"eos_token"}]}"#;
    assert_eq!(events(&[whole]), [start(), text("a"), finish(FinishReason::Stop)]);
}

#[test]
fn what_cannot_be_read_is_told() {
    let mut decoder = Target::default().answer().decoder();
    let mut told = Vec::new();
    let mut unit =
        |data: &str| decoder.unit(Unit { name: None, exception: false, data: data.as_bytes() }, &mut told);
    assert_eq!(unit(""), Ok(Progress::More));
    assert_eq!(unit(r#"{"type":"ping"}"#), Ok(Progress::More));
    assert_eq!(unit(" [DONE] "), Ok(Progress::End));
    assert!(unit("{").is_err() && unit("hello").is_err() && unit("[1]").is_err());
    assert!(told.is_empty());
}
