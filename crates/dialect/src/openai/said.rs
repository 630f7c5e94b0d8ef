//! The text that one chunk of a stream adds to its first answer, for records.

use std::ops::ControlFlow;

use document::{Kind, Value, scan_members};

/// Appends the text of choice 0.
pub(super) fn read(chunk: &[u8], out: &mut String) {
    let _ = scan_members(chunk, |member| {
        if member.name.is("choices") {
            let first = member
                .value
                .items()
                .find(|choice| choice.value("index").is_none_or(|index| index.as_u64().unwrap_or(0) == 0));
            if let Some(choice) = first {
                let content = choice.value("delta").and_then(|delta| delta.value("content"));
                add(content.or_else(|| choice.value("text")), out);
            }
        }
        ControlFlow::Continue(())
    });
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
