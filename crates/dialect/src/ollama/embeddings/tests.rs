//! Vectors: a known one, and what is no answer.

use serde_json::json;

use super::*;
use crate::trial::Vectors;

#[test]
fn the_known_vector_is_written_and_read() {
    let vectors = Vectors::of(&EMBEDDINGS);
    let asked = json!({"input": ["a", "b"]});
    assert_eq!(vectors.body(&asked).unwrap().0, json!({"model": "m", "input": ["a", "b"]}));
    let out = vectors.shown(&asked, &json!({"embeddings": [[0.1, 0.2], [1, -2e-7]], "prompt_eval_count": 4}));
    assert_eq!(out["usage"], json!({"prompt_tokens": 4, "total_tokens": 4}));
    assert_eq!(out["data"][1], json!({"object": "embedding", "index": 1, "embedding": [1, -2e-7]}));
}

#[test]
fn one_text_is_one_text() {
    let vectors = Vectors::of(&EMBEDDINGS);
    let asked = json!({"input": "a", "dimensions": 8, "user": "u", "truncate": true, "x": 1});
    let (body, losses) = vectors.body(&asked).unwrap();
    assert_eq!(body, json!({"model": "m", "input": "a", "dimensions": 8, "truncate": true}));
    assert_eq!(losses, ["x dropped", "user dropped"]);
    assert!(vectors.body(&json!({"input": [1, 2]})).is_err());
}

#[test]
fn the_older_form_takes_one_prompt() {
    let vectors = Vectors::of(&OLDER_EMBEDDINGS);
    let asked = json!({"input": "a", "dimensions": 8, "truncate": true, "keep_alive": 0});
    let (body, losses) = vectors.body(&asked).unwrap();
    assert_eq!(body, json!({"model": "m", "prompt": "a", "keep_alive": 0}));
    assert_eq!(losses, ["dimensions dropped", "truncate dropped"]);
    let out = vectors.shown(&json!({"input": "a"}), &json!({"embedding": [0.5]}));
    assert_eq!(out["data"][0]["embedding"], json!([0.5]));
    let settings = model::Settings::default();
    assert_eq!(OLDER_EMBEDDINGS.batch(&EmbeddingsCall { model: "m", settings: &settings }), 1);
}

#[test]
fn what_is_no_answer_is_told() {
    let vectors = Vectors::of(&EMBEDDINGS);
    assert!(vectors.read(&json!({"embedding": [1]}), 1).is_ok());
    for body in [
        json!({"embeddings": [[1]]}),
        json!({"embeddings": [[1], []]}),
        json!({"embeddings": [["a"], [1]]}),
        json!({}),
    ] {
        assert_eq!(vectors.read(&body, 2), Err(DecodeError::Missing("embeddings")), "{body}");
    }
}
