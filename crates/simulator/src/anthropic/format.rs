//! Judging what the answer shall be like: `output_config`, and the older `output_format`.

use serde_json::{Map, Value};

use super::family::Family;
use super::members::{enabled, judge_object};
use super::request::invalid;
use crate::refusal::Refusal;

pub(super) fn judge(body: &Map<String, Value>, family: Family, betas: &[String]) -> Result<(), Refusal> {
    if let Some(format) = body.get("output_format").filter(|format| !format.is_null()) {
        judge_format("output_format", format, family)?;
    }
    let Some(config) = body.get("output_config") else {
        return Ok(());
    };
    let optional: &[&str] = if enabled(betas, &["task-budgets-"]) {
        &["effort", "format", "task_budget"]
    } else {
        &["effort", "format"]
    };
    judge_object("output_config", config, &[], optional)?;
    if let Some(format) = config.get("format").filter(|format| !format.is_null()) {
        judge_format("output_config.format", format, family)?;
    }
    judge_effort(&config["effort"], family)
}

fn judge_effort(effort: &Value, family: Family) -> Result<(), Refusal> {
    if effort.is_null() {
        return Ok(());
    }
    let levels = family.efforts();
    let level = effort.as_str().unwrap_or_default();
    if !["low", "medium", "high", "xhigh", "max"].contains(&level) {
        return Err(Refusal::Range {
            member: "output_config.effort".to_owned(),
            expected: "'low', 'medium', 'high', 'xhigh' or 'max'".to_owned(),
        });
    }
    if levels.is_empty() {
        return Err(invalid("", "This model does not support the effort parameter."));
    }
    if !levels.contains(&level) {
        let mut sorted = levels.to_vec();
        sorted.sort_unstable();
        let listed = sorted.join(", ");
        return Err(invalid(
            "",
            format!("This model does not support effort level '{level}'. Supported levels: {listed}."),
        ));
    }
    Ok(())
}

fn judge_format(place: &str, format: &Value, family: Family) -> Result<(), Refusal> {
    if format["type"] != "json_schema" {
        return Err(Refusal::Range { member: format!("{place}.type"), expected: "'json_schema'".to_owned() });
    }
    judge_object(place, format, &["type", "schema"], &[])?;
    if !family.formats() {
        return Err(invalid("", "This model does not support output formats."));
    }
    judge_closed(&format!("{place}.schema"), &format["schema"])
}

/// Every object of the schema must say that it has no further properties.
pub(super) fn judge_closed(place: &str, schema: &Value) -> Result<(), Refusal> {
    if !schema.is_object() {
        return Err(Refusal::Type { member: place.to_owned(), expected: "an object", found: schema.clone() });
    }
    if schema["type"] == "object" && schema["additionalProperties"] != Value::Bool(false) {
        return Err(invalid(
            place,
            "For 'object' type, 'additionalProperties' must be explicitly set to false",
        ));
    }
    let named = ["properties", "$defs", "definitions"].into_iter();
    let of_names = named.filter_map(|word| schema[word].as_object()).flat_map(Map::values);
    let listed = ["anyOf", "oneOf", "allOf"].into_iter();
    let of_lists = listed.filter_map(|word| schema[word].as_array()).flatten();
    let items = schema.get("items").filter(|items| items.is_object());
    of_names
        .chain(of_lists)
        .chain(items)
        .filter(|part| part.is_object())
        .try_for_each(|part| judge_closed(place, part))
}
