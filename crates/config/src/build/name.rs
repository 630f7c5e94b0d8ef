//! Syntax of host names, header names and header values.

use std::net::Ipv6Addr;

/// A host name or an IP address; an IPv6 address may stand in brackets.
pub(super) fn is_host(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if bare.unwrap_or(text).parse::<Ipv6Addr>().is_ok() {
        return true;
    }
    (1..=253).contains(&text.len()) && text.trim_end_matches('.').split('.').all(is_label)
}

/// One part of a host name.
pub(super) fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Why a text cannot be the value of a header or a query argument.
pub(super) fn value_defect(text: &str) -> Option<&'static str> {
    if text.ends_with(['\n', '\r']) {
        Some("ends with a line break")
    } else if text.chars().any(|character| character.is_control() && character != '\t') {
        Some("has a control character")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for host in ["localhost", "a.b-c.d", "127.0.0.1", "::1", "[::1]", "under_score", "a.b."] {
            assert!(is_host(host), "{host}");
        }
        for host in ["", ".", "a..b", "a b", "a/b", "a:1", "*.a", "ä"] {
            assert!(!is_host(host), "{host}");
        }
    }

    #[test]
    fn values() {
        assert_eq!(value_defect("Bearer x"), None);
        assert_eq!(value_defect("x\n"), Some("ends with a line break"));
        assert_eq!(value_defect("x\ry"), Some("has a control character"));
    }
}
