//! Judging `toolConfig`.

use serde_json::{Map, Value};

use crate::anthropic::{invalid, is_name, judge_object};
use crate::refusal::Refusal;

pub(super) fn judge(body: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(config) = body.get("toolConfig") else {
        return Ok(());
    };
    judge_object("toolConfig", config, &["tools"], &["toolChoice"])?;
    let Some(tools) = config["tools"].as_array().filter(|list| !list.is_empty()) else {
        return Err(Refusal::Range {
            member: "toolConfig.tools".to_owned(),
            expected: "a list of at least one tool".to_owned(),
        });
    };
    let mut names: Vec<&str> = Vec::new();
    for (index, tool) in tools.iter().enumerate() {
        let place = format!("toolConfig.tools.{index}");
        match only(&place, tool, &["toolSpec", "systemTool", "cachePoint"])? {
            "toolSpec" => {
                let name = judge_spec(&format!("{place}.toolSpec"), &tool["toolSpec"])?;
                if names.contains(&name) {
                    return Err(invalid("", format!("The tool {name} is already defined at {place}.")));
                }
                names.push(name);
            }
            "systemTool" => {
                judge_object(&format!("{place}.systemTool"), &tool["systemTool"], &["name"], &[])?;
            }
            _ => judge_cache_point(&format!("{place}.cachePoint"), &tool["cachePoint"])?,
        }
    }
    match config.get("toolChoice") {
        Some(choice) => judge_choice(choice, &names),
        None => Ok(()),
    }
}

/// The name of the one member that a union has.
pub(super) fn only<'a>(place: &str, value: &'a Value, names: &[&str]) -> Result<&'a str, Refusal> {
    let Some(fields) = value.as_object() else {
        return Err(Refusal::Type { member: place.to_owned(), expected: "an object", found: value.clone() });
    };
    if let Some((name, input)) = fields.iter().find(|(name, _)| !names.contains(&name.as_str())) {
        return Err(Refusal::Unknown { member: format!("{place}.{name}"), input: input.clone() });
    }
    let mut found = fields.keys();
    match (found.next(), found.next()) {
        (Some(name), None) => Ok(name),
        _ => Err(invalid(
            "",
            format!("Exactly one member must be set in {place}, one of the following: {}.", names.join(", ")),
        )),
    }
}

pub(super) fn judge_cache_point(place: &str, point: &Value) -> Result<(), Refusal> {
    judge_object(place, point, &["type"], &["ttl"])?;
    let ttl = point.get("ttl").is_none_or(|ttl| ttl == "5m" || ttl == "1h");
    if point["type"] == "default" && ttl {
        return Ok(());
    }
    Err(Refusal::Range { member: format!("{place}.type"), expected: "default".to_owned() })
}

/// Judges a name of a tool.
pub(super) fn judge_name(place: &str, name: &Value) -> Result<(), Refusal> {
    if name.as_str().is_some_and(|name| is_name(name, 64)) {
        return Ok(());
    }
    Err(invalid(
        "",
        format!(
            "1 validation error detected: Value {name} at '{place}' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z0-9_-]+ and have length less than or equal to 64"
        ),
    ))
}

fn judge_spec<'a>(place: &str, spec: &'a Value) -> Result<&'a str, Refusal> {
    judge_object(place, spec, &["name", "inputSchema"], &["description", "strict"])?;
    judge_name(&format!("{place}.name"), &spec["name"])?;
    if spec.get("description").is_some_and(|text| text.as_str().is_none_or(str::is_empty)) {
        return Err(Refusal::Range {
            member: format!("{place}.description"),
            expected: "a text of length greater than or equal to 1".to_owned(),
        });
    }
    let inside = format!("{place}.inputSchema");
    judge_object(&inside, &spec["inputSchema"], &["json"], &[])?;
    let schema = &spec["inputSchema"]["json"];
    if !schema.is_object() {
        return Err(not_an_object(&format!("{inside}.json")));
    }
    if schema["type"] != "object" {
        return Err(invalid(
            "",
            format!("The value at {inside}.json.type must be one of the following: object."),
        ));
    }
    Ok(spec["name"].as_str().unwrap_or_default())
}

pub(super) fn not_an_object(place: &str) -> Refusal {
    invalid(
        "",
        format!(
            "The format of the value at {place} is invalid. Provide a json object for the field and try again."
        ),
    )
}

fn judge_choice(choice: &Value, names: &[&str]) -> Result<(), Refusal> {
    let kind = only("toolConfig.toolChoice", choice, &["auto", "any", "tool"])?;
    let place = format!("toolConfig.toolChoice.{kind}");
    if kind != "tool" {
        return judge_object(&place, &choice[kind], &[], &[]);
    }
    judge_object(&place, &choice["tool"], &["name"], &[])?;
    let name = choice["tool"]["name"].as_str().unwrap_or_default();
    if names.contains(&name) {
        return Ok(());
    }
    Err(invalid("", format!("The tool {name} at {place}.name is not defined in toolConfig.tools.")))
}
