//! Paths that nobody can climb out of: escaping and checking.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `value` as a part of one path segment: it cannot end the segment, or the path.
pub fn encode_segment(value: &str) -> Cow<'_, str> {
    utf8_percent_encode(value, SEGMENT).into()
}

/// Whether a name may stand in a path at all: no part of it, as a server that decodes `%2F` would see
/// it, is empty or leads elsewhere.
pub(crate) fn is_safe_name(name: &str) -> bool {
    !name.chars().any(char::is_control)
        && name.split(['/', '\\']).all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether a path can be sent: it begins with a slash, has no segment that leads elsewhere, and no
/// character that ends a path or a request line, not even for a server that decodes it first.
pub(crate) fn is_safe_path(path: &str) -> bool {
    let sendable = |byte: u8| byte.is_ascii_graphic() && !b"?#\\".contains(&byte);
    path.starts_with('/') && path.bytes().all(sendable) && !path.split('/').any(leads_elsewhere)
}

fn leads_elsewhere(segment: &str) -> bool {
    if !segment.contains('%') {
        return matches!(segment, "." | "..");
    }
    let decoded: Vec<u8> = percent_decode_str(segment).collect();
    decoded.iter().any(u8::is_ascii_control)
        || decoded.split(|byte| b"/\\".contains(byte)).any(|part| matches!(part, b"." | b".."))
}

/// The text after its leading slashes, below `stem`; never empty.
pub(crate) fn join(stem: &str, path: &str) -> String {
    let path = path.trim_start_matches('/');
    let stem = stem.trim_matches('/');
    match (stem.is_empty(), path.is_empty()) {
        (true, _) => format!("/{path}"),
        (false, true) => format!("/{stem}"),
        (false, false) => format!("/{stem}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_one() {
        assert_eq!(encode_segment("gpt-4.1_x~"), "gpt-4.1_x~");
        assert_eq!(encode_segment("a/b:c d?e#f%"), "a%2Fb%3Ac%20d%3Fe%23f%25");
        assert_eq!(encode_segment("ü"), "%C3%BC");
    }

    #[test]
    fn names_that_climb_are_refused() {
        for good in ["org/model", "arn:aws:bedrock:x:1:a/b", "a..b", "gpt-4o"] {
            assert!(is_safe_name(good), "{good}");
        }
        for bad in ["", ".", "..", "a/../b", "/a", "a/", "a//b", "a\\..\\b", "a\nb", "a\0"] {
            assert!(!is_safe_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn paths_that_climb_are_refused() {
        for good in ["/", "/v1/chat/completions", "/a/b..c/%2F", "/a//b", "/a%2Fb%20c/%C3%BC"] {
            assert!(is_safe_path(good), "{good}");
        }
        for bad in [
            "",
            "v1",
            "/a/../b",
            "/a/%2e%2E/b",
            "/a/.%2e",
            "/a/..%2f..%2fb",
            "/a/x%5C..%5cb",
            "/a%00b",
            "/a%0d%0aX:y",
            "/.",
            "/a b",
            "/a\r\nb",
            "/a?b",
            "/a#b",
            "/a\\..\\b",
            "/ü",
        ] {
            assert!(!is_safe_path(bad), "{bad:?}");
        }
    }

    #[test]
    fn slashes_are_single_where_paths_meet() {
        assert_eq!(join("", ""), "/");
        assert_eq!(join("", "//v1"), "/v1");
        assert_eq!(join("/a", "b"), "/a/b");
        assert_eq!(join("/a/", "//b/c"), "/a/b/c");
        assert_eq!(join("/a", ""), "/a");
    }
}
