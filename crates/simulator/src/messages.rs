//! Judging and reading the messages and tools of a chat request.

use serde_json::Value;

use crate::ask::Ask;
use crate::refusal::Refusal;

/// Judges `messages` and `tools`.
pub(crate) fn judge(ask: &Ask) -> Result<(), Refusal> {
    let messages = ask.list("messages");
    if messages.is_empty() {
        return Err(Refusal::Range {
            member: "messages".to_owned(),
            expected: "at least one message".to_owned(),
        });
    }
    let mut calls: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        judge_message(ask, index, message, &calls)?;
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            calls.extend(call["id"].as_str());
        }
    }
    judge_tools(ask)
}

fn judge_message(ask: &Ask, index: usize, message: &Value, calls: &[&str]) -> Result<(), Refusal> {
    let place = |name: &str| format!("messages.{index}.{name}");
    let Some(fields) = message.as_object() else {
        return Err(Refusal::Type {
            member: format!("messages.{index}"),
            expected: "an object",
            found: message.clone(),
        });
    };
    let role = fields
        .get("role")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::Missing { member: place("role") })?;
    if !ask.provider.roles.contains(&role) {
        return Err(Refusal::Range { member: place("role"), expected: ask.provider.roles.join(", ") });
    }
    match fields.get("content") {
        None | Some(Value::Null) => {
            let called =
                fields.get("tool_calls").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
            let other = fields.contains_key("function_call") || fields.contains_key("refusal");
            if role != "assistant" || !(called || other) {
                return Err(Refusal::Missing { member: place("content") });
            }
        }
        Some(Value::String(_)) => {}
        Some(Value::Array(parts)) => judge_parts(ask, &place("content"), parts)?,
        Some(found) => {
            return Err(Refusal::Type {
                member: place("content"),
                expected: "a string or an array",
                found: found.clone(),
            });
        }
    }
    if role == "tool" {
        let id = fields
            .get("tool_call_id")
            .and_then(Value::as_str)
            .ok_or_else(|| Refusal::Missing { member: place("tool_call_id") })?;
        if !calls.contains(&id) {
            return Err(Refusal::Invalid {
                member: place("tool_call_id"),
                message:
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                        .to_owned(),
            });
        }
    }
    judge_calls(&place("tool_calls"), fields.get("tool_calls"))
}

fn judge_parts(ask: &Ask, place: &str, parts: &[Value]) -> Result<(), Refusal> {
    if parts.is_empty() {
        return Err(Refusal::Range { member: place.to_owned(), expected: "at least one part".to_owned() });
    }
    for part in parts {
        let kind =
            part["type"].as_str().ok_or_else(|| Refusal::Missing { member: format!("{place}.type") })?;
        if !ask.provider.parts.contains(&kind) {
            return Err(Refusal::Range {
                member: format!("{place}.type"),
                expected: ask.provider.parts.join(", "),
            });
        }
        let complete = match kind {
            "text" => part["text"].is_string(),
            "reasoning" => part["summary"].is_array(),
            "image_url" => part["image_url"]["url"].is_string() || part["image_url"].is_string(),
            "input_audio" => part["input_audio"].is_object() || part["input_audio"].is_string(),
            _ => part.get(kind).is_some(),
        };
        if !complete {
            return Err(Refusal::Missing { member: format!("{place}.{kind}") });
        }
    }
    Ok(())
}

fn judge_calls(place: &str, calls: Option<&Value>) -> Result<(), Refusal> {
    let Some(calls) = calls.filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let Some(calls) = calls.as_array() else {
        return Err(Refusal::Type { member: place.to_owned(), expected: "an array", found: calls.clone() });
    };
    if calls.is_empty() {
        return Err(Refusal::Range { member: place.to_owned(), expected: "at least one call".to_owned() });
    }
    for call in calls {
        if !call["id"].is_string() {
            return Err(Refusal::Missing { member: format!("{place}.id") });
        }
        if call["type"] == "custom" {
            continue;
        }
        let arguments = &call["function"]["arguments"];
        if !call["function"]["name"].is_string() || !arguments.is_string() {
            return Err(Refusal::Type {
                member: format!("{place}.function.arguments"),
                expected: "a string",
                found: arguments.clone(),
            });
        }
    }
    Ok(())
}

fn judge_tools(ask: &Ask) -> Result<(), Refusal> {
    if ask.member("tools").is_some() && ask.list("tools").is_empty() {
        return Err(Refusal::Range { member: "tools".to_owned(), expected: "at least one tool".to_owned() });
    }
    let mut names = Vec::new();
    for (index, tool) in ask.list("tools").iter().enumerate() {
        let place = |name: &str| format!("tools.{index}.{name}");
        match tool["type"].as_str() {
            Some("function") => {}
            Some(_) => continue,
            None => {
                return Err(Refusal::Missing { member: place("type") });
            }
        }
        let function = &tool["function"];
        let name =
            function["name"].as_str().ok_or_else(|| Refusal::Missing { member: place("function.name") })?;
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(legal) {
            return Err(Refusal::Range {
                member: place("function.name"),
                expected: "1 to 64 of a-z, A-Z, 0-9, _ and -".to_owned(),
            });
        }
        judge_schema(&place("function.parameters"), &function["parameters"])?;
        names.push(name);
    }
    judge_choice(ask, &names)
}

fn judge_choice(ask: &Ask, names: &[&str]) -> Result<(), Refusal> {
    match ask.member("tool_choice") {
        Some(Value::String(word)) if !["none", "auto", "required", "any"].contains(&word.as_str()) => {
            Err(Refusal::Range {
                member: "tool_choice".to_owned(),
                expected: "one of none, auto, required".to_owned(),
            })
        }
        Some(choice) if choice["type"] == "function" => {
            let chosen = choice["function"]["name"].as_str().unwrap_or_default();
            if names.contains(&chosen) {
                return Ok(());
            }
            Err(Refusal::Invalid {
                member: "tool_choice".to_owned(),
                message: format!("Tool choice '{chosen}' not found in 'tools' parameter."),
            })
        }
        _ => Ok(()),
    }
}

/// The forms that matter in a tool's schema: an empty list that became an empty object is found here.
fn judge_schema(place: &str, schema: &Value) -> Result<(), Refusal> {
    if schema.is_null() {
        return Ok(());
    }
    let wrong = |name: &str, expected: &'static str, found: &Value| {
        Err(Refusal::Type { member: format!("{place}.{name}"), expected, found: found.clone() })
    };
    if !schema.is_object() {
        return wrong("", "an object", schema);
    }
    for (name, expected, fits) in [
        ("properties", "an object", Value::is_object as fn(&Value) -> bool),
        ("required", "an array", Value::is_array),
        ("enum", "an array", Value::is_array),
    ] {
        match schema.get(name) {
            Some(value) if !fits(value) => return wrong(name, expected, value),
            _ => {}
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        judge_schema(&format!("{place}.properties.{name}"), property)?;
    }
    Ok(())
}

/// The text of a message: its string, or its text parts joined.
pub(crate) fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// The text of all messages.
pub(crate) fn all_text(ask: &Ask) -> String {
    ask.list("messages").iter().map(text_of).collect::<Vec<_>>().join("\n")
}

/// The last message of the user.
pub(crate) fn last_user_text(ask: &Ask) -> String {
    ask.list("messages")
        .iter()
        .rev()
        .find(|message| message["role"] == "user")
        .map(text_of)
        .unwrap_or_default()
}
