//! Judging `tools` and `tool_choice`.

use serde_json::{Map, Value};

use super::members::{is_name, judge_object};
use super::request::{Host, invalid};
use super::{format, members};
use crate::refusal::Refusal;

/// Members of a tool of the caller's own.
const CUSTOM: &[&str] = &[
    "type",
    "description",
    "cache_control",
    "strict",
    "defer_loading",
    "allowed_callers",
    "input_examples",
    "eager_input_streaming",
];

/// How the types of tools begin that Anthropic knows.
const KINDS: &[&str] = &[
    "advisor_",
    "bash_",
    "text_editor_",
    "computer_",
    "browser_",
    "memory_",
    "web_search_",
    "web_fetch_",
    "code_execution_",
    "tool_search_tool_",
    "mcp_toolset",
];

/// Those that Bedrock takes.
const KINDS_OF_BEDROCK: &[&str] =
    &["bash_20250124", "text_editor_20250124", "text_editor_20250429", "text_editor_20250728"];

/// Whether a tool is run by Anthropic itself.
pub(super) fn searches(tool: &Value) -> bool {
    tool["type"].as_str().is_some_and(|kind| kind.starts_with("web_search_"))
}

pub(super) fn judge(host: Host, body: &Map<String, Value>) -> Result<(), Refusal> {
    let tools = body.get("tools").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut names: Vec<&str> = Vec::new();
    for (index, tool) in tools.iter().enumerate() {
        judge_tool(host, index, tool)?;
        if let Some(name) = tool["name"].as_str() {
            if names.contains(&name) {
                return Err(invalid("tools", "Tool names must be unique."));
            }
            names.push(name);
        }
    }
    judge_choice(body, &names)
}

fn judge_tool(host: Host, index: usize, tool: &Value) -> Result<(), Refusal> {
    let kind = match &tool["type"] {
        Value::Null => "custom",
        Value::String(kind) => kind,
        other => {
            return Err(Refusal::Type {
                member: format!("tools.{index}.type"),
                expected: "a string",
                found: other.clone(),
            });
        }
    };
    if kind != "custom" {
        let known = match host {
            Host::Bedrock => KINDS_OF_BEDROCK.contains(&kind),
            _ => KINDS.iter().any(|start| kind.starts_with(start)),
        };
        if known {
            return Ok(());
        }
        let tags: Vec<String> = KINDS_OF_BEDROCK.iter().map(|tag| format!("'{tag}'")).collect();
        return Err(invalid(
            &format!("tools.{index}"),
            format!(
                "Input tag '{kind}' found using 'type' does not match any of the expected tags: 'custom', {}",
                tags.join(", ")
            ),
        ));
    }
    let place = format!("tools.{index}.custom");
    judge_object(&place, tool, &["name", "input_schema"], CUSTOM)?;
    if !tool["name"].as_str().is_some_and(|name| is_name(name, 128)) {
        return Err(invalid(
            &format!("{place}.name"),
            "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        ));
    }
    if let Some(description) = tool.get("description").filter(|value| !value.is_string()) {
        return Err(Refusal::Type {
            member: format!("{place}.description"),
            expected: "a string",
            found: description.clone(),
        });
    }
    judge_schema(&format!("{place}.input_schema"), &tool["input_schema"])?;
    if tool["strict"] == Value::Bool(true) {
        format::judge_closed(&place, &tool["input_schema"])?;
    }
    Ok(())
}

fn judge_schema(place: &str, schema: &Value) -> Result<(), Refusal> {
    let wrong = |name: &str, expected: &'static str, found: &Value| {
        Err(Refusal::Type { member: format!("{place}{name}"), expected, found: found.clone() })
    };
    if !schema.is_object() {
        return wrong("", "an object", schema);
    }
    match schema["type"].as_str() {
        Some("object") => {}
        Some(_) => {
            return Err(Refusal::Range { member: format!("{place}.type"), expected: "'object'".to_owned() });
        }
        None => return Err(Refusal::Missing { member: format!("{place}.type") }),
    }
    if schema.get("properties").is_some_and(|value| !value.is_object()) {
        return wrong(".properties", "an object", &schema["properties"]);
    }
    if schema.get("required").is_some_and(|value| !value.is_array()) {
        return wrong(".required", "an array", &schema["required"]);
    }
    Ok(())
}

fn judge_choice(body: &Map<String, Value>, names: &[&str]) -> Result<(), Refusal> {
    let Some(choice) = body.get("tool_choice") else {
        return Ok(());
    };
    let (needed, optional): (&[&str], &[&str]) = match choice["type"].as_str() {
        Some("auto" | "any") => (&["type"], &["disable_parallel_tool_use"]),
        Some("tool") => (&["type", "name"], &["disable_parallel_tool_use"]),
        Some("none") => (&["type"], &[]),
        Some(other) => {
            return Err(invalid(
                "tool_choice",
                format!(
                    "Input tag '{other}' found using 'type' does not match any of the expected tags: 'any', \
                     'auto', 'none', 'tool'"
                ),
            ));
        }
        None => return Err(Refusal::Missing { member: "tool_choice.type".to_owned() }),
    };
    members::judge_object("tool_choice", choice, needed, optional)?;
    if names.is_empty() && choice["type"] != "none" {
        return Err(invalid("tool_choice", "may only be specified while providing tools."));
    }
    match choice["name"].as_str() {
        Some(name) if !names.contains(&name) => {
            Err(invalid("", format!("Tool '{name}' not found in provided tools")))
        }
        _ => Ok(()),
    }
}
