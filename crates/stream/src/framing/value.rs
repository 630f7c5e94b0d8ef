//! Finds where a JSON value ends by counting brackets, however its bytes are cut.

use memchr::memchr3;

/// White space of JSON.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where in a value the bytes seen so far have ended. Brackets are counted, not matched: whether the value is
/// good JSON is for its reader to find out.
#[derive(Debug, Clone, Copy)]
pub(super) struct ValueScanner {
    depth: usize,
    in_string: bool,
    after_backslash: bool,
    extent: Extent,
}

/// What besides its last bracket may end a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Nothing.
    Free,
    /// To be seen: nothing but its first bracket has come.
    Begun,
    /// The end of its line.
    Line,
    /// It is written over several lines, because its first bracket has one of its own. An object at the very
    /// beginning of a line is the next value, and in strings no JSON has a line end.
    Lines { at_start: bool },
}

impl ValueScanner {
    /// A value that goes on until its last bracket.
    pub fn free() -> Self {
        Self { depth: 0, in_string: false, after_backslash: false, extent: Extent::Free }
    }

    /// A value among lines: one that is broken does not take those behind it along.
    pub fn of_line() -> Self {
        Self { extent: Extent::Begun, ..Self::free() }
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
                    b'\n' if self.extent != Extent::Free => return Some(at - 1),
                    b'\n' => {}
                    _ => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return Some(at);
                        }
                    }
                }
            } else {
                if self.depth > 0 {
                    match self.look(rest) {
                        Look::On => {}
                        Look::Over => return Some(at),
                        Look::Past(space) => {
                            at += space;
                            continue;
                        }
                        Look::More => return None,
                    }
                }
                let stop =
                    rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b'\n'))?;
                at += stop + 1;
                match rest.get(stop)? {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'\n' => match &mut self.extent {
                        Extent::Free | Extent::Begun => {}
                        Extent::Line => return Some(at - 1),
                        Extent::Lines { at_start } => *at_start = true,
                    },
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

    /// Looks at what follows where the extent is still to be seen, or a line has begun.
    fn look(&mut self, rest: &[u8]) -> Look {
        match self.extent {
            Extent::Free | Extent::Line | Extent::Lines { at_start: false } => return Look::On,
            Extent::Lines { at_start: true } => {
                let Some(first) = rest.first() else { return Look::More };
                self.extent = Extent::Lines { at_start: false };
                return if *first == b'{' { Look::Over } else { Look::On };
            }
            Extent::Begun => {}
        }
        match rest.iter().position(|byte| *byte == b'\n' || !is_space(*byte)) {
            None if rest.is_empty() => Look::More,
            None => Look::Past(rest.len()),
            Some(space) => {
                let ends = rest.get(space) == Some(&b'\n');
                self.extent = if ends { Extent::Lines { at_start: true } } else { Extent::Line };
                Look::Past(space + usize::from(ends))
            }
        }
    }
}

/// What is to be done next.
enum Look {
    /// Scan on.
    On,
    /// The value has ended here, broken.
    Over,
    /// Pass over this many bytes.
    Past(usize),
    /// Wait for more.
    More,
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
                for mut scanner in [ValueScanner::free(), ValueScanner::of_line()] {
                    let end = scanner.end(head).or_else(|| Some(cut + scanner.end(tail)?));
                    assert_eq!(end, Some(value.len()), "{value} cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn a_line_ends_a_value_unless_its_first_bracket_has_a_line_of_its_own() {
        for (text, end) in [
            ("{\"a\":\"b\n", Some(7)),
            ("{\"a\":\"\\\n", Some(7)),
            ("{\"a\":1\n}\n", Some(6)),
            ("[1,\n2]", Some(3)),
            ("{ \"a\":\n1}", Some(6)),
            ("{ \r\n\"a\":\n1}", Some(11)),
            ("{\n\"a\":\n{\n", Some(7)),
            ("{\n{}", Some(2)),
            ("{\n {}\n}", Some(7)),
            ("{ ", None),
            ("{\n\"a\"", None),
        ] {
            for cut in 0..=text.len() {
                let (head, tail) = text.as_bytes().split_at(cut);
                let mut scanner = ValueScanner::of_line();
                let found = scanner.end(head).or_else(|| Some(cut + scanner.end(tail)?));
                assert_eq!(found, end, "{text:?} cut at {cut}");
            }
            let free = ValueScanner::free().end(text.as_bytes());
            assert!(free.is_none() || free >= end, "{text:?}");
        }
    }
}
