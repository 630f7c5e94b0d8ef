//! The text of a first answer, for records: what one chunk of a stream adds to it, or a whole one.

use std::ops::ControlFlow;

use document::{Kind, Value, scan_members};

/// Appends the text of choice 0 of a chunk.
pub(super) fn read(chunk: &[u8], out: &mut String) {
    read_choice(chunk, "delta", out);
}

/// Appends the text of choice 0 of a whole answer.
pub(super) fn read_whole(body: &[u8], out: &mut String) {
    read_choice(body, "message", out);
}

fn read_choice(body: &[u8], holder: &str, out: &mut String) {
    let _ = scan_members(body, |member| {
        if member.name.is("choices") {
            let first = member
                .value
                .items()
                .find(|choice| choice.value("index").is_none_or(|index| index.as_u64().unwrap_or(0) == 0));
            if let Some(choice) = first {
                let content = choice.value(holder).and_then(|holder| holder.value("content"));
                add(content.or_else(|| choice.value("text")), out);
            }
        }
        ControlFlow::Continue(())
    });
}

/// Levels of a message that are looked into.
const DEPTH: u32 = 6;

/// Appends all that a chunk, or a whole answer, has generated: texts, thoughts and arguments of all choices.
pub(super) fn all(body: &[u8], out: &mut String) {
    let _ = scan_members(body, |member| {
        if member.name.is("choices") {
            for part in member.value.items().flat_map(Value::members) {
                match part.name.raw() {
                    b"delta" | b"message" => gather_members(part.value, DEPTH, out),
                    b"text" => add(Some(part.value), out),
                    _ => {}
                }
            }
        }
        ControlFlow::Continue(())
    });
}

fn gather_members(object: Value<'_>, depth: u32, out: &mut String) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for member in object.members() {
        match member.name.raw() {
            b"content" | b"text" | b"thinking" | b"reasoning_content" | b"reasoning" | b"refusal"
            | b"arguments" | b"input" => match member.value.kind() {
                Kind::String => out.push_str(&member.value.as_str().unwrap_or_default()),
                Kind::Array => member.value.items().for_each(|item| gather_members(item, depth, out)),
                _ => {}
            },
            b"tool_calls" => member.value.items().for_each(|item| gather_members(item, depth, out)),
            b"function_call" | b"function" | b"custom" => gather_members(member.value, depth, out),
            _ => {}
        }
    }
}

fn add(content: Option<Value<'_>>, out: &mut String) {
    let Some(content) = content else { return };
    match content.kind() {
        Kind::String => out.push_str(&content.as_str().unwrap_or_default()),
        Kind::Array => content.items().for_each(|part| add(part.value("text"), out)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_generated_counts() {
        let said = |body: &str| {
            let mut out = String::new();
            all(body.as_bytes(), &mut out);
            out
        };
        assert_eq!(
            said(
                r#"{"id":"i","choices":[{"delta":{"role":"assistant","content":"a","reasoning_content":"b","tool_calls":[{"id":"x","function":{"name":"f","arguments":"{c"}}]}},{"index":1,"delta":{"refusal":"d"}}]}"#
            ),
            "ab{cd"
        );
        assert_eq!(said(r#"{"choices":[{"message":{"content":[{"type":"text","text":"a"}]}}]}"#), "a");
        assert_eq!(said(r#"{"choices":[{"text":"abc"}],"usage":{"text":"x"}}"#), "abc");
        assert_eq!(said("[DONE]"), "");
    }

    #[test]
    fn only_text_of_the_first_answer_counts() {
        let said = |chunk: &str| {
            let mut out = String::new();
            read(chunk.as_bytes(), &mut out);
            out
        };
        assert_eq!(said(r#"{"choices":[{"index":0,"delta":{"content":"h\u00e9"}}]}"#), "h\u{e9}");
        assert_eq!(said(r#"{"choices":[{"index":1,"delta":{"content":"x"}}]}"#), "");
        assert_eq!(said(r#"{"choices":[{"text":"abc"}]}"#), "abc");
        assert_eq!(
            said(r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"text":"b"}]}}]}"#),
            "ab"
        );
        assert_eq!(said(r#"{"choices":[],"usage":{}}"#), "");
        assert_eq!(said("[DONE]"), "");
    }
}
