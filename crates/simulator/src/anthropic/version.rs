//! The versions of the API, and what the newest has taken away.
//!
//! Made from <https://platform.claude.com/docs/en/api/versioning>.

use serde_json::{Map, Value};

use super::request::invalid;
use crate::refusal::Refusal;

/// Every version that there ever was.
pub(super) const ALL: &[&str] = &["2023-01-01", "2023-06-01", "2026-10-21"];

/// Refuses what a version no longer takes.
pub(super) fn judge(version: Option<&str>, body: &Map<String, Value>) -> Result<(), Refusal> {
    if version != Some("2026-10-21") {
        return Ok(());
    }
    // Also with the value that would change nothing.
    if let Some(name) = ["temperature", "top_p", "top_k"].into_iter().find(|name| body.contains_key(*name)) {
        return Err(invalid(name, "is not supported in API version 2026-10-21"));
    }
    let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (index, message) in messages.iter().enumerate() {
        for (position, block) in message["content"].as_array().into_iter().flatten().enumerate() {
            judge_block(&format!("messages.{index}.content.{position}"), &message["role"], block)?;
        }
    }
    Ok(())
}

fn judge_block(place: &str, role: &Value, block: &Value) -> Result<(), Refusal> {
    if role == "assistant" && block["type"] == "document" {
        return Err(invalid(place, "`document` blocks are not allowed in `assistant` messages"));
    }
    let inner = block["content"].as_array().filter(|_| block["type"] == "search_result");
    let cites = |block: &Value| {
        block["type"] == "text" && block["citations"].as_array().is_some_and(|list| !list.is_empty())
    };
    if role == "user" && (cites(block) || inner.is_some_and(|inner| inner.iter().any(cites))) {
        return Err(invalid(place, "`citations` are not allowed on `text` blocks in `user` messages"));
    }
    Ok(())
}
