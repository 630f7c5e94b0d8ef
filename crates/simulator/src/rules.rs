//! Judging a request: its members by the provider's lists, then the provider's conditions.

use serde_json::Value;

use crate::ask::Ask;
use crate::messages;
use crate::provider::{Operation, Rules};
use crate::refusal::Refusal;

/// Judges a whole request.
pub(crate) fn judge(ask: &Ask) -> Result<(), Refusal> {
    let Some(rules) = ask.provider.rules(ask.operation) else {
        return Ok(());
    };
    for (name, value) in &ask.body {
        judge_member(rules, name, value)?;
    }
    let named_by_path = ask.deployment.is_some();
    if !named_by_path && ask.model.is_empty() {
        return Err(Refusal::Missing { member: "model".to_owned() });
    }
    let needed = match ask.operation {
        Operation::Chat => "messages",
        Operation::Completions => "prompt",
        Operation::Embeddings => "input",
        Operation::Models | Operation::Mirror => return Ok(()),
    };
    if ask.member(needed).is_none() {
        return Err(Refusal::Missing { member: needed.to_owned() });
    }
    if ask.operation == Operation::Chat {
        messages::judge(ask)?;
    }
    judge_stop(ask)?;
    for condition in rules.conditions {
        condition(ask)?;
    }
    if ask.model.starts_with("missing")
        || ask.deployment.as_deref().is_some_and(|name| name.starts_with("missing"))
    {
        return Err(Refusal::Model(ask.model.clone()));
    }
    Ok(())
}

fn judge_member(rules: &Rules, name: &str, value: &Value) -> Result<(), Refusal> {
    let known = rules.members.iter().flat_map(|list| list.iter()).find(|member| member.name == name);
    let refused = rules.refused.contains(&name);
    match known {
        Some(member) if !refused => member.check(value),
        None if rules.open && !refused => Ok(()),
        _ => Err(Refusal::Unknown { member: name.to_owned(), input: value.clone() }),
    }
}

fn judge_stop(ask: &Ask) -> Result<(), Refusal> {
    let stops = ask.list("stop");
    if stops.len() > 4 {
        return Err(Refusal::Range { member: "stop".to_owned(), expected: "at most 4 sequences".to_owned() });
    }
    match stops.iter().find(|stop| !stop.is_string()) {
        Some(stop) => Err(Refusal::Type {
            member: "stop".to_owned(),
            expected: "an array of strings",
            found: stop.clone(),
        }),
        None => Ok(()),
    }
}

fn invalid(member: &str, message: &str) -> Refusal {
    Refusal::Invalid { member: member.to_owned(), message: message.to_owned() }
}

/// Whether OpenAI counts the model among those that reason.
fn reasons(model: &str) -> bool {
    ["o1", "o3", "o4", "gpt-5"].iter().any(|family| model.starts_with(family))
}

/// Reasoning models take `max_completion_tokens` only.
pub(crate) fn reasoning_token_limit(ask: &Ask) -> Result<(), Refusal> {
    if reasons(&ask.model) && ask.body.contains_key("max_tokens") {
        return Err(Refusal::Unsupported {
            member: "max_tokens".to_owned(),
            instead: Some("max_completion_tokens"),
        });
    }
    Ok(())
}

/// Reasoning models take the default temperature only.
pub(crate) fn reasoning_temperature(ask: &Ask) -> Result<(), Refusal> {
    let temperature = ask.member("temperature").and_then(Value::as_f64);
    if reasons(&ask.model) && temperature.is_some_and(|value| (value - 1.0).abs() > f64::EPSILON) {
        return Err(Refusal::Unsupported { member: "temperature".to_owned(), instead: None });
    }
    Ok(())
}

/// `stream_options` goes with `stream` only.
pub(crate) fn stream_options(ask: &Ask) -> Result<(), Refusal> {
    if ask.member("stream_options").is_some() && !ask.streams() {
        return Err(invalid(
            "stream_options",
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        ));
    }
    Ok(())
}

/// Older versions of Azure's API do not know `stream_options`.
pub(crate) fn azure_stream_options(ask: &Ask) -> Result<(), Refusal> {
    let old = ask.api_version.as_deref().is_some_and(|version| {
        version.starts_with(|first: char| first.is_ascii_digit()) && version < "2024-09-01-preview"
    });
    match ask.body.get("stream_options") {
        Some(input) if old => {
            Err(Refusal::Unknown { member: "stream_options".to_owned(), input: input.clone() })
        }
        _ => Ok(()),
    }
}

/// Members about tools need tools.
pub(crate) fn tools_for_tool_members(ask: &Ask) -> Result<(), Refusal> {
    if !ask.list("tools").is_empty() {
        return Ok(());
    }
    for member in ["tool_choice", "parallel_tool_calls"] {
        if ask.member(member).is_some() {
            return Err(invalid(member, &format!("'{member}' is only allowed when 'tools' are specified.")));
        }
    }
    Ok(())
}

/// JSON mode needs the word in the messages.
pub(crate) fn json_word(ask: &Ask) -> Result<(), Refusal> {
    let object =
        ask.member("response_format").and_then(|format| format["type"].as_str()) == Some("json_object");
    if object && !messages::all_text(ask).to_lowercase().contains("json") {
        return Err(invalid(
            "messages",
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
        ));
    }
    Ok(())
}

/// A strict schema must close every object and require every property.
pub(crate) fn strict_schema(ask: &Ask) -> Result<(), Refusal> {
    let Some(format) = ask.member("response_format") else {
        return Ok(());
    };
    if format["type"] != "json_schema" {
        return Ok(());
    }
    let named = format["json_schema"]["name"].as_str().is_some_and(|name| !name.is_empty());
    if !named {
        return Err(Refusal::Missing { member: "response_format.json_schema.name".to_owned() });
    }
    let strict = format["json_schema"]["strict"].as_bool().unwrap_or(false);
    if strict && !closed(&format["json_schema"]["schema"]) {
        return Err(invalid(
            "response_format",
            "Invalid schema for response_format: 'additionalProperties' is required to be supplied and to be false, \
             and 'required' to include every key in properties.",
        ));
    }
    Ok(())
}

fn closed(schema: &Value) -> bool {
    if let Some(properties) = schema["properties"].as_object() {
        let empty = Vec::new();
        let required = schema["required"].as_array().unwrap_or(&empty);
        let all_required = properties.keys().all(|key| required.iter().any(|name| name == key));
        if schema["additionalProperties"] != Value::Bool(false) || !all_required {
            return false;
        }
        if !properties.values().all(closed) {
            return false;
        }
    }
    schema.get("items").is_none_or(closed)
}

/// JSON schemas are not served.
pub(crate) fn no_json_schema(ask: &Ask) -> Result<(), Refusal> {
    match ask.member("response_format") {
        Some(format) if format["type"] == "json_schema" => {
            Err(invalid("response_format", "This response_format type is unavailable now"))
        }
        _ => Ok(()),
    }
}

/// Open models that can think do so in streams only.
pub(crate) fn thinking_streams(ask: &Ask) -> Result<(), Refusal> {
    let model = ask.text("model").unwrap_or_default();
    let open =
        model.strip_prefix("qwen3-").is_some_and(|size| size.starts_with(|c: char| c.is_ascii_digit()));
    if open && ask.flag("enable_thinking") && !ask.streams() {
        return Err(invalid(
            "enable_thinking",
            "parameter.enable_thinking must be set to false for non-streaming calls",
        ));
    }
    Ok(())
}

/// Messages have the members of Mistral's schema and no others.
pub(crate) fn known_message_members(ask: &Ask) -> Result<(), Refusal> {
    for (index, message) in ask.list("messages").iter().enumerate() {
        let known: &[&str] = match message["role"].as_str() {
            Some("assistant") => &["role", "content", "tool_calls", "prefix"],
            Some("tool") => &["role", "content", "tool_call_id", "name"],
            _ => &["role", "content"],
        };
        let members = message.as_object().into_iter().flatten();
        if let Some((name, input)) = members.into_iter().find(|(name, _)| !known.contains(&name.as_str())) {
            let member = format!("messages.{index}.{name}");
            return Err(Refusal::Unknown { member, input: input.clone() });
        }
    }
    Ok(())
}

/// Ids of calls are nine letters and digits.
pub(crate) fn short_call_ids(ask: &Ask) -> Result<(), Refusal> {
    for message in ask.list("messages") {
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        let ids = calls.map(|call| &call["id"]).chain(message.get("tool_call_id")).filter_map(Value::as_str);
        let short = |id: &&str| id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if let Some(id) = ids.into_iter().find(|id| !short(id)) {
            let message = format!("Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9.");
            return Err(invalid("messages", &message));
        }
    }
    Ok(())
}

/// A tool cannot be forced without naming it.
pub(crate) fn no_required_tool(ask: &Ask) -> Result<(), Refusal> {
    if ask.text("tool_choice") == Some("required") {
        return Err(invalid(
            "tool_choice",
            "The tool_choice parameter does not support being set to required.",
        ));
    }
    Ok(())
}

/// Vectors are given as numbers only.
pub(crate) fn float_only(ask: &Ask) -> Result<(), Refusal> {
    if ask.text("encoding_format") == Some("base64") {
        return Err(Refusal::Range { member: "encoding_format".to_owned(), expected: "float".to_owned() });
    }
    Ok(())
}

/// A budget for thinking is 1024 tokens at least, and fewer than the answer may have.
pub(crate) fn thinking_budget(ask: &Ask) -> Result<(), Refusal> {
    let Some(budget) = ask.member("thinking").and_then(|thinking| thinking.get("budget_tokens")) else {
        return Ok(());
    };
    let Some(budget) = budget.as_u64().filter(|budget| *budget >= 1024) else {
        return Err(invalid(
            "thinking",
            "thinking.budget_tokens: Input should be greater than or equal to 1024",
        ));
    };
    let limit = ask.member("max_tokens").and_then(Value::as_u64);
    if limit.is_some_and(|limit| limit <= budget) {
        return Err(invalid("thinking", "`max_tokens` must be greater than `thinking.budget_tokens`."));
    }
    Ok(())
}

/// Grok's reasoning models refuse penalties and stop sequences; grok-4 refuses an effort.
pub(crate) fn grok_reasoning(ask: &Ask) -> Result<(), Refusal> {
    let model = ask.model.as_str();
    let reasons = model.starts_with("grok-4")
        || model.starts_with("grok-3-mini")
        || (model.ends_with("-reasoning") && !model.ends_with("-non-reasoning"));
    if !reasons {
        return Ok(());
    }
    for member in ["presence_penalty", "frequency_penalty", "stop"] {
        if ask.member(member).is_some() {
            return Err(invalid(member, &format!("Model {model} does not support parameter {member}.")));
        }
    }
    let without_effort = model == "grok-4" || model.starts_with("grok-4-");
    if without_effort && ask.member("reasoning_effort").is_some() {
        return Err(invalid(
            "reasoning_effort",
            &format!("Model {model} does not support parameter reasoningEffort."),
        ));
    }
    Ok(())
}
