//! `GET /v1/models`, and the mirror of the generic server.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::text::CREATED;

/// Names that are always listed.
const NAMES: &[&str] = &["sim-chat", "sim-reasoning", "sim-embedding"];

pub(crate) fn answer(models: &[String]) -> Value {
    let names = models.iter().map(String::as_str).chain(NAMES.iter().copied());
    let data: Vec<Value> = names
        .map(|name| json!({"id": name, "object": "model", "created": CREATED, "owned_by": "simulator"}))
        .collect();
    json!({"object": "list", "data": data})
}

pub(crate) fn mirror(ask: &Ask) -> Value {
    json!({"object": "mirror", "body": ask.body})
}
