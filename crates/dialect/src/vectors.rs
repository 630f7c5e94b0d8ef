//! Texts and vectors of embeddings, for providers that take texts only.

use document::{Kind, Value};
use model::{EmbeddingInput, Vector};

use crate::{EncodeError, read};

/// The inputs as texts.
pub(crate) fn texts(inputs: &[EmbeddingInput]) -> Result<Vec<&str>, EncodeError> {
    let reason = "must be text for this provider";
    inputs
        .iter()
        .map(|input| text(input).ok_or(EncodeError::Invalid { member: "input".into(), reason }))
        .collect()
}

fn text(input: &EmbeddingInput) -> Option<&str> {
    match input {
        EmbeddingInput::Text(text) => Some(text),
        EmbeddingInput::Tokens(_) => None,
    }
}

/// A vector: an array of numbers.
pub(crate) fn numbers(value: Value<'_>) -> Option<Vector> {
    let numbers = value.kind() == Kind::Array && value.items().all(|item| item.kind() == Kind::Number);
    (numbers && !value.is_empty()).then(|| Vector::Numbers(read::raw(value)))
}
