//! Walking the top-level members of an answer without validating it.

use std::ops::ControlFlow;

use crate::search::space_end;
use crate::skip::{string_end, value_end};
use crate::{Member, Name, ScanError, Value};

/// Gives each top-level member of the JSON object `body` to `visit`, which may break off the walk.
///
/// Values are passed over, not validated: brackets are counted. A walk that was not broken off has seen the
/// end of the object and nothing but white space after it.
pub fn scan_members<'b>(
    body: &'b [u8],
    mut visit: impl FnMut(Member<'b>) -> ControlFlow<()>,
) -> Result<(), ScanError> {
    let brace = space_end(body, 0);
    if body.get(brace) != Some(&b'{') {
        return Err(ScanError::NotAnObject);
    }
    let mut at = space_end(body, brace + 1);
    if body.get(at) == Some(&b'}') {
        return end_after(body, at);
    }
    loop {
        expect(body, at, b'"')?;
        let name_end = string_end(body, at + 1).ok_or(ScanError::CutShort)?;
        let name = Name::new(body.get(at + 1..name_end - 1).unwrap_or_default(), at + 1);
        at = space_end(body, name_end);
        expect(body, at, b':')?;
        at = space_end(body, at + 1);
        let start = at;
        at = value_end(body, start).ok_or_else(|| match body.get(start) {
            Some(b'"' | b'{' | b'[') | None => ScanError::CutShort,
            Some(_) => ScanError::Malformed,
        })?;
        let value = Value::new(body.get(start..at).unwrap_or_default(), start);
        if visit(Member { name, value }).is_break() {
            return Ok(());
        }
        at = space_end(body, at);
        match body.get(at) {
            Some(b',') => at = space_end(body, at + 1),
            Some(b'}') => return end_after(body, at),
            Some(_) => return Err(ScanError::Malformed),
            None => return Err(ScanError::CutShort),
        }
    }
}

fn expect(body: &[u8], at: usize, byte: u8) -> Result<(), ScanError> {
    match body.get(at) {
        Some(found) if *found == byte => Ok(()),
        Some(_) => Err(ScanError::Malformed),
        None => Err(ScanError::CutShort),
    }
}

/// Nothing may follow the brace at `at`.
fn end_after(body: &[u8], at: usize) -> Result<(), ScanError> {
    if space_end(body, at + 1) == body.len() {
        Ok(())
    } else {
        Err(ScanError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Result<Vec<(String, String)>, ScanError> {
        let mut names = Vec::new();
        scan_members(body.as_bytes(), |member| {
            let raw = String::from_utf8_lossy(member.value.raw()).into_owned();
            names.push((member.name.decoded().into_owned(), raw));
            ControlFlow::Continue(())
        })?;
        Ok(names)
    }

    #[test]
    fn members_are_given_in_their_order() {
        let body = r#" { "choices" : [{"x":"]}\"["}, [[1.5e-7,-2]]] ,"usag\u0065":{"t":7}, "n":-12 ,"z":null}
"#;
        let expected = [
            ("choices", r#"[{"x":"]}\"["}, [[1.5e-7,-2]]]"#),
            ("usage", r#"{"t":7}"#),
            ("n", "-12"),
            ("z", "null"),
        ];
        let found = names(body).unwrap();
        assert_eq!(found.len(), expected.len());
        for ((name, raw), expected) in found.iter().zip(expected) {
            assert_eq!((name.as_str(), raw.as_str()), expected);
        }
        assert_eq!(names("{}").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (body, error) in [
            ("", ScanError::NotAnObject),
            ("[1]", ScanError::NotAnObject),
            ("<html>", ScanError::NotAnObject),
            ("{", ScanError::CutShort),
            ("{\"a", ScanError::CutShort),
            ("{\"a\"", ScanError::CutShort),
            ("{\"a\":", ScanError::CutShort),
            ("{\"a\":[1,{}", ScanError::CutShort),
            ("{\"a\":\"x\\\"", ScanError::CutShort),
            ("{\"a\":1", ScanError::CutShort),
            ("{\"a\":1,", ScanError::CutShort),
            ("{\"a\":?}", ScanError::Malformed),
            ("{\"a\" 1}", ScanError::Malformed),
            ("{\"a\":1 2}", ScanError::Malformed),
            ("{\"a\":1,}", ScanError::Malformed),
            ("{} {}", ScanError::Malformed),
        ] {
            assert_eq!(names(body), Err(error), "{body}");
        }
    }

    #[test]
    fn a_walk_can_be_broken_off() {
        let mut seen = 0;
        let result = scan_members(b"{\"a\":1,\"b\":?", |_| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert_eq!((result, seen), (Ok(()), 1));
    }
}
