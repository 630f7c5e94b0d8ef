//! Deterministic text: what an answer says, its words, its identifiers.

use crate::ask::Ask;
use crate::fault::{Fault, Faults};
use crate::{messages, shape};

/// Every answer's moment of creation, in Unix seconds: answers do not depend on the clock.
pub(crate) const CREATED: u64 = 1_700_000_000;
/// The most words that `words:N` gives.
const MAX_WORDS: usize = 1_000_000;
const DEFAULT_SIZE: usize = 1 << 20;

/// The number of words, at least one: the simulator's tokens.
pub(crate) fn count(text: &str) -> u64 {
    text.split_whitespace().count().max(1) as u64
}

/// Words with the blanks that follow them.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ')
}

/// What the model says to a chat request.
pub(crate) fn reply(ask: &Ask) -> String {
    let last = ask.list("messages").last();
    if let Some(message) = last.filter(|message| message["role"] == "tool") {
        return format!("tool said: {}", messages::text_of(message));
    }
    let wanted = messages::last_user_text(ask);
    if wanted.contains("describe_images") {
        let parts = ask.list("messages").iter().filter_map(|message| message["content"].as_array()).flatten();
        let images =
            parts.filter_map(|part| part["image_url"]["url"].as_str().or_else(|| part["image_url"].as_str()));
        return format!("images: {}", images.map(picture).collect::<Vec<_>>().join(", "));
    }
    said(ask, &wanted)
}

/// What the model says to a text.
pub(crate) fn said(ask: &Ask, text: &str) -> String {
    spoken(&ask.faults, text)
}

/// The same, whatever the form of the request.
pub(crate) fn spoken(faults: &Faults, text: &str) -> String {
    if faults.has(Fault::Big) {
        let size = faults.size.unwrap_or(DEFAULT_SIZE);
        return "lorem ipsum ".chars().cycle().take(size).collect();
    }
    if let Some(number) = asked(text, "long:") {
        return vec!["x".repeat(1000); number].join(" ");
    }
    match asked(text, "words:") {
        Some(number) => (1..=number).map(|word| format!("w{word}")).collect::<Vec<_>>().join(" "),
        None => format!("echo: {text}"),
    }
}

/// What an image is: `image/png of 3 bytes`, or its address.
pub(crate) fn picture(url: &str) -> String {
    let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match data {
        Some((kind, data)) => {
            format!("{kind} of {} bytes", shape::decoded(data).map_or(0, |bytes| bytes.len()))
        }
        None => url.to_owned(),
    }
}

/// `words:N` asks for N words, `long:N` for N words of a thousand letters.
fn asked(text: &str, mark: &str) -> Option<usize> {
    let (_, rest) = text.split_once(mark)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().map(|number: usize| number.min(MAX_WORDS))
}

/// Cuts a text before the first stop sequence, then after so many words. Tells whether words were cut off.
pub(crate) fn limited(ask: &Ask, text: &str) -> (String, bool) {
    let mut end = text.len();
    let single = ask.text("stop");
    let stops = ask.list("stop").iter().filter_map(serde_json::Value::as_str).chain(single);
    for stop in stops.filter(|stop| !stop.is_empty()) {
        end = end.min(text.find(stop).unwrap_or(end));
    }
    let text = &text[..end];
    let limit = ask.number("max_completion_tokens").or_else(|| ask.number("max_tokens"));
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let kept: String = words(text).take(limit).collect();
    let cut = kept.len() < text.len();
    (if cut { kept.trim_end().to_owned() } else { kept }, cut)
}

/// A number that depends on the text alone (FNV-1a).
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// An identifier of so many characters in all.
pub(crate) fn identifier(prefix: &str, length: usize, seed: &str) -> String {
    let mut text = prefix.to_owned();
    let mut state = hash(seed);
    while text.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let digit = u32::try_from((state >> 33) % 36).unwrap_or(0);
        text.push(char::from_digit(digit, 36).unwrap_or('0'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made() {
        assert_eq!(asked("please words:3 now", "words:"), Some(3));
        assert_eq!(asked("words:", "words:"), None);
        assert_eq!(words("a b  c").collect::<Vec<_>>(), ["a ", "b ", " ", "c"]);
        assert_eq!(identifier("call_", 29, "x").len(), 29);
        assert_eq!(identifier("call_", 29, "x"), identifier("call_", 29, "x"));
        assert_ne!(identifier("call_", 29, "x"), identifier("call_", 29, "y"));
    }
}
