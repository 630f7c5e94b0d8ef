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
