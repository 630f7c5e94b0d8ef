//! Answers of the second version of chat: a known vector, recordings, and streams against whole answers.

use model::{AssistantPart, ChatEvent, ErrorKind, FinishReason, Reasoning};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::cohere::CHAT_CODEC;
use crate::trial::{self, Attempt};

const EVENTS: &str = "text/event-stream";

fn asked() -> Value {
    json!({"messages": [{"role": "user", "content": "q"}], "tools": [{"type": "function", "function": {"name": "a.b"}}]})
}

fn answer() -> Box<dyn ChatAnswer> {
    Attempt::of(&CHAT_CODEC).answer(&trial::chat(&asked()))
}

/// Lines as events, without the mark behind them.
fn framed(lines: &str) -> Vec<u8> {
    lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .flat_map(|line| format!("data: {line}\n\n").into_bytes())
        .collect()
}

#[test]
fn the_known_vector_is_read() {
    let lines = r#"
{"type":"message-start","id":"x","delta":{"message":{"role":"assistant"}}}
{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will"}}}
{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"f_1","type":"function","function":{"name":"f","arguments":""}}}}}
{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}
{"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":80,"output_tokens":4}}}}
"#;
    let events = trial::events(&*answer(), EVENTS, &framed(lines));
    assert!(matches!(&events[1], ChatEvent::Reasoning { delta, .. } if delta == "I will"));
    assert!(
        matches!(&events[2], ChatEvent::ToolStart { call: 0, id, name, .. } if &**id == "f_1" && &**name == "f")
    );
    assert!(matches!(&events[3], ChatEvent::ToolArguments { call: 0, delta, .. } if delta == "{}"));
    let out = trial::shown(&asked(), &trial::fold(events));
    assert_eq!(out["id"], "x");
    let choice = &out["choices"][0];
    assert_eq!(
        (&choice["finish_reason"], &choice["message"]["reasoning_content"]),
        (&json!("tool_calls"), &json!("I will"))
    );
    assert_eq!((&out["usage"]["prompt_tokens"], &out["usage"]["completion_tokens"]), (&json!(80), &json!(4)));
}

#[test]
fn arguments_that_are_null_are_none() {
    for (arguments, expected) in
        [("null", "{}"), ("", "{}"), ("{\"a\": null}", "{\"a\": null}"), ("nul", "nul")]
    {
        let call =
            json!({"id": "c", "type": "function", "function": {"name": "a_b", "arguments": arguments}});
        let body = json!({"id": "i", "message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "TOOL_CALL"});
        let whole = trial::whole(&*answer(), &body);
        let out = trial::shown(&asked(), &whole);
        let function = &out["choices"][0]["message"]["tool_calls"][0]["function"];
        assert_eq!(function, &json!({"name": "a.b", "arguments": expected}));
        let start = json!({"id": "c", "type": "function", "function": {"name": "a_b", "arguments": ""}});
        let mut lines = vec![
            json!({"type": "message-start", "id": "i"}),
            json!({"type": "tool-call-start", "index": 3, "delta": {"message": {"tool_calls": start}}}),
        ];
        for letter in arguments.chars() {
            let more = json!({"function": {"arguments": letter.to_string()}});
            lines.push(
                json!({"type": "tool-call-delta", "index": 3, "delta": {"message": {"tool_calls": more}}}),
            );
        }
        lines.push(json!({"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}}));
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        assert_eq!(trial::fold(trial::events(&*answer(), EVENTS, &framed(&lines.join("\n")))), whole);
    }
}

/// Clients parse what came as arguments: an empty text is no JSON.
#[test]
fn a_call_without_arguments_has_an_empty_object() {
    let start = |index: u64| {
        let call = json!({"id": index.to_string(), "type": "function", "function": {"name": "a_b", "arguments": ""}});
        json!({"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": call}}})
    };
    let more = json!({"type": "tool-call-delta", "index": 1, "delta": {"message": {"tool_calls": {"function": {"arguments": "{\"x\":1}"}}}}});
    let end = |index: u64| json!({"type": "tool-call-end", "index": index});
    let last = json!({"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}});
    let lines = [start(0), end(0), start(1), more, end(1), start(2), last].map(|line| line.to_string());
    let events = trial::events(&*answer(), EVENTS, &framed(&lines.join("\n")));
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            ChatEvent::ToolStart { call, .. } => Some((*call, "")),
            ChatEvent::ToolArguments { call, delta, .. } => Some((*call, delta.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(0, ""), (0, "{}"), (1, ""), (1, "{\"x\":1}"), (2, ""), (2, "{}")]);
}

#[test]
fn sources_and_probabilities_are_told() {
    let source = json!({"type": "document", "id": "d", "document": {"url": "https://e", "title": "t"}});
    let cited = json!({"start": 0, "end": 2, "text": "ab", "sources": [source], "type": "TEXT_CONTENT"});
    let planned = json!({"start": 0, "end": 2, "text": "ab", "sources": [], "type": "PLAN"});
    let body = json!({"message": {"content": [{"type": "text", "text": "abc"}], "citations": [cited, planned]},
        "finish_reason": "COMPLETE", "logprobs": [{"text": "ab", "token_ids": [1, 2], "logprobs": [-0.25, -0.5]}]});
    let response = trial::whole(&*answer(), &body);
    let AssistantPart::Text(part) = &response.choices[0].parts[0] else { panic!() };
    assert_eq!(part.citations.len(), 1);
    assert_eq!((part.citations[0].url.as_deref(), part.citations[0].span), (Some("https://e"), Some((0, 2))));
    let out = trial::shown(&asked(), &response);
    assert_eq!(out["choices"][0]["logprobs"]["content"][0]["logprob"], -0.75);
    assert_eq!(out["choices"][0]["message"]["annotations"][0]["type"], "url_citation");
}

#[test]
fn errors_end_a_stream() {
    for last in [
        r#"{"type":"message-end","delta":{"error":"broken","finish_reason":"ERROR"}}"#,
        r#"{"id":"i","message":"broken"}"#,
    ] {
        let start = r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"a"}}}}"#;
        let events = trial::events(&*answer(), EVENTS, &framed(&format!("{start}\n{last}")));
        let Some(ChatEvent::Error(error)) = events.last() else { panic!("{events:?}") };
        assert_eq!((error.status, error.kind, &*error.message), (500, ErrorKind::Api, "broken"));
    }
    assert_eq!(answer().whole(&|_| None, br#"{"text":"v1"}"#).unwrap_err(), DecodeError::Missing("message"));
}

#[test]
fn recordings_are_read() {
    let mut streams: Vec<(String, Vec<u8>)> =
        trial::recordings("cohere events", "cohere/vercel-ai", ".chunks.txt")
            .into_iter()
            .map(|(name, lines)| (name, framed(std::str::from_utf8(&lines).unwrap())))
            .collect();
    streams.extend(trial::recordings("cohere streams", "cohere/openllmetry", ".sse"));
    for (name, body) in streams {
        let response = trial::fold(trial::events(&*answer(), EVENTS, &body));
        assert!(response.usage.unwrap().prompt_tokens() > 5, "{name}");
        let choice = &response.choices[0];
        let calls = choice.parts.iter().filter(|part| matches!(part, AssistantPart::ToolCall(_))).count();
        assert_eq!(choice.finish.reason == FinishReason::ToolCalls, calls > 0, "{name}");
        assert_eq!(name.contains("tool"), calls > 0, "{name}");
        let thought =
            choice.parts.iter().any(|part| matches!(part, AssistantPart::Reasoning(Reasoning::Open { .. })));
        assert_eq!(thought, calls > 0 || name.contains("reasoning"), "{name}");
    }
    let mut read = 0;
    for folder in ["cohere/openllmetry", "cohere/pydantic-ai", "cohere/vercel-ai"] {
        for (name, exchange) in trial::recordings("cohere answers", folder, ".json") {
            let exchange: Value = serde_json::from_slice(&exchange).unwrap();
            let body = exchange.pointer("/response/body").unwrap_or(&exchange);
            if body["message"].is_object() {
                let response = trial::whole(&*answer(), body);
                assert!(response.usage.is_some() && response.id.is_some(), "{name}");
                assert!(!response.choices[0].parts.is_empty(), "{name}");
                read += 1;
            }
        }
    }
    assert!(read == 0 || read > 10, "{read}");
}

/// A whole answer, and the events that it is as a stream.
fn split(
    thinking: &[String],
    plan: &[String],
    words: &[String],
    calls: &[(String, String)],
) -> (Value, Vec<u8>) {
    let event = |kind: &str, index: usize, message: Value| json!({"type": kind, "index": index, "delta": {"message": message}});
    let mut events =
        vec![json!({"type": "message-start", "id": "i", "delta": {"message": {"role": "assistant"}}})];
    events.extend(
        thinking.iter().map(|word| event("content-delta", 0, json!({"content": {"thinking": word}}))),
    );
    events.extend(plan.iter().map(|word| event("tool-plan-delta", 0, json!({"tool_plan": word}))));
    events.extend(words.iter().map(|word| event("content-delta", 1, json!({"content": {"text": word}}))));
    for (index, (name, _)) in calls.iter().enumerate() {
        let start = json!({"id": format!("c{index}"), "function": {"name": name, "arguments": ""}});
        events.push(event("tool-call-start", index * 2, json!({"tool_calls": start})));
    }
    // All calls go on in turn.
    for letter in 0..8 {
        for (index, (_, value)) in calls.iter().enumerate() {
            let text = json!({"v": value}).to_string();
            let chars: Vec<char> = text.chars().collect();
            let piece: String =
                chars.chunks(chars.len().div_ceil(8)).nth(letter).unwrap_or_default().iter().collect();
            let more = json!({"function": {"arguments": piece}});
            events.push(event("tool-call-delta", index * 2, json!({"tool_calls": more})));
        }
    }
    let usage = json!({"tokens": {"input_tokens": 3, "output_tokens": 4}});
    events.push(json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}}));
    let calls: Vec<Value> = calls.iter().enumerate().map(|(index, (name, value))| {
        json!({"id": format!("c{index}"), "function": {"name": name, "arguments": json!({"v": value}).to_string()}})
    }).collect();
    let content = json!([{"type": "thinking", "thinking": thinking.concat()}, {"type": "text", "text": words.concat()}]);
    let whole = json!({"id": "i", "finish_reason": "COMPLETE", "usage": usage,
        "message": {"content": content, "tool_plan": plan.concat(), "tool_calls": calls}});
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    (whole, framed(&lines.join("\n")))
}

proptest! {
    #[test]
    fn a_folded_stream_is_the_whole_answer(
        thinking in prop::collection::vec(".{0,5}", 0..3),
        plan in prop::collection::vec(".{0,5}", 0..3),
        words in prop::collection::vec(".{0,5}", 0..4),
        calls in prop::collection::vec(("[a-z]{1,5}", ".{0,9}"), 0..4),
    ) {
        let (body, stream) = split(&thinking, &plan, &words, &calls);
        let answer = answer();
        let folded = trial::fold(trial::events(&*answer, EVENTS, &stream));
        prop_assert_eq!(folded, trial::whole(&*answer, &body));
    }
}
