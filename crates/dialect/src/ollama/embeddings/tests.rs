//! Vectors: a known one, documented ones, and what is no answer.

use document::Document;
use serde_json::{Value, json};

use super::*;
use crate::EmbeddingsFront;
use crate::openai::EMBEDDINGS_FRONT;
use crate::trial;

fn encode(body: &Value) -> Result<(Value, Vec<String>), EncodeError> {
    let document = Document::parse(body.to_string().into()).unwrap();
    let request = EMBEDDINGS_FRONT.read(&document).unwrap();
    let settings = model::Settings::default();
    let call = EmbeddingsCall { model: "m", settings: &settings };
    let encoded = EMBEDDINGS.encode(&request, &request.inputs, &call)?;
    Ok((serde_json::from_slice(&encoded.body).unwrap(), trial::told(&encoded.losses)))
}

fn decode(body: &Value, inputs: usize) -> Result<EmbeddingsResponse, DecodeError> {
    let settings = model::Settings::default();
    let call = EmbeddingsCall { model: "m", settings: &settings };
    EMBEDDINGS.decode(&call, &|_| None, body.to_string().as_bytes(), inputs)
}

#[test]
fn the_known_vector_is_written_and_read() {
    assert_eq!(encode(&json!({"input": ["a", "b"]})).unwrap().0, json!({"model": "m", "input": ["a", "b"]}));
    let response =
        decode(&json!({"embeddings": [[0.1, 0.2], [1, -2e-7]], "prompt_eval_count": 4}), 2).unwrap();
    assert_eq!(response.usage.unwrap().prompt_tokens(), 4);
    let numbers = |vector: &Vector| match vector {
        Vector::Numbers(json) => json.as_str().to_owned(),
        Vector::Base64(_) => String::new(),
    };
    assert_eq!(response.vectors.iter().map(numbers).collect::<Vec<_>>(), ["[0.1,0.2]", "[1,-2e-7]"]);
}

#[test]
fn one_text_is_one_text() {
    let (body, losses) =
        encode(&json!({"input": "a", "dimensions": 8, "user": "u", "truncate": true, "x": 1})).unwrap();
    assert_eq!(body, json!({"model": "m", "input": "a", "dimensions": 8, "truncate": true}));
    assert_eq!(losses, ["x dropped", "user dropped"]);
    assert!(encode(&json!({"input": [1, 2]})).is_err());
}

#[test]
fn what_is_no_answer_is_told() {
    assert!(decode(&json!({"embedding": [1]}), 1).is_ok());
    for body in [
        json!({"embeddings": [[1]]}),
        json!({"embeddings": [[1], []]}),
        json!({"embeddings": [["a"], [1]]}),
        json!({}),
    ] {
        assert_eq!(decode(&body, 2), Err(DecodeError::Missing("embeddings")), "{body}");
    }
}
