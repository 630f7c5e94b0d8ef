//! Judging the content blocks of messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::tools::{judge_cache_point, judge_name, not_an_object, only};
use crate::anthropic::{invalid, judge_object, knows_redacted, knows_signature};
use crate::refusal::Refusal;

const OF_USER: &[&str] = &[
    "text",
    "image",
    "document",
    "video",
    "audio",
    "toolResult",
    "guardContent",
    "cachePoint",
    "searchResult",
];
const OF_ASSISTANT: &[&str] =
    &["text", "toolUse", "toolResult", "reasoningContent", "citationsContent", "cachePoint"];
const DOCUMENTS: &[&str] = &["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];
const VIDEOS: &[&str] = &["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"];
const AUDIOS: &[&str] = &[
    "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm",
    "webm",
];

/// Judges one block of a message of this role.
pub(super) fn judge(place: &str, role: &str, block: &Value) -> Result<(), Refusal> {
    let (legal, other) = if role == "user" { (OF_USER, OF_ASSISTANT) } else { (OF_ASSISTANT, OF_USER) };
    if let Some(name) = other.iter().find(|name| block.get(name).is_some() && !legal.contains(name)) {
        return Err(invalid(
            "",
            format!("The content block {name} at {place} is not supported in messages of the {role} role."),
        ));
    }
    let kind = only(place, block, legal)?;
    let inside = format!("{place}.{kind}");
    let value = &block[kind];
    match kind {
        "text" => judge_text(place, value),
        "image" => judge_media(&inside, value, &["png", "jpeg", "gif", "webp"], &["format", "source"], &[]),
        "video" => judge_media(&inside, value, VIDEOS, &["format", "source"], &[]),
        "audio" => judge_media(&inside, value, AUDIOS, &["format", "source"], &[]),
        "document" => judge_document(&inside, value),
        "toolUse" => judge_call(&inside, value),
        "toolResult" => judge_result(&inside, value),
        "reasoningContent" => judge_reasoning(place, &inside, value),
        "cachePoint" => judge_cache_point(&inside, value),
        _ if value.is_object() => Ok(()),
        _ => Err(Refusal::Type { member: inside, expected: "an object", found: value.clone() }),
    }
}

fn judge_text(place: &str, text: &Value) -> Result<(), Refusal> {
    match text.as_str() {
        Some("") => Err(invalid(
            "",
            format!(
                "The text field in the ContentBlock object at {place} is blank. Add text to the text field, and try \
                 again."
            ),
        )),
        Some(_) => Ok(()),
        None => {
            Err(Refusal::Type { member: format!("{place}.text"), expected: "a string", found: text.clone() })
        }
    }
}

fn judge_media(
    place: &str,
    value: &Value,
    formats: &[&str],
    needed: &[&str],
    optional: &[&str],
) -> Result<(), Refusal> {
    judge_object(place, value, needed, optional)?;
    if let Some(format) = value.get("format")
        && !format.as_str().is_some_and(|format| formats.contains(&format))
    {
        return Err(invalid(
            "",
            format!(
                "1 validation error detected: Value {format} at '{place}.format' failed to satisfy constraint: \
                 Member must satisfy enum value set: [{}]",
                formats.join(", ")
            ),
        ));
    }
    judge_source(&format!("{place}.source"), &value["source"])
}

fn judge_source(place: &str, source: &Value) -> Result<(), Refusal> {
    match only(place, source, &["bytes", "s3Location", "text", "content"])? {
        "bytes" => {
            let bytes = source["bytes"].as_str().and_then(|text| STANDARD.decode(text).ok());
            match bytes {
                Some(bytes) if !bytes.is_empty() => Ok(()),
                _ => Err(Refusal::Type {
                    member: format!("{place}.bytes"),
                    expected: "base64 of at least one byte",
                    found: source["bytes"].clone(),
                }),
            }
        }
        "s3Location" => {
            judge_object(&format!("{place}.s3Location"), &source["s3Location"], &["uri"], &["bucketOwner"])?;
            match source["s3Location"]["uri"].as_str() {
                Some(uri) if uri.starts_with("s3://") => Ok(()),
                _ => Err(Refusal::Range {
                    member: format!("{place}.s3Location.uri"),
                    expected: "an address that begins with s3://".to_owned(),
                }),
            }
        }
        _ => Ok(()),
    }
}

fn judge_document(place: &str, value: &Value) -> Result<(), Refusal> {
    let optional = ["format", "context", "citations"];
    judge_media(place, value, DOCUMENTS, &["name", "source"], &optional)?;
    let name = value["name"].as_str().unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || " -()[]".contains(c);
    if name.is_empty() || name.len() > 200 || !name.chars().all(legal) || name.contains("  ") {
        return Err(invalid(
            "",
            "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, \
             parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.",
        ));
    }
    Ok(())
}

fn judge_id(place: &str, id: &Value) -> Result<(), Refusal> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    if id.as_str().is_some_and(|id| !id.is_empty() && id.len() <= 64 && id.chars().all(legal)) {
        return Ok(());
    }
    Err(Refusal::Range {
        member: format!("{place}.toolUseId"),
        expected: "1 to 64 of a-z, A-Z, 0-9, _, ., : and -".to_owned(),
    })
}

fn judge_call(place: &str, call: &Value) -> Result<(), Refusal> {
    judge_object(place, call, &["toolUseId", "name", "input"], &["type"])?;
    judge_id(place, &call["toolUseId"])?;
    judge_name(&format!("{place}.name"), &call["name"])?;
    if call["input"].is_object() { Ok(()) } else { Err(not_an_object(&format!("{place}.input"))) }
}

fn judge_result(place: &str, result: &Value) -> Result<(), Refusal> {
    judge_object(place, result, &["toolUseId", "content"], &["status", "type"])?;
    judge_id(place, &result["toolUseId"])?;
    if result.get("status").is_some_and(|status| status != "success" && status != "error") {
        return Err(Refusal::Range {
            member: format!("{place}.status"),
            expected: "one of success, error".to_owned(),
        });
    }
    let Some(parts) = result["content"].as_array() else {
        return Err(Refusal::Type {
            member: format!("{place}.content"),
            expected: "an array",
            found: result["content"].clone(),
        });
    };
    for (index, part) in parts.iter().enumerate() {
        let inside = format!("{place}.content.{index}");
        match only(&inside, part, &["json", "text", "image", "document", "video", "searchResult"])? {
            "json" if !part["json"].is_object() => return Err(not_an_object(&format!("{inside}.json"))),
            "json" => {}
            "text" if part["text"].is_string() => {}
            _ => judge(&inside, "user", part)?,
        }
    }
    Ok(())
}

fn judge_reasoning(block: &str, place: &str, value: &Value) -> Result<(), Refusal> {
    let wrong = || invalid("", format!("{block}: Invalid `signature` in `thinking` block"));
    if only(place, value, &["reasoningText", "redactedContent"])? == "redactedContent" {
        let data = value["redactedContent"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let data = data.and_then(|bytes| String::from_utf8(bytes).ok());
        return if data.is_some_and(|data| knows_redacted(&data)) { Ok(()) } else { Err(wrong()) };
    }
    let text = &value["reasoningText"];
    judge_object(&format!("{place}.reasoningText"), text, &["text"], &["signature"])?;
    let thought = text["text"].as_str().unwrap_or_default();
    match text["signature"].as_str() {
        Some(signature) if knows_signature(thought, signature) => Ok(()),
        _ => Err(wrong()),
    }
}
