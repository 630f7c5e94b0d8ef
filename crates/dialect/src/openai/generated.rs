//! How much text an answer has generated, counted without decoding it.

use document::{Kind, Value};
use memchr::memchr;

/// Levels of a message that are looked into: `tool_calls` → item → `function` → `arguments`, and room.
const DEPTH: u32 = 6;

/// What was generated in one or more messages or deltas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Generated {
    /// Bytes of text, reasoning and tool arguments, in UTF-8.
    pub(super) bytes: u64,
    /// A tool is called.
    pub(super) calls: bool,
}

impl Generated {
    /// Adds a member of a `message` or `delta`.
    pub(super) fn add_member(&mut self, name: &[u8], value: Value<'_>) {
        self.member(name, value, DEPTH);
    }

    /// Adds a string of generated text.
    pub(super) fn add_text(&mut self, text: Value<'_>) {
        self.bytes += text.inner().map_or(0, text_len);
    }

    fn member(&mut self, name: &[u8], value: Value<'_>, depth: u32) {
        match name {
            // `content` may be a list of parts, whose text is in `text` or, again a list, in `thinking`.
            b"content" | b"text" | b"thinking" | b"reasoning_content" | b"reasoning" | b"refusal"
            | b"arguments" | b"input" => match value.kind() {
                Kind::String => self.add_text(value),
                Kind::Array => self.items(value, depth),
                _ => {}
            },
            b"tool_calls" => {
                self.calls |= value.items().next().is_some();
                self.items(value, depth);
            }
            b"function_call" | b"function" | b"custom" => {
                self.calls |= value.kind() == Kind::Object;
                self.members(value, depth);
            }
            _ => {}
        }
    }

    fn items(&mut self, list: Value<'_>, depth: u32) {
        for item in list.items() {
            self.members(item, depth);
        }
    }

    fn members(&mut self, object: Value<'_>, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        for member in object.members() {
            self.member(member.name.raw(), member.value, depth);
        }
    }
}

/// Length in UTF-8 of the text that the inside of a JSON string stands for.
fn text_len(inner: &[u8]) -> u64 {
    let mut len = inner.len() as u64;
    let mut rest = inner;
    while let Some(at) = memchr(b'\\', rest) {
        let (written, meant) = match rest.get(at + 1) {
            Some(b'u') => (6, unicode_len(rest.get(at + 2..at + 6))),
            _ => (2, 1),
        };
        len = len.saturating_sub(written - meant);
        rest = rest.get(at + usize::from(written == 6) * 4 + 2..).unwrap_or(&[]);
    }
    len
}

/// Bytes in UTF-8 of what four hexadecimal digits stand for; half of a pair of surrogates counts half.
fn unicode_len(digits: Option<&[u8]>) -> u64 {
    match digits {
        Some([b'0', b'0', b'0'..=b'7', _]) => 1,
        Some([b'0', b'0'..=b'7', ..] | [b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..]) => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    fn generated(message: &str) -> (u64, bool) {
        let mut generated = Generated::default();
        document::scan_members(message.as_bytes(), |member| {
            generated.add_member(member.name.raw(), member.value);
            ControlFlow::Continue(())
        })
        .unwrap();
        (generated.bytes, generated.calls)
    }

    #[test]
    fn text_counts_wherever_providers_put_it() {
        assert_eq!(generated(r#"{"role":"assistant","content":"abc"}"#), (3, false));
        assert_eq!(generated(r#"{"content":null,"reasoning_content":"ab"}"#), (2, false));
        assert_eq!(generated(r#"{"reasoning":"ab","refusal":"c"}"#), (3, false));
        assert_eq!(
            generated(
                r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"ab"}]},{"type":"text","text":"c"}]}"#
            ),
            (3, false)
        );
        assert_eq!(
            generated(
                r#"{"tool_calls":[{"index":1,"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]}"#
            ),
            (2, true)
        );
        assert_eq!(generated(r#"{"tool_calls":[],"function_call":null}"#), (0, false));
        assert_eq!(generated(r#"{"function_call":{"arguments":"abcd"}}"#), (4, true));
        assert_eq!(generated(r#"{"content":{"text":"ab"},"extra":"abc"}"#), (0, false));
    }

    #[test]
    fn escapes_count_as_what_they_stand_for() {
        for text in ["\n\"\\", "aé漢🦀z", "\u{1}\u{7ff}\u{800}", ""] {
            let escaped: String = text
                .encode_utf16()
                .flat_map(|unit| format!("\\u{unit:04x}").into_bytes())
                .map(char::from)
                .collect();
            assert_eq!(text_len(escaped.as_bytes()), text.len() as u64, "{escaped}");
        }
        assert_eq!(text_len(br#"a\n\"b\\"#), 5);
        assert_eq!(text_len(b"\\"), 0);
        assert_eq!(text_len(b"\\u1"), 0);
    }

    #[test]
    fn depth_is_bounded() {
        let body = format!(r#"{{"content":{}"x"{}}}"#, r#"[{"content":"#.repeat(20_000), "}]".repeat(20_000));
        assert_eq!(generated(&body).0, 0);
    }
}
