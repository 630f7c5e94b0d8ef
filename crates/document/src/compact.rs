//! JSON without white space between its tokens. Providers lay out their answers as they like; in the middle of a
//! line, as the data of an event is one, no value may bring a line end along.

use std::borrow::Cow;

use memchr::memchr2;

use crate::skip::string_end;

/// The same JSON, with white space in strings alone.
pub fn compact(json: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = white_space(json, 0) else { return Cow::Borrowed(json) };
    let mut out = Vec::with_capacity(json.len());
    let (mut from, mut next) = (0, Some(first));
    while let Some(at) = next {
        out.extend_from_slice(json.get(from..at).unwrap_or_default());
        from = at + 1;
        next = white_space(json, from);
    }
    out.extend_from_slice(json.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// Appends a value so that it stays on its line. Strings of JSON have no line ends, so those that are found stand
/// between tokens.
pub fn append_in_line(out: &mut Vec<u8>, json: &[u8]) {
    match memchr2(b'\n', b'\r', json) {
        None => out.extend_from_slice(json),
        Some(_) => out.extend_from_slice(&compact(json)),
    }
}

/// The first white space from `at` on that is in no string; `at` is in none.
fn white_space(json: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match json.get(at)? {
            b'"' => at = string_end(json, at + 1)?,
            b' ' | b'\t' | b'\n' | b'\r' => return Some(at),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(json: &str) -> String {
        String::from_utf8(compact(json.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn only_what_is_between_tokens_goes() {
        let json = "{\r\n  \"a b\" : [ 1,\t9007199254740993 ],\n \"c\\\" d\\\\\": \" \\n \" , \"e\": {} }";
        assert_eq!(text(json), r#"{"a b":[1,9007199254740993],"c\" d\\":" \n ","e":{}}"#);
    }

    #[test]
    fn what_is_compact_is_not_copied() {
        assert!(matches!(compact(br#"{"a":" x ","b":[]}"#), Cow::Borrowed(_)));
        assert!(matches!(compact(br#""a b""#), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_cut_short_is_no_panic() {
        for json in ["", "\"", "{ \"a", "[ \"\\", " "] {
            compact(json.as_bytes());
        }
    }

    #[test]
    fn values_stay_on_their_line() {
        let mut out = Vec::new();
        append_in_line(&mut out, b"{\"a\": 1}");
        append_in_line(&mut out, b"{\n \"a\": 1\r\n}");
        assert_eq!(out, br#"{"a": 1}{"a":1}"#);
    }

    proptest! {
        #[test]
        fn the_value_stays_the_same(words in prop::collection::vec("[ \"\\\\\na{}:,]{0,6}", 0..6)) {
            let value = serde_json::json!({ "w": words, "n": { "m": words } });
            let pretty = serde_json::to_vec_pretty(&value).unwrap();
            let compact = compact(&pretty);
            prop_assert_eq!(&*compact, serde_json::to_vec(&value).unwrap());
        }
    }
}
