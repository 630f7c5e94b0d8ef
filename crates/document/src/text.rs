//! JSON strings: decoding, comparing decoded, quoting.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use memchr::memchr;

use crate::search::{Seen, text_stop};

/// A member's name as it stands in the body, without its quotes.
#[derive(Debug, Clone, Copy)]
pub struct Name<'d> {
    raw: &'d [u8],
    start: usize,
    /// Whether there is a backslash in it.
    escaped: bool,
}

impl<'d> Name<'d> {
    pub(crate) const fn new(raw: &'d [u8], start: usize, escaped: bool) -> Self {
        Self { raw, start, escaped }
    }

    /// The bytes between the quotes, escapes and all.
    pub const fn raw(self) -> &'d [u8] {
        self.raw
    }

    /// Where those stand, in bytes from the start of the body.
    pub const fn span(self) -> Range<usize> {
        self.start..self.start + self.raw.len()
    }

    /// Whether the name, decoded, is `wanted`.
    #[inline]
    pub fn is(self, wanted: &str) -> bool {
        if self.escaped { self.means(wanted) } else { self.raw == wanted.as_bytes() }
    }

    #[cold]
    fn means(self, wanted: &str) -> bool {
        // An escape is longer than what it stands for.
        self.raw.len() > wanted.len() && *decode_exactly(self.raw) == *wanted.as_bytes()
    }

    /// Whether the decoded name is `wanted` only when case is ignored, as lenient parsers do: Unicode's
    /// long s and the Kelvin sign count as `s` and `k` there.
    #[inline]
    pub fn resembles(self, wanted: &str) -> bool {
        if self.raw.len() == wanted.len() && self.raw.eq_ignore_ascii_case(wanted.as_bytes()) {
            return self.raw != wanted.as_bytes();
        }
        if self.raw.len() <= wanted.len() || (self.raw.is_ascii() && !self.is_escaped()) {
            return false;
        }
        let decoded = self.decoded();
        let folded = decoded.replace('\u{17f}', "s").replace('\u{212a}', "k");
        *decoded != *wanted && folded.eq_ignore_ascii_case(wanted)
    }

    /// The decoded name; lone surrogates and what is not UTF-8 become U+FFFD.
    pub fn decoded(self) -> Cow<'d, str> {
        let decoded = if self.escaped { decode(self.raw) } else { plain_text(self.raw) };
        decoded.unwrap_or_else(|| String::from_utf8_lossy(self.raw))
    }

    pub(crate) const fn is_escaped(self) -> bool {
        self.escaped
    }
}

/// Text as a JSON string, with its quotes.
pub fn quote(text: &str) -> Bytes {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_quoted(text, &mut out);
    out.into()
}

/// Appends `text` to `out` as a JSON string, with its quotes.
pub fn write_quoted(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    out.reserve(rest.len() + 2);
    out.push(b'"');
    loop {
        let stop = text_stop(rest, 0, &mut Seen::default());
        let (plain, special) = rest.split_at_checked(stop).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else { break };
        write_escape(byte, out);
        rest = after;
    }
    out.push(b'"');
}

/// Appends the escape of a quote, a backslash or a control character.
fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0x08 => out.extend_from_slice(b"\\b"),
        0x0c => out.extend_from_slice(b"\\f"),
        _ => {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// Decodes the inside of a JSON string. A lone surrogate becomes U+FFFD. None where it is not UTF-8 or
/// an escape is malformed, which a validated document does not have.
pub fn decode(inner: &[u8]) -> Option<Cow<'_, str>> {
    if memchr(b'\\', inner).is_none() {
        return plain_text(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    decode_into(inner, &mut out, push_lossy)?;
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// The inside of a JSON string without escapes.
fn plain_text(inner: &[u8]) -> Option<Cow<'_, str>> {
    std::str::from_utf8(inner).ok().map(Cow::Borrowed)
}

/// Decodes the inside of a JSON string so that different texts stay different: a lone surrogate is written
/// in three bytes as if it were a character. What is malformed stays as it stands.
pub fn decode_exactly(inner: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    match decode_into(inner, &mut out, push_surrogate) {
        Some(()) => Cow::Owned(out),
        None => Cow::Borrowed(inner),
    }
}

fn push_lossy(_: u16, out: &mut Vec<u8>) {
    out.extend_from_slice("\u{fffd}".as_bytes());
}

fn push_surrogate(unit: u16, out: &mut Vec<u8>) {
    let [high, low] = unit.to_be_bytes();
    out.extend_from_slice(&[
        0xe0 | (high >> 4),
        0x80 | ((high & 0x0f) << 2) | (low >> 6),
        0x80 | (low & 0x3f),
    ]);
}

fn decode_into(mut inner: &[u8], out: &mut Vec<u8>, lone: fn(u16, &mut Vec<u8>)) -> Option<()> {
    while let Some(at) = memchr(b'\\', inner) {
        let (plain, rest) = inner.split_at_checked(at)?;
        out.extend_from_slice(plain);
        let (escape, rest) = read_escape(rest)?;
        match escape {
            Escape::Character(character) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Escape::Lone(unit) => lone(unit, out),
        }
        inner = rest;
    }
    out.extend_from_slice(inner);
    Some(())
}

/// What an escape stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    Character(char),
    /// A surrogate without its partner.
    Lone(u16),
}

/// Reads the escape at the start of `text`, a pair of surrogates as one; gives what follows it.
pub fn read_escape(text: &[u8]) -> Option<(Escape, &[u8])> {
    let (&[backslash, kind], rest) = text.split_first_chunk::<2>()?;
    if backslash != b'\\' {
        return None;
    }
    let character = match kind {
        b'"' | b'\\' | b'/' => char::from(kind),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return read_unicode(rest),
        _ => return None,
    };
    Some((Escape::Character(character), rest))
}

/// Reads what follows `\u`.
fn read_unicode(text: &[u8]) -> Option<(Escape, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let unit = hex(*digits)?;
    if let Some(character) = char::from_u32(u32::from(unit)) {
        return Some((Escape::Character(character), rest));
    }
    if let Some((b"\\u", after)) = rest.split_first_chunk::<2>()
        && let Some((digits, after)) = after.split_first_chunk::<4>()
        && let Some(second) = hex(*digits)
        && let Some(Ok(character)) = char::decode_utf16([unit, second]).next()
    {
        return Some((Escape::Character(character), after));
    }
    Some((Escape::Lone(unit), rest))
}

/// The number that four hexadecimal digits write.
pub fn hex(digits: [u8; 4]) -> Option<u16> {
    digits.into_iter().try_fold(0_u16, |number, digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(number << 4 | u16::try_from(value).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_decoded() {
        let is = |raw: &str, wanted| Name::new(raw.as_bytes(), 0, raw.contains('\\')).is(wanted);
        assert!(is("model", "model"));
        assert!(is("mod\\u0065l", "model"));
        assert!(is("\\ud83e\\udd80", "🦀"));
        assert!(is("a\\/b", "a/b"));
        assert!(!is("model", "Model"));
        assert!(!is("mode", "model"));
        assert!(!is("mod\\u0066l", "model"));
        // Two backslashes in a body are one backslash.
        assert!(is(r"\\", "\\"));
        assert!(!is(r"\\", r"\\"));
        assert!(!is("\\ud83e", "\u{fffd}"));
    }

    #[test]
    fn all_escapes_are_decoded() {
        let decoded = decode(br#"\"\\\/\b\f\n\r\t\u00e9\u20ac\uD83E\uDD80 \u0000"#).unwrap();
        assert_eq!(decoded, "\"\\/\u{8}\u{c}\n\r\té€🦀 \0");
        assert_eq!(decode(br"\ud83e").unwrap(), "\u{fffd}");
        assert_eq!(decode(br"\ud83ex").unwrap(), "\u{fffd}x");
        assert_eq!(decode(br"\ud83e\ud83e\udd80").unwrap(), "\u{fffd}🦀");
        assert_eq!(decode(br"\udd80\u0041").unwrap(), "\u{fffd}A");
        assert!(matches!(decode(b"plain"), Some(Cow::Borrowed("plain"))));
    }

    #[test]
    fn what_is_malformed_is_not_decoded() {
        for inner in [&b"\\"[..], b"\\x", b"\\u12", b"\\u12g4", b"\\u+123", b"\xff", b"\\n\xff"] {
            assert_eq!(decode(inner), None, "{inner:?}");
        }
        assert_eq!(decode_exactly(b"\\u12"), &b"\\u12"[..]);
    }

    #[test]
    fn lone_surrogates_stay_apart() {
        assert_ne!(decode_exactly(br"\ud83e"), decode_exactly(br"\ud83f"));
        assert_ne!(decode_exactly(br"\ud83e"), decode_exactly("\u{fffd}".as_bytes()));
        assert_eq!(decode_exactly(br"\uD83E"), decode_exactly(br"\ud83e"));
    }

    #[test]
    fn quoting_escapes_what_must_be() {
        assert_eq!(quote(""), "\"\"");
        assert_eq!(quote("a\"b\\c\u{1}\n\u{7f}é"), "\"a\\\"b\\\\c\\u0001\\n\u{7f}é\"");
        assert_eq!(quote("\u{8}\u{c}\r\t\u{1f}"), r#""\b\f\r\t\u001f""#);
    }

    #[test]
    fn quoting_finds_what_must_be_escaped_wherever_it_stands() {
        for length in 0..150 {
            for at in (0..length).step_by(7).chain([length]) {
                for special in ["\"", "\\", "\u{1f}", "é", " "] {
                    let text = format!("{}{special}{}", "a".repeat(at), "b".repeat(length - at));
                    assert_eq!(quote(&text), serde_json::to_string(&text).unwrap());
                }
            }
        }
    }
}
