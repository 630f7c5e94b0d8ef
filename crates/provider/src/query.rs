//! Query strings, and forms written like them, changed argument by argument so that the rest stays as the client wrote it.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What RFC 3986 leaves unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn is_named(argument: &str, name: &str) -> bool {
    let given = argument.split('=').next().unwrap_or_default();
    let plus_as_space = given.contains('+') && percent_decode_str(&given.replace('+', " ")).eq(name.bytes());
    plus_as_space || percent_decode_str(given).eq(name.bytes())
}

/// Whether an argument of this name is there, in whatever spelling.
pub fn has(query: &str, name: &str) -> bool {
    query.split('&').any(|argument| is_named(argument, name))
}

/// The query without every argument of this name.
pub fn without<'q>(query: &'q str, name: &str) -> Cow<'q, str> {
    if !has(query, name) {
        return Cow::Borrowed(query);
    }
    Cow::Owned(query.split('&').filter(|argument| !is_named(argument, name)).collect::<Vec<_>>().join("&"))
}

/// Appends an argument, escaped.
pub fn append(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.extend(utf8_percent_encode(name, ESCAPED));
    query.push('=');
    query.extend(utf8_percent_encode(value, ESCAPED));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_found_in_any_spelling_and_taken_out_alone() {
        assert_eq!(without("a=1&key=s&b=%20&k%65y=t&key", "key"), "a=1&b=%20");
        assert_eq!(without("a=1", "key"), "a=1");
        assert!(has("x&ke%79=1", "key") && !has("keyy=1", "key"));
        assert!(
            has("a+b=1", "a b") && has("a%2Bb=1", "a+b") && has("a+b=1", "a+b") && !has("a%2Bb=1", "a b")
        );
    }

    #[test]
    fn appended_values_cannot_break_out() {
        let mut query = String::from("a=1");
        append(&mut query, "key", "s&b=2 #");
        assert_eq!(query, "a=1&key=s%26b%3D2%20%23");
    }
}
