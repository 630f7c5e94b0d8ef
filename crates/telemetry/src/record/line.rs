//! Writing one line of JSON by hand: every member name is known, so only values need care.

use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use rust_decimal::Decimal;

use super::RedactedUri;

/// A line that is being written.
pub struct Line<'o> {
    out: &'o mut Vec<u8>,
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Not zero where a byte must be escaped, or is not of ASCII though it must be; in steps that are the same for every
/// byte, so that compilers make vector instructions of many.
#[inline]
const fn stop<const ASCII: bool>(byte: u8) -> u8 {
    // What is not of ASCII is below zero as a signed number.
    let low = if ASCII { byte.cast_signed() < 0x20 } else { byte < 0x20 };
    low as u8 | (byte == b'"') as u8 | (byte == b'\\') as u8
}

/// Whether a block has such a byte.
#[inline]
fn block_stops<const ASCII: bool>(block: &[u8; 16]) -> bool {
    block.iter().fold(0, |found, &byte| found | stop::<ASCII>(byte)) != 0
}

/// The same for eight bytes in one word.
#[inline]
const fn word_stops<const ASCII: bool>(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (quote, backslash) = (word ^ (ONES * 0x22), word ^ (ONES * 0x5c));
    let marks = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * 0x20) & !word)
        | if ASCII { word } else { 0 };
    marks & (ONES * 0x80) != 0
}

/// Whether some byte must be escaped, or is not of ASCII, which is so for almost no text. What is left of the last
/// whole block is seen as the end of an overlapping one.
#[inline]
fn has_stop<const ASCII: bool>(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk::<16>() {
        let (blocks, _) = text.as_chunks::<16>();
        return blocks.iter().any(block_stops::<ASCII>) || block_stops::<ASCII>(last);
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return word_stops::<ASCII>(u64::from_le_bytes(*first))
            || word_stops::<ASCII>(u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return word_stops::<ASCII>(u64::from(first) | u64::from(last) << 32);
    }
    text.iter().any(|&byte| stop::<ASCII>(byte) != 0)
}

/// The last one.
const fn digit(number: u32) -> u8 {
    b'0' + (number % 10) as u8
}

impl<'o> Line<'o> {
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Text that is already JSON. Inlined, so that a constant is stored and not copied by a call.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "constants become stores; measured")]
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    #[inline]
    pub fn number(&mut self, number: u64) -> &mut Self {
        if let Ok(digit @ 0..=9) = u8::try_from(number) {
            self.out.push(b'0' + digit);
            return self;
        }
        self.plain(itoa::Buffer::new().format(number))
    }

    /// Bytes that are already JSON.
    pub fn json(&mut self, json: &[u8]) -> &mut Self {
        self.out.extend_from_slice(json);
        self
    }

    /// A decimal number, digit for digit.
    pub fn decimal(&mut self, number: Decimal) -> &mut Self {
        let scale = number.scale() as usize;
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(number.mantissa().unsigned_abs());
        if number.is_sign_negative() {
            self.raw("-");
        }
        if let Some((whole, fraction)) = digits.split_at_checked(digits.len().saturating_sub(scale))
            && !whole.is_empty()
        {
            self.plain(whole);
            return if scale == 0 { self } else { self.raw(".").plain(fraction) };
        }
        self.raw("0.");
        for _ in digits.len()..scale {
            self.raw("0");
        }
        self.plain(digits)
    }

    /// A word from a list of ours, without quotation marks.
    pub fn word(&mut self, word: &'static str) -> &mut Self {
        self.plain(word)
    }

    /// Text in which nothing must be escaped.
    fn plain(&mut self, json: &str) -> &mut Self {
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    /// The inside of a JSON string.
    pub fn text(&mut self, text: &str) -> &mut Self {
        if !has_stop::<false>(text.as_bytes()) {
            return self.plain(text);
        }
        self.escaped(text)
    }

    /// The inside of a JSON string from bytes; what is not UTF-8 becomes U+FFFD.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        if !has_stop::<true>(bytes) {
            return self.json(bytes);
        }
        self.text(&String::from_utf8_lossy(bytes))
    }

    #[cold]
    fn escaped(&mut self, text: &str) -> &mut Self {
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                _ if stop::<false>(byte) != 0 => {
                    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                    let escape = [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)];
                    self.out.extend_from_slice(&escape);
                }
                _ => self.out.push(byte),
            }
        }
        self
    }

    /// A member whose value is a string, `lead` with the opening quotation mark.
    #[inline]
    pub fn optional_text(&mut self, lead: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.raw(lead).text(text).raw("\"");
        }
    }

    /// The inside of a JSON string.
    pub fn uri(&mut self, uri: &RedactedUri<'_>) -> &mut Self {
        self.text(uri.path());
        if let Some(query) = uri.query() {
            self.raw("?").text(query);
        }
        self
    }

    /// Without quotation marks.
    pub fn address(&mut self, address: IpAddr) {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [first, second, third, fourth] = address.octets().map(u64::from);
                self.number(first).raw(".").number(second).raw(".");
                self.number(third).raw(".").number(fourth);
            }
            // Writing to a vector cannot fail.
            IpAddr::V6(address) => drop(write!(self.out, "{address}")),
        }
    }

    /// Milliseconds with microseconds as decimals, without trailing zeros.
    pub fn milliseconds(&mut self, duration: Duration) -> &mut Self {
        let whole = duration.as_secs().saturating_mul(1000);
        self.number(whole.saturating_add(u64::from(duration.subsec_millis())));
        let rest = duration.subsec_micros() % 1000;
        if rest != 0 {
            self.out.extend_from_slice(&[b'.', digit(rest / 100), digit(rest / 10), digit(rest)]);
            let zeros = usize::from(rest.is_multiple_of(10)) + usize::from(rest.is_multiple_of(100));
            self.out.truncate(self.out.len() - zeros);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Line::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn milliseconds_have_microseconds_as_decimals() {
        let text = |micros| {
            written(|line| {
                line.milliseconds(Duration::from_micros(micros));
            })
        };
        assert_eq!(text(0), "0");
        assert_eq!(text(918_000), "918");
        assert_eq!(text(1), "0.001");
        assert_eq!(text(10), "0.01");
        assert_eq!(text(87), "0.087");
        assert_eq!(text(12_500), "12.5");
        assert_eq!(text(12_120), "12.12");
    }

    #[test]
    fn addresses_are_canonical() {
        let text = |address: &str| written(|line| line.address(address.parse().unwrap()));
        assert_eq!(text("127.0.0.1"), "127.0.0.1");
        assert_eq!(text("::ffff:10.1.2.3"), "10.1.2.3");
        assert_eq!(text("2001:db8::1"), "2001:db8::1");
    }

    #[test]
    fn decimals_are_written_as_they_are_shown() {
        let numbers = [
            "0",
            "1",
            "-1.5",
            "0.00010845",
            "12.0",
            "0.0",
            "-0.001",
            "79228162514264337593543950335",
            "0.0000000000000000000000000001",
        ];
        for number in numbers {
            let number: Decimal = number.parse().unwrap();
            let text = written(|line| {
                line.decimal(number);
            });
            assert_eq!(text, number.to_string());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(text in any::<String>()) {
            let json = written(|line| {
                line.raw("\"").text(&text).raw("\"");
            });
            prop_assert!(!json.bytes().any(|byte| byte < 0x20));
            let back: String = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(back, text);
        }

        #[test]
        fn any_duration_is_read_back(micros in 0..1_000_000_000_u32) {
            let json = written(|line| {
                line.milliseconds(Duration::from_micros(u64::from(micros)));
            });
            let back: f64 = json.parse().unwrap();
            prop_assert!((back - f64::from(micros) / 1000.0).abs() < 1e-6, "{}", json);
        }
    }
}
