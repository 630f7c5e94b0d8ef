//! A request body as an ordered view of its top-level members.

use std::ops::Range;

use bytes::Bytes;

use crate::check::Checker;
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
}

/// Where a top-level member stands, in bytes from the start of the body.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// First byte of the name, after its quote.
    pub name_start: u32,
    pub name_end: u32,
    pub value_start: u32,
    pub value_end: u32,
}

impl Place {
    pub fn new(name: Range<usize>, value: Range<usize>) -> Self {
        Self {
            name_start: narrow(name.start),
            name_end: narrow(name.end),
            value_start: narrow(value.start),
            value_end: narrow(value.end),
        }
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
        Name::new(
            body.get(self.name()).unwrap_or_default(),
            self.name_start as usize,
        )
    }

    pub fn read_value(self, body: &[u8]) -> Value<'_> {
        Value::new(
            body.get(self.value()).unwrap_or_default(),
            self.value_start as usize,
        )
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
        let inside = read_members(&bytes, &mut places)?;
        refuse_duplicates(&bytes, &places)?;
        Ok(Self {
            bytes,
            inside,
            places,
        })
    }

    /// The original bytes.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The top-level members in their order.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.places.iter().map(|place| self.member(*place))
    }

    /// The value of the top-level member whose decoded name is `name`.
    #[inline]
    pub fn value(&self, name: &str) -> Option<Value<'_>> {
        let place = self.places.iter().find(|place| self.name(**place).is(name))?;
        Some(place.read_value(&self.bytes))
    }

    /// The controlled name that a top-level name equals only when case is ignored, as lenient parsers do
    /// (Unicode's `ſ` and the Kelvin sign count as `s` and `k`).
    pub fn misspelt<'c>(&self, controlled: &[&'c str]) -> Option<&'c str> {
        self.places.iter().find_map(|place| {
            let name = self.name(*place);
            let raw = name.raw();
            if raw
                .iter()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
            {
                // Plain lower case differs from a name of ours in the case only if ours has capitals.
                return controlled
                    .iter()
                    .find(|known| {
                        known.len() == raw.len()
                            && known.as_bytes() != raw
                            && known.as_bytes().eq_ignore_ascii_case(raw)
                    })
                    .copied();
            }
            let decoded = name.decoded();
            let folded = decoded.replace('\u{17f}', "s").replace('\u{212a}', "k");
            controlled
                .iter()
                .find(|known| ***known != *decoded && known.eq_ignore_ascii_case(&folded))
                .copied()
        })
    }

    /// The body with `edits` made, without copying what stays.
    pub fn apply(&self, edits: &Edits) -> Spliced {
        splice(&self.bytes, self.inside as usize, &self.places, edits)
    }

    fn name(&self, place: Place) -> Name<'_> {
        place.read_name(&self.bytes)
    }

    fn member(&self, place: Place) -> Member<'_> {
        Member {
            name: place.read_name(&self.bytes),
            value: place.read_value(&self.bytes),
        }
    }
}

/// Fills `places`; gives the position after the opening brace.
fn read_members(bytes: &[u8], places: &mut Vec<Place>) -> Result<u32, DocumentError> {
    let mut checker = Checker::new(bytes);
    match checker.peek() {
        Some(b'{') => checker.pass(),
        // Only a body that is JSON is told that it is not an object.
        Some(_) => {
            checker.value()?;
            return Err(finish(bytes, &mut checker)
                .err()
                .unwrap_or(DocumentError::NotAnObject));
        }
        None => return Err(checker.wrong()),
    }
    let inside = narrow(checker.at());
    if checker.peek() == Some(b'}') {
        checker.pass();
        return finish(bytes, &mut checker).map(|()| inside);
    }
    loop {
        checker.expect(b'"')?;
        let name_start = narrow(checker.at());
        checker.text()?;
        let name_end = narrow(checker.at().saturating_sub(1));
        checker.expect(b':')?;
        let _ = checker.peek();
        let value_start = narrow(checker.at());
        checker.value()?;
        places.push(Place {
            name_start,
            name_end,
            value_start,
            value_end: narrow(checker.at()),
        });
        match checker.peek() {
            Some(b',') => checker.pass(),
            Some(b'}') => {
                checker.pass();
                return finish(bytes, &mut checker).map(|()| inside);
            }
            _ => return Err(checker.wrong()),
        }
    }
}

/// Refuses what follows the value, and what is not UTF-8.
fn finish(bytes: &[u8], checker: &mut Checker<'_>) -> Result<(), DocumentError> {
    if checker.peek().is_some() {
        return Err(checker.wrong());
    }
    if !checker.seen.ascii() && std::str::from_utf8(bytes).is_err() {
        return Err(DocumentError::NotUtf8);
    }
    Ok(())
}

/// The length was checked to fit.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn refuse_duplicates(bytes: &[u8], places: &[Place]) -> Result<(), DocumentError> {
    let name = |place: &Place| place.read_name(bytes);
    let refuse = |name: Name<'_>| Err(DocumentError::duplicate(&name.decoded()));
    if places.len() <= FEW {
        // One bit for each kind of name: only names of the same kind are compared.
        let mut kinds = 0_u64;
        for (index, place) in places.iter().enumerate() {
            let this = name(place);
            let escaped = this.is_escaped();
            let kind = kind_bit(&decode_exactly(this.raw()));
            if kinds & kind != 0 {
                let decoded = decode_exactly(this.raw());
                let earlier = places.iter().take(index).map(name);
                for other in earlier {
                    if (other.raw() == this.raw())
                        || ((escaped || other.is_escaped()) && decode_exactly(other.raw()) == decoded)
                    {
                        return refuse(this);
                    }
                }
            }
            kinds |= kind;
        }
        return Ok(());
    }
    let mut names: Vec<_> = places
        .iter()
        .map(|place| decode_exactly(name(place).raw()))
        .collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair.first() == pair.last()) {
        Some([twice, ..]) => Err(DocumentError::duplicate(&String::from_utf8_lossy(twice))),
        _ => Ok(()),
    }
}

/// One of 64 bits, by length and outer letters.
fn kind_bit(name: &[u8]) -> u64 {
    let first = name.first().copied().unwrap_or_default();
    let last = name.last().copied().unwrap_or_default();
    let mixed = u32::from(first)
        .wrapping_mul(7)
        .wrapping_add(u32::from(last).wrapping_mul(13))
        .wrapping_add(narrow(name.len()).wrapping_mul(29));
    1 << (mixed % 64)
}
