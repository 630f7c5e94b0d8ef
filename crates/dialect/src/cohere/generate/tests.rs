//! Generation: requests, a recording, streams.

use serde_json::{Value, json};

use super::*;
use crate::trial::{self, Attempt, Schema};

fn answer() -> Box<dyn ChatAnswer> {
    Attempt::of(&GENERATE_CODEC).answer(&trial::completion(&json!({"prompt": "p"})))
}

#[test]
fn every_parameter_is_handled_as_the_table_says() {
    let attempt = Attempt::of(&GENERATE_CODEC);
    trial::judge_parameters(&attempt);
    let file = "cohere/cohere-sdk-7.3.1.schemas.json";
    if let Some(schema) = Schema::load("cohere generation", file, "V1GenerateRequest", &["stream"]) {
        schema.judge(&attempt);
    }
}

#[test]
fn a_prompt_is_written() {
    let request = json!({"prompt":"p","max_tokens":5,"temperature":0.5,"top_p":0.75,"n":2,"stop":"S","truncate":"END","echo":true});
    let request = trial::completion(&request);
    let (body, losses) = Attempt::of(&GENERATE_CODEC).body(&request);
    let expected = json!({"prompt":"p","model":"m","max_tokens":5,"temperature":0.5,"p":0.75,"stop_sequences":["S"],
        "num_generations":2,"truncate":"END","stream":false});
    assert_eq!(body, expected);
    assert_eq!(losses, ["echo dropped"]);
    let (body, losses) =
        Attempt { delivery: Delivery::Stream, ..Attempt::of(&GENERATE_CODEC) }.body(&request);
    assert!(body.get("num_generations").is_none() && body["stream"] == true);
    assert_eq!(losses, ["n dropped", "echo dropped"]);
}

#[test]
fn several_texts_are_several_choices() {
    let body = json!({"id": "i", "generations": [{"text": "a", "finish_reason": "COMPLETE"}, {"text": "b", "finish_reason": "MAX_TOKENS"}]});
    let out = trial::shown(&json!({"prompt": "p"}), &trial::whole(&*answer(), &body));
    assert_eq!(
        (&out["choices"][1]["text"], &out["choices"][1]["finish_reason"]),
        (&json!("b"), &json!("length"))
    );
    assert_eq!(
        (&out["choices"][1]["index"], &out["choices"][0]["finish_reason"]),
        (&json!(1), &json!("stop"))
    );
    assert_eq!(answer().whole(&|_| None, b"{}").unwrap_err(), DecodeError::Missing("generations"));
}

#[test]
fn a_stream_is_what_its_last_line_says() {
    let whole = json!({"id": "i", "prompt": "p", "generations": [{"id": "g", "text": "ab", "finish_reason": "COMPLETE"}],
        "meta": {"billed_units": {"input_tokens": 1, "output_tokens": 2}}});
    let end = json!({"event_type": "stream-end", "is_finished": true, "finish_reason": "COMPLETE", "response": whole});
    for before in [
        "",
        "{\"text\":\"a\",\"is_finished\":false}\n{\"event_type\":\"text-generation\",\"text\":\"b\",\"is_finished\":false}\n",
    ] {
        let lines = format!("{before}{end}\n");
        let mut folded = trial::fold(trial::events(&*answer(), "application/stream+json", lines.as_bytes()));
        // Only the last line has it.
        folded.id = Some("i".into());
        assert_eq!(folded, trial::whole(&*answer(), &whole));
    }
}

#[test]
fn a_recording_is_read() {
    let file = "streams/cohere/openllmetry/completion--cohere_completion_legacy.json";
    let Some(exchange) = trial::data("cohere completion", file) else { return };
    let exchange: Value = serde_json::from_slice(&exchange).unwrap();
    let response = trial::whole(&*answer(), &exchange["response"]["body"]);
    assert_eq!(response.usage.unwrap().completion_tokens(), 129);
    assert!(response.output_bytes() > 100);
}
