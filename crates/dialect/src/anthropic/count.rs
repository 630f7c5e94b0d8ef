//! Counts of tokens that nobody else is asked for: `POST /v1/messages/count_tokens`, and estimates.
//!
//! From <https://docs.anthropic.com/en/api/messages-count-tokens>.

use document::{Document, Kind, Value, write_object};

use crate::RequestError;

/// Characters of text that are a token, about.
const CHARACTERS: u64 = 4;
/// Tokens of a picture or a document whose bytes say nothing of its size.
const MEDIUM: u64 = 1500;

/// Answers a request to count tokens with an estimate.
pub fn count_tokens(document: &Document) -> Result<Vec<u8>, RequestError> {
    let messages = document.value("messages").filter(|messages| messages.kind() == Kind::Array);
    if messages.is_none_or(Value::is_empty) {
        return Err(RequestError::NoPrompt);
    }
    Ok(write_count(estimate(document)))
}

/// A count as clients read it.
pub(super) fn write_count(tokens: u64) -> Vec<u8> {
    write_object(|body| body.number("input_tokens", tokens))
}

/// Input tokens of a request, estimated from all that the model reads: instructions, messages and tools.
pub(super) fn estimate(document: &Document) -> u64 {
    let mut size = Size::default();
    for name in ["system", "messages", "prompt"] {
        if let Some(value) = document.value(name) {
            size.add(value);
        }
    }
    // What a tool is like is read as it is written.
    for tool in document.value("tools").into_iter().flat_map(Value::items) {
        size.bytes += tool.raw().len() as u64;
    }
    size.bytes.div_ceil(CHARACTERS) + size.media * MEDIUM
}

#[derive(Default)]
struct Size {
    bytes: u64,
    media: u64,
}

impl Size {
    /// Adds the texts of a value. Depth is bounded, because the document's is.
    fn add(&mut self, value: Value<'_>) {
        match value.kind() {
            Kind::String => {
                // Bytes of other alphabets are more than their characters.
                self.bytes += value.as_str().map_or(0, |text| text.chars().count() as u64);
            }
            Kind::Array => value.items().for_each(|item| self.add(item)),
            Kind::Object => self.add_object(value),
            _ => {}
        }
    }

    fn add_object(&mut self, object: Value<'_>) {
        for member in object.members() {
            let value = member.value;
            match member.name.raw() {
                b"text" | b"content" | b"thinking" | b"name" | b"title" | b"context" => self.add(value),
                b"input" => self.bytes += value.raw().len() as u64,
                b"source" if value.kind() == Kind::Object => {
                    match value.value("type").and_then(Value::as_str).as_deref() {
                        Some("text") => value.value("data").into_iter().for_each(|text| self.add(text)),
                        Some("content") => {
                            value.value("content").into_iter().for_each(|content| self.add(content));
                        }
                        _ => self.media += 1,
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(body: &str) -> String {
        let document = Document::parse(body.to_owned().into()).unwrap();
        count_tokens(&document)
            .map_or_else(|error| error.to_string(), |body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn all_that_is_read_counts() {
        for (body, tokens) in [
            (r#"{"messages":[{"role":"user","content":"12345678"}]}"#, 2),
            (r#"{"messages":[{"role":"user","content":"漢字漢字x"}]}"#, 2),
            (
                r#"{"system":"1234","messages":[{"role":"user","content":[{"type":"text","text":"1234"}]}]}"#,
                2,
            ),
            (
                r#"{"system":[{"type":"text","text":"1234","cache_control":{"type":"ephemeral"}}],"messages":[{}]}"#,
                1,
            ),
            (r#"{"messages":[{"content":[{"type":"tool_use","id":"x","name":"abcd","input":{"a":1}}]}]}"#, 3),
            (
                r#"{"messages":[{"content":[{"type":"tool_result","tool_use_id":"x","content":[{"type":"text","text":"abcd"}]}]}]}"#,
                1,
            ),
            (
                r#"{"messages":[{"content":[{"type":"image","source":{"type":"base64","data":"AAAAAAAA"}}]}]}"#,
                1500,
            ),
            (
                r#"{"messages":[{"content":[{"type":"document","source":{"type":"text","data":"12345"}}]}]}"#,
                2,
            ),
            (r#"{"messages":[{"content":"x"}],"tools":[{"name":"f"}]}"#, 4),
        ] {
            assert_eq!(count(body), format!("{{\"input_tokens\":{tokens}}}"), "{body}");
        }
        assert_eq!(count(r#"{"model":"m"}"#), "request body doesn't contain valid prompts");
    }
}
