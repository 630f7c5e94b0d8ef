//! Judging `thinking`, and what it forbids.

use serde_json::{Map, Value};

use super::family::Family;
use super::members::judge_object;
use super::request::invalid;
use crate::refusal::Refusal;

const LEAST_BUDGET: u64 = 1024;

pub(super) fn judge(body: &Map<String, Value>, family: Family) -> Result<(), Refusal> {
    let Some(thinking) = body.get("thinking") else {
        return Ok(());
    };
    judge_display(thinking)?;
    match thinking["type"].as_str() {
        Some("enabled") => {
            judge_object("thinking.enabled", thinking, &["type", "budget_tokens"], &["display"])?;
            if !family.thinks() {
                return Err(invalid("thinking", "Extended thinking is not supported by this model."));
            }
            if family.refuses_manual_thinking() {
                return Err(invalid(
                    "",
                    "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" \
                     and \"output_config.effort\" to control thinking behavior.",
                ));
            }
            judge_budget(body, &thinking["budget_tokens"])?;
            judge_sampling(body)?;
            judge_choice(body)?;
            judge_history(body)
        }
        Some("adaptive") => {
            judge_object("thinking.adaptive", thinking, &["type"], &["display"])?;
            if family.thinks_adaptively() {
                // A choice that forces a tool goes with this kind.
                return judge_sampling(body);
            }
            Err(invalid("", "adaptive thinking is not supported on this model"))
        }
        Some("disabled") => judge_object("thinking.disabled", thinking, &["type"], &[]),
        Some("between_tools") => judge_object("thinking.between_tools", thinking, &["type"], &[]),
        Some(other) => Err(invalid(
            "thinking",
            format!(
                "Input tag '{other}' found using 'type' does not match any of the expected tags: \
                 'adaptive', 'between_tools', 'disabled', 'enabled'"
            ),
        )),
        None => Err(Refusal::Missing { member: "thinking.type".to_owned() }),
    }
}

fn judge_display(thinking: &Value) -> Result<(), Refusal> {
    match &thinking["display"] {
        Value::Null => Ok(()),
        Value::String(word) if word == "summarized" || word == "omitted" => Ok(()),
        _ => Err(Refusal::Range {
            member: "thinking.display".to_owned(),
            expected: "'summarized' or 'omitted'".to_owned(),
        }),
    }
}

fn judge_budget(body: &Map<String, Value>, budget: &Value) -> Result<(), Refusal> {
    let place = "thinking.enabled.budget_tokens";
    let Some(tokens) = budget.as_u64() else {
        return Err(Refusal::Type {
            member: place.to_owned(),
            expected: "an integer",
            found: budget.clone(),
        });
    };
    if tokens < LEAST_BUDGET {
        return Err(Refusal::Range {
            member: place.to_owned(),
            expected: format!("greater than or equal to {LEAST_BUDGET}"),
        });
    }
    let most = body.get("max_tokens").and_then(Value::as_u64).unwrap_or(u64::MAX);
    if tokens >= most {
        return Err(invalid("", "`max_tokens` must be greater than `thinking.budget_tokens`."));
    }
    Ok(())
}

/// Members that do not go with thinking.
fn judge_sampling(body: &Map<String, Value>) -> Result<(), Refusal> {
    let temperature = body.get("temperature").and_then(Value::as_f64);
    if temperature.is_some_and(|value| (value - 1.0).abs() > f64::EPSILON) {
        return Err(invalid("", "`temperature` may only be set to 1 when thinking is enabled."));
    }
    if body.contains_key("top_k") {
        return Err(invalid("", "`top_k` must be unset when thinking is enabled."));
    }
    if body.get("top_p").and_then(Value::as_f64).is_some_and(|value| value < 0.95) {
        return Err(invalid(
            "",
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.",
        ));
    }
    Ok(())
}

fn judge_choice(body: &Map<String, Value>) -> Result<(), Refusal> {
    let forced = body.get("tool_choice").and_then(|choice| choice["type"].as_str());
    if matches!(forced, Some("any" | "tool")) {
        return Err(invalid("", "Thinking may not be enabled when tool_choice forces tool use."));
    }
    Ok(())
}

/// A turn that goes on, after calls or from words put into its mouth, must begin with its thoughts.
fn judge_history(body: &Map<String, Value>) -> Result<(), Refusal> {
    let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let answers_tools = messages.last().is_some_and(|message| {
        message["content"].as_array().into_iter().flatten().any(|block| block["type"] == "tool_result")
    });
    let back = match messages.last() {
        Some(last) if last["role"] == "assistant" => 1,
        Some(_) if answers_tools => 2,
        _ => return Ok(()),
    };
    let Some(index) = messages.len().checked_sub(back) else {
        return Ok(());
    };
    let first = messages[index]["content"][0]["type"].as_str().unwrap_or("text");
    if first == "thinking" || first == "redacted_thinking" {
        return Ok(());
    }
    Err(invalid(
        &format!("messages.{index}.content.0.type"),
        format!(
            "Expected `thinking` or `redacted_thinking`, but found `{first}`. When `thinking` is enabled, a final \
             `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and \
             `tool_result` blocks)."
        ),
    ))
}
