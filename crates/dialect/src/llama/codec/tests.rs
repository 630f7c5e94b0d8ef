//! Prompts as servers read them, and what they answer.

use model::ChatEvent;
use serde_json::{Value, json};

use super::*;
use crate::trial::{self, Attempt};
use crate::{ChatAnswer, DecodeError, Delivery};

fn encode(body: &Value) -> (Value, Vec<String>) {
    Attempt::of(&RAW_CODEC).body(&trial::chat(body))
}

fn answer() -> Box<dyn ChatAnswer> {
    Attempt::of(&RAW_CODEC).answer(&trial::completion(&json!({"prompt": "p"})))
}

#[test]
fn every_parameter_is_handled_as_the_table_says() {
    trial::judge_parameters(&Attempt::of(&RAW_CODEC));
}

#[test]
fn conversations_are_written_in_the_template() {
    let (body, losses) =
        encode(&json!({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "one"},
        {"role": "assistant", "content": "uno"}, {"role": "user", "content": "two"}],
        "max_tokens": 9, "top_p": 1, "top_k": 40, "temperature": 0.5, "x": 1}));
    assert_eq!(body["inputs"], "<s>[INST] <<SYS>> S <</SYS>> one [/INST] <s>[INST] two [/INST]");
    let parameters =
        json!({"max_new_tokens": 9, "top_p": 1, "top_k": 40, "temperature": 0.5, "stream": false});
    assert_eq!(body["parameters"], parameters);
    assert_eq!(losses, ["messages(assistant) dropped", "x dropped"]);
    let (body, _) = encode(&json!({"messages": [{"role": "user", "content": "q"}]}));
    assert_eq!(body["inputs"], "<s>[INST] q [/INST]");
}

/// The prompt of a request in a template that the target chooses, and the answer to it.
fn templated(template: &str, body: &Value) -> (Attempt, Value, Vec<String>) {
    let mut attempt = Attempt::of(&RAW_CODEC);
    attempt.settings.set("extensions.prompt_template", template);
    let (written, losses) = attempt.body(&trial::chat(body));
    (attempt, written["inputs"].clone(), losses)
}

fn said(attempt: &Attempt, body: &Value, generated: &str) -> String {
    let whole = trial::whole(&*attempt.answer(&trial::chat(body)), &json!({"generated_text": generated}));
    let out = trial::shown(body, &whole);
    out["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn templates_of_the_models_have_every_turn() {
    let body = json!({"messages": [
        {"role": "system", "content": "S"}, {"role": "user", "content": "one"},
        {"role": "assistant", "content": "uno"}, {"role": "user", "content": "two"},
        {"role": "developer", "content": "T"}, {"role": "user", "content": "three"}]});
    let (attempt, inputs, losses) = templated("llama-2", &body);
    let expected = "<s>[INST] <<SYS>>\nS\nT\n<</SYS>>\n\none [/INST] uno </s><s>[INST] two\nthree [/INST]";
    assert_eq!((&inputs, losses.len()), (&json!(expected), 0));
    assert_eq!(said(&attempt, &body, &format!("{expected} tres </s>")), "tres");
    let (attempt, inputs, losses) = templated("llama-3", &body);
    let expected = "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS\nT<|eot_id|>\
        <|start_header_id|>user<|end_header_id|>\n\none<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n\
        uno<|eot_id|><|start_header_id|>user<|end_header_id|>\n\ntwo\nthree<|eot_id|>\
        <|start_header_id|>assistant<|end_header_id|>\n\n";
    assert_eq!((&inputs, losses.len()), (&json!(expected), 0));
    assert_eq!(said(&attempt, &body, &format!("{expected}tres<|eot_id|>")), "tres");
    assert_eq!(said(&attempt, &body, "tres"), "tres", "the prompt is not repeated");
}

#[test]
fn answers_that_the_client_has_begun_go_on() {
    let body = json!({"messages": [
        {"role": "assistant", "content": "hello"}, {"role": "user", "content": "one"},
        {"role": "assistant", "content": "u"}]});
    for (template, expected) in [
        ("llama-2", "<s>[INST]  [/INST] hello </s><s>[INST] one [/INST] u"),
        (
            "llama-3",
            "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\nhello<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\none<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\nu",
        ),
    ] {
        let (attempt, inputs, losses) = templated(template, &body);
        assert_eq!((&inputs, losses.len()), (&json!(expected), 0), "{template}");
        assert_eq!(said(&attempt, &body, &format!("{expected}no")), "no", "{template}");
    }
}

#[test]
fn calls_of_tools_have_no_place_in_a_template() {
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let body = json!({"messages": [{"role": "user", "content": "q"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "7"}]});
    let (_, inputs, losses) = templated("llama-2", &body);
    assert_eq!(inputs, "<s>[INST] q\nResult of the tool f: 7 [/INST]");
    assert_eq!(losses, ["messages.tool_calls dropped"]);
}

#[test]
fn prompts_are_written_in_the_template() {
    let request = trial::completion(&json!({"prompt": "p"}));
    let attempt = Attempt { delivery: Delivery::Stream, ..Attempt::of(&RAW_CODEC) };
    let (body, losses) = attempt.body(&request);
    let inputs = "<s> [INST] <<SYS>> You are a helpful assistant. <<SYS>> p [/INST]";
    assert_eq!(body, json!({"inputs": inputs, "parameters": {"stream": false}}));
    assert!(losses.is_empty());
}

#[test]
fn the_text_behind_the_prompt_is_the_answer() {
    let text = "<s>[INST] a [/INST] <s>[INST] b [/INST]\n the answer ";
    let one = json!({"generated_text": text});
    for body in [json!({"data": [one]}), json!([one]), one.clone()] {
        let whole = trial::whole(&*answer(), &body);
        let out = trial::shown(&json!({"prompt": "p"}), &whole);
        let choice = &out["choices"][0];
        assert_eq!((&choice["text"], &choice["finish_reason"]), (&json!("the answer "), &json!("stop")));
        assert_eq!(whole.usage, None);
        // The same for a client that wanted a stream.
        let events = trial::events(&*answer(), "application/json", body.to_string().as_bytes());
        assert_eq!(trial::fold(events), whole);
    }
    let plain = trial::whole(&*answer(), &json!({"generated_text": "no prompt"}));
    assert_eq!(plain.output_bytes(), 9);
    for body in [&b"{}"[..], b"[]", b"{\"data\":[]}", b"{\"generated_text\":1}", b"{\"error\":\"e\"}"] {
        assert_eq!(answer().whole(&|_| None, body).unwrap_err(), DecodeError::Missing("generated_text"));
    }
    assert_eq!(answer().whole(&|_| None, b"\"a\"").unwrap_err(), DecodeError::NotAnObject);
}

#[test]
fn errors_are_read() {
    let error = RAW_CODEC.error(422, &|_| None, br#"{"error":"bad"}"#);
    assert_eq!((error.status, error.message.as_str()), (422, "bad"));
    let events = trial::events(&*answer(), "application/json", br#"{"error":"bad"}"#);
    assert!(matches!(events.as_slice(), [ChatEvent::Error(error)] if error.message == "bad"));
}
