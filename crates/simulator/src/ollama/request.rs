//! Judging what tables cannot, and reading what the model is asked.

use serde_json::{Value, json};

use crate::fault::Faults;
use crate::refusal::Refusal;
use crate::script::{Choice, Cue, Tool};
use crate::{shape, text};

/// Where a message stands alone, it is the whole of the error.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::Invalid { member: String::new(), message: message.into() }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn judge(model: &str, body: &Value) -> Result<(), Refusal> {
    judge_format(&body["format"])?;
    judge_thinking(model, &body["think"])?;
    if let Some(count) = body["options"]["num_predict"].as_i64().filter(|count| *count < -2) {
        return Err(invalid(format!("option \"num_predict\" is {count}")));
    }
    let without_tools = model.starts_with("llama2") || model == "llama3" || model.starts_with("llama3:");
    if !list(&body["tools"]).is_empty() && without_tools {
        return Err(invalid(format!("registry.ollama.ai/library/{model} does not support tools")));
    }
    for tool in list(&body["tools"]) {
        if tool["type"] != "function" || tool["function"]["name"].as_str().is_none_or(str::is_empty) {
            return Err(invalid("invalid tool: it must have the type \"function\" and a name"));
        }
    }
    judge_messages(list(&body["messages"]))
}

fn judge_format(format: &Value) -> Result<(), Refusal> {
    match format.as_str() {
        Some("" | "json") | None => Ok(()),
        Some(other) => Err(invalid(format!(
            "invalid format: {other:?}; expected \"json\" or a valid JSON Schema object"
        ))),
    }
}

fn judge_thinking(model: &str, think: &Value) -> Result<(), Refusal> {
    match think {
        Value::String(level) if !["high", "medium", "low", "max"].contains(&level.as_str()) => {
            Err(invalid(format!(
                "invalid think value: {level:?} (must be \"high\", \"medium\", \"low\", \"max\", true, or false)"
            )))
        }
        Value::Bool(false) | Value::Null => Ok(()),
        _ if model.starts_with("llama") => Err(invalid(format!("{model:?} does not support thinking"))),
        _ => Ok(()),
    }
}

fn judge_messages(messages: &[Value]) -> Result<(), Refusal> {
    let mut called: Vec<&str> = Vec::new();
    for message in messages {
        let role = message["role"].as_str().unwrap_or_default();
        if !["system", "user", "assistant", "tool"].contains(&role) {
            return Err(invalid(format!(
                "invalid role: {role:?}, must be one of system, user, assistant or tool"
            )));
        }
        let calls = list(&message["tool_calls"]);
        if !message["content"].is_string() && calls.is_empty() && list(&message["images"]).is_empty() {
            return Err(invalid("a message needs content, images or tool_calls"));
        }
        if !calls.is_empty() && role != "assistant" {
            return Err(invalid("only the assistant calls tools"));
        }
        for call in calls {
            let function = &call["function"];
            let name = function["name"].as_str().filter(|name| !name.is_empty());
            called.push(name.ok_or_else(|| invalid("a tool call needs a name"))?);
            if !function["arguments"].is_object() {
                return Err(invalid("a tool call needs arguments"));
            }
        }
        let answers = message["tool_name"].as_str();
        if answers.is_some_and(|name| role != "tool" || !called.contains(&name)) {
            return Err(invalid("tool_name names no tool that was called"));
        }
        if role == "tool" && called.is_empty() {
            return Err(invalid("a tool answers that was not called"));
        }
    }
    Ok(())
}

/// Words that the model thinks.
fn thoughts(think: &Value) -> u64 {
    match think {
        Value::Bool(true) => 8,
        Value::String(level) => match level.as_str() {
            "low" => 4,
            "medium" => 8,
            "high" => 16,
            _ => 32,
        },
        _ => 0,
    }
}

fn images(owner: &Value) -> impl Iterator<Item = String> {
    list(&owner["images"]).iter().filter_map(Value::as_str).map(|image| {
        let bytes = shape::decoded(image).unwrap_or_default();
        let kind = if bytes.starts_with(b"\xff\xd8") {
            "image/jpeg"
        } else if bytes.starts_with(b"GIF8") {
            "image/gif"
        } else {
            "image/png"
        };
        format!("{kind} of {} bytes", bytes.len())
    })
}

/// The schema that the answer shall fit.
fn format(body: &Value) -> Option<Value> {
    match &body["format"] {
        Value::Object(_) => Some(body["format"].clone()),
        Value::String(word) if word == "json" => {
            Some(json!({"type": "object", "properties": {"answer": {"type": "string"}}}))
        }
        _ => None,
    }
}

pub(super) fn cue<'a>(body: &Value, faults: &'a Faults) -> Cue<'a> {
    let messages = list(&body["messages"]);
    let said = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
    let last = messages.last().filter(|message| message["role"] == "tool");
    let user = messages.iter().rev().find(|message| message["role"] == "user");
    let prompt = body["prompt"].as_str().map(str::to_owned);
    let options = &body["options"];
    let tools = list(&body["tools"]).iter().map(|tool| Tool {
        name: tool["function"]["name"].as_str().unwrap_or_default().to_owned(),
        schema: tool["function"]["parameters"].clone(),
    });
    Cue {
        faults,
        wanted: prompt.or_else(|| user.map(said)).unwrap_or_default(),
        told: last.map(said),
        tools: tools.collect(),
        choice: Choice::Auto,
        alone: false,
        format: format(body),
        stops: list(&options["stop"]).iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        limit: options["num_predict"].as_u64(),
        thoughts: thoughts(&body["think"]),
        images: messages.iter().chain([body]).flat_map(images).collect(),
        call_id: ("call_", 13),
        searches: false,
        turn: messages.len(),
    }
}

/// Words of a request.
pub(super) fn words(body: &Value) -> u64 {
    let messages: u64 = list(&body["messages"])
        .iter()
        .map(|message| text::count(message["content"].as_str().unwrap_or_default()))
        .sum();
    let others = ["prompt", "system"].map(|name| body[name].as_str().map_or(0, text::count));
    messages + others.iter().sum::<u64>()
}
