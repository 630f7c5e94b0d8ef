//! One value inside a body, read on demand.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::Cursor;
use crate::outline::{Extents, Next};
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
#[derive(Clone, Copy)]
pub struct Value<'d> {
    /// The whole body: searches go by words, which may reach behind the value.
    bytes: &'d [u8],
    start: usize,
    end: usize,
    /// Of what is inside of it, or begins later.
    extents: Extents<'d>,
}

/// One member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Member<'d> {
    pub name: Name<'d>,
    pub value: Value<'d>,
}

impl<'d> Value<'d> {
    /// What stands in `bytes` from `start` to `end`.
    #[inline]
    pub(crate) const fn new(bytes: &'d [u8], start: usize, end: usize) -> Self {
        Self { bytes, start, end, extents: Extents::NONE }
    }

    /// The same value, with the extents of what is inside of it, or begins later.
    #[inline]
    pub(crate) const fn outlined(self, extents: Extents<'d>) -> Self {
        Self { extents, ..self }
    }

    #[inline]
    pub fn kind(self) -> Kind {
        match self.bytes.get(self.start) {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            _ => Kind::Null,
        }
    }

    /// The value's own bytes, without white space around it.
    #[inline]
    pub fn raw(self) -> &'d [u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Where it stands, in bytes from the start of the body.
    pub const fn span(self) -> Range<usize> {
        self.start..self.end
    }

    pub fn is_null(self) -> bool {
        matches!(self.kind(), Kind::Null)
    }

    /// Whether it is a string, an array or an object with nothing in it.
    pub fn is_empty(self) -> bool {
        match self.kind() {
            Kind::String => self.end - self.start == 2,
            Kind::Array | Kind::Object => {
                let inside = space_end(self.bytes, self.start + 1);
                matches!(self.bytes.get(inside), Some(b']' | b'}') | None)
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
        self.raw().strip_prefix(b"\"")?.strip_suffix(b"\"")
    }

    pub fn as_bool(self) -> Option<bool> {
        match self.raw() {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// A number that is written as a whole one and fits.
    pub fn as_u64(self) -> Option<u64> {
        let digits = self.raw();
        digits.first()?;
        digits.iter().try_fold(0_u64, |number, byte| {
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
        std::str::from_utf8(self.raw()).ok()?.parse().ok()
    }

    /// The members of an object, in their order; none for other kinds.
    pub fn members(self) -> Members<'d> {
        Members { parts: Parts::of(self, Kind::Object), behind: false }
    }

    /// A cursor on it, for walks that pass over each byte once.
    #[inline]
    pub fn cursor(self) -> Cursor<'d> {
        Cursor::new(self.bytes.get(..self.end).unwrap_or_default(), self.start)
    }

    /// The items of an array, in their order; none for other kinds.
    pub fn items(self) -> Items<'d> {
        Items(Parts::of(self, Kind::Array))
    }

    /// The value of the first member of an object whose decoded name is `name`.
    pub fn value(self, name: &str) -> Option<Value<'d>> {
        self.members().find(|member| member.name.is(name)).map(|member| member.value)
    }

    /// The same for several names, in one walk over the object.
    #[inline]
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
}

/// Content of bodies shows in no debug output; where it stands does.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Value({:?}, {:?})", self.kind(), self.span())
    }
}

/// What is still to be read of a container.
#[derive(Debug, Clone)]
struct Parts<'d> {
    bytes: &'d [u8],
    /// Past everything where nothing more is to come.
    at: usize,
    /// Of the container.
    end: usize,
    extents: Extents<'d>,
}

impl<'d> Parts<'d> {
    /// None of other kinds.
    #[inline]
    fn of(value: Value<'d>, kind: Kind) -> Self {
        let (at, extents) =
            if value.kind() == kind { (value.start + 1, value.extents) } else { (usize::MAX, Extents::NONE) };
        Self { bytes: value.bytes, at, end: value.end, extents }
    }

    /// Passes the comma behind what ends before `end`, where there is one.
    #[inline]
    fn pass_comma(&mut self, end: usize) {
        let comma = space_end(self.bytes, end);
        let more = comma < self.end && self.bytes.get(comma) == Some(&b',');
        self.at = if more { comma + 1 } else { usize::MAX };
    }

    /// Passes over the value at `start`; none where it does not end in the container.
    #[inline]
    fn skip(&mut self, start: usize) -> Option<Value<'d>> {
        let end = value_end(self.bytes, start).filter(|end| *end <= self.end)?;
        self.pass_comma(end);
        Some(Value { bytes: self.bytes, start, end, extents: self.extents })
    }

    /// Passes over the member behind `start`.
    fn skip_member(&mut self, start: usize) -> Option<Member<'d>> {
        let bytes = self.bytes;
        let quote = space_end(bytes, start);
        if bytes.get(quote) != Some(&b'"') {
            return None;
        }
        let (after, escaped) = name_end(bytes, quote + 1).filter(|(after, _)| *after <= self.end)?;
        let name = Name::new(bytes.get(quote + 1..after - 1)?, quote + 1, escaped);
        let colon = space_end(bytes, after);
        if bytes.get(colon) != Some(&b':') {
            return None;
        }
        let value = self.skip(space_end(bytes, colon + 1))?;
        Some(Member { name, value })
    }
}

/// Iterates over the members of an object.
#[derive(Debug, Clone)]
pub struct Members<'d> {
    parts: Parts<'d>,
    /// Whether a comma is to come before the next one.
    behind: bool,
}

impl<'d> Iterator for Members<'d> {
    type Item = Member<'d>;

    #[inline]
    fn next(&mut self) -> Option<Member<'d>> {
        let parts = &mut self.parts;
        match parts.extents.pass_member(parts.end) {
            Next::Member(extent, extents) => {
                let Range { start, end } = extent.name();
                let name = Name::new(parts.bytes.get(start..end)?, start, extent.escaped);
                let (start, end) = (extent.value as usize, extent.end as usize);
                (parts.at, self.behind) = (end, true);
                Some(Member { name, value: Value { bytes: parts.bytes, start, end, extents } })
            }
            Next::None => None,
            Next::Unknown => {
                if std::mem::take(&mut self.behind) {
                    parts.pass_comma(parts.at);
                }
                let start = std::mem::replace(&mut parts.at, usize::MAX);
                parts.skip_member(start)
            }
        }
    }
}

/// Iterates over the items of an array.
#[derive(Debug, Clone)]
pub struct Items<'d>(Parts<'d>);

impl<'d> Iterator for Items<'d> {
    type Item = Value<'d>;

    #[inline]
    fn next(&mut self) -> Option<Value<'d>> {
        let start = std::mem::replace(&mut self.0.at, usize::MAX);
        let at = space_end(self.0.bytes, start);
        if self.0.bytes.get(at) == Some(&b']') {
            return None;
        }
        match self.0.extents.pass(at) {
            Some((extent, extents)) => {
                let end = extent.end as usize;
                self.0.pass_comma(end);
                Some(Value { bytes: self.0.bytes, start: at, end, extents })
            }
            None => self.0.skip(at),
        }
    }
}
