//! Identifiers of traces and spans: random, never zero.

use std::fmt;

/// Identifier of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(u128);

/// Identifier of a span.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(u64);

impl TraceId {
    /// None for zero, which identifies nothing.
    pub const fn new(number: u128) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    pub const fn number(self) -> u128 {
        self.0
    }

    pub(super) const fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The half that is random also where an older tracer has made the other half of zeros.
    #[allow(clippy::cast_possible_truncation)] // That is what is wanted.
    pub const fn low(self) -> u64 {
        self.0 as u64
    }
}

impl SpanId {
    /// None for zero, which identifies nothing.
    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    pub const fn number(self) -> u64 {
        self.0
    }

    pub(super) const fn bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

/// Thirty-two hexadecimal digits.
impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for SpanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_never_zero() {
        assert_eq!(TraceId::new(0), None);
        assert_eq!(SpanId::new(0), None);
    }

    #[test]
    fn identifiers_are_written_with_all_their_zeros() {
        let trace = TraceId::new(0xab << 64 | 0xcd).unwrap();
        assert_eq!(trace.to_string(), "00000000000000ab00000000000000cd");
        assert_eq!(trace.low(), 0xcd);
        assert_eq!(SpanId::new(1).unwrap().to_string(), "0000000000000001");
    }
}
