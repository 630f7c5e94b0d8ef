//! Strict validation of JSON in one pass.

use crate::outline::Outline;
use crate::search::{Seen, digits_end, space_end, text_stop};
use crate::text::hex;
use crate::{DocumentError, MAX_DEPTH};

/// Walks a body and refuses what is not JSON. UTF-8 is judged by the caller, from [`Checker::seen`].
pub struct Checker<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Bits of all bytes inside strings.
    pub seen: Seen,
    /// Of the values passed.
    pub outline: Outline,
}

impl<'b> Checker<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, seen: Seen::default(), outline: Outline::of(bytes.len()) }
    }

    /// Bytes passed.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// That something at the present position should not be there.
    pub const fn wrong(&self) -> DocumentError {
        DocumentError::Syntax { offset: self.at }
    }

    /// The next byte that is not white space; it is not passed.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        let next = self.bytes.get(self.at).copied();
        if let Some(b' ' | b'\n' | b'\r' | b'\t') = next {
            self.at = space_end(self.bytes, self.at);
            return self.bytes.get(self.at).copied();
        }
        next
    }

    /// Passes the byte that was just peeked at.
    #[inline]
    pub const fn pass(&mut self) {
        self.at += 1;
    }

    /// Passes `byte` and white space before it.
    #[inline]
    pub fn expect(&mut self, byte: u8) -> Result<(), DocumentError> {
        if self.peek() == Some(byte) {
            self.pass();
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    /// Passes a string whose opening quote has been passed; tells whether it has escapes.
    #[inline]
    pub fn text(&mut self) -> Result<bool, DocumentError> {
        let mut escaped = false;
        loop {
            self.at = text_stop(self.bytes, self.at, &mut self.seen);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.pass();
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.wrong()),
            }
        }
    }

    fn escape(&mut self) -> Result<(), DocumentError> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 2..).and_then(<[u8]>::first_chunk::<4>);
                digits.copied().and_then(hex).ok_or_else(|| self.wrong())?;
                self.at += 6;
            }
            _ => return Err(self.wrong()),
        }
        Ok(())
    }

    /// Passes a name and its colon.
    #[inline]
    fn name(&mut self) -> Result<(), DocumentError> {
        self.expect(b'"')?;
        self.text()?;
        self.expect(b':')
    }

    /// Passes one value that stands inside the top-level object. Iterative: depth costs one bit a level.
    pub fn value(&mut self) -> Result<(), DocumentError> {
        // A bit for each open level, set where it is an object.
        let mut objects: u128 = 0;
        let mut depth = 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let start = self.at;
                    self.pass();
                    self.text()?;
                    self.outline.string(start, self.at);
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(open @ (b'{' | b'[')) => {
                    let start = self.at;
                    self.pass();
                    if depth >= MAX_DEPTH {
                        return Err(DocumentError::TooDeep);
                    }
                    let object = open == b'{';
                    if self.peek() == Some(if object { b'}' } else { b']' }) {
                        self.pass();
                    } else {
                        depth += 1;
                        self.outline.open(start);
                        objects = (objects << 1) | u128::from(object);
                        if object {
                            self.name()?;
                        }
                        continue;
                    }
                }
                Some(b't') => self.word(*b"true")?,
                Some(b'n') => self.word(*b"null")?,
                Some(b'f') => {
                    self.pass();
                    self.word(*b"alse")?;
                }
                _ => return Err(self.wrong()),
            }
            loop {
                if depth == 1 {
                    return Ok(());
                }
                let object = objects & 1 == 1;
                match self.peek() {
                    Some(b',') => {
                        self.pass();
                        if object {
                            self.name()?;
                        }
                        break;
                    }
                    Some(b'}') if object => self.pass(),
                    Some(b']') if !object => self.pass(),
                    _ => return Err(self.wrong()),
                }
                self.outline.close(self.at);
                depth -= 1;
                objects >>= 1;
            }
        }
    }

    #[inline]
    fn word(&mut self, word: [u8; 4]) -> Result<(), DocumentError> {
        let found = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<4>);
        if found == Some(&word) {
            self.at += 4;
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    #[inline]
    fn number(&mut self) -> Result<(), DocumentError> {
        if self.bytes.get(self.at) == Some(&b'-') {
            self.pass();
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.pass();
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.pass();
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.pass();
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.pass();
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Passes at least one digit.
    #[inline]
    fn digits(&mut self) -> Result<(), DocumentError> {
        let end = digits_end(self.bytes, self.at);
        if end == self.at {
            return Err(self.wrong());
        }
        self.at = end;
        Ok(())
    }
}
