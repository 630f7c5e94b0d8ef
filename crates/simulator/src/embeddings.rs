//! Embeddings: vectors of length one that depend on the input alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::refusal::Refusal;
use crate::text;

/// How long a vector is where the request does not say.
const DIMENSIONS: u64 = 8;

/// Judges what the lists of members cannot: the inputs.
pub(crate) fn judge(ask: &Ask) -> Result<(), Refusal> {
    let range = |expected: String| Err(Refusal::Range { member: "input".to_owned(), expected });
    match ask.member("input") {
        Some(Value::String(text)) if text.is_empty() => range("a text that is not empty".to_owned()),
        Some(Value::Array(list)) if list.is_empty() => range("at least one input".to_owned()),
        Some(Value::Array(list)) if list.iter().all(Value::is_number) => Ok(()),
        Some(Value::Array(list)) if list.len() > ask.provider.max_inputs => {
            range(format!("at most {} inputs", ask.provider.max_inputs))
        }
        Some(Value::Array(list)) => match list.iter().find(|item| !item.is_string() && !item.is_array()) {
            Some(found) => Err(Refusal::Type {
                member: "input".to_owned(),
                expected: "texts or lists of tokens",
                found: found.clone(),
            }),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

pub(crate) fn answer(ask: &Ask) -> Value {
    let inputs: Vec<String> = match ask.member("input") {
        Some(Value::Array(list)) if list.iter().any(|item| !item.is_number()) => {
            list.iter().map(words).collect()
        }
        Some(single) => vec![words(single)],
        None => Vec::new(),
    };
    let dimensions =
        ask.number("dimensions").or_else(|| ask.number("output_dimension")).unwrap_or(DIMENSIONS);
    let base64 = ask.text("encoding_format") == Some("base64");
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let vector = vector(&ask.model, input, dimensions);
            let embedding = if base64 { encoded(&vector).into() } else { json!(vector) };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let tokens: u64 = inputs.iter().map(|input| text::count(input)).sum();
    let mut value = json!({
        "object": "list", "data": data, "model": ask.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    });
    if ask.provider.id == "mistral" {
        // Its own SDK wants one here as well.
        value["id"] = text::identifier("", 32, &inputs.join(" ")).into();
    }
    value
}

fn words(input: &Value) -> String {
    match input {
        Value::String(text) => text.clone(),
        Value::Array(tokens) => tokens.iter().map(Value::to_string).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

pub(crate) fn vector(model: &str, input: &str, dimensions: u64) -> Vec<f32> {
    let seed = text::hash(&format!("{model} {input}"));
    let raw: Vec<f32> = (0..dimensions)
        .map(|position| {
            let mixed = text::hash(&format!("{seed} {position}"));
            let small = u16::try_from(mixed >> 48).unwrap_or(0);
            f32::from(small) / 32768.0 - 1.0
        })
        .collect();
    let length = raw.iter().map(|number| number * number).sum::<f32>().sqrt();
    raw.into_iter().map(|number| if length > 0.0 { number / length } else { 0.0 }).collect()
}

/// Little-endian 32-bit floats, in base64.
pub(crate) fn encoded(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}
