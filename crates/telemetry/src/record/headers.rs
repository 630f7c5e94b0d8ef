//! Headers in a record: kept as they are while they are there, and written with the record.

use super::line::Line;
use super::redact::{MASK, Redactor};

/// Bytes that the headers of one side may have in a record; what has no room is left out.
const MOST: usize = 16 << 10;

/// Appends headers to `kept`, for [`Headers`] to read: the lengths of name and value, and both.
///
/// `headers` are name in lower case, which HTTP allows no character that JSON escapes, and value; equal names are side
/// by side.
pub fn keep_headers<'h>(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>, kept: &mut Vec<u8>) {
    let most = kept.len() + MOST;
    for (name, value) in headers {
        let (Ok(name_length), Ok(value_length)) = (u16::try_from(name.len()), u16::try_from(value.len()))
        else {
            continue;
        };
        if kept.len() + name.len() + value.len() > most {
            continue;
        }
        let [[first, second], [third, fourth]] = [name_length.to_le_bytes(), value_length.to_le_bytes()];
        kept.extend_from_slice(&[first, second, third, fourth]);
        kept.extend_from_slice(name.as_bytes());
        kept.extend_from_slice(value);
    }
}

/// Headers that [`keep_headers`] has kept. They have credentials in them, which only a redactor's word keeps out of what
/// is written.
#[derive(Clone, Copy)]
pub struct Headers<'a> {
    kept: &'a [u8],
    redactor: &'a Redactor,
}

impl<'a> Headers<'a> {
    pub const fn new(kept: &'a [u8], redactor: &'a Redactor) -> Self {
        Self { kept, redactor }
    }

    /// As a JSON object: each name once, its value a text, or a list of texts where it occurs more than once.
    /// Credentials are masked.
    pub(super) fn write(self, line: &mut Line<'_>) {
        let mut headers = Pairs(self.kept).peekable();
        let mut first = true;
        while let Some((name, value)) = headers.next() {
            line.raw(if std::mem::take(&mut first) { "{\"" } else { ",\"" }).json(name).raw("\":");
            let masked = self.redactor.is_credential(name);
            let several = headers.peek().is_some_and(|(next, _)| *next == name);
            if several {
                line.raw("[");
            }
            write_value(line, value, masked);
            while let Some((_, value)) = headers.next_if(|(next, _)| *next == name) {
                line.raw(",");
                write_value(line, value, masked);
            }
            if several {
                line.raw("]");
            }
        }
        line.raw(if first { "{}" } else { "}" });
    }
}

/// Names and values.
struct Pairs<'a>(&'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (name_length, rest) = self.0.split_first_chunk()?;
        let (value_length, rest) = rest.split_first_chunk()?;
        let (name, rest) = rest.split_at_checked(u16::from_le_bytes(*name_length).into())?;
        let (value, rest) = rest.split_at_checked(u16::from_le_bytes(*value_length).into())?;
        self.0 = rest;
        Some((name, value))
    }
}

fn write_value(line: &mut Line<'_>, value: &[u8], masked: bool) {
    line.raw("\"").bytes(if masked { MASK.as_bytes() } else { value }).raw("\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(headers: &[(&str, &[u8])]) -> String {
        let (mut kept, mut out) = (Vec::new(), Vec::new());
        keep_headers(headers.iter().copied(), &mut kept);
        Headers::new(&kept, &Redactor::new(["X-Team-Key"])).write(&mut Line::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_occur_once_and_credentials_are_masked() {
        let json = written(&[
            ("accept", b"a"),
            ("x-more", b"1"),
            ("x-more", b"\"2\""),
            ("authorization", b"Bearer CANARY"),
            ("x-team-key", b"CANARY"),
            ("set-cookie", b"CANARY=1"),
            ("set-cookie", b"CANARY=2"),
            ("odd", b"\xff\x01"),
        ]);
        assert!(!json.contains("CANARY"), "{json}");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        let expected = serde_json::json!({
            "accept": "a", "x-more": ["1", "\"2\""], "authorization": "REDACTED", "x-team-key": "REDACTED",
            "set-cookie": ["REDACTED", "REDACTED"], "odd": "\u{fffd}\u{1}",
        });
        assert_eq!(value, expected);
        assert_eq!(written(&[]), "{}");
    }

    #[test]
    fn what_has_no_room_is_left_out_whole() {
        let long = vec![b'x'; MOST];
        let json = written(&[("a", b"1"), ("long", &long), ("b", b"2")]);
        assert_eq!(json, r#"{"a":"1","b":"2"}"#);
    }
}
