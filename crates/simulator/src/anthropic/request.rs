//! Judging a whole request for a message, wherever it is hosted.

use serde_json::{Map, Value};

use super::family::Family;
use super::{cache, format, members, messages, thinking, tools};
use crate::refusal::Refusal;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// Anthropic itself.
    Direct,
    /// Anthropic itself, for a number only.
    Counting,
    /// Bedrock: the model is in the path, the version in the body.
    Bedrock,
    /// Vertex: the same, with a version of its own.
    Vertex,
    /// Vertex, for a number only: the model is in the body.
    VertexCounting,
}

/// A request that was judged to be right.
pub(crate) struct Order {
    pub(crate) host: Host,
    pub(crate) model: String,
}

/// Judges the body. `model` is that of the body, or of the path.
pub(crate) fn judge(
    host: Host,
    body: &Map<String, Value>,
    model: &str,
    betas: &[String],
) -> Result<Order, Refusal> {
    members::judge(host, body, betas)?;
    if model.is_empty() {
        return Err(invalid("model", "String should have at least 1 character"));
    }
    let family = Family::of(model);
    judge_stops(body)?;
    judge_system(body)?;
    judge_metadata(body)?;
    tools::judge(host, body)?;
    messages::judge(host, body, family)?;
    cache::judge(body)?;
    judge_options(body, model, betas)?;
    judge_limit(body, family, model)?;
    if model.starts_with("missing") {
        return Err(Refusal::Model(model.to_owned()));
    }
    Ok(Order { host, model: model.to_owned() })
}

/// Judges what a model takes beside messages and tools: sampling, thinking, format.
pub(crate) fn judge_options(body: &Map<String, Value>, model: &str, betas: &[String]) -> Result<(), Refusal> {
    let family = Family::of(model);
    judge_sampling(body, family)?;
    thinking::judge(body, family)?;
    format::judge(body, family, betas)
}

pub(crate) fn invalid(member: &str, message: impl Into<String>) -> Refusal {
    Refusal::Invalid { member: member.to_owned(), message: message.into() }
}

/// Whether this could be the name of a beta: words that end in a date, `2025-02-19` or `20250219`.
pub(crate) fn is_beta(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let words = match parts.as_slice() {
        [words @ .., date] if digits(date, 8) => words,
        [words @ .., year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2) => words,
        _ => return false,
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !words.is_empty() && words.iter().all(|word| !word.is_empty() && word.chars().all(plain))
}

fn judge_stops(body: &Map<String, Value>) -> Result<(), Refusal> {
    for (index, stop) in
        body.get("stop_sequences").and_then(Value::as_array).into_iter().flatten().enumerate()
    {
        match stop.as_str() {
            None => {
                return Err(Refusal::Type {
                    member: format!("stop_sequences.{index}"),
                    expected: "a string",
                    found: stop.clone(),
                });
            }
            Some(text) if text.trim().is_empty() => {
                return Err(invalid("stop_sequences", "each stop sequence must contain non-whitespace"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn judge_system(body: &Map<String, Value>) -> Result<(), Refusal> {
    for (index, block) in body.get("system").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let place = format!("system.{index}");
        if block["type"] != "text" {
            return Err(Refusal::Range { member: format!("{place}.type"), expected: "'text'".to_owned() });
        }
        members::judge_object(&place, block, &["type", "text"], &["cache_control", "citations"])?;
        match block["text"].as_str() {
            Some("") => return Err(invalid("system", "text content blocks must be non-empty")),
            Some(_) => {}
            None => {
                return Err(Refusal::Type {
                    member: format!("{place}.text"),
                    expected: "a string",
                    found: block["text"].clone(),
                });
            }
        }
    }
    Ok(())
}

fn judge_metadata(body: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(metadata) = body.get("metadata") else {
        return Ok(());
    };
    members::judge_object("metadata", metadata, &[], &["user_id"])?;
    match metadata["user_id"].as_str() {
        Some(id) if id.chars().count() > 256 => {
            Err(invalid("metadata.user_id", "String should have at most 256 characters"))
        }
        _ => Ok(()),
    }
}

fn judge_sampling(body: &Map<String, Value>, family: Family) -> Result<(), Refusal> {
    if family.refuses_sampling() {
        for name in ["temperature", "top_p", "top_k"] {
            if body.contains_key(name) {
                return Err(invalid("", format!("`{name}` is deprecated for this model.")));
            }
        }
    }
    if family.refuses_temperature_with_top_p()
        && body.contains_key("temperature")
        && body.contains_key("top_p")
    {
        return Err(invalid(
            "",
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        ));
    }
    Ok(())
}

fn judge_limit(body: &Map<String, Value>, family: Family, model: &str) -> Result<(), Refusal> {
    let asked = body.get("max_tokens").and_then(Value::as_u64).unwrap_or(0);
    let most = family.most_tokens();
    if asked > most {
        return Err(invalid(
            "max_tokens",
            format!("{asked} > {most}, which is the maximum allowed number of output tokens for {model}"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn betas_end_in_a_date() {
        assert!(is_beta("interleaved-thinking-2025-05-14") && is_beta("context-1m-2025-08-07"));
        for wrong in ["", "x", "2025-05-14", "interleaved-thinking", "Thinking-2025-05-14", "a-25-05-14"] {
            assert!(!is_beta(wrong), "{wrong}");
        }
    }
}
