//! Embedding models: Titan, Cohere, Nova.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::anthropic::{invalid, judge_object};
use crate::embeddings::vector;
use crate::refusal::Refusal;
use crate::text;

/// The answer, and its tokens.
pub(super) fn answer(model: &str, body: &Map<String, Value>) -> Result<(Value, u64), Refusal> {
    let has = |family: &str| model.contains(family);
    if has("titan-embed-text-v1") || has("titan-embed-g1-text") {
        judge(body, &["inputText"], &[])?;
        let input = text_of(body)?;
        let tokens = text::count(&input);
        return Ok((
            json!({"embedding": vector(model, &input, 1536), "inputTextTokenCount": tokens}),
            tokens,
        ));
    }
    if has("titan-embed-text-v2") {
        return titan(model, body);
    }
    if has("titan-embed-image") {
        return titan_image(model, body);
    }
    if has("cohere.embed") {
        return cohere(model, body);
    }
    if has("nova-2-multimodal-embeddings") {
        return nova(model, body);
    }
    Err(Refusal::Model(model.to_owned()))
}

fn malformed(why: &str) -> Refusal {
    invalid("", format!("Malformed input request: {why}, please reformat your input and try again."))
}

/// Judges top-level members.
fn judge(body: &Map<String, Value>, needed: &[&str], optional: &[&str]) -> Result<(), Refusal> {
    let known = |name: &&String| needed.contains(&name.as_str()) || optional.contains(&name.as_str());
    if let Some(name) = body.keys().find(|name| !known(name)) {
        return Err(malformed(&format!("#: extraneous key [{name}] is not permitted")));
    }
    match needed.iter().find(|name| !body.contains_key(**name)) {
        Some(name) => Err(malformed(&format!("#: required key [{name}] not found"))),
        None => Ok(()),
    }
}

fn text_of(body: &Map<String, Value>) -> Result<String, Refusal> {
    match body.get("inputText") {
        Some(Value::String(text)) if text.is_empty() => {
            Err(malformed("#/inputText: expected minLength: 1, actual: 0"))
        }
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Array(_)) => Err(malformed("#/inputText: expected type: String, found: JSONArray")),
        _ => Err(malformed("#/inputText: expected type: String")),
    }
}

/// A number that must be one of a few.
fn size(value: &Value, name: &str, otherwise: u64, sizes: &[u64]) -> Result<u64, Refusal> {
    match value {
        Value::Null => Ok(otherwise),
        value => match value.as_u64().filter(|number| sizes.contains(number)) {
            Some(number) => Ok(number),
            None => Err(malformed(&format!("#/{name}: {value} is not a valid enum value"))),
        },
    }
}

/// A word that must be one of a few, or nothing.
fn word(value: Option<&Value>, name: &str, words: &[&str]) -> Result<(), Refusal> {
    match value {
        None => Ok(()),
        Some(value) if value.as_str().is_some_and(|text| words.contains(&text)) => Ok(()),
        Some(value) => Err(malformed(&format!("#/{name}: {value} is not a valid enum value"))),
    }
}

fn titan(model: &str, body: &Map<String, Value>) -> Result<(Value, u64), Refusal> {
    judge(body, &["inputText"], &["dimensions", "normalize", "embeddingTypes"])?;
    let input = text_of(body)?;
    let none = Value::Null;
    let dimensions = size(body.get("dimensions").unwrap_or(&none), "dimensions", 1024, &[256, 512, 1024])?;
    if body.get("normalize").is_some_and(|flag| !flag.is_boolean()) {
        return Err(malformed("#/normalize: expected type: Boolean"));
    }
    let numbers = vector(model, &input, dimensions);
    let asked: Vec<&str> = match body.get("embeddingTypes") {
        None => vec!["float"],
        Some(types) => types.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    if asked.is_empty() || asked.iter().any(|kind| !["float", "binary"].contains(kind)) {
        return Err(malformed("#/embeddingTypes: expected a list of float and binary"));
    }
    let mut by_type = Map::new();
    for kind in &asked {
        let binary = || numbers.iter().map(|number| u8::from(*number > 0.0)).collect::<Vec<_>>();
        let value = if *kind == "float" { json!(numbers) } else { json!(binary()) };
        by_type.insert((*kind).to_owned(), value);
    }
    let tokens = text::count(&input);
    let mut value = json!({"embeddingsByType": by_type, "inputTextTokenCount": tokens});
    if asked.contains(&"float") {
        value["embedding"] = json!(numbers);
    }
    Ok((value, tokens))
}

fn titan_image(model: &str, body: &Map<String, Value>) -> Result<(Value, u64), Refusal> {
    judge(body, &[], &["inputText", "inputImage", "embeddingConfig"])?;
    let none = Value::Null;
    let config = body.get("embeddingConfig").unwrap_or(&none);
    if !config.is_null() {
        judge_object("embeddingConfig", config, &[], &["outputEmbeddingLength"])?;
    }
    let dimensions = size(
        &config["outputEmbeddingLength"],
        "embeddingConfig/outputEmbeddingLength",
        1024,
        &[256, 384, 1024],
    )?;
    let input = if body.contains_key("inputText") { text_of(body)? } else { String::new() };
    let image = body.get("inputImage").and_then(Value::as_str).unwrap_or_default();
    if input.is_empty() && image.is_empty() {
        return Err(malformed("one of inputText and inputImage is required"));
    }
    if STANDARD.decode(image).is_err() {
        return Err(malformed("#/inputImage: not base64"));
    }
    let tokens = if input.is_empty() { 0 } else { text::count(&input) };
    let numbers = vector(model, &format!("{input} {image}"), dimensions);
    Ok((json!({"embedding": numbers, "inputTextTokenCount": tokens, "message": null}), tokens))
}

fn cohere(model: &str, body: &Map<String, Value>) -> Result<(Value, u64), Refusal> {
    const TYPES: &[&str] = &["float", "int8", "uint8", "binary", "ubinary"];
    let fourth = model.contains("embed-v4");
    let more: &[&str] = if fourth {
        &["texts", "images", "inputs", "truncate", "embedding_types", "output_dimension", "max_tokens"]
    } else {
        &["texts", "images", "truncate", "embedding_types"]
    };
    judge(body, &["input_type"], more)?;
    let kinds = ["search_document", "search_query", "classification", "clustering", "image"];
    word(body.get("input_type"), "input_type", &kinds)?;
    word(body.get("truncate"), "truncate", &["NONE", "START", "END", "LEFT", "RIGHT"])?;
    let named = ["texts", "images"].into_iter().find(|name| body.contains_key(*name));
    let Some(name) = named else {
        return Err(malformed("#: required key [texts] not found"));
    };
    let Some(list) = body.get(name).and_then(Value::as_array) else {
        return Err(malformed(&format!("#/{name}: expected type: JSONArray, found: String")));
    };
    if list.is_empty() || list.len() > 96 {
        return Err(malformed(&format!("#/{name}: expected 1 to 96 items, found: {}", list.len())));
    }
    let texts: Option<Vec<String>> = list.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    let Some(texts) = texts else {
        return Err(malformed(&format!("#/{name}: expected type: String")));
    };
    let none = Value::Null;
    let asked = body.get("output_dimension").unwrap_or(&none);
    let otherwise = if fourth { 1536 } else { 1024 };
    let dimensions = size(asked, "output_dimension", otherwise, &[256, 512, 1024, 1536])?;
    let types = match body.get("embedding_types") {
        None => None,
        Some(types) => {
            let list = types.as_array().into_iter().flatten().map(|kind| kind.as_str().unwrap_or_default());
            let list: Vec<&str> = list.collect();
            if list.is_empty() || list.iter().any(|kind| !TYPES.contains(kind)) {
                return Err(malformed("#/embedding_types: not a list of known types"));
            }
            Some(list)
        }
    };
    let vectors: Vec<Vec<f32>> = texts.iter().map(|text| vector(model, text, dimensions)).collect();
    let tokens = texts.iter().map(|text| text::count(text)).sum();
    let by_type = types.clone().or_else(|| fourth.then(|| vec!["float"]));
    let embeddings = match &by_type {
        None => json!(vectors),
        Some(kinds) => kinds.iter().map(|kind| ((*kind).to_owned(), of_type(kind, &vectors))).collect(),
    };
    let told = if by_type.is_some() { "embeddings_by_type" } else { "embeddings_floats" };
    let id = text::identifier("", 36, &texts.join(" "));
    Ok((json!({"id": id, "response_type": told, "embeddings": embeddings, "texts": texts}), tokens))
}

/// Vectors in one of Cohere's types; those of bits have a byte for eight numbers.
fn of_type(kind: &str, vectors: &[Vec<f32>]) -> Value {
    let whole = |number: &f32| {
        // A number of a vector of length one is between -1 and 1.
        #[expect(clippy::cast_possible_truncation, reason = "rounded and within the bounds of a byte")]
        let scaled = (number * 127.0).round() as i16;
        scaled
    };
    let of_one = |numbers: &Vec<f32>| -> Value {
        let bits =
            |chunk: &[f32]| chunk.iter().fold(0_i16, |byte, number| byte * 2 + i16::from(*number > 0.0));
        match kind {
            "int8" => numbers.iter().map(|number| Value::from(whole(number))).collect(),
            "uint8" => numbers.iter().map(|number| Value::from(whole(number) + 128)).collect(),
            "binary" => numbers.chunks(8).map(|chunk| Value::from(bits(chunk) - 128)).collect(),
            "ubinary" => numbers.chunks(8).map(|chunk| Value::from(bits(chunk))).collect(),
            _ => json!(numbers),
        }
    };
    vectors.iter().map(of_one).collect()
}

fn nova(model: &str, body: &Map<String, Value>) -> Result<(Value, u64), Refusal> {
    const PURPOSES: &[&str] = &[
        "GENERIC_INDEX",
        "GENERIC_RETRIEVAL",
        "TEXT_RETRIEVAL",
        "IMAGE_RETRIEVAL",
        "VIDEO_RETRIEVAL",
        "DOCUMENT_RETRIEVAL",
        "AUDIO_RETRIEVAL",
        "CLASSIFICATION",
        "CLUSTERING",
    ];
    judge(body, &["taskType", "singleEmbeddingParams"], &["schemaVersion"])?;
    word(body.get("taskType"), "taskType", &["SINGLE_EMBEDDING"])?;
    let params = &body["singleEmbeddingParams"];
    let kinds = ["text", "image", "video", "audio"];
    judge_object(
        "singleEmbeddingParams",
        params,
        &["embeddingPurpose"],
        &["embeddingDimension", "text", "image", "video", "audio"],
    )?;
    word(params.get("embeddingPurpose"), "singleEmbeddingParams/embeddingPurpose", PURPOSES)?;
    let dimensions = size(
        &params["embeddingDimension"],
        "singleEmbeddingParams/embeddingDimension",
        3072,
        &[256, 384, 1024, 3072],
    )?;
    let given: Vec<&str> = kinds.into_iter().filter(|kind| params.get(kind).is_some()).collect();
    let [kind] = given.as_slice() else {
        return Err(malformed(
            "#/singleEmbeddingParams: exactly one of text, image, video and audio is required",
        ));
    };
    let content = &params[*kind];
    if *kind == "text" {
        judge_object("singleEmbeddingParams.text", content, &["truncationMode"], &["value", "source"])?;
        let mode = content.get("truncationMode");
        word(mode, "singleEmbeddingParams/text/truncationMode", &["START", "END", "NONE"])?;
        if content["value"].as_str().is_some_and(str::is_empty) {
            return Err(malformed("#/singleEmbeddingParams/text/value: expected minLength: 1, actual: 0"));
        }
    }
    let input = content["value"].as_str().map_or_else(|| content.to_string(), str::to_owned);
    let embedding = json!({
        "embeddingType": kind.to_uppercase(),
        "embedding": vector(model, &input, dimensions),
    });
    Ok((json!({"embeddings": [embedding]}), text::count(&input)))
}
