//! Vectors: a known one, recordings, and what is no answer.

use serde_json::json;

use super::*;
use crate::trial::{self, Schema, Vectors};

#[test]
fn the_known_vector_is_written_and_read() {
    let vectors = Vectors::of(&EMBEDDINGS);
    let asked = json!({"input":["a","b"]});
    let (body, losses) = vectors.body(&asked).unwrap();
    assert_eq!(
        body,
        json!({"model":"m","texts":["a","b"],"input_type":"classification","embedding_types":["float"]})
    );
    assert!(losses.is_empty());
    let answer =
        json!({"embeddings":{"float":[[0.5,-1.0],[1,2]]},"meta":{"billed_units":{"input_tokens":2}}});
    let out = vectors.shown(&asked, &answer);
    assert_eq!(out["usage"], json!({"prompt_tokens": 2, "total_tokens": 2}));
    assert_eq!((&out["data"][0]["index"], &out["data"][1]["index"]), (&json!(0), &json!(1)));
    let out = vectors.shown(&json!({"input":["a","b"],"encoding_format":"base64"}), &answer);
    assert_eq!(out["data"][0]["embedding"], "AAAAPwAAgL8=");
    assert_eq!(EMBEDDINGS.batch(&EmbeddingsCall { model: "m", settings: &model::Settings::default() }), 96);
}

#[test]
fn the_purpose_is_the_clients_or_configured() {
    let mut vectors = Vectors::of(&EMBEDDINGS);
    vectors.settings.set(SETTING, "clustering");
    let purpose = |asked| vectors.body(&asked).unwrap().0["input_type"].clone();
    assert_eq!(purpose(json!({"input": "a"})), "clustering");
    assert_eq!(purpose(json!({"input": "a", "input_type": "search_query"})), "search_query");
}

#[test]
fn requests_fit_the_schema() {
    let file = "cohere/cohere-sdk-7.3.1.schemas.json";
    let Some(schema) = Schema::load("cohere embeddings", file, "V2EmbedRequest", &[]) else { return };
    let asked = json!({"input": ["a"], "dimensions": 256, "truncate": "END", "user": "u", "x": 1});
    let (body, losses) = Vectors::of(&EMBEDDINGS).body(&asked).unwrap();
    schema.check(&body);
    assert_eq!(body["output_dimension"], 256);
    assert_eq!(losses, ["x dropped", "user dropped"]);
}

#[test]
fn recordings_are_read() {
    let vectors = Vectors::of(&EMBEDDINGS);
    for (name, exchange) in trial::recordings("cohere vectors", "cohere/openllmetry", ".json") {
        if name.starts_with("embed--") {
            let exchange: serde_json::Value = serde_json::from_slice(&exchange).unwrap();
            let texts = exchange["request"]["body"]["texts"].as_array().unwrap().len();
            let response = vectors.read(&exchange["response"]["body"], texts).unwrap();
            assert!(response.usage.unwrap().prompt_tokens() > 0, "{name}");
        }
    }
}

#[test]
fn what_is_no_answer_is_told() {
    let vectors = Vectors::of(&EMBEDDINGS);
    assert!(vectors.read(&json!({"embeddings": [[1]]}), 1).is_ok());
    for body in
        [json!({"embeddings": {"float": [[1]]}}), json!({"embeddings": {"int8": [[1], [2]]}}), json!({})]
    {
        assert_eq!(vectors.read(&body, 2), Err(DecodeError::Missing("embeddings")), "{body}");
    }
}
