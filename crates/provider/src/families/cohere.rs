//! Cohere's models: from <https://docs.cohere.com/docs/reasoning>, read in November 2026.

use dialect::{Family, Thinking};

/// Thinks unless it is told not to, within a budget.
static REASONING: Family =
    Family { thinking: Thinking::Budget { least: 1, may_be_off: true }, ..Family::UNKNOWN };

/// The family of one of Cohere's own models.
pub(crate) fn cohere(model: &str) -> &'static Family {
    if model.contains("-reasoning") { &REASONING } else { &Family::UNKNOWN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_who_thinks() {
        assert_eq!(cohere("command-a-reasoning-08-2025"), &REASONING);
        for name in ["command-a-03-2025", "command-r-plus", "c4ai-aya-vision-32b"] {
            assert_eq!(cohere(name), &Family::UNKNOWN, "{name}");
        }
    }
}
