//! Streams as they are written.

use model::{
    ChatEvent, Citation, Extra, Finish, FinishReason, Json, Maker, Seal, Start, UpstreamError, Usage,
};

use super::*;

fn text(choice: u32, delta: &str) -> ChatEvent {
    ChatEvent::Text { choice, delta: delta.into() }
}

fn finish(reason: FinishReason) -> ChatEvent {
    ChatEvent::Finish { choice: 0, finish: reason.into() }
}

fn start(call: u32, id: &str) -> ChatEvent {
    ChatEvent::ToolStart { choice: 0, call, id: id.into(), name: "f".into(), seal: None }
}

fn arguments(call: u32, delta: &str) -> ChatEvent {
    ChatEvent::ToolArguments { choice: 0, call, delta: delta.into() }
}

/// The chunks of a finished stream, without its end mark.
fn chunks(writer: &dyn ChatWriter, events: Vec<ChatEvent>, usage: Option<&Usage>) -> Vec<Value> {
    let mut encoder = writer.encoder(identity());
    let mut out = Vec::new();
    for event in events {
        encoder.event(event, &mut out).unwrap();
    }
    encoder.finish(usage, &mut out);
    let text = String::from_utf8(out).unwrap();
    let frames = text.strip_suffix("data: [DONE]\n\n").unwrap();
    assert!(!frames.contains("[DONE]"));
    frames
        .split_terminator("\n\n")
        .map(|frame| json(frame.strip_prefix("data: ").unwrap().as_bytes()))
        .collect()
}

fn deltas(chunks: &[Value]) -> Vec<&Value> {
    chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect()
}

/// A line end within the data of an event would end the data.
#[test]
fn values_that_pass_as_they_are_stay_on_their_line() {
    let value = Json::from_static("{\n  \"b\": \"c \\n\",\r\n  \"d\": 9007199254740993\n}");
    let events = vec![
        ChatEvent::Start(Start::default()),
        text(0, "a"),
        ChatEvent::Extra(Extra { name: "groundingMetadata".into(), value }),
        finish(FinishReason::Stop),
    ];
    let mut encoder = writer("").encoder(identity());
    let mut out = Vec::new();
    for event in events {
        encoder.event(event, &mut out).unwrap();
    }
    encoder.finish(None, &mut out);
    let written = String::from_utf8(out).unwrap();
    assert!(written.contains(r#""groundingMetadata":{"b":"c \n","d":9007199254740993}"#), "{written}");
    assert!(written.lines().all(|line| line.is_empty() || line.starts_with("data: ")), "{written}");
}

#[test]
fn a_text_is_told_in_chunks_of_one_identity() {
    let begin = Start { id: Some("p1".into()), model: Some("pm".into()), created: None };
    let events = vec![
        ChatEvent::Start(begin),
        text(0, "a"),
        text(0, "é\n"),
        finish(FinishReason::Stop),
        text(0, "too late"),
    ];
    let told = chunks(&*writer(""), events, Some(&Usage::default()));
    for chunk in &told {
        assert_eq!((&chunk["id"], &chunk["model"]), (&"p1".into(), &"pm".into()));
        assert_eq!((&chunk["created"], &chunk["object"]), (&7.into(), &"chat.completion.chunk".into()));
        assert!(chunk.get("usage").is_none());
    }
    let expected = [
        serde_json::json!({"role": "assistant", "content": ""}),
        serde_json::json!({"content": "a"}),
        serde_json::json!({"content": "é\n"}),
        serde_json::json!({}),
    ];
    assert_eq!(deltas(&told), expected.iter().collect::<Vec<_>>());
    let reasons: Vec<_> = told.iter().map(|chunk| chunk["choices"][0]["finish_reason"].as_str()).collect();
    assert_eq!(reasons, [None, None, None, Some("stop")]);
}

#[test]
fn usage_is_told_to_whom_it_was_promised() {
    let asking = writer(r#","stream_options":{"include_usage":true}"#);
    let usage = Usage { fresh_input: 1, output: 2, ..Usage::default() };
    let told = chunks(&*asking, vec![text(0, "a"), finish(FinishReason::Stop)], Some(&usage));
    let (last, others) = told.split_last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&serde_json::json!([]), &3.into()));
    assert!(others.iter().all(|chunk| chunk["usage"].is_null() && chunk.get("usage").is_some()));
}

#[test]
fn calls_are_told_by_index() {
    let events = vec![
        start(0, "a"),
        start(1, "b"),
        arguments(1, "{}"),
        arguments(0, "{\"x\":"),
        arguments(0, "1}"),
        finish(FinishReason::Stop),
    ];
    let told = chunks(&*writer(""), events.clone(), None);
    let calls: Vec<_> = deltas(&told).into_iter().map(|delta| delta["tool_calls"][0].clone()).collect();
    let begin = |index: u32, id: &str| serde_json::json!({"index": index, "id": id, "type": "function", "function": {"name": "f", "arguments": ""}});
    let more = |index: u32, text: &str| serde_json::json!({"index": index, "function": {"arguments": text}});
    let expected = [begin(0, "a"), begin(1, "b"), more(1, "{}"), more(0, "{\"x\":"), more(0, "1}")];
    assert_eq!(calls[1..6], expected);
    assert_eq!(told.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");

    let told = chunks(&*writer(r#","functions":[{"name":"f"}]"#), events, None);
    let calls: Vec<_> =
        deltas(&told).into_iter().filter_map(|delta| delta.get("function_call").cloned()).collect();
    let argument = |text: &str| serde_json::json!({"arguments": text});
    let first = serde_json::json!({"name": "f", "arguments": ""});
    assert_eq!(calls, [first, argument("{\"x\":"), argument("1}")]);
    assert_eq!(told.last().unwrap()["choices"][0]["finish_reason"], "function_call");
}

#[test]
fn reasoning_is_told_and_sealed() {
    let seal = |text: &str| Seal { maker: Maker::Anthropic, text: text.into() };
    let reasoning = |delta: &str| ChatEvent::Reasoning { choice: 0, delta: delta.into() };
    let events = vec![
        reasoning("a"),
        reasoning("b"),
        ChatEvent::Sealed { choice: 0, seal: seal("s") },
        ChatEvent::Redacted { choice: 0, seal: seal("d") },
        reasoning("c"),
        ChatEvent::Sealed { choice: 0, seal: seal("t") },
        finish(FinishReason::Stop),
    ];
    let told = chunks(&*writer(""), events, None);
    let texts: Vec<_> =
        deltas(&told).into_iter().filter_map(|delta| delta["reasoning_content"].as_str()).collect();
    assert_eq!(texts, ["a", "b", "c"]);
    let blocks: Vec<_> =
        deltas(&told).into_iter().filter_map(|delta| delta["thinking_blocks"].get(0).cloned()).collect();
    let expected = [
        serde_json::json!({"type": "thinking", "thinking": "ab", "signature": "s"}),
        serde_json::json!({"type": "redacted_thinking", "data": "d"}),
        serde_json::json!({"type": "thinking", "thinking": "c", "signature": "t"}),
    ];
    assert_eq!(blocks, expected);
}

#[test]
fn other_events_have_their_places() {
    let citation = |url: Option<&str>| Citation {
        url: url.map(Into::into),
        title: Some("T".into()),
        span: None,
        raw: Some(Json::from_static(r#"{"page":1}"#)),
    };
    let native =
        |value| ChatEvent::Native { choice: 0, maker: Maker::OpenAi, value: Json::from_static(value) };
    let events = vec![
        ChatEvent::Extra(Extra { name: "service_tier".into(), value: Json::from_static("\"flex\"") }),
        text(0, "äb"),
        ChatEvent::Citation { choice: 0, citation: citation(Some("https://h")) },
        ChatEvent::Citation { choice: 0, citation: citation(None) },
        ChatEvent::Refusal { choice: 0, delta: "no".into() },
        ChatEvent::Logprobs { choice: 0, value: Json::from_static(r#"{"content":[]}"#) },
        native(r#"{"audio":{"data":"QQ=="}}"#),
        native(r#"{"id":"c","type":"custom","custom":{"name":"g","input":"x"}}"#),
        ChatEvent::Native { choice: 0, maker: Maker::Gemini, value: Json::from_static("{}") },
        finish(FinishReason::ToolCalls),
    ];
    let told = chunks(&*writer(""), events, None);
    assert_eq!(told[0]["service_tier"], "flex");
    let deltas = deltas(&told);
    let span = serde_json::json!({"start_index": 0, "end_index": 2, "title": "T", "url": "https://h"});
    assert_eq!(deltas[2]["annotations"][0]["url_citation"], span);
    assert_eq!(deltas[3]["citations"][0]["page"], 1);
    assert_eq!(deltas[4]["refusal"], "no");
    assert_eq!(told[5]["choices"][0]["logprobs"], serde_json::json!({"content": []}));
    assert_eq!(deltas[6]["audio"]["data"], "QQ==");
    assert_eq!(
        (&deltas[7]["tool_calls"][0]["index"], &deltas[7]["tool_calls"][0]["id"]),
        (&0.into(), &"c".into())
    );
    assert_eq!(told.len(), 9);
}

#[test]
fn whatever_comes_the_stream_is_whole() {
    let told = chunks(&*writer(""), vec![], None);
    assert_eq!(
        deltas(&told),
        [&serde_json::json!({"role": "assistant", "content": ""}), &serde_json::json!({})]
    );
    assert_eq!(told[1]["choices"][0]["finish_reason"], "stop");
    let told = chunks(&*writer(""), vec![text(1, "b"), text(0, "a")], None);
    let ends: Vec<_> = told
        .iter()
        .filter(|chunk| chunk["choices"][0]["finish_reason"] == "stop")
        .map(|chunk| chunk["choices"][0]["index"].as_u64())
        .collect();
    assert_eq!(ends, [Some(0), Some(1)]);
}

#[test]
fn completions_stream_texts_only() {
    let events = vec![
        ChatEvent::Reasoning { choice: 0, delta: "r".into() },
        text(0, "a"),
        start(0, "c"),
        ChatEvent::Finish { choice: 0, finish: Finish::default() },
    ];
    let told = chunks(&*completions_writer(""), events, None);
    let choices: Vec<_> = told.iter().map(|chunk| chunk["choices"][0].clone()).collect();
    let choice = |text: &str, reason: Option<&str>| serde_json::json!({"index": 0, "text": text, "logprobs": null, "finish_reason": reason});
    assert_eq!(choices, [choice("a", None), choice("", Some("stop"))]);
    assert!(told.iter().all(|chunk| chunk["object"] == "text_completion" && chunk["id"] == "cmpl-x1"));
}

#[test]
fn errors_end_a_stream_without_its_mark() {
    let mut encoder = writer("").encoder(identity());
    let mut out = Vec::new();
    let error = UpstreamError::new(503, "gone");
    encoder.error(&error, &mut out);
    let body = r#"{"error":{"message":"gone","type":"overloaded_error","param":null,"code":null}}"#;
    assert_eq!(String::from_utf8(out).unwrap(), format!("data: {body}\n\n"));
    assert_eq!(encoder.error_body(&error), body.as_bytes());
}
