//! Names of which each occurs once: the wanted one, or that one with a number behind it.

use std::collections::{HashMap, HashSet};

/// The names that are taken. Taking one costs the same however many there are, and however many of them are alike:
/// a conversation may have thousands of calls under one id.
#[derive(Debug, Default)]
pub(crate) struct Once {
    taken: HashSet<Box<str>>,
    /// The number to try next behind a name.
    next: HashMap<Box<str>, u64>,
}

impl Once {
    /// Takes a name as it is, if nothing has it.
    pub(crate) fn keep(&mut self, name: &str) -> bool {
        self.taken.insert(name.into())
    }

    /// Takes a name that nothing has: `name`, cut to at most `longest` bytes, or the nearest one with a number.
    pub(crate) fn take(&mut self, name: &str, longest: usize) -> Box<str> {
        self.take_as(name, longest, |number| format!("_{number}"))
    }

    /// The same, with another ending than `_2`.
    pub(crate) fn take_as(&mut self, name: &str, longest: usize, ending: impl Fn(u64) -> String) -> Box<str> {
        let plain = start_of(name, longest);
        if self.keep(plain) {
            return plain.into();
        }
        let mut number = self.next.get(plain).copied().unwrap_or(2);
        let numbered = loop {
            let ending = ending(number);
            number += 1;
            let other = format!("{}{ending}", start_of(plain, longest.saturating_sub(ending.len())));
            if self.keep(&other) {
                break other;
            }
        };
        self.next.insert(plain.into(), number);
        numbered.into()
    }
}

/// At most so many bytes, and whole characters.
fn start_of(text: &str, longest: usize) -> &str {
    text.get(..text.floor_char_boundary(longest)).unwrap_or_default()
}

impl<'n> FromIterator<&'n str> for Once {
    fn from_iter<I: IntoIterator<Item = &'n str>>(names: I) -> Self {
        Self { taken: names.into_iter().map(Box::from).collect(), next: HashMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_occur_once() {
        let mut once = Once::from_iter(["a", "a_2", "äöü"]);
        for (wanted, longest, got) in [
            ("b", 10, "b"),
            ("a", 10, "a_3"),
            ("a", 10, "a_4"),
            ("a_3", 10, "a_3_2"),
            ("äöü", 6, "äö_2"),
            ("abcdef", 4, "abcd"),
            ("abcdeg", 4, "ab_2"),
            ("abcdeh", 4, "ab_3"),
        ] {
            assert_eq!(&*once.take(wanted, longest), got);
        }
    }

    /// Each of these would take a thousand million steps if each name tried all numbers before its own.
    #[test]
    fn many_names_alike_take_no_longer_than_others() {
        let mut once = Once::default();
        let long = "x".repeat(100);
        let last = (0..40_000).map(|number| once.take(&format!("{long}{number}"), 64)).last().unwrap();
        assert!(last.ends_with("_40000") && last.len() == 64, "{last}");
        let last = (0..40_000).map(|_| once.take("call", 64)).last().unwrap();
        assert_eq!(&*last, "call_40000");
    }
}
