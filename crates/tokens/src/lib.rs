//! Counts tokens of text as the models of OpenAI's families cut it, for answers whose provider did not.
//!
//! There is one vocabulary, `o200k`: of GPT-4o and everything after it. Older models cut a little otherwise; a second
//! vocabulary of 15 MB in the binary is not worth the difference in an estimate. It is read when it is first needed,
//! which takes some 50 ms and 65 MB; nothing is read before.

/// Bytes that one tally counts; what comes after them is reckoned by them. So a tally takes at most some 6 ms.
const COUNTED: usize = 256 << 10;

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

    /// A count that begins at nought.
    pub const fn tally(self) -> Tally {
        Tally { counted: 0, tokens: 0, beyond: 0 }
    }
}

/// Tokens of texts, one after the other. Nothing of them is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Bytes that were counted.
    counted: usize,
    /// Tokens that they were.
    tokens: u64,
    /// Bytes that were not.
    beyond: u64,
}

impl Tally {
    /// Adds a text.
    pub fn add(&mut self, text: &str) {
        let room = COUNTED.saturating_sub(self.counted);
        let (counted, beyond) = text.split_at(text.floor_char_boundary(room));
        if !counted.is_empty() {
            self.tokens += bpe_openai::o200k_base().count(counted) as u64;
            self.counted += counted.len();
        }
        self.beyond += beyond.len() as u64;
    }

    /// Tokens of all texts so far.
    pub fn tokens(&self) -> u64 {
        let beyond = self.beyond.saturating_mul(self.tokens).checked_div(self.counted as u64);
        self.tokens + beyond.unwrap_or_else(|| self.beyond.div_ceil(4))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn count(text: &str) -> u64 {
        let mut tally = Vocabulary(()).tally();
        tally.add(text);
        tally.tokens()
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
    fn texts_add_up() {
        let mut tally = Vocabulary(()).tally();
        assert_eq!(tally.tokens(), 0);
        for text in ["hello", " world", "", "hello world"] {
            tally.add(text);
        }
        assert_eq!(tally.tokens(), 4);
        // Many texts are bounded as one is.
        let begun = Instant::now();
        let mut tally = Vocabulary(()).tally();
        let text = "word ".repeat(1000);
        for _ in 0..10_000 {
            tally.add(&text);
        }
        assert!(tally.tokens().abs_diff(10_000_000) < 100_000, "{}", tally.tokens());
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
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
