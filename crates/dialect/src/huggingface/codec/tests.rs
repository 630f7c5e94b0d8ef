//! Requests as a server reads them.

use serde_json::{Value, json};

use super::*;
use crate::trial::{self, Attempt, Schema};

fn encode(codec: &'static dyn ChatCodec, delivery: Delivery, body: &Value) -> (Value, Vec<String>) {
    Attempt { delivery, ..Attempt::of(codec) }.body(&trial::completion(body))
}

#[test]
fn every_parameter_is_handled_as_the_table_says() {
    let attempt = Attempt::of(&GENERATE_CODEC);
    trial::judge_parameters(&attempt);
    if let Some(schema) = Schema::file("text generation", "huggingface/tasks/text-generation/input.json") {
        schema.judge(&attempt);
        schema.judge(&Attempt { delivery: Delivery::Stream, ..Attempt::of(&GENERATE_CODEC) });
    }
}

#[test]
fn a_prompt_is_written() {
    let request = json!({"prompt":"p","max_tokens":5,"temperature":0.5,"top_p":0.9,"stop":["a","b","c","d"],
        "best_of":2,"details":true,"x":1});
    let (body, losses) = encode(&GENERATE_CODEC, Delivery::Stream, &request);
    let parameters = json!({"max_new_tokens":5,"temperature":0.5,"top_p":0.9,"stop":["a","b","c","d"],
        "return_full_text":false,"best_of":2,"details":true});
    assert_eq!(body, json!({"inputs": "p", "parameters": parameters, "stream": true}));
    assert_eq!(losses, ["x dropped"]);
    let (body, _) = encode(&TGI_CODEC, Delivery::Stream, &request);
    assert!(body.get("stream").is_none());
    let (body, _) = encode(&GENERATE_CODEC, Delivery::Whole, &json!({"prompt": "p"}));
    assert_eq!(body, json!({"inputs": "p", "parameters": {"return_full_text": false}}));
}

#[test]
fn what_the_server_refuses_is_told_otherwise() {
    let (body, losses) =
        encode(&GENERATE_CODEC, Delivery::Whole, &json!({"prompt": "p", "temperature": 0.0}));
    assert_eq!(body["parameters"], json!({"do_sample": false, "return_full_text": false}));
    assert_eq!(losses, ["temperature emulated"]);
}
