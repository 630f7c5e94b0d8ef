//! Vectors: the known ones, and what is no answer.

use serde_json::json;

use super::*;
use crate::trial::{Schema, Vectors};

#[test]
fn the_known_vectors_are_written_and_read() {
    let vectors = Vectors::of(&EMBEDDINGS);
    let one = json!({"input": "a"});
    assert_eq!(vectors.body(&one).unwrap().0, json!({"inputs": "a"}));
    for body in [json!([0.1, 0.2]), json!([[0.1, 0.2]])] {
        assert_eq!(vectors.shown(&one, &body)["data"][0]["embedding"], json!([0.1, 0.2]));
    }
    let two = json!({"input": ["a", "b"]});
    assert_eq!(vectors.body(&two).unwrap().0, json!({"inputs": ["a", "b"]}));
    assert_eq!(vectors.shown(&two, &json!([[1], [2]]))["data"][1]["embedding"], json!([2]));
    assert_eq!(vectors.read(&json!([[1], [2]]), 2).unwrap().usage, None);
}

#[test]
fn requests_fit_the_schema() {
    let asked = json!({"input": ["a"], "normalize": true, "dimensions": 8, "user": "u", "x": 1});
    let (body, losses) = Vectors::of(&EMBEDDINGS).body(&asked).unwrap();
    assert_eq!(body, json!({"inputs": ["a"], "normalize": true}));
    assert_eq!(losses, ["x dropped", "dimensions dropped", "user dropped"]);
    let file = "huggingface/tasks/feature-extraction/input.json";
    if let Some(schema) = Schema::file("feature extraction", file) {
        schema.check(&body);
    }
}

#[test]
fn what_is_no_answer_is_told() {
    let vectors = Vectors::of(&EMBEDDINGS);
    for body in
        [json!([[[1], [2]], [[3], [4]]]), json!([[1]]), json!([]), json!({"error": "e"}), json!([1, 2])]
    {
        assert_eq!(vectors.read(&body, 2), Err(DecodeError::Missing("embedding")), "{body}");
    }
    assert_eq!(vectors.read(&json!([[1], [2], [3]]), 1), Err(DecodeError::Missing("embedding")));
}
