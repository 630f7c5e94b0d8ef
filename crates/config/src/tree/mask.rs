//! decK's `${{ env "DECK_X" }}` is a template over the raw text, so its quotes may stand inside quoted
//! scalars and its braces inside flow collections. Before parsing, the expression's delimiters are
//! replaced one character for one by characters that mean nothing to YAML and JSON; positions stay true.

use std::borrow::Cow;

use super::SyntaxError;
use crate::Position;

/// Stands for one brace of `{{`.
pub(crate) const OPEN: char = '\u{f0001}';
/// Stands for one brace of `}}`.
pub(crate) const CLOSE: char = '\u{f0002}';
/// Stands for a quotation mark inside an expression.
pub(crate) const QUOTE: char = '\u{f0003}';

/// Expressions longer than this are left alone.
const LONGEST: usize = 512;

pub(super) fn mask(text: &str) -> Result<Cow<'_, str>, SyntaxError> {
    if !text.contains("${{") {
        return Ok(Cow::Borrowed(text));
    }
    if let Some((before, _)) = text.split_once([OPEN, CLOSE, QUOTE]) {
        return Err(SyntaxError::new(
            position_after(before),
            "a private-use character (U+F0001 to U+F0003) cannot stand beside decK expressions",
        ));
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        out.push_str(before);
        // Looking no further than the next brace or line keeps hostile texts linear.
        let closed = after
            .find(['\n', '{', '}'])
            .and_then(|end| after.split_at_checked(end))
            .and_then(|(inner, behind)| Some((inner, behind.strip_prefix("}}")?)));
        match closed {
            Some((inner, behind)) if inner.len() <= LONGEST => {
                out.push('$');
                out.extend([OPEN, OPEN]);
                let mut characters = inner.chars().peekable();
                while let Some(character) = characters.next() {
                    match character {
                        '\\' if characters.peek() == Some(&'"') => out.push(' '),
                        '"' => out.push(QUOTE),
                        other => out.push(other),
                    }
                }
                out.extend([CLOSE, CLOSE]);
                rest = behind;
            }
            _ => {
                out.push_str("${{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// The text with the expression's own characters back.
pub(crate) fn unmask(text: &str) -> Cow<'_, str> {
    if !text.contains([OPEN, CLOSE, QUOTE]) {
        return Cow::Borrowed(text);
    }
    let original = |character| match character {
        OPEN => '{',
        CLOSE => '}',
        QUOTE => '"',
        other => other,
    };
    Cow::Owned(text.chars().map(original).collect())
}

/// Where the text after `before` starts.
pub(super) fn position_after(before: &str) -> Position {
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let last = before.rsplit_once('\n').map_or(before, |(_, last)| last);
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(last.chars().count() + 1).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_for_one() {
        let text = r#"a: "x ${{ env "DECK_A" }} y" ${{ env \"DECK_B\" }}"#;
        let masked = mask(text).unwrap();
        assert_eq!(masked.chars().count(), text.chars().count());
        assert!(!masked.contains("{{") && !masked.contains("}}"));
        assert_eq!(unmask(&masked), text.replace('\\', " "));
        assert!(matches!(mask("no expression { }").unwrap(), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_no_expression_stays() {
        for text in ["${{ never closed", "${{ a { b }}", "${{ over\nlines }}"] {
            assert_eq!(mask(text).unwrap(), text);
        }
        assert!(mask("${{ x }} \u{f0002}").is_err());
    }
}
