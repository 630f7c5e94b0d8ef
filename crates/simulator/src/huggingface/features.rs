//! Embeddings, which Hugging Face calls feature extraction.

use serde_json::{Map, Value, json};

use super::refusal::validation;
use crate::embeddings::vector;
use crate::refusal::Refusal;
use crate::shape::{self, Kind, Names, Shape};
use crate::text;

const DIMENSIONS: u64 = 8;

static FEATURES: Shape = Shape(&[
    ("inputs", Kind::TextOrList),
    ("normalize", Kind::Bool),
    ("prompt_name", Kind::Text),
    ("truncate", Kind::Bool),
    ("truncation_direction", Kind::Word(&["left", "right"])),
]);

/// Vectors as bare lists. A model whose name begins with `token-level` gives one for each word.
pub(super) fn answer(model: &str, fields: &Map<String, Value>) -> Result<Value, Refusal> {
    let body = Value::Object(shape::read(fields, &FEATURES, "", Names::Exact)?);
    let one = |input: &str| -> Value {
        if model.starts_with("token-level") {
            return text::words(input).map(|word| json!(vector(model, word, DIMENSIONS))).collect();
        }
        json!(vector(model, input, DIMENSIONS))
    };
    let filled = |input: &Value| input.as_str().is_some_and(|input| !input.is_empty());
    match &body["inputs"] {
        Value::String(input) if !input.is_empty() => Ok(one(input)),
        Value::Array(inputs) if !inputs.is_empty() && inputs.iter().all(filled) => {
            Ok(inputs.iter().filter_map(Value::as_str).map(one).collect())
        }
        Value::Null => Err(Refusal::Missing { member: "inputs".to_owned() }),
        _ => Err(validation("`inputs` must be texts, and cannot be empty")),
    }
}
