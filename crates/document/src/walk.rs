//! Walking an answer without validating it: each byte is passed once, and values are read on the way.

use std::ops::ControlFlow;

use crate::search::space_end;
use crate::skip::{name_end, value_end};
use crate::{Member, Name, ScanError, Value};

/// Stands on the value of a member that is being visited. A value that the visitor leaves alone is passed over.
#[derive(Debug)]
pub struct Cursor<'b> {
    /// The body, to the end of what is walked at the latest.
    bytes: &'b [u8],
    at: usize,
}

/// Gives each top-level member of the JSON object `body` to `visit`, by its name and with a cursor on its value.
///
/// Values are passed over, not validated: brackets are counted. The walk has seen the end of the object and
/// nothing but white space after it.
pub fn walk_members<'b>(
    body: &'b [u8],
    mut visit: impl FnMut(Name<'b>, &mut Cursor<'b>),
) -> Result<(), ScanError> {
    walk(body, |name, cursor| {
        visit(name, cursor);
        ControlFlow::Continue(())
    })
}

/// Gives each top-level member of the JSON object `body` to `visit`, which may break off the walk.
///
/// Values are passed over, not validated: brackets are counted. A walk that was not broken off has seen the
/// end of the object and nothing but white space after it.
pub fn scan_members<'b>(
    body: &'b [u8],
    mut visit: impl FnMut(Member<'b>) -> ControlFlow<()>,
) -> Result<(), ScanError> {
    walk(body, |name, cursor| match cursor.value() {
        Some(value) => visit(Member { name, value }),
        // The walk itself finds out what is wrong.
        None => ControlFlow::Continue(()),
    })
}

#[inline]
fn walk<'b>(
    body: &'b [u8],
    visit: impl FnMut(Name<'b>, &mut Cursor<'b>) -> ControlFlow<()>,
) -> Result<(), ScanError> {
    let mut cursor = Cursor::new(body, space_end(body, 0));
    if body.get(cursor.at) != Some(&b'{') {
        return Err(ScanError::NotAnObject);
    }
    if cursor.object(visit)?.is_break() || space_end(body, cursor.at) == body.len() {
        Ok(())
    } else {
        Err(ScanError::Malformed)
    }
}

impl<'b> Cursor<'b> {
    #[inline]
    pub(crate) const fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Passes over the value; none where it is cut short or malformed.
    #[inline]
    pub fn value(&mut self) -> Option<Value<'b>> {
        let end = value_end(self.bytes, self.at)?;
        let value = Value::new(self.bytes, self.at, end);
        self.at = end;
        Some(value)
    }

    /// Passes over a value that is a whole number and fits; none where it is anything else, which is not passed.
    #[inline]
    pub fn whole_number(&mut self) -> Option<u64> {
        let mut at = self.at;
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(at) {
            number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
            at += 1;
        }
        let ends =
            matches!(self.bytes.get(at), None | Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
        if at == self.at || !ends {
            return None;
        }
        self.at = at;
        Some(number)
    }

    /// Gives the members of the object that stands here to `visit`; none for other kinds, nor those after
    /// something malformed.
    #[inline]
    pub fn members(&mut self, mut visit: impl FnMut(Name<'b>, &mut Self)) {
        let start = self.at;
        if self.bytes.get(start) != Some(&b'{') {
            return;
        }
        let walked = self.object(|name, cursor| {
            visit(name, cursor);
            ControlFlow::Continue(())
        });
        if walked.is_err() {
            // What is malformed inside is no worse than elsewhere: the brackets are counted.
            self.at = start;
        }
    }

    /// Gives each item of the array that stands here to `visit`, and passes over the array. None where there is no
    /// array; of one that is malformed inside not all items are given.
    #[inline]
    pub fn items(&mut self, visit: impl FnMut(&mut Self)) -> Option<Value<'b>> {
        let start = self.at;
        if self.bytes.get(start) != Some(&b'[') {
            return None;
        }
        if self.array(visit).is_err() {
            self.at = start;
            return self.value();
        }
        Some(Value::new(self.bytes, start, self.at))
    }

    /// Walks the array whose bracket is here, to its end.
    #[inline]
    fn array(&mut self, mut visit: impl FnMut(&mut Self)) -> Result<(), ScanError> {
        self.at = space_end(self.bytes, self.at + 1);
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let value = self.at;
            visit(self);
            if self.at == value {
                self.pass()?;
            }
            let after = space_end(self.bytes, self.at);
            match self.bytes.get(after) {
                Some(b',') => self.at = space_end(self.bytes, after + 1),
                Some(b']') => {
                    self.at = after + 1;
                    return Ok(());
                }
                _ => return Err(self.wrong(after)),
            }
        }
    }

    /// Walks the object whose brace is here, to its end unless `visit` breaks off.
    #[inline]
    fn object(
        &mut self,
        mut visit: impl FnMut(Name<'b>, &mut Self) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ScanError> {
        self.at = space_end(self.bytes, self.at + 1);
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Ok(ControlFlow::Continue(()));
        }
        loop {
            let name = self.name()?;
            let value = self.at;
            if visit(name, self).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if self.at == value {
                self.pass()?;
            }
            let after = space_end(self.bytes, self.at);
            match self.bytes.get(after) {
                Some(b',') => self.at = space_end(self.bytes, after + 1),
                Some(b'}') => {
                    self.at = after + 1;
                    return Ok(ControlFlow::Continue(()));
                }
                _ => return Err(self.wrong(after)),
            }
        }
    }

    /// Passes a name and its colon, up to the value.
    #[inline]
    fn name(&mut self) -> Result<Name<'b>, ScanError> {
        let start = self.at + 1;
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.wrong(self.at));
        }
        let (end, escaped) = name_end(self.bytes, start).ok_or(ScanError::CutShort)?;
        let raw = self.bytes.get(start..end - 1).unwrap_or_default();
        let colon = space_end(self.bytes, end);
        if self.bytes.get(colon) != Some(&b':') {
            return Err(self.wrong(colon));
        }
        self.at = space_end(self.bytes, colon + 1);
        Ok(Name::new(raw, start, escaped))
    }

    /// That something else should be at `at`.
    #[cold]
    const fn wrong(&self, at: usize) -> ScanError {
        if at < self.bytes.len() { ScanError::Malformed } else { ScanError::CutShort }
    }

    /// Passes over the value.
    #[inline]
    fn pass(&mut self) -> Result<(), ScanError> {
        let end = value_end(self.bytes, self.at);
        self.at = end.ok_or_else(|| match self.bytes.get(self.at) {
            Some(b'"' | b'{' | b'[') | None => ScanError::CutShort,
            Some(_) => ScanError::Malformed,
        })?;
        Ok(())
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
    fn items_are_given_in_their_order() {
        let items = |body: &str| {
            let (mut found, mut array) = (Vec::new(), None);
            let walked = walk_members(body.as_bytes(), |name, cursor| {
                if name.is("a") {
                    let raw = |value: Option<Value<'_>>| {
                        value.map(|value| String::from_utf8_lossy(value.raw()).into_owned())
                    };
                    array = raw(cursor.items(|item| {
                        item.members(|name, cursor| {
                            if name.is("f") {
                                found.extend(raw(cursor.value()));
                            }
                        });
                    }));
                }
            });
            (found, array, walked)
        };
        let array = r#"[ {"f":"x","g":[{"f":1}]} ,7,[{"f":2}],{"h":"]","f": null } ]"#;
        let found = vec!["\"x\"".to_owned(), "null".to_owned()];
        assert_eq!(
            items(&format!(r#"{{"b":[1],"a":{array},"c":2}}"#)),
            (found, Some(array.to_owned()), Ok(()))
        );
        assert_eq!(items(r#"{"a":[]}"#), (vec![], Some("[]".to_owned()), Ok(())));
        assert_eq!(items(r#"{"a":{"f":1}}"#), (vec![], None, Ok(())));
        // Brackets are counted.
        assert_eq!(items(r#"{"a":[1 2],"b":3}"#), (vec![], Some("[1 2]".to_owned()), Ok(())));
        assert_eq!(items(r#"{"a":[1,2"#), (vec![], None, Err(ScanError::CutShort)));
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

    /// What each visit of a nested walk gave, and whether the walk came through.
    fn counts(body: &str) -> (Vec<(String, Option<u64>)>, bool) {
        let mut counts = Vec::new();
        let walked = walk_members(body.as_bytes(), |name, cursor| {
            if name.is("inner") {
                cursor.members(|name, cursor| {
                    let value = cursor.value();
                    if let Some(value) = value {
                        assert_eq!(body.as_bytes().get(value.span()), Some(value.raw()));
                        assert_eq!(body.as_bytes().get(name.span()), Some(name.raw()));
                    }
                    counts.push((name.decoded().into_owned(), value.and_then(Value::as_u64)));
                });
            }
        });
        (counts, walked.is_ok())
    }

    #[test]
    fn objects_are_walked_inside() {
        let (found, through) =
            counts(r#"{"x":[{"a":0}],"inner" : { "a" : 1 ,"b\n":[2],"c":{"d":4}, "e":5 } ,"y":6}"#);
        let expected = [("a", Some(1)), ("b\n", None), ("c", None), ("e", Some(5))];
        assert_eq!(found, expected.map(|(name, count)| (name.to_owned(), count)));
        assert!(through);
        for body in [r#"{"inner":{}}"#, r#"{"inner":[1]}"#, r#"{"inner":null}"#, r#"{"inner":"{"}"#] {
            assert_eq!(counts(body), (Vec::new(), true), "{body}");
        }
    }

    #[test]
    fn whole_numbers_are_read_on_the_way() {
        for (number, expected) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("1.0", None),
            ("1e3", None),
            ("\"1\"", None),
            ("[1]", None),
            ("null", None),
        ] {
            for after in ["", " ", "\n,\"b\":1"] {
                let mut found = Vec::new();
                let walked = walk_members(format!("{{\"a\":{number}{after}}}").as_bytes(), |_, cursor| {
                    found.push(cursor.whole_number());
                });
                assert_eq!((found.first(), walked), (Some(&expected), Ok(())), "{number}");
            }
        }
    }

    #[test]
    fn what_is_malformed_inside_ends_the_inner_walk_only() {
        let one = vec![("a".to_owned(), Some(1))];
        for body in [
            r#"{"inner":{"a":1 "b":2},"y":1}"#,
            r#"{"inner":{"a":1,},"y":1}"#,
            r#"{"inner":{"a":1,{}},"y":1}"#,
            r#"{"inner":{"a":1],"y":1}"#,
        ] {
            assert_eq!(counts(body), (one.clone(), true), "{body}");
        }
        assert_eq!(counts(r#"{"inner":{"a":1,"b""#), (one, false));
        let (found, through) = counts(r#"{"inner":{"a":1,"b":?},"y":1}"#);
        assert_eq!((found.len(), through), (2, true));
    }
}
