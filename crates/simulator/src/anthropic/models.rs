//! `GET /v1/models` and one model of it.

use serde_json::{Value, json};

use crate::refusal::Refusal;

/// Names that are always listed.
const NAMES: &[&str] = &["claude-opus-4-8", "claude-sonnet-4-5", "claude-haiku-4-5", "sim-chat"];

/// `rest`: what follows `/v1/models` in the path.
pub(super) fn answer(models: &[String], rest: &str) -> Result<Value, Refusal> {
    let names: Vec<&str> = models.iter().map(String::as_str).chain(NAMES.iter().copied()).collect();
    if let Some(wanted) = rest.strip_prefix('/') {
        return match names.iter().find(|name| **name == wanted) {
            Some(name) => Ok(told(name)),
            None => Err(Refusal::Model(wanted.to_owned())),
        };
    }
    let data: Vec<Value> = names.iter().map(|name| told(name)).collect();
    Ok(json!({
        "data": data, "has_more": false, "first_id": names.first(), "last_id": names.last(),
    }))
}

fn told(name: &str) -> Value {
    json!({
        "type": "model", "id": name, "display_name": name, "created_at": "2023-11-14T22:13:20Z",
        "lifecycle": "active",
    })
}
