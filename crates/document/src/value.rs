//! One value inside a body, read on demand.

use std::borrow::Cow;
use std::ops::Range;

use crate::Cursor;
use crate::search::space_end;
use crate::skip::{name_end, value_end};
use crate::text::{Name, decode};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// A JSON value as it stands in a body. Reading never panics; on bytes that were not validated it gives
/// `None`, or ends early.
#[derive(Debug, Clone, Copy)]
pub struct Value<'d> {
    raw: &'d [u8],
    start: usize,
}

/// One member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Member<'d> {
    pub name: Name<'d>,
    pub value: Value<'d>,
}

impl<'d> Value<'d> {
    pub(crate) const fn new(raw: &'d [u8], start: usize) -> Self {
        Self { raw, start }
    }

    pub const fn kind(self) -> Kind {
        match self.raw.first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            _ => Kind::Null,
        }
    }

    /// The value's own bytes, without white space around it.
    pub const fn raw(self) -> &'d [u8] {
        self.raw
    }

    /// Where it stands, in bytes from the start of the body.
    pub const fn span(self) -> Range<usize> {
        self.start..self.start + self.raw.len()
    }

    pub const fn is_null(self) -> bool {
        matches!(self.kind(), Kind::Null)
    }

    /// Whether it is a string, an array or an object with nothing in it.
    pub fn is_empty(self) -> bool {
        match self.kind() {
            Kind::String => self.raw == b"\"\"",
            Kind::Array | Kind::Object => {
                matches!(self.raw.get(space_end(self.raw, 1)), Some(b']' | b'}') | None)
            }
            Kind::Null | Kind::Bool | Kind::Number => false,
        }
    }

    /// The decoded text of a string; lone surrogates become U+FFFD.
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        decode(self.inner()?)
    }

    /// The bytes between the quotes of a string, escapes and all.
    pub fn inner(self) -> Option<&'d [u8]> {
        self.raw.strip_prefix(b"\"")?.strip_suffix(b"\"")
    }

    pub fn as_bool(self) -> Option<bool> {
        match self.raw {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// A number that is written as a whole one and fits.
    pub fn as_u64(self) -> Option<u64> {
        self.raw.first()?;
        self.raw.iter().try_fold(0_u64, |number, byte| {
            let digit = byte.wrapping_sub(b'0');
            let longer = number.checked_mul(10)?.checked_add(u64::from(digit))?;
            (digit < 10).then_some(longer)
        })
    }

    /// A number, to the nearest that `f64` has; infinite where it is too large.
    pub fn as_f64(self) -> Option<f64> {
        if self.kind() != Kind::Number {
            return None;
        }
        std::str::from_utf8(self.raw).ok()?.parse().ok()
    }

    /// The members of an object, in their order; none for other kinds.
    pub fn members(self) -> Members<'d> {
        let at = if self.kind() == Kind::Object { 1 } else { usize::MAX };
        Members { object: self, at }
    }

    /// A cursor on it, for walks that pass over each byte once.
    #[inline]
    pub const fn cursor(self) -> Cursor<'d> {
        Cursor::new(self.raw, self.start)
    }

    /// The items of an array, in their order; none for other kinds.
    pub fn items(self) -> Items<'d> {
        let at = if self.kind() == Kind::Array { 1 } else { usize::MAX };
        Items { array: self, at }
    }

    /// The value of the first member of an object whose decoded name is `name`.
    pub fn value(self, name: &str) -> Option<Value<'d>> {
        self.members().find(|member| member.name.is(name)).map(|member| member.value)
    }

    /// The same for several names, in one walk over the object.
    pub fn values<const N: usize>(self, names: [&str; N]) -> [Option<Value<'d>>; N] {
        let mut found = [None; N];
        let mut missing = N;
        for member in self.members() {
            let of_name = names.iter().zip(&mut found).find(|(name, _)| member.name.is(name));
            if let Some((_, place @ None)) = of_name {
                *place = Some(member.value);
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
        }
        found
    }

    /// The value that starts at `at` of this one's bytes, and where it ends there.
    #[inline]
    fn part(self, at: usize) -> Option<(Value<'d>, usize)> {
        let end = value_end(self.raw, at)?;
        let raw = self.raw.get(at..end)?;
        Some((Value::new(raw, self.start + at), end))
    }

    /// The position after the comma that follows `at`; past everything where no comma does.
    #[inline]
    fn after_comma(self, at: usize) -> usize {
        let at = space_end(self.raw, at);
        if self.raw.get(at) == Some(&b',') { at + 1 } else { usize::MAX }
    }
}

/// Iterates over the members of an object.
#[derive(Debug, Clone)]
pub struct Members<'d> {
    object: Value<'d>,
    at: usize,
}

impl<'d> Iterator for Members<'d> {
    type Item = Member<'d>;

    fn next(&mut self) -> Option<Member<'d>> {
        let start = std::mem::replace(&mut self.at, usize::MAX);
        let raw = self.object.raw;
        let quote = space_end(raw, start);
        if raw.get(quote) != Some(&b'"') {
            return None;
        }
        let (after, escaped) = name_end(raw, quote + 1)?;
        let start = self.object.start + quote + 1;
        let name = Name::new(raw.get(quote + 1..after - 1)?, start, escaped);
        let colon = space_end(raw, after);
        if raw.get(colon) != Some(&b':') {
            return None;
        }
        let (value, end) = self.object.part(space_end(raw, colon + 1))?;
        self.at = self.object.after_comma(end);
        Some(Member { name, value })
    }
}

/// Iterates over the items of an array.
#[derive(Debug, Clone)]
pub struct Items<'d> {
    array: Value<'d>,
    at: usize,
}

impl<'d> Iterator for Items<'d> {
    type Item = Value<'d>;

    fn next(&mut self) -> Option<Value<'d>> {
        let start = std::mem::replace(&mut self.at, usize::MAX);
        let at = space_end(self.array.raw, start);
        if self.array.raw.get(at) == Some(&b']') {
            return None;
        }
        let (item, end) = self.array.part(at)?;
        self.at = self.array.after_comma(end);
        Some(item)
    }
}
