//! Judging what tables cannot, and reading what the model is asked, in the second version of chat.

use serde_json::{Value, json};

use crate::fault::Faults;
use crate::refusal::Refusal;
use crate::script::{Choice, Cue, Tool};
use crate::text;

/// Where a message stands alone, it is the whole of the error.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::Invalid { member: String::new(), message: message.into() }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    list(value).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Bounds that all of Cohere's requests share: name, lowest, highest.
const BOUNDS: &[(&str, f64, f64)] = &[
    ("temperature", 0.0, 5.0),
    ("p", 0.01, 0.99),
    ("k", 0.0, 500.0),
    ("max_tokens", 1.0, f64::MAX),
    ("frequency_penalty", 0.0, 1.0),
    ("presence_penalty", 0.0, 1.0),
    ("seed", 0.0, f64::MAX),
    ("num_generations", 1.0, 5.0),
];

/// Judges numbers and stop sequences.
pub(super) fn judge_bounds(body: &Value) -> Result<(), Refusal> {
    for (name, low, high) in BOUNDS {
        match body[*name].as_f64() {
            Some(value) if value < *low || value > *high => {
                let to = if *high < f64::MAX { format!(" and {high} inclusive") } else { String::new() };
                return Err(invalid(format!("invalid request: {name} must be between {low}{to}.")));
            }
            _ => {}
        }
    }
    let stops = texts(&body["stop_sequences"]);
    if stops.len() > 5 {
        return Err(invalid("invalid request: at most 5 stop sequences are allowed."));
    }
    if stops.iter().any(String::is_empty) {
        return Err(invalid("invalid request: stop sequences must not be empty."));
    }
    Ok(())
}

pub(super) fn judge(body: &Value) -> Result<(), Refusal> {
    judge_bounds(body)?;
    let messages = list(&body["messages"]);
    if !messages.iter().any(|message| message["role"] == "user" || message["role"] == "tool") {
        return Err(invalid("invalid request: a user message or tool results must be specified."));
    }
    judge_messages(messages)?;
    let tools = list(&body["tools"]);
    for tool in tools {
        if tool["type"] != "function" || tool["function"]["name"].as_str().is_none_or(str::is_empty) {
            return Err(invalid("invalid request: a tool needs the type 'function' and a name."));
        }
        if !tool["function"]["parameters"].is_object() {
            return Err(invalid("invalid request: the function of a tool needs parameters."));
        }
    }
    let missing =
        |name: &str| Err(invalid(format!("invalid request: {name} requires tools to be specified.")));
    if tools.is_empty() && body.get("tool_choice").is_some() {
        return missing("tool_choice");
    }
    if tools.is_empty() && body["strict_tools"] == true {
        return missing("strict_tools");
    }
    let structured = body["response_format"]["type"] == "json_object";
    if structured && !(tools.is_empty() && list(&body["documents"]).is_empty()) {
        return Err(invalid("invalid request: response_format is not supported with tools or documents."));
    }
    if body["response_format"].is_object() && !body["response_format"]["type"].is_string() {
        return Err(Refusal::Missing { member: "response_format.type".to_owned() });
    }
    if body["thinking"]["token_budget"].as_i64().is_some_and(|budget| budget < 1) {
        return Err(invalid("invalid request: thinking.token_budget must be positive."));
    }
    Ok(())
}

fn judge_messages(messages: &[Value]) -> Result<(), Refusal> {
    // What was called and has no answer yet.
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if role != "tool" && !open.is_empty() {
            return Err(invalid(format!(
                "invalid request: no tool results for the tool calls {}.",
                open.join(", ")
            )));
        }
        let calls = list(&message["tool_calls"]);
        match role {
            "user" | "system" => {}
            "assistant" => {
                for call in calls {
                    judge_call(call)?;
                    open.extend(call["id"].as_str());
                }
            }
            "tool" => {
                let id = message["tool_call_id"].as_str().unwrap_or_default();
                let place = open.iter().position(|known| *known == id);
                let place = place.ok_or_else(|| {
                    invalid(format!("invalid request: tool call id {id} not found in previous tool calls."))
                })?;
                open.remove(place);
            }
            other => {
                return Err(invalid(format!(
                    "invalid request: messages[{index}] has the role '{other}': it must be one of user, assistant, \
                     system or tool."
                )));
            }
        }
        let speaks = message.get("content").is_some();
        if !speaks && !(role == "assistant" && (!calls.is_empty() || message["tool_plan"].is_string())) {
            return Err(Refusal::Missing { member: format!("messages[{index}].content") });
        }
        if role != "assistant" && (!calls.is_empty() || message.get("tool_plan").is_some()) {
            return Err(invalid("invalid request: only the assistant calls tools."));
        }
        judge_parts(role, list(&message["content"]))?;
    }
    if open.is_empty() {
        return Ok(());
    }
    Err(invalid(format!("invalid request: no tool results for the tool calls {}.", open.join(", "))))
}

fn judge_call(call: &Value) -> Result<(), Refusal> {
    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
    let named = call["function"]["name"].is_string() && call["id"].is_string() && call["type"] == "function";
    let object = serde_json::from_str::<Value>(arguments).is_ok_and(|value| value.is_object());
    if named && object {
        return Ok(());
    }
    Err(invalid(
        "invalid request: a tool call needs an id, the type 'function', a name and arguments as JSON.",
    ))
}

fn judge_parts(role: &str, parts: &[Value]) -> Result<(), Refusal> {
    for part in parts {
        let fits = match (role, part["type"].as_str().unwrap_or_default()) {
            (_, "text") => part["text"].is_string(),
            ("user", "image_url") => part["image_url"]["url"].is_string(),
            ("assistant", "thinking") => part["thinking"].is_string(),
            ("tool", "document") => !part["document"]["data"].is_null(),
            _ => false,
        };
        if !fits {
            return Err(invalid(format!(
                "invalid request: the {role} message has a content that is not supported."
            )));
        }
    }
    Ok(())
}

/// The text of a message: its string, or its parts joined.
pub(super) fn text_of(message: &Value) -> String {
    let part = |part: &Value| match &part["document"]["data"] {
        Value::Null => part["text"].as_str().map(str::to_owned),
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => {
            let only = fields.values().next().filter(|_| fields.len() == 1).and_then(Value::as_str);
            Some(only.map_or_else(|| part["document"]["data"].to_string(), str::to_owned))
        }
        other => Some(other.to_string()),
    };
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(part).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

/// Words that the model thinks.
fn thoughts(body: &Value) -> u64 {
    match (body["thinking"]["type"] == "enabled", body["thinking"]["token_budget"].as_u64()) {
        (false, _) => 0,
        (true, None) => 8,
        (true, Some(budget)) => match budget {
            0..=512 => 2,
            513..=4096 => 4,
            4097..=12_288 => 8,
            _ => 16,
        },
    }
}

fn images(messages: &[Value]) -> Vec<String> {
    let parts = messages.iter().flat_map(|message| list(&message["content"]));
    parts.filter_map(|part| Some(text::picture(part["image_url"]["url"].as_str()?))).collect()
}

/// The schema that an answer shall fit; `member` is what it is called.
pub(super) fn format(body: &Value, member: &str) -> Option<Value> {
    let asked = &body["response_format"];
    let any = || json!({"type": "object", "properties": {"answer": {"type": "string"}}});
    (asked["type"] == "json_object").then(|| asked.get(member).cloned().unwrap_or_else(any))
}

pub(super) fn cue<'a>(body: &Value, faults: &'a Faults) -> Cue<'a> {
    let messages = list(&body["messages"]);
    let user = messages.iter().rev().find(|message| message["role"] == "user");
    let tools = list(&body["tools"]).iter().map(|tool| Tool {
        name: tool["function"]["name"].as_str().unwrap_or_default().to_owned(),
        schema: tool["function"]["parameters"].clone(),
    });
    Cue {
        faults,
        wanted: user.map(text_of).unwrap_or_default(),
        told: messages.last().filter(|message| message["role"] == "tool").map(text_of),
        tools: tools.collect(),
        choice: match body["tool_choice"].as_str() {
            Some("REQUIRED") => Choice::Any,
            Some("NONE") => Choice::None,
            _ => Choice::Auto,
        },
        alone: false,
        format: format(body, "json_schema"),
        stops: texts(&body["stop_sequences"]),
        limit: body["max_tokens"].as_u64(),
        thoughts: thoughts(body),
        images: images(messages),
        call_id: ("", 12),
        searches: false,
        turn: messages.len(),
    }
}

pub(super) fn words(body: &Value) -> u64 {
    list(&body["messages"]).iter().map(|message| text::count(&text_of(message))).sum()
}
