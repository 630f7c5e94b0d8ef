//! Judging the blocks of messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::members::{is_name, judge_object};
use super::request::{Host, invalid};
use super::seal;
use crate::refusal::Refusal;

/// One kind of block: who may say it, and its members beside `type`.
struct Kind {
    name: &'static str,
    roles: &'static [&'static str],
    needed: &'static [&'static str],
    optional: &'static [&'static str],
}

const BOTH: &[&str] = &["user", "assistant"];
const USER: &[&str] = &["user"];
const ASSISTANT: &[&str] = &["assistant"];

const KINDS: &[Kind] = &[
    Kind {
        name: "text",
        roles: &["user", "assistant", "system"],
        needed: &["type", "text"],
        optional: &["cache_control", "citations"],
    },
    Kind {
        name: "image",
        roles: USER,
        needed: &["type", "source"],
        optional: &["cache_control", "transformations"],
    },
    Kind {
        name: "document",
        roles: USER,
        needed: &["type", "source"],
        optional: &["cache_control", "citations", "context", "title"],
    },
    Kind {
        name: "search_result",
        roles: USER,
        needed: &["type", "source", "title", "content"],
        optional: &["cache_control", "citations"],
    },
    Kind { name: "thinking", roles: ASSISTANT, needed: &["type", "thinking", "signature"], optional: &[] },
    Kind { name: "redacted_thinking", roles: ASSISTANT, needed: &["type", "data"], optional: &[] },
    Kind {
        name: "tool_use",
        roles: ASSISTANT,
        needed: &["type", "id", "name", "input"],
        optional: &["cache_control", "caller", "toolset_name"],
    },
    Kind {
        name: "tool_result",
        roles: USER,
        needed: &["type", "tool_use_id"],
        optional: &["cache_control", "content", "is_error", "toolset_name"],
    },
    Kind {
        name: "server_tool_use",
        roles: ASSISTANT,
        needed: &["type", "id", "name", "input"],
        optional: &["cache_control", "caller"],
    },
    Kind {
        name: "web_search_tool_result",
        roles: BOTH,
        needed: &["type", "tool_use_id", "content"],
        optional: &["cache_control", "caller"],
    },
    Kind {
        name: "container_upload",
        roles: BOTH,
        needed: &["type", "file_id"],
        optional: &["cache_control"],
    },
];

/// Results of tools that Anthropic runs, whose members are not judged.
const OPEN: &[&str] = &[
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "compaction",
    "tool_addition",
    "tool_removal",
];

/// Judges one block of a message of this role.
pub(super) fn judge(host: Host, place: &str, role: &str, block: &Value) -> Result<(), Refusal> {
    let kind = match block["type"].as_str() {
        Some(kind) => kind,
        None if block.is_object() => return Err(Refusal::Missing { member: format!("{place}.type") }),
        None => {
            return Err(Refusal::Type {
                member: place.to_owned(),
                expected: "an object",
                found: block.clone(),
            });
        }
    };
    if OPEN.contains(&kind) && host != Host::Bedrock {
        return Ok(());
    }
    let Some(known) = KINDS.iter().find(|known| known.name == kind) else {
        let names: Vec<String> = KINDS.iter().map(|known| format!("'{}'", known.name)).collect();
        return Err(invalid(
            place,
            format!(
                "Input tag '{kind}' found using 'type' does not match any of the expected tags: {}",
                names.join(", ")
            ),
        ));
    };
    if !known.roles.contains(&role) {
        let may = known.roles.join("` or `");
        return Err(invalid(place, format!("`{kind}` blocks can only be in `{may}` messages")));
    }
    let inside = format!("{place}.{kind}");
    judge_object(&inside, block, known.needed, known.optional)?;
    match kind {
        "text" => judge_text(&inside, block),
        "image" => judge_image(host, &inside, &block["source"]),
        "document" => judge_document(host, &inside, &block["source"]),
        "thinking" => judge_thinking(place, block),
        "redacted_thinking" => match block["data"].as_str() {
            Some(data) if seal::knows_redacted(data) => Ok(()),
            _ => Err(invalid(place, "Invalid `data` in `redacted_thinking` block")),
        },
        "tool_use" | "server_tool_use" => judge_call(&inside, block),
        "tool_result" => judge_result(host, &inside, block),
        _ => Ok(()),
    }
}

fn text(place: &str, name: &str, value: &Value) -> Result<String, Refusal> {
    value.as_str().map(str::to_owned).ok_or_else(|| Refusal::Type {
        member: format!("{place}.{name}"),
        expected: "a string",
        found: value.clone(),
    })
}

fn judge_text(place: &str, block: &Value) -> Result<(), Refusal> {
    let said = text(place, "text", &block["text"])?;
    if said.is_empty() {
        return Err(invalid("messages", "text content blocks must be non-empty"));
    }
    if said.trim().is_empty() {
        return Err(invalid("messages", "text content blocks must contain non-whitespace text"));
    }
    Ok(())
}

fn judge_image(host: Host, place: &str, source: &Value) -> Result<(), Refusal> {
    let place = format!("{place}.source");
    match source["type"].as_str() {
        Some("base64") => {
            judge_object(&format!("{place}.base64"), source, &["type", "media_type", "data"], &[])?;
            let kind = source["media_type"].as_str().unwrap_or_default();
            if !["image/jpeg", "image/png", "image/gif", "image/webp"].contains(&kind) {
                return Err(Refusal::Range {
                    member: format!("{place}.base64.media_type"),
                    expected: "'image/jpeg', 'image/png', 'image/gif' or 'image/webp'".to_owned(),
                });
            }
            judge_data(&format!("{place}.base64.data"), &source["data"])
        }
        Some("url") => judge_url(host, &place, source),
        Some("file") if host != Host::Bedrock => {
            judge_object(&format!("{place}.file"), source, &["type", "file_id"], &[])
        }
        _ => Err(unknown_source(&place, source)),
    }
}

fn judge_document(host: Host, place: &str, source: &Value) -> Result<(), Refusal> {
    let place = format!("{place}.source");
    match source["type"].as_str() {
        Some(kind @ ("base64" | "text")) => {
            let inside = format!("{place}.{kind}");
            judge_object(&inside, source, &["type", "media_type", "data"], &[])?;
            let expected = if kind == "base64" { "application/pdf" } else { "text/plain" };
            if source["media_type"] != expected {
                return Err(Refusal::Range {
                    member: format!("{inside}.media_type"),
                    expected: format!("'{expected}'"),
                });
            }
            if kind == "text" {
                return text(&inside, "data", &source["data"]).map(|_| ());
            }
            judge_data(&format!("{inside}.data"), &source["data"])
        }
        Some("content") => judge_object(&format!("{place}.content"), source, &["type", "content"], &[]),
        Some("url") => judge_url(host, &place, source),
        Some("file") if host != Host::Bedrock => {
            judge_object(&format!("{place}.file"), source, &["type", "file_id"], &[])
        }
        _ => Err(unknown_source(&place, source)),
    }
}

fn judge_url(host: Host, place: &str, source: &Value) -> Result<(), Refusal> {
    if host == Host::Bedrock {
        return Err(unknown_source(place, source));
    }
    judge_object(&format!("{place}.url"), source, &["type", "url"], &[])?;
    match source["url"].as_str() {
        Some(url) if url.starts_with("https://") => Ok(()),
        Some(url) if url.starts_with("http://") => Err(invalid("", "Only HTTPS URLs are supported.")),
        _ => Err(invalid(&format!("{place}.url.url"), "Input should be a valid URL")),
    }
}

fn unknown_source(place: &str, source: &Value) -> Refusal {
    let kind = source["type"].as_str().unwrap_or_default();
    invalid(
        place,
        format!(
            "Input tag '{kind}' found using 'type' does not match any of the expected tags: 'base64', 'url'"
        ),
    )
}

fn judge_data(place: &str, data: &Value) -> Result<(), Refusal> {
    let bytes = data.as_str().and_then(|data| STANDARD.decode(data).ok());
    match bytes {
        Some(bytes) if !bytes.is_empty() => Ok(()),
        _ => Err(invalid(place, "Invalid base64 data")),
    }
}

fn judge_thinking(place: &str, block: &Value) -> Result<(), Refusal> {
    let thought = text(&format!("{place}.thinking"), "thinking", &block["thinking"])?;
    let signature = text(&format!("{place}.thinking"), "signature", &block["signature"])?;
    if seal::knows_signature(&thought, &signature) {
        return Ok(());
    }
    Err(invalid(place, "Invalid `signature` in `thinking` block"))
}

fn judge_call(place: &str, block: &Value) -> Result<(), Refusal> {
    let id = text(place, "id", &block["id"])?;
    if !is_name(&id, 256) {
        return Err(invalid(&format!("{place}.id"), "String should match pattern '^[a-zA-Z0-9_-]+$'"));
    }
    let name = text(place, "name", &block["name"])?;
    if !is_name(&name, 128) {
        return Err(invalid(
            &format!("{place}.name"),
            "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        ));
    }
    if block["input"].is_object() {
        return Ok(());
    }
    Err(Refusal::Type {
        member: format!("{place}.input"),
        expected: "a dictionary",
        found: block["input"].clone(),
    })
}

fn judge_result(host: Host, place: &str, block: &Value) -> Result<(), Refusal> {
    text(place, "tool_use_id", &block["tool_use_id"])?;
    if block.get("is_error").is_some_and(|flag| !flag.is_boolean()) {
        return Err(Refusal::Type {
            member: format!("{place}.is_error"),
            expected: "a boolean",
            found: block["is_error"].clone(),
        });
    }
    let content = block.get("content").unwrap_or(&Value::Null);
    let Some(parts) = content.as_array() else {
        if content.is_string() || block.get("content").is_none() {
            return Ok(());
        }
        return Err(Refusal::Type {
            member: format!("{place}.content"),
            expected: "a string or an array",
            found: content.clone(),
        });
    };
    for (index, part) in parts.iter().enumerate() {
        let inside = format!("{place}.content.{index}");
        let kind = part["type"].as_str().unwrap_or_default();
        if !["text", "image", "document", "search_result", "tool_reference"].contains(&kind) {
            return Err(invalid(
                &inside,
                format!(
                    "Input tag '{kind}' found using 'type' does not match any of the expected tags: 'document', \
                     'image', 'search_result', 'text', 'tool_reference'"
                ),
            ));
        }
        if kind != "tool_reference" {
            judge(host, &inside, "user", part)?;
        }
    }
    Ok(())
}
