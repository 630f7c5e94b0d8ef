//! A request body as an ordered view of its top-level members.

use std::ops::Range;

use bytes::Bytes;

use crate::check::{Checker, Stop};
use crate::outline::{Lead, Outline, narrow};
use crate::splice::splice;
use crate::text::{Name, decode_exactly};
use crate::{DocumentError, Edits, Member, Spliced, Value};

/// Members up to which duplicates are looked for one by one.
const FEW: usize = 32;

/// A JSON object over its original bytes. Valid JSON through and through.
#[derive(Debug, Clone)]
pub struct Document {
    bytes: Bytes,
    /// Position just after the opening brace.
    inside: u32,
    places: Vec<Place>,
    outline: Outline,
    /// Kinds of names that occur; see [`kind_bit`].
    kinds: u64,
}

/// Where a top-level member stands, in bytes from the start of the body.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// First byte of the name, after its quote.
    pub name_start: u32,
    pub name_end: u32,
    pub value_start: u32,
    pub value_end: u32,
    /// Extents of the outline before those of what is inside the value.
    pub before: u32,
    /// Whether the name has escapes.
    pub escaped: bool,
}

impl Place {
    pub fn new(name: Range<usize>, value: Range<usize>, escaped: bool) -> Self {
        Self {
            escaped,
            before: 0,
            name_start: narrow(name.start),
            name_end: narrow(name.end),
            value_start: narrow(value.start),
            value_end: narrow(value.end),
        }
    }

    /// Of a member that was checked; `before` is how many extents come before those inside its value.
    fn of(lead: Lead, value: Range<usize>, before: u32) -> Self {
        Self { before, ..Self::new(lead.start + 1..lead.name_end, value, lead.escaped) }
    }

    /// The name without its quotes.
    pub const fn name(self) -> Range<usize> {
        self.name_start as usize..self.name_end as usize
    }

    /// The name with its quotes.
    pub const fn quoted_name(self) -> Range<usize> {
        (self.name_start as usize).saturating_sub(1)..self.name_end as usize + 1
    }

    pub const fn value(self) -> Range<usize> {
        self.value_start as usize..self.value_end as usize
    }

    #[inline]
    pub fn read_name(self, body: &[u8]) -> Name<'_> {
        Name::new(body.get(self.name()).unwrap_or_default(), self.name_start as usize, self.escaped)
    }

    #[inline]
    pub const fn read_value(self, body: &[u8]) -> Value<'_> {
        Value::new(body, self.value_start as usize, self.value_end as usize)
    }
}

impl Document {
    /// Validates the whole of `bytes`: UTF-8, strict JSON, an object at the top, at most
    /// [`MAX_DEPTH`](crate::MAX_DEPTH) levels, no top-level name twice. Lone surrogates in escapes are allowed.
    pub fn parse(bytes: Bytes) -> Result<Self, DocumentError> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(DocumentError::TooLarge);
        }
        let mut places = Vec::with_capacity(16);
        let (inside, outline) = read_members(&bytes, &mut places)?;
        let kinds = refuse_duplicates(&bytes, &places)?;
        Ok(Self { bytes, inside, places, outline, kinds })
    }

    /// The original bytes.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The object itself, as a value.
    pub fn root(&self) -> Value<'_> {
        let start = self.bytes.len() - self.bytes.trim_ascii_start().len();
        Value::new(&self.bytes, start, self.bytes.trim_ascii_end().len()).outlined(self.outline.after(0))
    }

    /// The top-level members in their order.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.places.iter().map(|place| self.member(*place))
    }

    /// The value of the top-level member whose decoded name is `name`.
    #[inline]
    pub fn value(&self, name: &str) -> Option<Value<'_>> {
        if self.kinds & kind_bit(name.as_bytes()) == 0 {
            return None;
        }
        let place = self.places.iter().find(|place| self.name(**place).is(name))?;
        Some(self.value_at(*place))
    }

    /// Whether no top-level name has an escape, a capital or what is not ASCII. Then none differs only in its
    /// case from a name that is as plain.
    pub fn has_plain_names(&self) -> bool {
        self.places
            .iter()
            .all(|place| !place.escaped && !self.name(*place).raw().iter().any(|&byte| is_unusual(byte)))
    }

    /// The controlled name that a top-level name equals only when case is ignored, as lenient parsers do.
    pub fn misspelt<'c>(&self, controlled: &[&'c str]) -> Option<&'c str> {
        self.places.iter().find_map(|place| {
            let name = self.name(*place);
            controlled.iter().find(|known| name.resembles(known)).copied()
        })
    }

    /// The bytes of a value of this document, without copying them.
    pub fn share(&self, value: &Value<'_>) -> Bytes {
        let span = value.span();
        if self.bytes.get(span.clone()).is_some_and(|own| std::ptr::eq(own, value.raw())) {
            self.bytes.slice(span)
        } else {
            Bytes::copy_from_slice(value.raw())
        }
    }

    /// The body with `edits` made, without copying what stays.
    pub fn apply(&self, edits: &Edits) -> Spliced {
        splice(&self.bytes, self.inside as usize, &self.places, edits)
    }

    fn name(&self, place: Place) -> Name<'_> {
        place.read_name(&self.bytes)
    }

    fn member(&self, place: Place) -> Member<'_> {
        Member { name: self.name(place), value: self.value_at(place) }
    }

    #[inline]
    fn value_at(&self, place: Place) -> Value<'_> {
        place.read_value(&self.bytes).outlined(self.outline.after(place.before))
    }
}

/// Whether a byte is a capital or no ASCII.
const fn is_unusual(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | 0x80..)
}

/// Fills `places`; gives the position after the opening brace, and the outline.
fn read_members(bytes: &[u8], places: &mut Vec<Place>) -> Result<(u32, Outline), DocumentError> {
    let mut checker = Checker::new(bytes);
    let start = checker.space(0);
    match checker.byte(start) {
        Some(b'{') => {}
        // Only a body that is JSON is told that it is not an object.
        Some(_) => {
            let end = checker.value(Lead::NONE, start)?;
            return Err(finish(bytes, checker, end).err().unwrap_or(DocumentError::NotAnObject));
        }
        None => return Err(Stop::at(start).into()),
    }
    let inside = start + 1;
    let mut at = checker.space(inside);
    if checker.byte(at) == Some(b'}') {
        return Ok((narrow(inside), finish(bytes, checker, at + 1)?));
    }
    loop {
        let (lead, behind) = checker.name(at)?;
        let value = checker.space(behind);
        // Its own is the next one.
        let before = checker.outline.count() + 1;
        let end = checker.value(lead, value)?;
        places.push(Place::of(lead, value..end, before));
        at = checker.space(end);
        match checker.byte(at) {
            Some(b',') => at += 1,
            Some(b'}') => return Ok((narrow(inside), finish(bytes, checker, at + 1)?)),
            _ => return Err(Stop::at(at).into()),
        }
    }
}

/// Refuses what follows the value, which ends before `end`, and what is not UTF-8.
fn finish(bytes: &[u8], checker: Checker<'_>, end: usize) -> Result<Outline, DocumentError> {
    let end = checker.space(end);
    if checker.byte(end).is_some() {
        return Err(Stop::at(end).into());
    }
    if !checker.seen.ascii() && std::str::from_utf8(bytes).is_err() {
        return Err(DocumentError::NotUtf8);
    }
    Ok(checker.outline)
}

/// Gives the kinds of names that occur, or may.
fn refuse_duplicates(bytes: &[u8], places: &[Place]) -> Result<u64, DocumentError> {
    let raw = |place: &Place| place.read_name(bytes).raw();
    if places.len() > FEW || places.iter().any(|place| place.escaped) {
        let mut names: Vec<_> = places.iter().map(|place| decode_exactly(raw(place))).collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair.first() == pair.last());
        return match twice.and_then(<[_]>::first) {
            Some(name) => Err(DocumentError::duplicate(&String::from_utf8_lossy(name))),
            None => Ok(u64::MAX),
        };
    }
    // One bit for each kind of name: only names of the same kind are compared.
    let mut kinds = 0_u64;
    for (index, place) in places.iter().enumerate() {
        let name = raw(place);
        let kind = kind_bit(name);
        if kinds & kind != 0 && places.iter().take(index).any(|earlier| raw(earlier) == name) {
            return Err(DocumentError::duplicate(&String::from_utf8_lossy(name)));
        }
        kinds |= kind;
    }
    Ok(kinds)
}

/// One of 64 bits, by length and outer letters: a quick look at which names cannot be the same.
fn kind_bit(name: &[u8]) -> u64 {
    let first = name.first().copied().unwrap_or_default();
    let last = name.last().copied().unwrap_or_default();
    let mixed = u32::from(first)
        .wrapping_mul(7)
        .wrapping_add(u32::from(last).wrapping_mul(13))
        .wrapping_add(narrow(name.len()).wrapping_mul(29));
    1 << (mixed % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<Document, DocumentError> {
        Document::parse(Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn only_objects_are_documents() {
        for body in ["{}", " {} ", "\n\t\r {\"a\":{}}\r\n"] {
            assert!(parse(body).is_ok(), "{body}");
        }
        for body in ["[]", "null", " 12.5e3 ", "\"{}\"", "[{},[1]]", "true"] {
            assert_eq!(parse(body).unwrap_err(), DocumentError::NotAnObject, "{body}");
        }
    }

    #[test]
    fn errors_tell_where() {
        for (body, offset) in [
            ("", 0),
            ("  ", 2),
            ("\u{feff}{}", 0),
            ("{", 1),
            ("{\"a\"}", 4),
            ("{\"a\":}", 5),
            ("{\"a\":1,}", 7),
            ("{,}", 1),
            ("{'a':1}", 1),
            ("{\"a\":1} x", 8),
            ("{\"a\":1}{", 7),
            ("{\"a\":01}", 6),
            ("{\"a\":1.}", 7),
            ("{\"a\":.5}", 5),
            ("{\"a\":1e}", 7),
            ("{\"a\":-}", 6),
            ("{\"a\":+1}", 5),
            ("{\"a\":NaN}", 5),
            ("{\"a\":nul}", 5),
            ("{\"a\":fals}", 6),
            ("{\"a\":\"\n\"}", 6),
            ("{\"a\":\"\\x\"}", 6),
            ("{\"a\":\"\\u12\"}", 6),
            ("{\"a\":\"b}", 8),
            ("{\"a\":[1}", 7),
            ("{\"a\":{\"b\":1]}", 11),
            ("{\"a\":[1,]}", 8),
            ("[1,", 3),
        ] {
            assert_eq!(parse(body).unwrap_err(), DocumentError::Syntax { offset }, "{body}");
        }
    }

    #[test]
    fn text_must_be_utf8() {
        for bytes in [&b"\xff"[..], b"\xc3", b"\xed\xa0\xbd", b"\xc0\xaf", b"\xf5\x80\x80\x80"] {
            let body = [b"{\"a\":\"", bytes, b"\"}"].concat();
            assert_eq!(Document::parse(body.into()).unwrap_err(), DocumentError::NotUtf8);
        }
        assert!(parse("{\"ä\":\"€🦀\"}").is_ok());
        assert!(parse(r#"{"a":"\ud800"}"#).is_ok());
    }

    #[test]
    fn names_occur_once() {
        let duplicate = |name: Option<&str>| DocumentError::Duplicate { name: name.map(Into::into) };
        for (body, name) in [
            (r#"{"model":1,"model":2}"#, Some("model")),
            (r#"{"model":1,"mod\u0065l":2}"#, Some("model")),
            (r#"{"a":1,"b":1,"a":1}"#, Some("a")),
            (r#"{"a b":1,"a b":1}"#, None),
            (r#"{"":1,"":1}"#, None),
            (r#"{"\ud800":1,"\uD800":1}"#, None),
        ] {
            assert_eq!(parse(body).unwrap_err(), duplicate(name), "{body}");
        }
        let long = "x".repeat(65);
        assert_eq!(parse(&format!("{{\"{long}\":1,\"{long}\":1}}")).unwrap_err(), duplicate(None));
        assert!(parse(r#"{"a":1,"A":1,"\ud800":1,"\ud801":1,"b":{"a":1,"a":1}}"#).is_ok());
    }

    #[test]
    fn errors_say_no_more_than_they_should() {
        let text = |body| parse(body).unwrap_err().to_string();
        assert_eq!(text("{\"secret\" 1}"), "body is not valid JSON (at byte 10)");
        assert_eq!(text(r#"{"model":1,"model":2}"#), "member 'model' occurs twice");
        assert_eq!(text(r#"{"<b>":1,"<b>":2}"#), "a top-level member occurs twice");
        assert_eq!(DocumentError::TooDeep.to_string(), "body is nested deeper than 128 levels");
    }

    #[test]
    fn other_spellings_of_controlled_names_are_told() {
        let misspelt = |body| parse(body).unwrap().misspelt(&["model", "stream", "top_k", "topK"]);
        assert_eq!(misspelt(r#"{"model":1,"stream":2}"#), None);
        assert_eq!(misspelt(r#"{"Model":1}"#), Some("model"));
        assert_eq!(misspelt(r#"{"model":1,"MODEL":1}"#), Some("model"));
        assert_eq!(misspelt(r#"{"\u004dodel":1}"#), Some("model"));
        assert_eq!(misspelt(r#"{"ſtream":1}"#), Some("stream"));
        assert_eq!(misspelt(r#"{"top_\u212a":1}"#), Some("top_k"));
        assert_eq!(misspelt(r#"{"topk":1}"#), Some("topK"));
        assert_eq!(misspelt(r#"{"models":1,"mode":1,"odel":1,"top_k":1,"topK":1}"#), None);
        assert_eq!(misspelt(r#"{"mod\u0065l":1}"#), None);
    }

    #[test]
    fn plain_names_are_lower_case_ascii_without_escapes() {
        let plain = |body| parse(body).unwrap().has_plain_names();
        assert!(plain(r#"{"model":{"A":1},"top_k2":"É\n","":0}"#));
        for body in [r#"{"a":1,"modeL":1}"#, r#"{"ſ":1}"#, r#"{"\u0061":1}"#] {
            assert!(!plain(body), "{body}");
        }
    }

    #[test]
    fn the_object_itself_is_a_value() {
        let document = parse(" \n{\"a\":[1]}\t").unwrap();
        let root = document.root();
        assert_eq!((root.raw(), root.span()), (&b"{\"a\":[1]}"[..], 2..11));
        assert_eq!(document.share(&root), root.raw());
        assert_eq!(root.value("a").unwrap().raw(), b"[1]");
    }

    #[test]
    fn values_are_read_on_demand() {
        let body = r#"{"s":"a\n","n":-1.5e2,"u":18446744073709551615,"big":1e400,"t":true,"z":null,"a":[ 1 ,"]", {}],"o":{ "x" : [] , "y":2}}"#;
        let document = parse(body).unwrap();
        let value = |name| document.value(name).unwrap();
        assert_eq!(value("s").as_str().unwrap(), "a\n");
        assert_eq!(value("n").as_f64(), Some(-150.0));
        assert_eq!(value("n").as_u64(), None);
        assert_eq!(value("u").as_u64(), Some(u64::MAX));
        assert_eq!(value("big").as_f64(), Some(f64::INFINITY));
        assert_eq!(value("t").as_bool(), Some(true));
        assert!(value("z").is_null());
        let items: Vec<_> = value("a").items().map(Value::raw).collect();
        assert_eq!(items, [&b"1"[..], b"\"]\"", b"{}"]);
        assert_eq!(value("o").value("y").unwrap().as_u64(), Some(2));
        assert_eq!(value("o").value("x").unwrap().items().count(), 0);
        assert!(document.value("x").is_none());
        let raws = |names| value("o").values::<3>(names).map(|found| found.map(Value::raw));
        assert_eq!(raws(["y", "z", "x"]), [Some(&b"2"[..]), None, Some(b"[]")]);
        assert_eq!(value("a").values(["x"]).map(|found| found.is_some()), [false]);
        let twice = parse(r#"{"o":{"a":1,"\u0062":2,"a":3}}"#).unwrap();
        let found = twice.value("o").unwrap().values(["b", "a"]);
        assert_eq!(found.map(|value| value.unwrap().raw()), [&b"2"[..], b"1"]);
        assert_eq!(value("s").items().count() + value("a").members().count(), 0);
        let empty = parse(r#"{"a":"","b":[ ],"c":{ },"d":" ","e":[0],"f":{"":0},"g":0}"#).unwrap();
        let found: Vec<_> = empty.members().map(|member| member.value.is_empty()).collect();
        assert_eq!(found, [true, true, true, false, false, false, false]);
        assert_eq!(document.share(&value("o")), value("o").raw());
        assert!(value("s").as_u64().is_none() && value("n").as_str().is_none());
    }
}
