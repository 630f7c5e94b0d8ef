//! Answers as servers give them: a known vector, recordings, and streams against whole answers.

use model::ErrorKind;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::ChatCodec;
use crate::ollama::{CHAT_CODEC, GENERATE_CODEC};
use crate::trial::{self, Attempt};

const LINES: &str = "application/x-ndjson";

fn asked() -> Value {
    json!({"messages": [{"role": "user", "content": "q"}], "max_tokens": 5})
}

fn answer(codec: &'static dyn ChatCodec) -> Box<dyn ChatAnswer> {
    Attempt::of(codec).answer(&trial::chat(&asked()))
}

#[test]
fn the_known_vector_is_read() {
    let body = json!({"model":"l","created_at":"2024-01-15T08:13:38.876196Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"x":1}}}]},"done":true,"done_reason":"stop","prompt_eval_count":26,"eval_count":5});
    let out = trial::shown(&asked(), &trial::whole(&*answer(&CHAT_CODEC), &body));
    assert_eq!(out["created"], 1_705_306_418);
    let call = &out["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["function"]["arguments"], "{\"x\":1}");
    assert_eq!(call["id"], "call_n0nce_0");
    assert_eq!(out["choices"][0]["finish_reason"], "tool_calls");
    let usage = &out["usage"];
    assert_eq!(
        (&usage["prompt_tokens"], &usage["completion_tokens"], &usage["total_tokens"]),
        (&json!(26), &json!(5), &json!(31))
    );
}

#[test]
fn the_end_has_a_reason() {
    for (end, expected) in [
        (json!({"done_reason": "stop"}), "stop"),
        (json!({"done_reason": "length"}), "length"),
        (json!({"done_reason": "load"}), "stop"),
        (json!({"eval_count": 5}), "length"),
        (json!({"eval_count": 4}), "stop"),
        (json!({}), "stop"),
    ] {
        let mut body = json!({"response": "a", "done": true});
        body.as_object_mut().unwrap().extend(end.as_object().unwrap().clone());
        let out = trial::shown(&asked(), &trial::whole(&*answer(&GENERATE_CODEC), &body));
        assert_eq!(out["choices"][0]["finish_reason"], expected, "{end}");
    }
}

#[test]
fn arguments_come_in_several_forms() {
    for (arguments, expected) in [
        (
            json!({"n": 9_007_199_254_740_993_u64, "a": [], "o": {}}),
            r#"{"n":9007199254740993,"a":[],"o":{}}"#,
        ),
        (json!("{\"x\": 1}"), "{\"x\": 1}"),
        (Value::Null, "{}"),
        (json!(""), "{}"),
    ] {
        let body = json!({"message": {"tool_calls": [{"id": "own", "function": {"name": "f", "arguments": arguments}}]}});
        let out = trial::shown(&asked(), &trial::whole(&*answer(&CHAT_CODEC), &body));
        let call = &out["choices"][0]["message"]["tool_calls"][0];
        assert_eq!((&call["function"]["arguments"], &call["id"]), (&json!(expected), &json!("own")));
    }
}

#[test]
fn what_is_no_answer_is_told() {
    let chat = answer(&CHAT_CODEC);
    let read = |body: &str| chat.whole(&|_| None, body.as_bytes()).unwrap_err();
    assert_eq!(read("[]"), DecodeError::NotAnObject);
    assert_eq!(read(r#"{"error":"x"}"#), DecodeError::Missing("message"));
    assert_eq!(read(r#"{"response":"x"}"#), DecodeError::Missing("message"));
}

#[test]
fn errors_end_a_stream() {
    let lines =
        b"{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"error\":\"out of memory\"}\n{\"done\":true}\n";
    let events = trial::events(&*answer(&CHAT_CODEC), LINES, lines);
    let Some(ChatEvent::Error(error)) = events.last() else { panic!("{events:?}") };
    assert_eq!((error.status, error.kind, &*error.message), (500, ErrorKind::Api, "out of memory"));
    assert_eq!(events.len(), 3);
}

#[test]
fn thinking_and_pictures_are_read() {
    let body = json!({"message": {"content": "a", "thinking": "t", "images": ["/9j/AA", "!"]}, "done": true});
    let response = trial::whole(&*answer(&CHAT_CODEC), &body);
    assert_eq!(response.choices[0].parts.len(), 3);
    assert_eq!(response.usage, None);
    let out = trial::shown(&asked(), &response);
    assert_eq!(out["choices"][0]["message"]["reasoning_content"], "t");
}

#[test]
fn recordings_are_read() {
    for (name, body) in trial::recordings("ollama streams", "ollama/openllmetry", ".ndjson") {
        let response = trial::fold(trial::events(&*answer(&GENERATE_CODEC), LINES, &body));
        assert!(response.output_bytes() > 50, "{name}");
        assert!(response.usage.unwrap().output > 10, "{name}");
        assert!(response.created.unwrap() > 1_700_000_000, "{name}");
        assert_eq!(response.choices[0].finish.reason, FinishReason::Stop, "{name}");
    }
    for (name, exchange) in trial::recordings("ollama answers", "ollama/openllmetry", "legacy.json") {
        let exchange: Value = serde_json::from_slice(&exchange).unwrap();
        let body = &exchange["response"]["body"];
        if !body.is_object() {
            continue;
        }
        let codec: &dyn ChatCodec = if name.starts_with("chat") { &CHAT_CODEC } else { &GENERATE_CODEC };
        let response = trial::whole(&*answer(codec), body);
        assert!(response.output_bytes() > 50, "{name}");
    }
}

#[test]
fn documented_answers_are_read() {
    let Some(examples) = trial::data("ollama examples", "ollama/api-examples.json") else { return };
    let examples: Vec<Value> = serde_json::from_slice(&examples).unwrap();
    let mut read = 0;
    for body in examples.iter().filter(|one| one["kind"] == "response").map(|one| &one["body"]) {
        let codec: &dyn ChatCodec = match body {
            body if body["message"].is_object() => &CHAT_CODEC,
            body if body["response"].is_string() => &GENERATE_CODEC,
            _ => continue,
        };
        assert!(trial::whole(&*answer(codec), body).created.is_some(), "{body}");
        read += 1;
    }
    assert!(read >= 20, "{read}");
}

/// A whole answer, and the lines that it is as a stream.
fn split(thinking: &[String], words: &[String], calls: &[(String, i64)]) -> (Value, Vec<u8>) {
    let line = |message: Value| json!({"model": "m", "created_at": "2024-01-15T08:13:38Z", "message": message, "done": false});
    let mut lines: Vec<Value> = Vec::new();
    lines.extend(
        thinking.iter().map(|word| line(json!({"role": "assistant", "content": "", "thinking": word}))),
    );
    lines.extend(words.iter().map(|word| line(json!({"role": "assistant", "content": word}))));
    let call =
        |(name, number): &(String, i64)| json!({"function": {"name": name, "arguments": {"n": number}}});
    lines.extend(
        calls.iter().map(|one| line(json!({"role": "assistant", "content": "", "tool_calls": [call(one)]}))),
    );
    let mut whole =
        line(json!({"role": "assistant", "content": words.concat(), "thinking": thinking.concat(),
        "tool_calls": calls.iter().map(call).collect::<Vec<_>>()}));
    let end = json!({"done": true, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4});
    whole.as_object_mut().unwrap().extend(end.as_object().unwrap().clone());
    let mut last = line(json!({"role": "assistant", "content": ""}));
    last.as_object_mut().unwrap().extend(end.as_object().unwrap().clone());
    lines.push(last);
    let stream = lines.iter().map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
    (whole, stream.into_bytes())
}

proptest! {
    #[test]
    fn a_folded_stream_is_the_whole_answer(
        thinking in prop::collection::vec(".{0,6}", 0..4),
        words in prop::collection::vec(".{0,6}", 0..5),
        calls in prop::collection::vec(("[a-z]{1,5}", any::<i64>()), 0..4),
    ) {
        let (body, stream) = split(&thinking, &words, &calls);
        let answer = answer(&CHAT_CODEC);
        let folded = trial::fold(trial::events(&*answer, LINES, &stream));
        prop_assert_eq!(folded, trial::whole(&*answer, &body));
    }
}
