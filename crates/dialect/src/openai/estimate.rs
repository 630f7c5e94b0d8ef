//! Tokens of a request, estimated from its words, for providers that do not count.

use document::{Document, Kind, Value};
use memchr::memchr;

use crate::Delivery;

/// Words of the request, times 1 for a whole answer and times 1.8 for a stream, rounded half up: Kong's rule.
pub(super) fn input(document: &Document, delivery: Delivery) -> u64 {
    let members = ["messages", "prompt", "input"];
    let given =
        |name| Some((name, document.value(name).filter(|value| !value.is_null() && !value.is_empty())?));
    let words = match members.into_iter().find_map(given) {
        Some(("messages", messages)) => messages.items().map(message_words).sum(),
        Some((_, text)) => text_or_tokens(text),
        None => 0,
    };
    match delivery {
        Delivery::Whole => words,
        Delivery::Stream => words.saturating_mul(18).saturating_add(5) / 10,
    }
}

fn message_words(message: Value<'_>) -> u64 {
    let Some(content) = message.value("content") else {
        return 0;
    };
    content.inner().map_or_else(|| content.items().map(part_words).sum(), count_words)
}

/// Only parts of text have words.
fn part_words(part: Value<'_>) -> u64 {
    let inner = |name| part.value(name).and_then(Value::inner);
    if inner("type") == Some(b"text") { inner("text").map_or(0, count_words) } else { 0 }
}

/// A text, tokens, or several of either.
fn text_or_tokens(value: Value<'_>) -> u64 {
    let one = |item: Value<'_>| match item.kind() {
        Kind::String => item.inner().map_or(0, count_words),
        Kind::Number => 1,
        Kind::Array => item.items().count() as u64,
        _ => 0,
    };
    if value.kind() == Kind::Array { value.items().map(one).sum() } else { one(value) }
}

/// Runs of anything but ASCII white space, in the inside of a JSON string.
fn count_words(mut text: &[u8]) -> u64 {
    let mut words = 0;
    let mut inside = false;
    loop {
        let escape = memchr(b'\\', text).unwrap_or(text.len());
        let (plain, rest) = text.split_at_checked(escape).unwrap_or((text, &[]));
        if let (Some(first), Some(last)) = (plain.first(), plain.last()) {
            words += u64::from(!inside && *first != b' ') + words_behind_spaces(plain);
            inside = *last != b' ';
        }
        let (space, rest) = match rest {
            [_, b'n' | b'r' | b't' | b'f', rest @ ..] => (true, rest),
            [_, b'u', digits @ ..] => {
                let (digits, rest) = digits.split_at_checked(4).unwrap_or((digits, &[]));
                let space = matches!(digits, [b'0', b'0', b'2', b'0'] | [b'0', b'0', b'0', b'9' | b'a'..=b'd' | b'A'..=b'D']);
                (space, rest)
            }
            [_, _, rest @ ..] => (false, rest),
            _ => return words,
        };
        words += u64::from(!space && !inside);
        inside = !space;
        text = rest;
    }
}

/// Words that a space stands before. The loop has no branches and counts in bytes, so it runs on whole vectors.
fn words_behind_spaces(text: &[u8]) -> u64 {
    /// So many pairs have fewer words than a byte can count.
    const BLOCK: usize = 256;
    let next = text.get(1..).unwrap_or_default();
    let blocks = text.chunks(BLOCK).zip(next.chunks(BLOCK));
    let begun = |(byte, next): (&u8, &u8)| u8::from(*byte == b' ') & u8::from(*next != b' ');
    blocks.map(|(bytes, next)| u64::from(bytes.iter().zip(next).map(begun).sum::<u8>())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(body: &str, delivery: Delivery) -> u64 {
        let document = Document::parse(body.to_owned().into()).unwrap();
        input(&document, delivery)
    }

    #[test]
    fn words_count_by_delivery() {
        let body = r#"{"messages":[{"role":"system","content":"You are a mathematician."},{"role":"user","content":"What is one  plus one, sir?"}]}"#;
        assert_eq!(estimate(body, Delivery::Whole), 10);
        assert_eq!(estimate(body, Delivery::Stream), 18);
        assert_eq!(estimate(r#"{"prompt":"one"}"#, Delivery::Stream), 2);
        assert_eq!(estimate(r#"{"prompt":"one two three"}"#, Delivery::Stream), 5);
        assert_eq!(estimate("{}", Delivery::Stream), 0);
    }

    #[test]
    fn white_space_is_what_it_stands_for() {
        let words = |text| estimate(&format!("{{\"prompt\":\"{text}\"}}"), Delivery::Whole);
        assert_eq!(words(r"  a\nb\tc\rd\fe  "), 5);
        assert_eq!(words(r"a\u0020b\u000ac\u000Bd\u0009e"), 5);
        assert_eq!(words(r"a\\nb \u00a0 \ud83e\udd80 x\/y"), 4);
        assert_eq!(words("\u{a0}ä ö"), 2);
        assert_eq!(words(""), 0);
        assert_eq!(words(r" \n "), 0);
    }

    #[test]
    fn words_of_long_texts_are_all_counted() {
        let words = |text: &str| estimate(&format!("{{\"prompt\":\"{text}\"}}"), Delivery::Whole);
        for length in [1, 2, 127, 255, 256, 257, 511, 1024, 3001] {
            assert_eq!(words(&"a ".repeat(length)), length as u64);
            assert_eq!(words(&"  a".repeat(length)), length as u64);
            assert_eq!(words(&"a\\n".repeat(length)), length as u64);
            assert_eq!(words(&"a".repeat(length)), 1);
            assert_eq!(words(&" ".repeat(length)), 0);
        }
    }

    #[test]
    fn only_text_counts() {
        let body = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"two words"},{"type":"image_url","image_url":{"url":"data: a b c"}},{"type":"text"}]},{"role":"assistant","content":null,"tool_calls":[]},{"role":"user","content":"x"}]}"#;
        assert_eq!(estimate(body, Delivery::Whole), 3);
    }

    #[test]
    fn tokens_count_one_each() {
        for (body, expected) in [
            (r#"{"input":"a b c"}"#, 3),
            (r#"{"input":["a b","c"]}"#, 3),
            (r#"{"input":[1,2,3,4]}"#, 4),
            (r#"{"prompt":[[1,2,3],[4]]}"#, 4),
            (r#"{"messages":null,"prompt":"a b","input":""}"#, 2),
            (r#"{"input":null}"#, 0),
        ] {
            assert_eq!(estimate(body, Delivery::Whole), expected, "{body}");
        }
    }
}
