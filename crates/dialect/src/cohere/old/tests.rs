//! The first version of chat: requests, recordings, streams against whole answers.

use model::{ChatEvent, FinishReason};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::trial::{self, Attempt, Schema};

const LINES: &str = "application/stream+json";

fn encode(body: &Value) -> (Value, Vec<String>) {
    Attempt::of(&CHAT_V1_CODEC).body(&trial::chat(body))
}

fn answer() -> Box<dyn ChatAnswer> {
    let tools = json!([{"type": "function", "function": {"name": "a-b"}}]);
    let request = json!({"messages": [{"role": "user", "content": "q"}], "tools": tools});
    Attempt::of(&CHAT_V1_CODEC).answer(&trial::chat(&request))
}

#[test]
fn every_parameter_is_handled_as_the_table_says() {
    trial::judge_parameters(&Attempt::of(&CHAT_V1_CODEC));
}

#[test]
fn requests_fit_the_schema() {
    let file = "cohere/cohere-sdk-7.3.1.schemas.json";
    if let Some(schema) = Schema::load("cohere v1 requests", file, "V1ChatRequest", &["stream"]) {
        schema.judge(&Attempt::of(&CHAT_V1_CODEC));
    }
}

#[test]
fn the_last_message_stands_apart() {
    let (body, losses) = encode(
        &json!({"messages": [{"role": "system", "content": "You are a mathematician."},
        {"role": "user", "content": "1 + 1"}, {"role": "assistant", "content": "2"}, {"role": "user", "content": "double it"}],
        "max_tokens": 512, "temperature": 0.5, "top_p": 1.0, "top_k": 40}),
    );
    let history = json!([{"role": "USER", "message": "You are a mathematician."}, {"role": "USER", "message": "1 + 1"},
        {"role": "CHATBOT", "message": "2"}]);
    let expected = json!({"chat_history": history, "message": "double it", "model": "m", "max_tokens": 512,
        "temperature": 0.5, "p": 1.0, "k": 40, "stream": false});
    assert_eq!(body, expected);
    assert!(losses.is_empty());
    let (body, _) = encode(
        &json!({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}),
    );
    assert_eq!(body["message"], ".");
    assert_eq!(body["chat_history"].as_array().unwrap().len(), 2);
}

#[test]
fn tools_and_results_take_the_older_form() {
    let schema = json!({"type": "object", "required": ["n"], "properties": {
        "n": {"type": ["null", "integer"], "description": "d"}, "s": {"enum": ["a"]}, "l": {"type": "array"}}});
    let (body, losses) =
        encode(&json!({"tools": [{"type": "function", "function": {"name": "a-b", "parameters": schema}}],
        "messages": [{"role": "user", "content": "q"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "a-b", "arguments": "{\"n\":1}"}},
            {"id": "2", "type": "function", "function": {"name": "a-b", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "2", "content": "{\"y\": 2}"},
        {"role": "tool", "tool_call_id": "1", "content": "one"}]}));
    let parameters = json!({"n": {"description": "d", "type": "int", "required": true},
        "s": {"type": "str", "required": false}, "l": {"type": "list", "required": false}});
    assert_eq!(
        body["tools"],
        json!([{"name": "a_b", "description": "", "parameter_definitions": parameters}])
    );
    let call = |n: Value| json!({"name": "a_b", "parameters": n});
    let results = json!([{"call": call(json!({"n": 1})), "outputs": [{"result": "one"}]},
        {"call": call(json!({})), "outputs": [{"y": 2}]}]);
    assert_eq!((&body["message"], &body["tool_results"]), (&json!(""), &results));
    assert_eq!(body["chat_history"][1]["tool_calls"], json!([call(json!({"n": 1})), call(json!({}))]));
    assert_eq!(losses, ["tools approximated"]);
}

#[test]
fn the_known_line_is_read() {
    let lines = concat!(
        r#"{"is_finished":false,"event_type":"stream-start","generation_id":"g"}"#,
        "\n",
        r#"{"event_type":"text-generation","text":"the answer","is_finished":false}"#,
        "\n",
        r#"{"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":{"text":"the answer","meta":{"billed_units":{"input_tokens":1,"output_tokens":2}}}}"#,
        "\n",
    );
    let response = trial::fold(trial::events(&*answer(), LINES, lines.as_bytes()));
    let out = trial::shown(&json!({"messages": [{"role": "user", "content": "q"}]}), &response);
    assert_eq!((&out["id"], &out["choices"][0]["message"]["content"]), (&json!("g"), &json!("the answer")));
    assert_eq!(
        (&out["choices"][0]["finish_reason"], &out["usage"]["total_tokens"]),
        (&json!("stop"), &json!(3))
    );
}

#[test]
fn counts_have_two_forms() {
    let body = json!({"text": "a", "token_count": {"prompt_tokens": 4, "response_tokens": 5, "total_tokens": 9, "billed_tokens": 9}});
    let usage = trial::whole(&*answer(), &body).usage.unwrap();
    assert_eq!((usage.prompt_tokens(), usage.completion_tokens()), (4, 5));
    assert_eq!(answer().whole(&|_| None, b"{}").unwrap_err(), DecodeError::Missing("text"));
}

#[test]
fn errors_end_a_stream() {
    for last in [
        r#"{"is_finished":true,"event_type":"stream-end","finish_reason":"ERROR","response":{"text":"","finish_reason":"ERROR"}}"#,
        r#"{"is_finished":true,"event_type":"stream-error","finish_reason":"ERROR","err":"broken"}"#,
        r#"{"message":"broken"}"#,
        r#"{"error":{"message":"broken"}}"#,
    ] {
        let lines = format!("{{\"event_type\":\"text-generation\",\"text\":\"a\"}}\n{last}\n");
        let events = trial::events(&*answer(), LINES, lines.as_bytes());
        assert!(matches!(events.last(), Some(ChatEvent::Error(_))), "{events:?}");
    }
}

#[test]
fn recordings_are_read() {
    for (name, body) in trial::recordings("cohere lines", "cohere/openllmetry", ".ndjson") {
        let response = trial::fold(trial::events(&*answer(), LINES, &body));
        assert!(response.usage.unwrap().output > 50 && response.output_bytes() > 100, "{name}");
        assert_eq!(response.choices[0].finish.reason, FinishReason::Stop, "{name}");
        assert!(response.id.is_some(), "{name}");
    }
    for (name, exchange) in trial::recordings("cohere v1 answers", "cohere/openllmetry", ".json") {
        let exchange: Value = serde_json::from_slice(&exchange).unwrap();
        if exchange["request"]["path"] == "/v1/chat" && exchange["response"]["body"].is_object() {
            let response = trial::whole(&*answer(), &exchange["response"]["body"]);
            assert!(response.usage.is_some() && response.output_bytes() > 100, "{name}");
        }
    }
}

proptest! {
    #[test]
    fn a_folded_stream_is_the_whole_answer(
        words in prop::collection::vec(".{0,5}", 0..4),
        calls in prop::collection::vec(("[a-z]{1,5}", any::<i64>()), 0..4),
        told in any::<bool>(),
    ) {
        let calls: Vec<Value> = calls.iter().map(|(name, number)| json!({"name": name, "parameters": {"n": number}})).collect();
        let whole = json!({"text": words.concat(), "generation_id": "g", "tool_calls": calls, "finish_reason": "COMPLETE",
            "meta": {"tokens": {"input_tokens": 3, "output_tokens": 4}}});
        let mut lines = vec![json!({"event_type": "stream-start", "generation_id": "g"})];
        if told {
            lines.extend(words.iter().map(|word| json!({"event_type": "text-generation", "text": word})));
            lines.push(json!({"event_type": "tool-calls-generation", "tool_calls": calls}));
        }
        lines.push(json!({"event_type": "stream-end", "is_finished": true, "finish_reason": "COMPLETE", "response": whole}));
        let stream = lines.iter().map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
        let answer = answer();
        let folded = trial::fold(trial::events(&*answer, LINES, stream.as_bytes()));
        prop_assert_eq!(folded, trial::whole(&*answer, &whole));
    }
}
