//! The texts of a request, for a count of its tokens.
//!
//! What stands around messages is counted as in <https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken>.

use document::{Document, Kind, Value};

/// Tokens around each message, and before the answer.
const AROUND: u64 = 3;
/// Levels of a message that are looked into.
const DEPTH: u32 = 6;

/// Shows each text; gives the tokens beside them.
pub(super) fn show(document: &Document, visit: &mut dyn FnMut(&str)) -> u64 {
    if let Some(tools) = document.value("tools").filter(|tools| !tools.is_null() && !tools.is_empty()) {
        raw(tools, visit);
    }
    if let Some(messages) = document.value("messages").filter(|messages| messages.kind() == Kind::Array) {
        let mut beside = AROUND;
        for message in messages.items() {
            beside += AROUND;
            for member in message.members() {
                strings(member.name.raw(), member.value, DEPTH, visit);
            }
        }
        return beside;
    }
    let input = document.value("prompt").or_else(|| document.value("input"));
    input.map_or(0, |input| text_or_tokens(input, visit))
}

/// Texts of a message: what it says, who says it, and calls.
fn strings(name: &[u8], value: Value<'_>, depth: u32, visit: &mut dyn FnMut(&str)) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match (name, value.kind()) {
        (b"role" | b"name" | b"content" | b"text" | b"refusal" | b"arguments" | b"input", Kind::String) => {
            visit(&value.as_str().unwrap_or_default());
        }
        (b"content" | b"tool_calls", Kind::Array) => {
            for member in value.items().flat_map(Value::members) {
                strings(member.name.raw(), member.value, depth, visit);
            }
        }
        (b"function" | b"custom" | b"function_call", Kind::Object) => {
            for member in value.members() {
                strings(member.name.raw(), member.value, depth, visit);
            }
        }
        _ => {}
    }
}

/// Texts are shown, tokens counted.
fn text_or_tokens(value: Value<'_>, visit: &mut dyn FnMut(&str)) -> u64 {
    let mut one = |item: Value<'_>| match item.kind() {
        Kind::String => {
            visit(&item.as_str().unwrap_or_default());
            0
        }
        Kind::Number => 1,
        Kind::Array => item.items().count() as u64,
        _ => 0,
    };
    if value.kind() == Kind::Array { value.items().map(one).sum() } else { one(value) }
}

fn raw(value: Value<'_>, visit: &mut dyn FnMut(&str)) {
    visit(&String::from_utf8_lossy(value.raw()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str) -> (Vec<String>, u64) {
        let document = Document::parse(body.to_owned().into()).unwrap();
        let mut texts = Vec::new();
        let beside = show(&document, &mut |text| texts.push(text.to_owned()));
        (texts, beside)
    }

    #[test]
    fn all_that_a_model_reads_is_shown() {
        let (texts, beside) = shown(
            r#"{"model":"m","messages":[{"role":"system","content":"a\u00e9"},
                {"role":"user","name":"n","content":[{"type":"text","text":"b"},{"type":"image_url","image_url":{"url":"u"}}]},
                {"role":"assistant","content":null,"tool_calls":[{"id":"i","type":"function","function":{"name":"f","arguments":"{}"}}]}],
                "tools":[{"x":1}]}"#,
        );
        assert_eq!(texts, [r#"[{"x":1}]"#, "system", "a\u{e9}", "user", "n", "b", "assistant", "f", "{}"]);
        assert_eq!(beside, 12);
    }

    #[test]
    fn texts_and_tokens() {
        assert_eq!(shown(r#"{"prompt":"a b"}"#), (vec!["a b".to_owned()], 0));
        assert_eq!(shown(r#"{"input":["a","b"]}"#), (vec!["a".to_owned(), "b".to_owned()], 0));
        assert_eq!(shown(r#"{"input":[1,2,3]}"#), (vec![], 3));
        assert_eq!(shown(r#"{"input":[[1,2],[3]],"tools":[]}"#), (vec![], 3));
        assert_eq!(shown("{}"), (vec![], 0));
    }
}
