//! Embeddings: one, a batch, and Vertex's predictions.

use serde_json::{Map, Value, json};

use super::history;
use super::refusal::{Host, invalid};
use super::request::list;
use super::shapes;
use crate::embeddings::vector;
use crate::refusal::Refusal;
use crate::shape::{self, Names};
use crate::text;

/// How long a vector is where the request does not say.
const DIMENSIONS: u64 = 8;
const MAX_BATCH: usize = 100;

/// `embedContent`.
pub(super) fn one(host: Host, model: &str, fields: &Map<String, Value>) -> Result<Value, Refusal> {
    let table = if host == Host::Public { &shapes::EMBED } else { &shapes::VERTEX_EMBED };
    let request = Value::Object(shape::read(fields, table, "", Names::Either)?);
    judge(model, &request, false)?;
    let (values, tokens) = embed(model, &request)?;
    let mut answer = json!({"embedding": {"values": values}});
    if host == Host::Vertex {
        answer["usageMetadata"] = json!({
            "promptTokenCount": tokens, "totalTokenCount": tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}],
        });
        answer["truncated"] = false.into();
    }
    Ok(answer)
}

/// `batchEmbedContents`.
pub(super) fn batch(model: &str, fields: &Map<String, Value>) -> Result<Value, Refusal> {
    let body = Value::Object(shape::read(fields, &shapes::BATCH_EMBED, "", Names::Either)?);
    let requests = list(&body["requests"]);
    if requests.is_empty() {
        return Err(invalid("* BatchEmbedContentsRequest.requests: requests is not specified\n"));
    }
    if requests.len() > MAX_BATCH {
        return Err(invalid(
            "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n",
        ));
    }
    let mut embeddings = Vec::new();
    for request in requests {
        judge(model, request, true)?;
        embeddings.push(json!({"values": embed(model, request)?.0}));
    }
    Ok(json!({"embeddings": embeddings}))
}

fn judge(model: &str, request: &Value, named: bool) -> Result<(), Refusal> {
    let full = format!("models/{model}");
    match request["model"].as_str() {
        None if named => return Err(invalid("* EmbedContentRequest.model: unexpected model name format\n")),
        Some(given) if given != full => {
            return Err(invalid("* EmbedContentRequest.model: the model is not the one of the path\n"));
        }
        _ => {}
    }
    if request.get("title").is_some() && request["taskType"] != "RETRIEVAL_DOCUMENT" {
        return Err(invalid("A title is only applicable when the task type is RETRIEVAL_DOCUMENT."));
    }
    if !request["content"].is_object() {
        return Err(invalid("* EmbedContentRequest.content: contents is not specified\n"));
    }
    history::judge_content("content", &request["content"])
}

fn embed(model: &str, request: &Value) -> Result<(Vec<f32>, u64), Refusal> {
    let parts = history::parts(&request["content"]).iter().filter_map(|part| part["text"].as_str());
    let said = parts.collect::<Vec<_>>().join(" ");
    if said.is_empty() {
        return Err(invalid("* EmbedContentRequest.content: content is empty\n"));
    }
    let inner = &request["embedContentConfig"]["outputDimensionality"];
    let size = dimensions(if inner.is_null() { &request["outputDimensionality"] } else { inner })?;
    Ok((vector(model, &said, size), text::count(&said)))
}

fn dimensions(value: &Value) -> Result<u64, Refusal> {
    match value.as_u64() {
        Some(size @ 1..=3072) => Ok(size),
        None if value.is_null() => Ok(DIMENSIONS),
        _ => Err(invalid("output_dimensionality must be from 1 to 3072")),
    }
}

/// Vertex's `predict` of a model for embeddings.
pub(super) fn predict(model: &str, fields: &Map<String, Value>) -> Result<Value, Refusal> {
    let body = Value::Object(shape::read(fields, &shapes::PREDICT, "", Names::Exact)?);
    let instances = list(&body["instances"]);
    let most = if model.starts_with("gemini-embedding") { 1 } else { 250 };
    if instances.is_empty() || instances.len() > most {
        return Err(invalid(&format!(
            "{} instance(s) is allowed per prediction. Actual: {}",
            most,
            instances.len()
        )));
    }
    let size = dimensions(&body["parameters"]["outputDimensionality"])?;
    let mut predictions = Vec::new();
    let mut characters = 0;
    for instance in instances {
        let content = instance["content"].as_str().filter(|content| !content.is_empty());
        let content = content.ok_or_else(|| invalid("The text content is empty."))?;
        if instance.get("title").is_some() && instance["task_type"] != "RETRIEVAL_DOCUMENT" {
            return Err(invalid("A title is only applicable when the task type is RETRIEVAL_DOCUMENT."));
        }
        characters += content.chars().filter(|c| !c.is_whitespace()).count();
        predictions.push(json!({"embeddings": {
            "values": vector(model, content, size),
            "statistics": {"token_count": text::count(content), "truncated": false},
        }}));
    }
    Ok(json!({"predictions": predictions, "metadata": {"billableCharacterCount": characters}}))
}
