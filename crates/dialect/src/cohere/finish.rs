//! How an answer ended, and what it used.

use document::Value;
use model::{Finish, FinishReason, Usage};

use crate::read;

/// The finish that a word means. What went wrong on the way, with what was said kept, is a stop.
pub(super) fn reason(word: Option<&str>, calls: bool) -> Finish {
    let reason = match word {
        Some("MAX_TOKENS") => FinishReason::Length,
        Some("TOOL_CALL") => FinishReason::ToolCalls,
        Some("ERROR_TOXIC") => FinishReason::ContentFilter,
        _ if calls => FinishReason::ToolCalls,
        Some("STOP_SEQUENCE") => FinishReason::StopSequence,
        _ => FinishReason::Stop,
    };
    reason.into()
}

/// Counts of a `usage` (chat), or of a `meta`: what was really used, else what is billed.
pub(super) fn usage(object: Option<Value<'_>>) -> Option<Usage> {
    let object = object?;
    let counts = |name: &str| {
        let units = object.value(name)?;
        let (input, output) =
            (read::count(units.value("input_tokens")), read::count(units.value("output_tokens")));
        (input.is_some() || output.is_some()).then(|| (input.unwrap_or(0), output.unwrap_or(0)))
    };
    let (input, output) = counts("tokens").or_else(|| counts("billed_units"))?;
    let cached = read::count(object.value("cached_tokens")).unwrap_or(0).min(input);
    Some(Usage { fresh_input: input - cached, cache_read: cached, output, ..Usage::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_counts_come_before_billed_ones() {
        let read = |text: &str| {
            let document = read::object(text.as_bytes()).unwrap();
            usage(Some(document.root())).map(|usage| (usage.fresh_input, usage.cache_read, usage.output))
        };
        assert_eq!(
            read(
                r#"{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":80.0,"output_tokens":4.0},"cached_tokens":10}"#
            ),
            Some((70, 10, 4))
        );
        assert_eq!(
            read(r#"{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":null}"#),
            Some((5, 0, 2))
        );
        assert_eq!(read(r#"{"billed_units":{"search_units":1}}"#), None);
    }

    #[test]
    fn words_are_understood() {
        for (word, expected) in [
            ("COMPLETE", FinishReason::Stop),
            ("STOP_SEQUENCE", FinishReason::StopSequence),
            ("MAX_TOKENS", FinishReason::Length),
            ("TOOL_CALL", FinishReason::ToolCalls),
            ("ERROR_TOXIC", FinishReason::ContentFilter),
            ("ERROR", FinishReason::Stop),
            ("ERROR_LIMIT", FinishReason::Stop),
            ("USER_CANCEL", FinishReason::Stop),
            ("TIMEOUT", FinishReason::Stop),
            ("NEW", FinishReason::Stop),
        ] {
            assert_eq!(reason(Some(word), false).reason, expected, "{word}");
        }
        assert_eq!(reason(Some("COMPLETE"), true).reason, FinishReason::ToolCalls);
        assert_eq!(reason(Some("MAX_TOKENS"), true).reason, FinishReason::Length);
    }
}
