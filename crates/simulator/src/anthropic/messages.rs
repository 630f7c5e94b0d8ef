//! Judging `messages`: roles, their order, which answers follow which calls.

use serde_json::{Map, Value};

use super::blocks;
use super::family::Family;
use super::members::judge_object;
use super::request::{Host, invalid};
use crate::refusal::Refusal;

pub(super) fn judge(host: Host, body: &Map<String, Value>, family: Family) -> Result<(), Refusal> {
    let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if messages.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    for (index, message) in messages.iter().enumerate() {
        judge_message(host, index, message, index + 1 == messages.len(), family)?;
    }
    if messages[0]["role"] == "system" {
        return Err(invalid("messages.0", "the first message must use the `user` role."));
    }
    judge_calls(messages)?;
    judge_end(messages)
}

fn judge_message(
    host: Host,
    index: usize,
    message: &Value,
    last: bool,
    family: Family,
) -> Result<(), Refusal> {
    let place = format!("messages.{index}");
    judge_object(&place, message, &["role", "content"], &[])?;
    let role = message["role"].as_str().unwrap_or_default();
    if role == "system" && !family.hears_system_between() {
        return Err(invalid(
            "messages",
            "Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" \
             as an input message role.",
        ));
    }
    if !["user", "assistant", "system"].contains(&role) {
        return Err(Refusal::Range {
            member: format!("{place}.role"),
            expected: "'user' or 'assistant'".to_owned(),
        });
    }
    let empty = match &message["content"] {
        Value::String(text) => text.is_empty(),
        Value::Array(blocks) => blocks.is_empty(),
        other => {
            return Err(Refusal::Type {
                member: format!("{place}.content"),
                expected: "a string or an array",
                found: other.clone(),
            });
        }
    };
    if empty && !(last && role == "assistant") {
        return Err(invalid(
            "messages",
            "all messages must have non-empty content except for the optional final assistant message",
        ));
    }
    if message["content"].as_str().is_some_and(|text| !text.is_empty() && text.trim().is_empty()) {
        return Err(invalid("messages", "text content blocks must contain non-whitespace text"));
    }
    for (position, block) in message["content"].as_array().into_iter().flatten().enumerate() {
        blocks::judge(host, &format!("{place}.content.{position}"), role, block)?;
    }
    Ok(())
}

fn blocks_of<'a>(message: &'a Value, kind: &'a str) -> impl Iterator<Item = (usize, &'a Value)> {
    message["content"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .filter(move |(_, block)| block["type"] == kind)
}

/// Every call is answered at the beginning of the next message, and nothing else is.
fn judge_calls(messages: &[Value]) -> Result<(), Refusal> {
    let mut open: Vec<&str> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let mut answered: Vec<&str> = Vec::new();
        for (position, block) in blocks_of(message, "tool_result") {
            let id = block["tool_use_id"].as_str().unwrap_or_default();
            let place = format!("messages.{index}.content.{position}");
            if !open.contains(&id) {
                return Err(invalid(
                    &place,
                    format!(
                        "unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block \
                         must have a corresponding `tool_use` block in the previous message."
                    ),
                ));
            }
            if answered.contains(&id) {
                return Err(invalid(
                    &place,
                    format!(
                        "each tool_use must have a single result. Found multiple `tool_result` blocks with id: {id}"
                    ),
                ));
            }
            if position != answered.len() {
                return Err(unanswered(index.saturating_sub(1), &[id]));
            }
            answered.push(id);
        }
        let missing: Vec<&str> = open.iter().copied().filter(|id| !answered.contains(id)).collect();
        if !missing.is_empty() {
            return Err(unanswered(index.saturating_sub(1), &missing));
        }
        open.clear();
        for (_, block) in blocks_of(message, "tool_use") {
            let id = block["id"].as_str().unwrap_or_default();
            if seen.contains(&id) {
                return Err(invalid("messages", "`tool_use` ids must be unique"));
            }
            seen.push(id);
            open.push(id);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered(messages.len() - 1, &open)) }
}

fn unanswered(index: usize, ids: &[&str]) -> Refusal {
    invalid(
        &format!("messages.{index}"),
        format!(
            "`tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block \
             must have a corresponding `tool_result` block in the next message.",
            ids.join(", ")
        ),
    )
}

/// What the model shall go on from must not end in whitespace.
fn judge_end(messages: &[Value]) -> Result<(), Refusal> {
    let Some(last) = messages.last().filter(|message| message["role"] == "assistant") else {
        return Ok(());
    };
    let text = match &last["content"] {
        Value::Array(blocks) => blocks.last().and_then(|block| block["text"].as_str()),
        content => content.as_str(),
    };
    if text.is_some_and(|text| text.ends_with(char::is_whitespace)) {
        return Err(invalid("messages", "final assistant content cannot end with trailing whitespace"));
    }
    Ok(())
}
