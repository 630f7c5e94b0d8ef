//! Families of models, told by name: which rules go with a model is the provider's business.

mod bedrock;
mod claude;
mod cohere;
mod efforts;
mod gemini;
mod ollama;

pub(crate) use bedrock::bedrock;
pub(crate) use claude::{claude, is_claude};
pub(crate) use cohere::cohere;
pub(crate) use efforts::{ANY_EFFORT, ANY_TO_MAX, gpt_oss, openai};
pub(crate) use gemini::{embeds_one_by_one, gemini};
pub(crate) use ollama::ollama;

/// A configured name without what fine-tuning puts before it.
fn base_name(model: &str) -> &str {
    model.strip_prefix("ft:").unwrap_or(model)
}

/// OpenAI's reasoning models: they know the limit of tokens as `max_completion_tokens` only.
pub(crate) fn is_openai_reasoning(model: &str) -> bool {
    let model = base_name(model);
    ["o1", "o3", "o4", "gpt-5"].into_iter().any(|family| model.starts_with(family))
}

/// GPT-5.3 and later of the generation: on chat completions they refuse reasoning together with tools.
pub(crate) fn is_gpt_5_3_or_later(model: &str) -> bool {
    let minor = base_name(model).strip_prefix("gpt-5.").map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..end).and_then(|digits| digits.parse::<u32>().ok())
    });
    matches!(minor, Some(Some(minor)) if minor >= 3)
}

/// What a Grok model lets a caller say about reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grok {
    /// Does not reason: OpenAI's parameters as they are.
    Plain,
    /// Reasons as it likes.
    Reasoning,
    /// `reasoning_effort` is `low` or `high`.
    LowOrHigh,
    /// `reasoning_effort` is `none`, `low`, `medium` or `high`.
    Graded,
    /// Of the reasoning generation, but does not reason.
    NonReasoning,
}

pub(crate) fn grok(model: &str) -> Grok {
    if model.starts_with("grok-3-mini") {
        Grok::LowOrHigh
    } else if model.ends_with("-non-reasoning") {
        Grok::NonReasoning
    } else if model.starts_with("grok-4.3") {
        Grok::Graded
    } else if model.starts_with("grok-4") || model.ends_with("-reasoning") {
        Grok::Reasoning
    } else {
        Grok::Plain
    }
}

/// Qwen's open models that think unless told not to, and then only in a stream: `qwen3-32b`,
/// `qwen3-235b-a22b`, but neither `qwen3-max` nor the instruct and thinking variants.
pub(crate) fn is_hybrid_open_qwen(model: &str) -> bool {
    let sized =
        model.strip_prefix("qwen3-").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    sized && !model.contains("-instruct") && !model.contains("-thinking")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_by_name() {
        for name in ["o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "gpt-5.1", "ft:o4-mini:org::1"] {
            assert!(is_openai_reasoning(name), "{name}");
        }
        for name in ["gpt-4o", "gpt-4.1", "chatgpt-4o-latest", "o", "text-embedding-3-small"] {
            assert!(!is_openai_reasoning(name), "{name}");
        }
        for (name, later) in [
            ("gpt-5", false),
            ("gpt-5-mini", false),
            ("gpt-5.1", false),
            ("gpt-5.2-pro", false),
            ("gpt-5.3", true),
            ("gpt-5.4-mini", true),
            ("gpt-5.10", true),
            ("gpt-5.", false),
        ] {
            assert_eq!(is_gpt_5_3_or_later(name), later, "{name}");
        }
    }

    #[test]
    fn groks_differ_in_what_they_let_callers_say() {
        for (name, kind) in [
            ("grok-2", Grok::Plain),
            ("grok-3", Grok::Plain),
            ("grok-3-mini-fast", Grok::LowOrHigh),
            ("grok-4", Grok::Reasoning),
            ("grok-4-fast-reasoning", Grok::Reasoning),
            ("grok-4-fast-non-reasoning", Grok::NonReasoning),
            ("grok-4.3", Grok::Graded),
        ] {
            assert_eq!(grok(name), kind, "{name}");
        }
    }

    #[test]
    fn qwens_that_think_only_in_a_stream() {
        assert!(is_hybrid_open_qwen("qwen3-32b"));
        assert!(is_hybrid_open_qwen("qwen3-235b-a22b"));
        for other in
            ["qwen3-max", "qwen-plus", "qwen3-235b-a22b-instruct-2507", "qwen3-30b-a3b-thinking-2507"]
        {
            assert!(!is_hybrid_open_qwen(other), "{other}");
        }
    }
}
