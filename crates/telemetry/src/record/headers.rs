//! Headers in a record: written when they are known, so that nothing of them must be kept.

use super::line::Line;
use super::redact::{MASK, Redactor};

/// Bytes that the headers of one side may have in a record; what has no room is left out.
const MOST: usize = 16 << 10;

/// Appends headers as a JSON object: each name once, its value a text, or a list of texts where it occurs more
/// than once. `headers` are name in lower case, which HTTP allows no character that JSON escapes, and value; equal names
/// are side by side. Credentials are masked.
pub fn write_headers<'h>(
    redactor: &Redactor,
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    out: &mut Vec<u8>,
) {
    let begin = out.len();
    let mut lead = b"{\"";
    let mut headers = headers.into_iter();
    let mut header = headers.next();
    while let Some((name, value)) = header {
        header = headers.next();
        let before = out.len();
        let mut line = Line::new(out);
        line.json(lead).json(name.as_bytes());
        let masked = redactor.is_credential(name);
        let shown = |value| if masked { MASK.as_bytes() } else { value };
        if header.is_some_and(|(next, _)| next == name) {
            line.raw("\":[\"").bytes(shown(value));
            while let Some((_, value)) = header.filter(|(next, _)| *next == name) {
                header = headers.next();
                line.raw("\",\"").bytes(shown(value));
            }
            line.raw("\"]");
        } else {
            line.raw("\":\"").bytes(shown(value)).raw("\"");
        }
        if out.len() - begin > MOST {
            out.truncate(before);
        } else {
            lead = b",\"";
        }
    }
    out.extend_from_slice(if out.len() == begin { b"{}" } else { b"}" });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(headers: &[(&str, &[u8])]) -> String {
        let mut out = Vec::new();
        write_headers(&Redactor::new(["X-Team-Key"]), headers.iter().copied(), &mut out);
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
        assert_eq!(written(&[("long", &long), ("b", b"2")]), r#"{"b":"2"}"#);
        assert_eq!(written(&[("long", &long)]), "{}");
    }
}
