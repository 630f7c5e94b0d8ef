//! Ids of tool calls that carry a seal through clients that know nothing of seals.
//!
//! Such a client sends the id of a call back as it got it, with the call and with its result. So the seal of a
//! call travels behind its id: `<id>__thought__<seal>` for Gemini, `<id>__signed__<seal>` for Claude.

use std::borrow::Cow;

use model::{AssistantPart, Maker, Reasoning, Seal};

const MARKS: [(&str, Maker); 2] = [("__thought__", Maker::Gemini), ("__signed__", Maker::Anthropic)];

/// The id of a call with its seal behind it. Seals of other makers cannot travel so.
pub fn join<'i>(id: &'i str, seal: Option<&Seal>) -> Cow<'i, str> {
    let mark = |seal: &&Seal| MARKS.iter().find(|(_, maker)| *maker == seal.maker);
    match seal.map(|seal| (seal, mark(&seal))) {
        Some((seal, Some((mark, _)))) => format!("{id}{mark}{}", seal.text).into(),
        _ => Cow::Borrowed(id),
    }
}

/// The id proper, and the seal that was joined to it.
pub fn split(id: &str) -> (&str, Option<Seal>) {
    // Nearly all ids have no seal, and this is a fraction of a search for one.
    if !id.as_bytes().windows(2).any(|pair| pair == b"__") {
        return (id, None);
    }
    let found = MARKS.iter().filter_map(|(mark, maker)| Some((id.find(mark)?, *mark, *maker)));
    let Some((at, mark, maker)) = found.min_by_key(|(at, ..)| *at) else {
        return (id, None);
    };
    let Some((bare, rest)) = id.split_at_checked(at) else { return (id, None) };
    let text = rest.strip_prefix(mark).unwrap_or_default();
    let seal = (!text.is_empty()).then(|| Seal { maker, text: text.into() });
    (bare, seal)
}

/// The same as [`join`] in letters, digits, `_` and `-` only: the base64 of the seal in the alphabet of URLs,
/// without padding.
pub fn join_plain<'i>(id: &'i str, seal: Option<&Seal>) -> Cow<'i, str> {
    let plain = seal.map(|seal| Seal {
        maker: seal.maker,
        text: seal.text.trim_end_matches('=').replace('+', "-").replace('/', "_").into(),
    });
    join(id, plain.as_ref())
}

/// The inverse of [`join_plain`].
pub fn split_plain(id: &str) -> (&str, Option<Seal>) {
    let (bare, seal) = split(id);
    let seal = seal.map(|seal| {
        let mut text = seal.text.trim_end_matches('=').replace('-', "+").replace('_', "/");
        while text.len() % 4 != 0 {
            text.push('=');
        }
        Seal { maker: seal.maker, text: text.into() }
    });
    (bare, seal)
}

/// The seal of a thought that came back with a call alone, because its client knows nothing of thoughts. `parts`:
/// what else the message says.
pub fn carried<'p>(part: &'p AssistantPart, parts: &[AssistantPart], maker: Maker) -> Option<&'p str> {
    let AssistantPart::ToolCall(call) = part else { return None };
    let seal = call.seal.as_ref().filter(|seal| seal.maker == maker)?;
    let told = |part: &AssistantPart| match part {
        AssistantPart::Reasoning(Reasoning::Open { seal: Some(told), .. }) => told.text == seal.text,
        _ => false,
    };
    (!parts.iter().any(told)).then_some(&*seal.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(maker: Maker, text: &str) -> Seal {
        Seal { maker, text: text.into() }
    }

    #[test]
    fn seals_travel_behind_ids() {
        let gemini = seal(Maker::Gemini, "U0lH");
        assert_eq!(join("call_1", Some(&gemini)), "call_1__thought__U0lH");
        assert_eq!(split("call_1__thought__U0lH"), ("call_1", Some(gemini)));
        let claude = seal(Maker::Anthropic, "a+/=");
        assert_eq!(join("t", Some(&claude)), "t__signed__a+/=");
        assert_eq!(split("t__signed__a+/="), ("t", Some(claude)));
    }

    #[test]
    fn ids_without_seals_stay() {
        assert_eq!(join("a", None), "a");
        assert_eq!(join("a", Some(&seal(Maker::Cohere, "x"))), "a");
        assert_eq!(split("a_thought_b"), ("a_thought_b", None));
        assert_eq!(split("a__thought__"), ("a", None));
        assert_eq!(split(""), ("", None));
    }

    #[test]
    fn plain_ids_give_the_seal_back() {
        for text in ["QQ==", "QUI=", "QUJD", "+/+/", "__==", "/+8="] {
            let sealed = seal(Maker::Gemini, &text.replace('_', "/"));
            let id = join_plain("toolu_1", Some(&sealed)).into_owned();
            assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')), "{id}");
            assert_eq!(split_plain(&id), ("toolu_1", Some(sealed)));
        }
        assert_eq!(split_plain("toolu_1"), ("toolu_1", None));
    }

    #[test]
    fn the_first_mark_counts() {
        let (id, sealed) = split("x__thought__ab__signed__cd");
        assert_eq!((id, sealed), ("x", Some(seal(Maker::Gemini, "ab__signed__cd"))));
    }
}
