//! Embeddings of both versions.

use serde_json::{Map, Value, json};

use super::request::{invalid, list, texts};
use crate::embeddings::{encoded, vector};
use crate::refusal::Refusal;
use crate::text;

/// How long a vector is where the request does not say.
const DIMENSIONS: u64 = 8;
const MAX_INPUTS: usize = 96;
const SIZES: [u64; 4] = [256, 512, 1024, 1536];

/// What is embedded: texts, and how many images.
struct Inputs {
    texts: Vec<String>,
    images: usize,
}

fn inputs(body: &Value) -> Result<Inputs, Refusal> {
    let given = ["texts", "images", "inputs"].iter().filter(|name| body.get(**name).is_some()).count();
    if given != 1 {
        return Err(invalid("invalid request: exactly one of texts, images or inputs must be provided."));
    }
    let of_input = |input: &Value| {
        let parts = list(&input["content"]).iter().filter_map(|part| part["text"].as_str());
        parts.collect::<Vec<_>>().join(" ")
    };
    let images = texts(&body["images"]);
    let mut said = texts(&body["texts"]);
    said.extend(list(&body["inputs"]).iter().map(of_input));
    let number = said.len() + images.len();
    if number == 0 || number > MAX_INPUTS {
        return Err(invalid("invalid request: total number of texts must be at least 1 and at most 96."));
    }
    if said.iter().any(String::is_empty) {
        return Err(invalid("invalid request: texts must not be empty."));
    }
    if images.len() > 1 || images.iter().any(|image| !image.starts_with("data:image/")) {
        return Err(invalid("invalid request: images must be one data URI of an image."));
    }
    if images.is_empty() == (body["input_type"] == "image") && body.get("inputs").is_none() {
        return Err(invalid(
            "invalid request: images go with the input_type 'image', and texts with the others.",
        ));
    }
    let count = images.len();
    said.extend(images);
    Ok(Inputs { texts: said, images: count })
}

/// One vector in the form that is asked for; quantised ones are made from the signs and the size of its numbers.
fn typed(vector: &[f32], kind: &str) -> Value {
    let level = |number: f32| -> i64 { if number < 0.0 { -1 } else { 1 } };
    let bits = || {
        vector
            .chunks(8)
            .map(|chunk| chunk.iter().fold(0_i64, |bits, number| (bits << 1) | i64::from(*number > 0.0)))
    };
    match kind {
        "base64" => encoded(vector).into(),
        "int8" => vector.iter().map(|number| level(*number) * 64).collect(),
        "uint8" => vector.iter().map(|number| 128 + level(*number) * 64).collect(),
        "ubinary" => bits().collect(),
        "binary" => bits().map(|bits| bits - 128).collect(),
        _ => json!(vector),
    }
}

/// Embeds; `old` is the first version of the API.
pub(super) fn answer(body: &Value, old: bool) -> Result<Value, Refusal> {
    if !old && !body["input_type"].is_string() {
        return Err(Refusal::Missing { member: "input_type".to_owned() });
    }
    let inputs = inputs(body)?;
    let size = match body.get("output_dimension").map(Value::as_u64) {
        None => DIMENSIONS,
        Some(Some(size)) if SIZES.contains(&size) => size,
        _ => return Err(invalid("invalid request: output_dimension must be one of 256, 512, 1024, 1536.")),
    };
    let model = body["model"].as_str().unwrap_or_default();
    let vectors: Vec<Vec<f32>> = inputs.texts.iter().map(|said| vector(model, said, size)).collect();
    let kinds = texts(&body["embedding_types"]);
    let by_type = !old || !kinds.is_empty();
    let kinds = if kinds.is_empty() { vec!["float".to_owned()] } else { kinds };
    let embeddings = if by_type {
        let lists = kinds.into_iter().map(|kind| {
            let list: Value = vectors.iter().map(|vector| typed(vector, &kind)).collect();
            (kind, list)
        });
        Value::Object(lists.collect::<Map<_, _>>())
    } else {
        json!(vectors)
    };
    let mut units = json!({});
    if inputs.images > 0 {
        units["images"] = inputs.images.into();
    } else {
        units["input_tokens"] = inputs.texts.iter().map(|said| text::count(said)).sum::<u64>().into();
    }
    let shown: &[String] = if inputs.images > 0 { &[] } else { &inputs.texts };
    Ok(json!({
        "id": super::identifier(&body.to_string()), "texts": shown, "embeddings": embeddings,
        "meta": {"api_version": {"version": if old { "1" } else { "2" }}, "billed_units": units},
        "response_type": if by_type { "embeddings_by_type" } else { "embeddings_floats" },
    }))
}
