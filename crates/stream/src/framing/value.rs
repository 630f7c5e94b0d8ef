//! Finds where a JSON value ends by counting brackets, however its bytes are cut.

use memchr::memchr3;

/// White space of JSON.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where in a value the bytes seen so far have ended. Brackets are counted, not matched: whether the value is
/// good JSON is for its reader to find out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ValueScanner {
    depth: usize,
    in_string: bool,
    after_backslash: bool,
    /// A line end in a string, where no JSON has one, ends the value: the next line is another.
    lines: bool,
}

impl ValueScanner {
    pub fn new(lines: bool) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Goes through the bytes that follow those of the last call, the first of a value being a bracket or a
    /// quote. Gives the offset just behind the value; nothing where it goes on.
    pub fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if self.after_backslash {
                let escaped = *bytes.get(at)?;
                self.after_backslash = false;
                // A line end is no escape: the string below meets it.
                if escaped != b'\n' {
                    at += 1;
                }
            }
            let rest = bytes.get(at..)?;
            if self.in_string {
                let stop = memchr3(b'"', b'\\', b'\n', rest)?;
                at += stop + 1;
                match rest.get(stop)? {
                    b'\\' => self.after_backslash = true,
                    b'\n' if self.lines => return Some(at - 1),
                    b'\n' => {}
                    _ => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return Some(at);
                        }
                    }
                }
            } else {
                let stop = rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))?;
                at += stop + 1;
                match rest.get(stop)? {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    _ => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return Some(at);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_do_not_count() {
        for value in [
            "{}",
            r#"{"a":"}"}"#,
            r#"{"a":"\"}"}"#,
            r#"{"a":"\\"}"#,
            r#"[[],{"b":[1,{"c":"]]}}"}]}]"#,
            r#""a]\"b""#,
            "{\n\"a\" :\r\n1}",
        ] {
            let body = format!("{value}}}]\"");
            for cut in 0..=value.len() {
                let (head, tail) = body.as_bytes().split_at(cut);
                let mut scanner = ValueScanner::new(true);
                let end = scanner.end(head).or_else(|| Some(cut + scanner.end(tail)?));
                assert_eq!(end, Some(value.len()), "{value} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_line_end_in_a_string_ends_a_value_of_lines() {
        for text in ["{\"a\":\"b\n", "{\"a\":\"\\\n"] {
            assert_eq!(ValueScanner::new(true).end(text.as_bytes()), Some(text.len() - 1));
            assert_eq!(ValueScanner::new(false).end(text.as_bytes()), None);
        }
    }
}
