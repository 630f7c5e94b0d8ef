//! Strict validation of JSON in one pass.

use crate::outline::{Lead, Outline};
use crate::search::{Seen, digits_end, space_end, text_stop};
use crate::text::hex;
use crate::{DocumentError, MAX_DEPTH};

/// Walks a body and refuses what is not JSON. UTF-8 is judged by the caller, from [`Checker::seen`].
///
/// Each step is told where to begin and tells where it has ended: a position that is handed on stays in a register.
pub struct Checker<'b> {
    bytes: &'b [u8],
    /// Bits of all bytes inside strings.
    pub seen: Seen,
    /// Whether a string had escapes since this was last set to false.
    escaped: bool,
    /// Of the values passed.
    pub outline: Outline,
}

/// Why a walk does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop(usize);

impl Stop {
    /// No body is so long.
    const TOO_DEEP: Self = Self(usize::MAX);

    /// What stands at `at` should not be there.
    pub const fn at(at: usize) -> Self {
        Self(at)
    }
}

impl From<Stop> for DocumentError {
    fn from(stop: Stop) -> Self {
        if stop == Stop::TOO_DEEP { Self::TooDeep } else { Self::Syntax { offset: stop.0 } }
    }
}

impl<'b> Checker<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, seen: Seen::default(), escaped: false, outline: Outline::of(bytes.len()) }
    }

    #[inline]
    pub fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The position of what follows white space.
    #[inline]
    pub fn space(&self, at: usize) -> usize {
        space_end(self.bytes, at)
    }

    /// Passes white space and `byte`.
    #[inline]
    pub fn expect(&self, byte: u8, at: usize) -> Result<usize, Stop> {
        let at = self.space(at);
        if self.byte(at) == Some(byte) { Ok(at + 1) } else { Err(Stop(at)) }
    }

    /// Passes a string whose text begins at `at`.
    #[inline]
    pub fn text(&mut self, at: usize) -> Result<usize, Stop> {
        let at = text_stop(self.bytes, at, &mut self.seen);
        if self.byte(at) == Some(b'"') { Ok(at + 1) } else { self.escaped_text(at) }
    }

    /// The same from what is no plain text on.
    #[cold]
    fn escaped_text(&mut self, mut at: usize) -> Result<usize, Stop> {
        loop {
            match self.byte(at) {
                Some(b'"') => return Ok(at + 1),
                Some(b'\\') => at = self.escape(at)?,
                _ => return Err(Stop(at)),
            }
            at = text_stop(self.bytes, at, &mut self.seen);
        }
    }

    fn escape(&mut self, at: usize) -> Result<usize, Stop> {
        self.escaped = true;
        match self.byte(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => {
                let digits = self.bytes.get(at + 2..).and_then(<[u8]>::first_chunk::<4>);
                digits.copied().and_then(hex).map_or(Err(Stop(at)), |_| Ok(at + 6))
            }
            _ => Err(Stop(at)),
        }
    }

    /// Passes a name and its colon; tells of the name.
    #[inline]
    pub fn name(&mut self, at: usize) -> Result<(Lead, usize), Stop> {
        let text = self.expect(b'"', at)?;
        self.escaped = false;
        let after = self.text(text)?;
        let lead = Lead { start: text - 1, name_end: after - 1, escaped: self.escaped };
        Ok((lead, self.expect(b':', after)?))
    }

    /// Passes one value that stands inside the top-level object, behind `lead`. Iterative: depth costs one bit a level.
    pub fn value(&mut self, mut lead: Lead, mut at: usize) -> Result<usize, Stop> {
        // A bit for each open level, set where it is an object.
        let mut objects: u128 = 0;
        let mut depth = 1;
        loop {
            at = self.space(at);
            let start = at;
            at = match self.byte(at) {
                Some(b'"') => self.text(at + 1)?,
                Some(b'-' | b'0'..=b'9') => self.number(at)?,
                Some(open @ (b'{' | b'[')) => {
                    if depth >= MAX_DEPTH {
                        return Err(Stop::TOO_DEEP);
                    }
                    let object = open == b'{';
                    let inside = self.space(at + 1);
                    if self.byte(inside) == Some(if object { b'}' } else { b']' }) {
                        inside + 1
                    } else {
                        self.outline.open(lead, start);
                        depth += 1;
                        objects = (objects << 1) | u128::from(object);
                        (lead, at) = if object { self.name(inside)? } else { (Lead::NONE, inside) };
                        continue;
                    }
                }
                Some(b't') => self.word(*b"true", at)?,
                Some(b'n') => self.word(*b"null", at)?,
                Some(b'f') => self.word(*b"alse", at + 1)?,
                _ => return Err(Stop(at)),
            };
            self.outline.leaf(lead, start, at);
            loop {
                if depth == 1 {
                    return Ok(at);
                }
                at = self.space(at);
                let object = objects & 1 == 1;
                match self.byte(at) {
                    Some(b',') => {
                        at += 1;
                        if object {
                            (lead, at) = self.name(at)?;
                        }
                        break;
                    }
                    Some(b'}') if object => at += 1,
                    Some(b']') if !object => at += 1,
                    _ => return Err(Stop(at)),
                }
                depth -= 1;
                objects >>= 1;
                self.outline.close(at);
                // What follows is of the level around: a name is read anew, an item has none.
                lead = Lead::NONE;
            }
        }
    }

    #[inline]
    fn word(&self, word: [u8; 4], at: usize) -> Result<usize, Stop> {
        let found = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<4>);
        if found == Some(&word) { Ok(at + 4) } else { Err(Stop(at)) }
    }

    #[inline]
    fn number(&self, mut at: usize) -> Result<usize, Stop> {
        if self.byte(at) == Some(b'-') {
            at += 1;
        }
        at = if self.byte(at) == Some(b'0') { at + 1 } else { self.digits(at)? };
        if self.byte(at) == Some(b'.') {
            at = self.digits(at + 1)?;
        }
        if let Some(b'e' | b'E') = self.byte(at) {
            at += 1;
            if let Some(b'+' | b'-') = self.byte(at) {
                at += 1;
            }
            at = self.digits(at)?;
        }
        Ok(at)
    }

    /// Passes at least one digit.
    #[inline]
    fn digits(&self, at: usize) -> Result<usize, Stop> {
        let end = digits_end(self.bytes, at);
        if end == at { Err(Stop(at)) } else { Ok(end) }
    }
}
