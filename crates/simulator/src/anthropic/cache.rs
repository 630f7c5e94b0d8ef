//! Cache breakpoints: their form, their number, and how much of a request stands before the last one.

use serde_json::{Map, Value};

use super::members::judge_object;
use super::request::invalid;
use crate::refusal::Refusal;

const MOST: usize = 4;

/// Judges every `cache_control` of a request.
pub(super) fn judge(body: &Map<String, Value>) -> Result<(), Refusal> {
    let mut found = 0;
    for (name, value) in body {
        if name == "cache_control" {
            found += judge_one(name, value)?;
        }
    }
    for name in ["tools", "system", "messages"] {
        for (index, item) in body.get(name).and_then(Value::as_array).into_iter().flatten().enumerate() {
            found += judge_item(&format!("{name}.{index}"), item)?;
        }
    }
    if found > MOST {
        let message =
            format!("A maximum of {MOST} blocks with cache_control may be provided. Found {found}.");
        return Err(invalid("", message));
    }
    Ok(())
}

fn judge_item(place: &str, item: &Value) -> Result<usize, Refusal> {
    let mut found = 0;
    if let Some(control) = item.get("cache_control") {
        found += judge_one(&format!("{place}.cache_control"), control)?;
    }
    for (index, part) in item["content"].as_array().into_iter().flatten().enumerate() {
        found += judge_item(&format!("{place}.content.{index}"), part)?;
    }
    Ok(found)
}

fn judge_one(place: &str, control: &Value) -> Result<usize, Refusal> {
    if control.is_null() {
        return Ok(0);
    }
    judge_object(place, control, &["type"], &["ttl"])?;
    if control["type"] != "ephemeral" {
        return Err(Refusal::Range { member: format!("{place}.type"), expected: "'ephemeral'".to_owned() });
    }
    match &control["ttl"] {
        Value::Null => Ok(1),
        Value::String(ttl) if ttl == "5m" || ttl == "1h" => Ok(1),
        _ => Err(Refusal::Range { member: format!("{place}.ttl"), expected: "'5m' or '1h'".to_owned() }),
    }
}
