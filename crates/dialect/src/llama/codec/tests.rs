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
