//! JSON into a tree. Strict, but for a byte order mark, which the caller has taken off.

use super::{Content, MAX_DEPTH, NodeId, Scalar, SyntaxError, Tree, unmask};
use crate::Position;

struct Reader<'t> {
    rest: std::str::Chars<'t>,
    at: Position,
    tree: Tree,
}

pub(super) fn read(text: &str) -> Result<Tree, SyntaxError> {
    let mut reader = Reader { rest: text.chars(), at: Position { line: 1, column: 1 }, tree: Tree::empty() };
    reader.value(0)?;
    reader.space();
    if reader.peek().is_some() {
        return Err(reader.error("text after the end of the JSON document"));
    }
    Ok(reader.tree)
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.rest.next()?;
        if character == '\n' {
            self.at.line = self.at.line.saturating_add(1);
            self.at.column = 1;
        } else {
            self.at.column = self.at.column.saturating_add(1);
        }
        Some(character)
    }

    fn error(&self, message: &str) -> SyntaxError {
        SyntaxError::new(self.at, format!("not valid JSON: {message}"))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.take();
        }
    }

    fn expect(&mut self, wanted: char, message: &str) -> Result<(), SyntaxError> {
        if self.peek() == Some(wanted) {
            self.take();
            return Ok(());
        }
        Err(self.error(message))
    }

    fn value(&mut self, depth: usize) -> Result<NodeId, SyntaxError> {
        self.space();
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        let at = self.at;
        match self.peek() {
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('"') => {
                let text = self.string()?;
                Ok(self.tree.add(Content::Scalar(Scalar::quoted(text)), at))
            }
            Some(character) if character.is_ascii_alphanumeric() || character == '-' => self.word(at),
            Some(_) => Err(self.error("expected a value")),
            None => Err(self.error("the text ends where a value should stand")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<NodeId, SyntaxError> {
        let at = self.at;
        self.take();
        let mut members = Vec::new();
        self.space();
        if self.peek() == Some('}') {
            self.take();
            return Ok(self.tree.add_mapping(members, at));
        }
        loop {
            self.space();
            let key_at = self.at;
            if self.peek() != Some('"') {
                return Err(self.error("expected a member name in double quotes"));
            }
            let key = self.string()?;
            self.space();
            self.expect(':', "expected ':' after a member name")?;
            let value = self.value(depth + 1)?;
            members.push((unmask(&key).into_owned().into(), key_at, value));
            self.space();
            match self.peek() {
                Some(',') => {
                    self.take();
                }
                Some('}') => {
                    self.take();
                    return Ok(self.tree.add_mapping(members, at));
                }
                _ => return Err(self.error("expected ',' or '}' after a member")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<NodeId, SyntaxError> {
        let at = self.at;
        self.take();
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(']') {
            self.take();
            return Ok(self.tree.add_sequence(items, at));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(',') => {
                    self.take();
                }
                Some(']') => {
                    self.take();
                    return Ok(self.tree.add_sequence(items, at));
                }
                _ => return Err(self.error("expected ',' or ']' after an item")),
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self, at: Position) -> Result<NodeId, SyntaxError> {
        let mut text = String::new();
        while let Some(character) = self.peek() {
            if !(character.is_ascii_alphanumeric() || matches!(character, '-' | '+' | '.')) {
                break;
            }
            text.push(character);
            self.take();
        }
        let scalar = Scalar::plain(text);
        let known = matches!(&*scalar.text, "true" | "false" | "null")
            || scalar.json_number().as_ref() == Some(&scalar.text);
        if !known {
            // Not repeated: it may be a secret without its quotation marks.
            return Err(SyntaxError::new(at, "not valid JSON: no number, true, false or null"));
        }
        Ok(self.tree.add(Content::Scalar(scalar), at))
    }

    fn string(&mut self) -> Result<String, SyntaxError> {
        self.take();
        let mut out = String::new();
        loop {
            match self.peek() {
                None => return Err(self.error("the text ends inside a string")),
                Some('"') => {
                    self.take();
                    return Ok(out);
                }
                Some('\\') => {
                    self.take();
                    out.push(self.escape()?);
                }
                Some(character) if character < ' ' => {
                    return Err(self.error("a control character inside a string must be escaped"));
                }
                Some(character) => {
                    out.push(character);
                    self.take();
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let plain = match self.peek() {
            Some(same @ ('"' | '\\' | '/')) => same,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.take();
                return self.code_point();
            }
            _ => return Err(self.error("unknown escape in a string")),
        };
        self.take();
        Ok(plain)
    }

    fn code_point(&mut self) -> Result<char, SyntaxError> {
        let first = self.four_digits()?;
        let code = if (0xd800..0xdc00).contains(&first) {
            self.expect('\\', "half of a surrogate pair")?;
            self.expect('u', "half of a surrogate pair")?;
            let second = self.four_digits()?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(self.error("half of a surrogate pair"));
            }
            0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.error("half of a surrogate pair"))
    }

    fn four_digits(&mut self) -> Result<u32, SyntaxError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|character| character.to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.error("expected four hexadecimal digits"))?;
            self.take();
        }
        Ok(code)
    }
}
