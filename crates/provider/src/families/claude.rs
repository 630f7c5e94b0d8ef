//! Families of Claude, wherever it runs: from Anthropic's pages on extended thinking and on its models, read in
//! November 2026.

use dialect::{Family, SamplingRule, Structured, Thinking};

const THINKS_BY_BUDGET: Thinking = Thinking::Budget { least: 1024, may_be_off: true };

/// Up to 3.5: neither thinking nor structured output.
static EARLY: Family =
    Family { thinking: Thinking::None, structured: Structured::ForcedTool, ..Family::UNKNOWN };
/// 3.7 and 4.
static BUDGET: Family =
    Family { thinking: THINKS_BY_BUDGET, structured: Structured::ForcedTool, ..Family::UNKNOWN };
/// Opus 4.1.
static BUDGET_ONE_OF: Family = Family { sampling: SamplingRule::OneOf, ..BUDGET };
/// 4.5.
static NATIVE: Family =
    Family { thinking: THINKS_BY_BUDGET, sampling: SamplingRule::OneOf, ..Family::UNKNOWN };
/// 4.6, and later ones of which nothing else is known.
static ADAPTIVE: Family = Family {
    thinking: Thinking::Adaptive { budget: true },
    sampling: SamplingRule::OneOf,
    ..Family::UNKNOWN
};
/// Opus from 4.7 on, and Fable: they decide by themselves.
static ADAPTIVE_ONLY: Family = Family {
    thinking: Thinking::Adaptive { budget: false },
    sampling: SamplingRule::Fixed,
    ..Family::UNKNOWN
};

/// Whether a model is Claude, under whatever name an operator or a host gave it.
pub(crate) fn is_claude(model: &str) -> bool {
    model.to_ascii_lowercase().contains("claude")
}

/// The family of a Claude model; of other names, the one of the newest models.
pub(crate) fn claude(model: &str) -> &'static Family {
    let (variant, version) = version(model);
    match (variant, version) {
        ("fable", _) => &ADAPTIVE_ONLY,
        ("opus", Some(version)) if version >= (4, 7) => &ADAPTIVE_ONLY,
        (_, Some(version)) if version >= (4, 6) => &ADAPTIVE,
        (_, Some((4, 5))) => &NATIVE,
        ("opus", Some((4, 1))) => &BUDGET_ONE_OF,
        (_, Some(version)) if version >= (3, 7) => &BUDGET,
        (_, Some(_)) => &EARLY,
        (_, None) => &ADAPTIVE,
    }
}

/// Variant and version of `claude-opus-4-1-20250805` and of `claude-3-7-sonnet-latest`.
fn version(model: &str) -> (&str, Option<(u32, u32)>) {
    let Some((_, rest)) = model.split_once("claude-") else {
        return ("", None);
    };
    let mut words = rest.split(['-', '.', '@', ':', '/']);
    // A longer number is a date.
    let number = |word: Option<&str>| word.filter(|word| word.len() <= 2).and_then(|word| word.parse().ok());
    let first = words.next().unwrap_or_default();
    let (major, behind) = match first.parse().ok() {
        Some(major) => (Some(major), words.next()),
        None => (number(words.next()), words.next()),
    };
    (first, major.map(|major| (major, number(behind).unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_family() {
        for (name, family) in [
            ("claude-2.1", &EARLY),
            ("claude-3-haiku-20240307", &EARLY),
            ("anthropic.claude-3-5-sonnet-20241022-v2:0", &EARLY),
            ("claude-3-7-sonnet-latest", &BUDGET),
            ("claude-sonnet-4-20250514", &BUDGET),
            ("claude-opus-4-1-20250805", &BUDGET_ONE_OF),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", &NATIVE),
            ("claude-haiku-4-5@20251001", &NATIVE),
            ("claude-opus-4-6", &ADAPTIVE),
            ("databricks-claude-sonnet-4-6", &ADAPTIVE),
            ("claude-opus-4-7", &ADAPTIVE_ONLY),
            ("global.anthropic.claude-opus-4-8-v1:0", &ADAPTIVE_ONLY),
            ("claude-fable-1", &ADAPTIVE_ONLY),
            ("claude-sonnet-5", &ADAPTIVE),
            ("my-own-name", &ADAPTIVE),
        ] {
            assert_eq!(claude(name), family, "{name}");
        }
        assert!(is_claude("eu.anthropic.claude-x") && !is_claude("amazon.nova-pro-v1:0"));
    }
}
