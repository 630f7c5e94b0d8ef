//! What each family of models takes.

/// A model's family, read from its name. A name that is no Claude's has none, and is taken to do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Family {
    line: Line,
    version: (u32, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Opus,
    Fable,
    Other,
    /// No Claude.
    Unknown,
}

impl Family {
    /// Reads names such as `claude-opus-4-1-20250805`, `claude-3-5-haiku-latest`,
    /// `us.anthropic.claude-sonnet-4-5-20250929-v1:0`.
    pub(crate) fn of(model: &str) -> Self {
        let Some((_, rest)) = model.split_once("claude-") else {
            return Self { line: Line::Unknown, version: (0, 0) };
        };
        let mut line = Line::Other;
        let mut numbers = Vec::new();
        for word in rest.split(['-', '.', '@', ':']) {
            match word {
                "opus" => line = Line::Opus,
                "fable" | "mythos" => line = Line::Fable,
                _ => {}
            }
            // Longer numbers are dates.
            if let Ok(number) = word.parse::<u32>()
                && word.len() <= 2
                && numbers.len() < 2
            {
                numbers.push(number);
            }
        }
        let number = |index: usize| numbers.get(index).copied().unwrap_or(0);
        Self { line, version: (number(0), number(1)) }
    }

    fn known(self) -> bool {
        self.line != Line::Unknown
    }

    /// Opus 4.7 and 4.8 and what follows them, and Fable: adaptive thinking only, no sampling.
    pub(crate) fn refuses_sampling(self) -> bool {
        self.line == Line::Fable || (self.line == Line::Opus && self.version >= (4, 7))
    }

    pub(crate) fn refuses_manual_thinking(self) -> bool {
        self.refuses_sampling()
    }

    /// Opus 4.1, and all from 4.5 on.
    pub(crate) fn refuses_temperature_with_top_p(self) -> bool {
        self.known() && (self.version >= (4, 5) || (self.line == Line::Opus && self.version >= (4, 1)))
    }

    pub(crate) fn thinks(self) -> bool {
        !self.known() || self.line == Line::Fable || self.version >= (3, 7)
    }

    pub(crate) fn thinks_adaptively(self) -> bool {
        !self.known() || self.line == Line::Fable || self.version >= (4, 6)
    }

    /// The levels of `output_config.effort`.
    pub(crate) fn efforts(self) -> &'static [&'static str] {
        let opus = self.line == Line::Opus;
        if !self.known() || self.refuses_sampling() || self.version >= (5, 0) {
            return &["low", "medium", "high", "xhigh", "max"];
        }
        if self.version >= (4, 6) {
            return &["low", "medium", "high", "max"];
        }
        if opus && self.version >= (4, 5) { &["low", "medium", "high"] } else { &[] }
    }

    /// Whether `output_config.format` is taken.
    pub(crate) fn formats(self) -> bool {
        !self.known()
            || self.line == Line::Fable
            || self.version >= (4, 5)
            || (self.line == Line::Opus && self.version >= (4, 1))
    }

    /// Whether messages may have the role `system`.
    pub(crate) fn hears_system_between(self) -> bool {
        self.line == Line::Fable
            || self.version >= (5, 0)
            || (self.line == Line::Opus && self.version >= (4, 8))
    }

    /// The most tokens of an answer.
    pub(crate) fn most_tokens(self) -> u64 {
        match self.version {
            (3, 0) if self.known() => 4096,
            (3, 5) if self.known() => 8192,
            _ => u64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let of = |name: &str| {
            let family = Family::of(name);
            (family.line, family.version)
        };
        assert_eq!(of("claude-opus-4-1-20250805"), (Line::Opus, (4, 1)));
        assert_eq!(of("claude-3-5-haiku-latest"), (Line::Other, (3, 5)));
        assert_eq!(of("claude-3-haiku-20240307"), (Line::Other, (3, 0)));
        assert_eq!(of("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), (Line::Other, (4, 5)));
        assert_eq!(of("claude-opus-4-20250514"), (Line::Opus, (4, 0)));
        assert_eq!(of("gpt-4o").0, Line::Unknown);
        assert!(Family::of("claude-opus-4-8").refuses_sampling());
        assert!(Family::of("claude-fable-5").refuses_sampling());
        assert!(!Family::of("claude-opus-4-6").refuses_sampling());
        assert!(Family::of("claude-opus-4-1").refuses_temperature_with_top_p());
        assert!(Family::of("claude-sonnet-4-5").refuses_temperature_with_top_p());
        assert!(!Family::of("claude-sonnet-4-0").refuses_temperature_with_top_p());
        assert!(!Family::of("m").refuses_temperature_with_top_p());
    }
}
