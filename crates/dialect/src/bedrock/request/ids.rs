//! Ids of tool calls as Bedrock takes them.

use crate::once::Once;

const LONGEST: usize = 64;

/// The ids that calls of a request have been given: few characters, each once.
#[derive(Debug, Default)]
pub(super) struct Ids(Once);

impl Ids {
    /// `id`, or the nearest one that is legal and that no other call has.
    pub(super) fn unused(&mut self, id: &str) -> Box<str> {
        // The API takes points and colons as well, Claude behind it does not.
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        let plain: String = id.chars().map(|c| if fits(c) { c } else { '_' }).take(LONGEST).collect();
        self.0.take(if plain.is_empty() { "_" } else { &plain }, LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_legal_and_distinct() {
        let mut ids = Ids::default();
        assert_eq!(&*ids.unused("tooluse_a-1"), "tooluse_a-1");
        assert_eq!(&*ids.unused("functions.f:0"), "functions_f_0");
        assert_eq!(&*ids.unused("call|1"), "call_1");
        assert_eq!(&*ids.unused("call_1"), "call_1_2");
        assert_eq!(&*ids.unused(""), "_");
        let long = "x".repeat(100);
        let (first, second) = (ids.unused(&long), ids.unused(&long));
        assert_eq!((first.len(), second.len()), (64, 64));
        assert_ne!(first, second);
    }
}
