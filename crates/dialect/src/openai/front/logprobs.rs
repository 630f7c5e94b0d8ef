//! Log probabilities in the form of the older completions.
//!
//! From <https://platform.openai.com/docs/api-reference/completions/object>.

use document::{Document, Value, write_object};
use model::Json;

use super::said::length;

/// Turns chat's list of tokens into the four lists of completions. `offset` is where the text of the tokens
/// begins, in characters; gives where it ends. None where there are no tokens.
pub(super) fn completions(value: &Json, offset: u64) -> Option<(Vec<u8>, u64)> {
    let document = Document::parse(value.as_bytes().to_vec().into()).ok()?;
    let tokens: Vec<_> = document.value("content")?.items().collect();
    if tokens.is_empty() {
        return None;
    }
    let mut end = offset;
    let starts: Vec<_> = tokens
        .iter()
        .map(|token| {
            let start = end;
            end += token.value("token").and_then(Value::as_str).map_or(0, |text| length(&text));
            start
        })
        .collect();
    let written = write_object(|object| {
        object.array("tokens", |list| {
            for token in &tokens {
                list.raw(raw(*token, "token", b"\"\""));
            }
        });
        object.array("token_logprobs", |list| {
            for token in &tokens {
                list.raw(raw(*token, "logprob", b"null"));
            }
        });
        object.array("top_logprobs", |list| {
            for token in &tokens {
                list.object(|top| {
                    for other in token.value("top_logprobs").into_iter().flat_map(Value::items) {
                        let name = other.value("token").and_then(Value::as_str).unwrap_or_default();
                        top.raw(&name, raw(other, "logprob", b"null"));
                    }
                });
            }
        });
        object.array("text_offset", |list| starts.into_iter().for_each(|start| list.number(start)));
    });
    Some((written, end))
}

fn raw<'d>(object: Value<'d>, name: &str, otherwise: &'static [u8]) -> &'d [u8] {
    object.value(name).map_or(otherwise, Value::raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_become_lists() {
        let chat = Json::from_static(
            r#"{"content":[{"token":"hé","logprob":-0.10,"bytes":null,"top_logprobs":[{"token":"a","logprob":-1}]},{"token":"!","logprob":-2,"top_logprobs":[]}],"refusal":null}"#,
        );
        let (written, end) = completions(&chat, 3).unwrap();
        let expected = r#"{"tokens":["hé","!"],"token_logprobs":[-0.10,-2],"top_logprobs":[{"a":-1},{}],"text_offset":[3,5]}"#;
        assert_eq!((String::from_utf8(written).unwrap().as_str(), end), (expected, 6));
        assert!(completions(&Json::from_static(r#"{"content":null}"#), 0).is_none());
    }
}
