//! Counts tokens of text as the models of OpenAI's families cut it, for answers whose provider did not.
//!
//! There is one vocabulary, `o200k`: of GPT-4o and everything after it. Older models cut a little otherwise; a second
//! vocabulary of 15 MB in the binary is not worth the difference in an estimate. It is read when it is first needed,
//! which takes some 50 ms and 65 MB; nothing is read before.

/// Bytes of one text that are counted; what is longer is reckoned from its beginning. So a text takes at most some
/// 2 ms.
const COUNTED: usize = 64 << 10;

/// How a family of models cuts text into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vocabulary(());

/// Beginnings of the names of OpenAI's models, from
/// <https://github.com/openai/tiktoken/blob/main/tiktoken/model.py> (2026-11).
const STARTS: [&str; 11] = [
    "gpt-",
    "ft:gpt-",
    "chatgpt-",
    "codex-",
    "o1-",
    "o3-",
    "o4-",
    "computer-use-",
    "text-embedding-",
    "davinci-002",
    "babbage-002",
];

impl Vocabulary {
    /// The vocabulary of a model by its name, where it is one of OpenAI's; a publisher may stand before it.
    pub fn of_model(name: &str) -> Option<Self> {
        let name = name.rsplit('/').next().unwrap_or(name);
        let known = matches!(name, "o1" | "o3") || STARTS.iter().any(|start| name.starts_with(start));
        known.then_some(Self(()))
    }

    /// Tokens of a text.
    pub fn count(self, text: &str) -> u64 {
        let (counted, rest) = text.split_at(text.floor_char_boundary(COUNTED));
        if counted.is_empty() {
            return 0;
        }
        let tokens = bpe_openai::o200k_base().count(counted) as u64;
        if rest.is_empty() {
            return tokens;
        }
        tokens.saturating_mul(text.len() as u64) / counted.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn count(text: &str) -> u64 {
        Vocabulary(()).count(text)
    }

    #[test]
    fn models_are_known_by_their_names() {
        let known = [
            "gpt-4o-mini",
            "gpt-5-nano-2025-08-07",
            "openai/gpt-oss-120b",
            "o3",
            "o4-mini",
            "ft:gpt-4o:org::id",
            "gpt-4",
            "gpt-35-turbo",
            "text-embedding-3-small",
        ];
        for name in known {
            assert!(Vocabulary::of_model(name).is_some(), "{name}");
        }
        for name in ["claude-sonnet-4-5", "olmo", "o", "", "gpt", "my-gpt-4o"] {
            assert!(Vocabulary::of_model(name).is_none(), "{name}");
        }
    }

    #[test]
    fn known_texts_have_known_counts() {
        // As tiktoken counts them.
        assert_eq!(count("tiktoken is great!"), 6);
        assert_eq!(count("お誕生日おめでとう"), 8);
        assert_eq!(count("hello world"), 2);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn long_texts_are_reckoned_from_their_beginning() {
        let one = count(&"word ".repeat(1000));
        assert!((1000..=1001).contains(&one), "{one}");
        let many = count(&"word ".repeat(1_000_000));
        assert!(many.abs_diff(1_000_000) < 2000, "{many}");
        // What other tokenizers take for ever to cut.
        for text in ["a", "\u{1f980}", " ", "\n", "0", "\u{301}"] {
            let text = text.repeat(4 << 20);
            let begun = Instant::now();
            assert!(count(&text) > 0);
            assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        }
    }
}
