//! Raw JSON inside the model: passed on, never looked into.

use std::fmt;

use bytes::Bytes;

/// One JSON value as text. It is valid because whoever makes one has it from a document that was checked, or
/// has written it.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Bytes);

impl Json {
    /// Takes text that is known to be one JSON value.
    pub fn from_checked(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// Takes text of the program itself.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("null")
    }
}

/// Content of bodies shows in no debug output; its length does.
impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Json({} bytes)", self.0.len())
    }
}

/// A number as it was written, so that none loses digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(Box<str>);

impl Number {
    /// Takes the text of a JSON number.
    pub fn from_checked(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest double; none where the number is larger than any.
    pub fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number.to_string().into())
    }
}

/// Bytes as base64 text of the standard alphabet, as they travel in JSON; a slice of the body they came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Base64(Bytes);

impl Base64 {
    /// Takes text that has characters of the alphabet only; others would end the JSON string around it.
    pub fn new(text: impl Into<Bytes>) -> Option<Self> {
        let text = text.into();
        let (blocks, rest) = text.as_chunks::<64>();
        (blocks.iter().all(|block| is_legal(block)) && is_legal(rest)).then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The same, which need not be looked through for that.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Whether there is nothing else in `block`. Each byte is judged in the same steps, without a way out: so compilers make
/// vector instructions of it.
#[inline]
#[expect(clippy::needless_bitwise_bool, reason = "a lazy operator is a way out")]
fn is_legal(block: &[u8]) -> bool {
    let other = |byte: u8| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        let sign = (byte == b'+') | (byte == b'/') | (byte == b'=') | (byte == b'-') | (byte == b'_');
        u8::from(!(letter | digit | sign))
    };
    block.iter().fold(0, |others, byte| others | other(*byte)) == 0
}

impl fmt::Debug for Base64 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Base64({} characters)", self.0.len())
    }
}

/// One member that only some dialects know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    pub name: Box<str>,
    pub value: Json,
}

/// Members without a place in the model, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras(Vec<Extra>);

impl Extras {
    pub fn add(&mut self, name: impl Into<Box<str>>, value: Json) {
        self.0.push(Extra { name: name.into(), value });
    }

    pub fn value(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|extra| &*extra.name == name).map(|extra| &extra.value)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Extra> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_alike_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let legal = byte.is_ascii_alphanumeric() || [b'+', b'/', b'=', b'-', b'_'].contains(&byte);
            for (length, at) in [(1, 0), (64, 0), (64, 63), (65, 64), (130, 70), (200, 199)] {
                let mut text = vec![b'A'; length];
                if let Some(place) = text.get_mut(at) {
                    *place = byte;
                }
                assert_eq!(Base64::new(text).is_some(), legal, "{byte} at {at} of {length}");
            }
        }
        assert!(Base64::new(Vec::new()).is_some());
    }
}
