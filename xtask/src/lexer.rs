//! Splits Rust source into tokens: as much of the language as the tidy rules need, and no more.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Word,
    /// Any string literal; the text is what stands between the quotes, escapes unread.
    Text,
    /// A character, byte, number or lifetime.
    Small,
    /// One punctuation mark, or one of the joined marks in [`JOINED`].
    Mark,
    Comment,
}

/// A piece of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'s> {
    pub kind: Kind,
    pub text: &'s str,
    /// Line of its first character, from 1.
    pub line: usize,
}

impl Token<'_> {
    pub fn is(&self, kind: Kind, text: &str) -> bool {
        self.kind == kind && self.text == text
    }

    pub fn is_mark(&self, text: &str) -> bool {
        self.is(Kind::Mark, text)
    }

    pub fn is_word(&self, text: &str) -> bool {
        self.is(Kind::Word, text)
    }
}

const JOINED: [&str; 7] = ["==", "!=", "=>", "->", "::", "||", "&&"];

/// All tokens of a file, comments included.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            line += usize::from(first == '\n');
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let (kind, text, length) = next(rest, first);
        found.push(Token { kind, text, line });
        let (taken, left) = rest.split_at(length.max(first.len_utf8()).min(rest.len()));
        line += taken.matches('\n').count();
        rest = left;
    }
    found
}

/// The token that `rest` starts with: its kind, its text, and how many bytes it takes.
fn next(rest: &str, first: char) -> (Kind, &str, usize) {
    if rest.starts_with("//") {
        let length = rest.find('\n').unwrap_or(rest.len());
        return (Kind::Comment, cut(rest, 0, length), length);
    }
    if rest.starts_with("/*") {
        let length = block_comment(rest);
        return (Kind::Comment, cut(rest, 0, length), length);
    }
    if let Some((from, to, length)) = string(rest) {
        return (Kind::Text, cut(rest, from, to), length);
    }
    if first.is_alphanumeric() || first == '_' {
        let length = word(rest);
        let kind = if first.is_ascii_digit() { Kind::Small } else { Kind::Word };
        return (kind, cut(rest, 0, length), length);
    }
    if first == '\'' {
        let length = character_or_lifetime(rest);
        return (Kind::Small, cut(rest, 0, length), length);
    }
    let length =
        JOINED.iter().find(|mark| rest.starts_with(**mark)).map_or(first.len_utf8(), |mark| mark.len());
    (Kind::Mark, cut(rest, 0, length), length)
}

fn cut(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

fn word(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// A string literal of any kind at the start: where its content begins and ends, and its length.
fn string(rest: &str) -> Option<(usize, usize, usize)> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix)
            .is_some_and(|tail| tail.starts_with('"') || (prefix.ends_with('r') && raw_start(tail)))
    })?;
    let tail = rest.get(prefix.len()..)?;
    if prefix.ends_with('r') {
        let hashes = tail.find('"')?;
        let open = prefix.len() + hashes + 1;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = rest.get(open..)?.find(&close).map_or(rest.len(), |at| open + at);
        return Some((open, end, end + close.len()));
    }
    let open = prefix.len() + 1;
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(open) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((open, at, at + 1)),
            _ => {}
        }
    }
    Some((open, rest.len(), rest.len()))
}

fn raw_start(tail: &str) -> bool {
    tail.starts_with('#') && tail.trim_start_matches('#').starts_with('"')
}

/// `'a'`, `'\n'`, `'\u{7f}'` or `'lifetime`.
fn character_or_lifetime(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars.find(|(_, c)| *c == '\'').map_or(rest.len(), |(at, _)| at + 1)
        }
        Some((at, c)) => {
            let after = at + c.len_utf8();
            if rest.get(after..).is_some_and(|tail| tail.starts_with('\'')) {
                after + 1
            } else {
                1 + word(cut(rest, 1, rest.len()))
            }
        }
        None => rest.len(),
    }
}

/// The tokens of product code: comments are left out, and so is every item under `#[cfg(test)]` or `#[test]`.
pub fn product<'s>(tokens: &[Token<'s>]) -> Vec<Token<'s>> {
    let code: Vec<Token<'s>> = tokens.iter().filter(|token| token.kind != Kind::Comment).copied().collect();
    let mut kept = Vec::new();
    let mut rest = code.as_slice();
    while let Some(first) = rest.first() {
        let attribute = attribute_length(rest);
        if attribute > 0 && is_test_attribute(rest.get(..attribute).unwrap_or_default()) {
            rest = after_item(rest.get(attribute..).unwrap_or_default());
        } else {
            kept.push(*first);
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    kept
}

/// How many tokens the attribute takes that stands first; 0 where none does.
fn attribute_length(rest: &[Token<'_>]) -> usize {
    match rest {
        [hash, open, ..] if hash.is_mark("#") && open.is_mark("[") => {
            1 + block_length(rest.get(1..).unwrap_or_default())
        }
        _ => 0,
    }
}

fn is_test_attribute(attribute: &[Token<'_>]) -> bool {
    let mut words = attribute.iter().filter(|token| token.kind == Kind::Word);
    match words.next() {
        Some(first) if first.text == "test" => true,
        Some(first) if first.text == "cfg" => {
            let words: Vec<&str> = words.map(|token| token.text).collect();
            words.contains(&"test") && !words.contains(&"not")
        }
        _ => false,
    }
}

/// What follows the item that stands first: it ends with `;` or a closing brace.
fn after_item<'t, 's>(mut rest: &'t [Token<'s>]) -> &'t [Token<'s>] {
    while let Some(first) = rest.first() {
        let length = match first.text {
            "(" | "[" | "{" if first.kind == Kind::Mark => block_length(rest),
            _ => 1,
        };
        let ends = first.is_mark(";") || first.is_mark("{");
        rest = rest.get(length..).unwrap_or_default();
        if ends {
            break;
        }
    }
    rest
}

/// How many tokens the bracketed block takes that stands first, brackets included.
pub fn block_length(rest: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in rest.iter().enumerate() {
        if token.kind == Kind::Mark {
            match token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if depth == 0 {
            return at + 1;
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn strings_of_every_kind_are_one_token() {
        assert_eq!(
            texts(r##"a("x\"y", r#"p"q"#, b"z", br"w", r"", "\\")"##),
            ["a", "(", "x\\\"y", ",", "p\"q", ",", "z", ",", "w", ",", "", ",", "\\\\", ")"]
        );
    }

    #[test]
    fn characters_and_lifetimes_are_told_apart() {
        assert_eq!(
            texts(r"'a' '\'' '\u{7f}' &'a str '{'"),
            ["'a'", r"'\''", r"'\u{7f}'", "&", "'a", "str", "'{'"]
        );
    }

    #[test]
    fn comments_nest_and_lines_are_counted() {
        let found = tokens("/* a /* b */\n c */ x // \"y\n\"p\nq\" z");
        let shape: Vec<_> = found.iter().map(|token| (token.kind, token.line)).collect();
        assert_eq!(
            shape,
            [(Kind::Comment, 1), (Kind::Word, 2), (Kind::Comment, 2), (Kind::Text, 3), (Kind::Word, 4)]
        );
    }

    #[test]
    fn product_code_has_no_tests() {
        let source = "fn a() {} #[cfg(test)] mod tests { fn b() { {} } } #[cfg(not(test))] fn c() {}
            #[test] #[should_panic] fn d() {} #[cfg(all(test, unix))] use x::[y; 3]; fn e() {}";
        let found = tokens(source);
        let names: Vec<_> = product(&found)
            .windows(2)
            .filter(|pair| pair[0].is_word("fn"))
            .map(|pair| pair[1].text)
            .collect();
        assert_eq!(names, ["a", "c", "e"]);
    }

    #[test]
    fn broken_source_ends() {
        for source in ["\"", "r#\"", "'", "/*", "#[cfg(test)]", "b'", "'\\", "fn x() {", "é\u{301}"] {
            let found = tokens(source);
            product(&found);
        }
    }
}
