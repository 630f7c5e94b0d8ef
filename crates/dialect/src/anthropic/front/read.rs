//! A request in Messages, read.
//!
//! From <https://docs.anthropic.com/en/api/messages>. What has no place in the model and is Anthropic's own goes
//! along as an extra, for hosts of Claude; others report it as lost.

use std::borrow::Cow;

use document::{Document, Kind, Value};
use model::{
    CacheLife, CacheMark, ChatRequest, Effort, Json, LossKind, Losses, Message, Number, ReasoningWish,
    ResponseFormat, SystemMessage, TextPart,
};

use crate::RequestError;

mod blocks;
mod messages;
mod tools;

/// Members that only hosts of Claude know.
const EXTRAS: [&str; 10] = [
    "anthropic_beta",
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "inference_geo",
    "mcp_servers",
    "speed",
    "user_profile_id",
    "workspace_id",
];

/// Members that are read.
const KNOWN: [&str; 16] = [
    "model",
    "stream",
    "messages",
    "system",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "metadata",
    "service_tier",
    "thinking",
    "output_config",
    "output_format",
    "tools",
    "tool_choice",
];

/// What Claude Code puts before its instructions for the accounts of Anthropic; it differs in every request.
const BILLING: &str = "x-anthropic-billing-header";

/// The request, what the reading lost, and whether the client wants to see thinking.
pub(super) fn request(document: &Document) -> Result<(ChatRequest, Losses, bool), RequestError> {
    let mut losses = Losses::default();
    let mut request = ChatRequest::default();
    if let Some(system) = given(document, "system") {
        let parts = system_parts(system, &mut losses)?;
        if !parts.is_empty() {
            request.messages.push(Message::System(SystemMessage { parts }));
        }
    }
    messages::read(document, &mut request.messages, &mut losses)?;
    read_settings(document, &mut request, &mut losses)?;
    tools::read(document, &mut request, &mut losses)?;
    let shown = read_thinking(document, &mut request, &mut losses)?;
    read_output(document, &mut request, &mut losses)?;
    for member in document.members().filter(|member| !member.value.is_null()) {
        let name = member.name.decoded();
        if EXTRAS.contains(&&*name) {
            request.extras.add(name, json(document, member.value));
        } else if !KNOWN.contains(&&*name) {
            losses.add(name.into_owned(), LossKind::Dropped);
        }
    }
    Ok((request, losses, shown))
}

fn read_settings(
    document: &Document,
    request: &mut ChatRequest,
    losses: &mut Losses,
) -> Result<(), RequestError> {
    if let Some(value) = given(document, "max_tokens") {
        request.max_tokens = Some(value.as_u64().ok_or_else(|| wrong("max_tokens", "a whole number"))?);
    }
    request.sampling.temperature = number(document, "temperature")?;
    request.sampling.top_p = number(document, "top_p")?;
    request.sampling.top_k = number(document, "top_k")?;
    if let Some(list) = given(document, "stop_sequences") {
        let refused = || wrong("stop_sequences", "an array of strings");
        if list.kind() != Kind::Array {
            return Err(refused());
        }
        for item in list.items() {
            request.sampling.stop.push(item.as_str().ok_or_else(refused)?.into_owned());
        }
    }
    if let Some(metadata) = given(document, "metadata") {
        if metadata.kind() != Kind::Object {
            return Err(wrong("metadata", "an object"));
        }
        for member in metadata.members().filter(|member| !member.value.is_null()) {
            if member.name.is("user_id") {
                request.user = Some(text(member.value, "metadata.user_id")?.into());
            } else {
                losses.add(format!("metadata.{}", member.name.decoded()), LossKind::Dropped);
            }
        }
    }
    if let Some(tier) = given(document, "service_tier") {
        let tier = text(tier, "service_tier")?;
        request.service_tier = Some(if tier == "standard_only" { "default".into() } else { tier.into() });
    }
    let stream = given(document, "stream").map(|value| value.as_bool().ok_or(wrong("stream", "a boolean")));
    // Clients of this format are always told what was used.
    request.include_usage = stream.transpose()?.unwrap_or(false);
    Ok(())
}

/// Whether thinking is to be shown. Where it is off or not spoken of, nothing is asked of the model.
fn read_thinking(
    document: &Document,
    request: &mut ChatRequest,
    losses: &mut Losses,
) -> Result<bool, RequestError> {
    let Some(thinking) = given(document, "thinking") else {
        return Ok(false);
    };
    let kind = member_text(thinking, "type", || "thinking.type".into())?;
    request.reasoning = match &*kind {
        "enabled" => {
            let budget = thinking.value("budget_tokens").and_then(Value::as_u64);
            let refused = || wrong("thinking.budget_tokens", "a whole number");
            Some(ReasoningWish::Budget(budget.ok_or_else(refused)?))
        }
        "adaptive" => Some(ReasoningWish::Adaptive(effort(document)?)),
        "disabled" => None,
        _ => {
            losses.add("thinking", LossKind::Dropped);
            None
        }
    };
    let display = thinking.value("display").and_then(Value::as_str);
    Ok(request.reasoning.is_some() && display.as_deref() != Some("omitted"))
}

fn effort(document: &Document) -> Result<Option<Effort>, RequestError> {
    let effort = given(document, "output_config").and_then(|config| config.value("effort"));
    let Some(effort) = effort.filter(|effort| !effort.is_null()) else { return Ok(None) };
    let named = effort.as_str().and_then(|name| Effort::from_name(&name));
    named.map(Some).ok_or_else(|| wrong("output_config.effort", "low, medium, high, xhigh or max"))
}

/// The form of the answer: where it stands now, and where it stood before.
fn read_output(
    document: &Document,
    request: &mut ChatRequest,
    losses: &mut Losses,
) -> Result<(), RequestError> {
    let config = given(document, "output_config");
    if config.is_some_and(|config| config.kind() != Kind::Object) {
        return Err(wrong("output_config", "an object"));
    }
    for member in config.into_iter().flat_map(Value::members).filter(|member| !member.value.is_null()) {
        if member.name.is("format") {
            read_format(document, member.value, "output_config.format", request)?;
        } else if !member.name.is("effort") {
            losses.add(format!("output_config.{}", member.name.decoded()), LossKind::Dropped);
        } else if !matches!(request.reasoning, Some(ReasoningWish::Adaptive(_))) {
            // Effort without thinking is about how much is said, which nobody else knows.
            effort(document)?;
            losses.add("output_config.effort", LossKind::Dropped);
        }
    }
    match given(document, "output_format") {
        Some(format) if request.response_format == ResponseFormat::Text => {
            read_format(document, format, "output_format", request)
        }
        _ => Ok(()),
    }
}

fn read_format(
    document: &Document,
    format: Value<'_>,
    member: &'static str,
    request: &mut ChatRequest,
) -> Result<(), RequestError> {
    let kind = format.value("type").and_then(Value::as_str);
    let schema = format.value("schema").filter(|schema| schema.kind() == Kind::Object);
    let (Some("json_schema"), Some(schema)) = (kind.as_deref(), schema) else {
        return Err(wrong(member, "an object of type json_schema with a schema"));
    };
    request.response_format = ResponseFormat::JsonSchema {
        name: "structured_output".into(),
        description: None,
        schema: json(document, schema),
        strict: None,
    };
    Ok(())
}

fn system_parts(system: Value<'_>, losses: &mut Losses) -> Result<Vec<TextPart>, RequestError> {
    if let Some(text) = system.as_str() {
        return Ok(vec![TextPart::new(text)]);
    }
    if system.kind() != Kind::Array {
        return Err(wrong("system", "a string or an array of text blocks"));
    }
    let mut parts = Vec::new();
    for (index, block) in system.items().enumerate() {
        let kind = member_text(block, "type", || format!("system[{index}].type").into())?;
        if kind != "text" {
            return Err(wrong(format!("system[{index}].type"), "text"));
        }
        let text = member_text(block, "text", || format!("system[{index}].text").into())?;
        if !text.starts_with(BILLING) {
            let cache = cache(block, losses);
            parts.push(TextPart { cache, ..TextPart::new(text) });
        }
    }
    Ok(parts)
}

/// The mark of a block or a tool.
fn cache(block: Value<'_>, losses: &mut Losses) -> Option<CacheMark> {
    let control = block.value("cache_control").filter(|control| control.kind() == Kind::Object)?;
    if control.value("scope").is_some_and(|scope| !scope.is_null()) {
        losses.add("cache_control.scope", LossKind::Dropped);
    }
    let life = match control.value("ttl").and_then(Value::as_str).as_deref() {
        Some("5m") => Some(CacheLife::FiveMinutes),
        Some("1h") => Some(CacheLife::OneHour),
        _ => None,
    };
    Some(CacheMark { life })
}

/// A top-level member that is not null.
fn given<'d>(document: &'d Document, name: &str) -> Option<Value<'d>> {
    document.value(name).filter(|value| !value.is_null())
}

fn number(document: &Document, name: &'static str) -> Result<Option<Number>, RequestError> {
    let Some(value) = given(document, name) else { return Ok(None) };
    let raw = std::str::from_utf8(value.raw()).ok().filter(|_| value.kind() == Kind::Number);
    raw.map(|raw| Some(Number::from_checked(raw))).ok_or_else(|| wrong(name, "a number"))
}

fn text<'d>(value: Value<'d>, member: &'static str) -> Result<Cow<'d, str>, RequestError> {
    value.as_str().ok_or_else(|| wrong(member, "a string"))
}

/// The text of a member of an object that must have it; `path` is told where it does not.
fn member_text<'d>(
    object: Value<'d>,
    name: &str,
    path: impl FnOnce() -> Cow<'static, str>,
) -> Result<Cow<'d, str>, RequestError> {
    let text = object.value(name).and_then(Value::as_str);
    text.ok_or_else(|| RequestError::WrongType { member: path(), expected: "a string" })
}

fn json(document: &Document, value: Value<'_>) -> Json {
    Json::from_checked(document.share(&value))
}

fn wrong(member: impl Into<Cow<'static, str>>, expected: &'static str) -> RequestError {
    RequestError::WrongType { member: member.into(), expected }
}
