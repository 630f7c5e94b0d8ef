//! One spelling for each path, so that a route cannot be missed or reached by spelling it differently.

use std::borrow::Cow;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// RFC 3986 §2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// What no path may hold as it is.
const fn must_be_escaped(byte: u8) -> bool {
    byte <= b' ' || byte >= 0x7f
}

/// The path with unreserved characters decoded, other escapes in upper case, dot segments resolved and
/// repeated slashes merged (RFC 3986 §6.2.2). Borrows when there is nothing to do, as almost always.
pub fn normalise(path: &str) -> Cow<'_, str> {
    let mut previous = b'a';
    let mut plain = path.starts_with('/');
    for byte in path.bytes() {
        let segment_start = previous == b'/' && (byte == b'/' || byte == b'.');
        plain &= !(byte == b'%' || must_be_escaped(byte) || segment_start);
        previous = byte;
    }
    if plain || !path.starts_with('/') {
        return Cow::Borrowed(path);
    }
    Cow::Owned(resolve(&respell(path)))
}

fn respell(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 8);
    let mut rest = path.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte == b'%' {
            // A sign that begins no escape is one itself, or decoding twice could differ from decoding once.
            let Some((decoded, behind)) = escape(behind) else {
                push_escaped(&mut out, b'%');
                continue;
            };
            rest = behind;
            if is_unreserved(decoded) {
                out.push(char::from(decoded));
            } else {
                push_escaped(&mut out, decoded);
            }
        } else if must_be_escaped(*byte) {
            push_escaped(&mut out, *byte);
        } else {
            out.push(char::from(*byte));
        }
    }
    out
}

/// The byte that two hexadecimal digits stand for, and what follows them.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_at_checked(2)?;
    let mut value = 0;
    for digit in digits {
        value = value * 16 + u8::try_from(char::from(*digit).to_digit(16)?).ok()?;
    }
    Some((value, rest))
}

fn push_escaped(out: &mut String, byte: u8) {
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(HEX.get(usize::from(nibble)).copied().map_or('0', char::from));
    }
}

fn resolve(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_open = false;
    for segment in path.split('/') {
        ends_open = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let mut out = String::with_capacity(path.len());
    for segment in &segments {
        out.push('/');
        out.push_str(segment);
    }
    if ends_open || segments.is_empty() {
        out.push('/');
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_path_has_one_spelling() {
        for (raw, expected) in [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a/", "/a/"),
            ("//a///b//", "/a/b/"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a//../b", "/b"),
            ("/../../b", "/b"),
            ("/a/b/..", "/a/"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("/%61%2Db%2e", "/a-b."),
            ("/a/%2e%2E/b", "/b"),
            ("/a/%2e./b", "/b"),
            ("/a%2fb", "/a%2Fb"),
            ("/a%20b", "/a%20b"),
            ("/a b", "/a%20b"),
            ("/caf\u{e9}", "/caf%C3%A9"),
            ("/caf%c3%a9", "/caf%C3%A9"),
            ("/100%", "/100%25"),
            ("/%zz", "/%25zz"),
            ("/%%341", "/%2541"),
            ("/%2541", "/%2541"),
            ("/.well-known/x", "/.well-known/x"),
            ("/...", "/..."),
            ("/a/..b", "/a/..b"),
            ("*", "*"),
        ] {
            assert_eq!(normalise(raw), expected, "{raw}");
        }
        assert!(matches!(normalise("/openai/v1/chat.json"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(path in "/([a-c.%/ é25eEfF]|%2[eEfF5]|\\.\\.){0,12}") {
            let once = normalise(&path).into_owned();
            prop_assert_eq!(&*normalise(&once), &*once);
            prop_assert!(once.is_ascii() && once.starts_with('/') && !once.contains("//"));
            prop_assert!(!once.split('/').any(|segment| segment == "." || segment == ".."));
        }
    }
}
