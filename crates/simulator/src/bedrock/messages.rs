//! Judging `messages` and `system`: roles, their order, which answers follow which calls.

use serde_json::{Map, Value};

use super::tools::{judge_cache_point, only};
use super::{is_claude, parts};
use crate::anthropic::{invalid, judge_object};
use crate::refusal::Refusal;

pub(super) fn judge_system(body: &Map<String, Value>) -> Result<(), Refusal> {
    for (index, block) in body.get("system").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let place = format!("system.{index}");
        match only(&place, block, &["text", "guardContent", "cachePoint"])? {
            "text" if block["text"].as_str().is_none_or(str::is_empty) => {
                return Err(Refusal::Range {
                    member: format!("{place}.text"),
                    expected: "a text of length greater than or equal to 1".to_owned(),
                });
            }
            "cachePoint" => judge_cache_point(&format!("{place}.cachePoint"), &block["cachePoint"])?,
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn judge(model: &str, body: &Map<String, Value>) -> Result<(), Refusal> {
    let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if messages.is_empty() {
        return Err(Refusal::Missing { member: "messages".to_owned() });
    }
    for (index, message) in messages.iter().enumerate() {
        judge_message(index, message)?;
    }
    if messages[0]["role"] != "user" {
        return Err(invalid(
            "",
            "A conversation must start with a user message. Try again with a conversation that starts with a user \
             message.",
        ));
    }
    if messages.windows(2).any(|pair| pair[0]["role"] == pair[1]["role"]) {
        return Err(invalid(
            "",
            "A conversation must alternate between user and assistant roles. Make sure the conversation alternates \
             between user and assistant roles and try again.",
        ));
    }
    judge_calls(messages)?;
    let speaks_of_tools = messages.iter().any(|message| {
        ids(message, "toolUse").next().is_some() || ids(message, "toolResult").next().is_some()
    });
    if speaks_of_tools && !body.contains_key("toolConfig") {
        return Err(invalid(
            "",
            "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
        ));
    }
    judge_cache_points(body)?;
    if is_claude(model) { judge_end(messages) } else { Ok(()) }
}

fn judge_message(index: usize, message: &Value) -> Result<(), Refusal> {
    let place = format!("messages.{index}");
    judge_object(&place, message, &["role", "content"], &[])?;
    let role = message["role"].as_str().unwrap_or_default();
    if role != "user" && role != "assistant" {
        return Err(Refusal::Range {
            member: format!("{place}.role"),
            expected: "one of user, assistant".to_owned(),
        });
    }
    let Some(blocks) = message["content"].as_array() else {
        return Err(Refusal::Type {
            member: format!("{place}.content"),
            expected: "an array",
            found: message["content"].clone(),
        });
    };
    if blocks.is_empty() {
        return Err(invalid(
            "",
            format!(
                "The content field in the Message object at {place} is empty. Add a ContentBlock object to the \
                 content field and try again."
            ),
        ));
    }
    for (position, block) in blocks.iter().enumerate() {
        parts::judge(&format!("{place}.content.{position}"), role, block)?;
    }
    let has = |kind: &str| blocks.iter().any(|block| block.get(kind).is_some());
    if has("document") && !has("text") && !has("toolResult") {
        return Err(invalid(
            "",
            format!(
                "The message at {place} has a document and no text block. Add a text block and try again."
            ),
        ));
    }
    Ok(())
}

/// The identifiers of a message's calls, or of its answers to calls; without tools that the model runs itself.
fn ids<'a>(message: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a str> {
    let own = kind == "toolUse" || message["role"] == "user";
    let blocks = message["content"].as_array().into_iter().flatten().filter(move |_| own);
    blocks.filter_map(move |block| {
        let call = block.get(kind).filter(|call| call.get("type").is_none_or(|kind| kind == "tool_use"))?;
        call["toolUseId"].as_str()
    })
}

fn judge_calls(messages: &[Value]) -> Result<(), Refusal> {
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let answered: Vec<&str> = ids(message, "toolResult").collect();
        let missing: Vec<&str> = open.iter().copied().filter(|id| !answered.contains(id)).collect();
        let place = format!("messages.{index}.content");
        if !missing.is_empty() {
            let listed = missing.join(", ");
            return Err(invalid(
                "",
                format!("Expected toolResult blocks at {place} for the following Ids: {listed}"),
            ));
        }
        if answered.len() > open.len() || answered.iter().any(|id| !open.contains(id)) {
            return Err(invalid(
                "",
                format!(
                    "The number of toolResult blocks at {place} exceeds the number of toolUse blocks of previous turn."
                ),
            ));
        }
        open = ids(message, "toolUse").collect();
        let twice = open.iter().enumerate().find(|(position, id)| open[..*position].contains(id));
        if let Some((_, id)) = twice {
            return Err(invalid("", format!("The toolUse blocks at {place} contain duplicate Ids: {id}")));
        }
    }
    if open.is_empty() {
        return Ok(());
    }
    let place = format!("messages.{}.content", messages.len());
    let listed = open.join(", ");
    Err(invalid("", format!("Expected toolResult blocks at {place} for the following Ids: {listed}")))
}

fn judge_cache_points(body: &Map<String, Value>) -> Result<(), Refusal> {
    let points = |value: Option<&Value>| {
        let list = value.and_then(Value::as_array).into_iter().flatten();
        list.filter(|item| item.get("cachePoint").is_some()).count()
    };
    let of_messages: usize = body
        .get("messages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|message| points(message.get("content")))
        .sum();
    let of_tools = points(body.get("toolConfig").and_then(|config| config.get("tools")));
    let found = of_messages + of_tools + points(body.get("system"));
    if found > 4 {
        let message = format!("A maximum of 4 blocks with cache_control may be provided. Found {found}.");
        return Err(invalid("", message));
    }
    Ok(())
}

fn judge_end(messages: &[Value]) -> Result<(), Refusal> {
    let last = messages.last().filter(|message| message["role"] == "assistant");
    let block = last.and_then(|message| message["content"].as_array()?.last());
    if block.and_then(|block| block["text"].as_str()).is_some_and(|text| text.ends_with(char::is_whitespace))
    {
        return Err(invalid("", "messages: final assistant content cannot end with trailing whitespace"));
    }
    Ok(())
}
