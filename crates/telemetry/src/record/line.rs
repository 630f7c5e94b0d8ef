//! Writing one line of JSON by hand: every member name is known, so only values need care.

use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use super::{Entity, RedactedUri};

/// A line that is being written.
pub struct Line<'o> {
    out: &'o mut Vec<u8>,
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

impl<'o> Line<'o> {
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Text that is already JSON.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    pub fn number(&mut self, number: u64) -> &mut Self {
        self.raw(itoa::Buffer::new().format(number))
    }

    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.raw(if flag { "true" } else { "false" })
    }

    /// A JSON string.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.raw("\"").escaped(text).raw("\"")
    }

    fn escaped(&mut self, text: &str) -> &mut Self {
        // No early exit: the loop becomes a few vector instructions, and almost no text has anything to escape.
        if !text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
            return self.raw(text);
        }
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                _ if needs_escape(byte) => {
                    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                    let escape = [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)];
                    self.out.extend_from_slice(&escape);
                }
                _ => self.out.push(byte),
            }
        }
        self
    }

    pub fn optional_text(&mut self, lead: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.raw(lead).text(text);
        }
    }

    pub fn uri(&mut self, uri: &RedactedUri<'_>) {
        self.raw("\"").escaped(uri.path());
        if let Some(query) = uri.query() {
            self.raw("?").escaped(query);
        }
        self.raw("\"");
    }

    pub fn entity(&mut self, lead: &str, name_lead: &str, entity: Option<Entity<'_>>) {
        if let Some(entity) = entity {
            self.raw(lead).text(entity.id);
            self.optional_text(name_lead, entity.name);
            self.raw("}");
        }
    }

    /// Without quotation marks.
    pub fn address(&mut self, address: IpAddr) {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                for (index, octet) in address.octets().into_iter().enumerate() {
                    self.raw(if index == 0 { "" } else { "." })
                        .number(u64::from(octet));
                }
            }
            // Writing to a vector cannot fail.
            IpAddr::V6(address) => drop(write!(self.out, "{address}")),
        }
    }

    /// Milliseconds with microseconds as decimals, without trailing zeros.
    pub fn milliseconds(&mut self, duration: Duration) -> &mut Self {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.number(micros / 1000);
        let mut rest = micros % 1000;
        if rest != 0 {
            let mut width = 3;
            while rest.is_multiple_of(10) {
                rest /= 10;
                width -= 1;
            }
            let mut buffer = itoa::Buffer::new();
            let digits = buffer.format(rest);
            self.raw(".");
            for _ in digits.len()..width {
                self.raw("0");
            }
            self.raw(digits);
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

    proptest! {
        #[test]
        fn any_text_is_read_back(text in any::<String>()) {
            let json = written(|line| {
                line.text(&text);
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
