//! Ids of calls and names as Claude takes them: letters, digits, `_` and `-`.

use std::borrow::Cow;

use crate::NameRule;

/// What names of tools Claude takes.
pub(super) const TOOL_NAMES: NameRule = NameRule { also: "-", longest: 128, starts_with_letter: false };
/// Characters of an id that are kept.
const LONGEST: usize = 4096;

/// `text` with an underscore for each character that an id may not have.
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !text.is_empty() && text.len() <= LONGEST && text.chars().all(fits) {
        return Cow::Borrowed(text);
    }
    if text.is_empty() {
        return Cow::Borrowed("_");
    }
    Cow::Owned(text.chars().take(LONGEST).map(|c| if fits(c) { c } else { '_' }).collect())
}

/// `text`, or `text` with a number behind it, of at most `longest` bytes, that is not taken.
pub(super) fn unique(text: &str, longest: usize, taken: impl Fn(&str) -> bool) -> String {
    if text.len() <= longest && !taken(text) {
        return text.to_owned();
    }
    let mut number = 2_u64;
    loop {
        let ending = format!("_{number}");
        let kept = text.floor_char_boundary(longest.saturating_sub(ending.len()));
        let candidate = format!("{}{ending}", text.get(..kept).unwrap_or_default());
        if !taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_few_characters() {
        assert_eq!(legal("toolu_1-A"), "toolu_1-A");
        assert_eq!(legal("functions.f:0"), "functions_f_0");
        assert_eq!(legal(""), "_");
        assert_eq!(legal(&"x".repeat(9000)).len(), LONGEST);
    }

    #[test]
    fn what_is_taken_gets_a_number() {
        let taken = |name: &str| ["a", "a_2", "äöü"].contains(&name);
        assert_eq!(unique("b", 10, taken), "b");
        assert_eq!(unique("a", 10, taken), "a_3");
        assert_eq!(unique("äöü", 6, taken), "äö_2");
        assert_eq!(unique("abcdef", 4, taken), "ab_2");
    }
}
