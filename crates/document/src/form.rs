//! `multipart/form-data` bodies (RFC 7578): one field is found, and set by splicing.
//!
//! Whatever two readers could take for different forms is refused, so that the field that is set is the one
//! that is read, and the only one of its name.

mod disposition;

use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;

use crate::FormError;

/// Parts that a form may have.
pub const MAX_PARTS: usize = 1024;
/// Longest boundary, bytes (RFC 2046 §5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// A form over its original bytes, and where in it one field is or can be.
#[derive(Debug, Clone)]
pub struct Form {
    bytes: Bytes,
    boundary: Box<str>,
    name: Box<str>,
    /// Parts of this name, each from its delimiter up to the next one.
    namesakes: Vec<Range<usize>>,
    /// Where the closing delimiter begins.
    end: usize,
}

/// The boundary that a value of `Content-Type` gives, if that is the type of forms.
///
/// `None` where it is another type.
pub fn boundary(content_type: &[u8]) -> Option<Result<Box<str>, FormError>> {
    let end = memchr::memchr(b';', content_type).unwrap_or(content_type.len());
    let (media_type, parameters) = content_type.split_at(end);
    if !media_type.trim_ascii().eq_ignore_ascii_case(b"multipart/form-data") {
        return None;
    }
    let mut found = disposition::values(parameters, b"boundary", false);
    // Readers differ in what a backslash in quotes is.
    if found != disposition::values(parameters, b"boundary", true) || found.len() != 1 {
        return Some(Err(FormError::Boundary));
    }
    let boundary = found.pop().and_then(|value| String::from_utf8(value).ok());
    let usable = |text: &String| {
        !text.is_empty()
            && text.len() <= LONGEST_BOUNDARY
            && !text.ends_with(' ')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte))
    };
    Some(boundary.filter(usable).map(String::into_boxed_str).ok_or(FormError::Boundary))
}

impl Form {
    /// Reads the form far enough to know where it ends, and which of its parts are the field `name`.
    pub fn read(bytes: Bytes, boundary: &str, name: &str) -> Result<Self, FormError> {
        let dashed = format!("--{boundary}");
        let mut form = Self {
            boundary: boundary.into(),
            name: name.into(),
            namesakes: Vec::new(),
            end: 0,
            bytes: Bytes::new(),
        };
        let mut open: Option<Open> = None;
        let mut closed = false;
        let mut parts = 0;
        for at in memmem::find_iter(&bytes, &dashed) {
            let before = bytes.get(..at).unwrap_or_default();
            match before {
                [] | [.., b'\r', b'\n'] => {}
                [.., b'\r' | b'\n'] => return Err(FormError::Ambiguous),
                // Not at the start of a line.
                _ => continue,
            }
            if closed {
                return Err(FormError::Ambiguous);
            }
            if let Some(open) = open.take() {
                // The line end before a delimiter belongs to the delimiter.
                let content = bytes.get(open.content..at.saturating_sub(2)).ok_or(FormError::Malformed)?;
                if disposition::names(content, name.as_bytes())? {
                    form.namesakes.push(open.start..at);
                }
            }
            let behind = bytes.get(at + dashed.len()..).unwrap_or_default();
            match line_end(behind) {
                Some(Line::Opening(length)) => {
                    open = Some(Open { start: at, content: at + dashed.len() + length });
                    parts += 1;
                    if parts > MAX_PARTS {
                        return Err(FormError::TooManyParts);
                    }
                }
                Some(Line::Closing) => {
                    form.end = at;
                    closed = true;
                }
                None => return Err(FormError::Ambiguous),
            }
        }
        if !closed {
            return Err(FormError::Unclosed);
        }
        form.bytes = bytes;
        Ok(form)
    }

    /// Whether the form has the field.
    pub fn has_field(&self) -> bool {
        !self.namesakes.is_empty()
    }

    /// The form as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The form in pieces, with the field set to `value` as its last part, and no other part of its name.
    /// All else is as it came.
    pub fn with_field(&self, value: &str) -> Result<Vec<Bytes>, FormError> {
        let delimiter = format!("--{}", self.boundary);
        if value.starts_with(&delimiter) || value.contains(['\r', '\n']) {
            return Err(FormError::Value);
        }
        let mut pieces = Vec::with_capacity(self.namesakes.len() + 3);
        let mut from = 0;
        for part in &self.namesakes {
            pieces.push(self.bytes.slice(from..part.start));
            from = part.end;
        }
        pieces.push(self.bytes.slice(from..self.end));
        let name = disposition::quote(&self.name);
        pieces.push(Bytes::from(format!(
            "{delimiter}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )));
        pieces.push(self.bytes.slice(self.end..));
        pieces.retain(|piece| !piece.is_empty());
        Ok(pieces)
    }
}

/// A part whose end has not been seen.
struct Open {
    /// Where its delimiter begins.
    start: usize,
    /// Where its head begins.
    content: usize,
}

/// What a line is that begins with a delimiter.
enum Line {
    /// A part follows, after so many bytes.
    Opening(usize),
    Closing,
}

/// Reads what follows a boundary in its line: blanks are allowed, anything else makes it another boundary.
fn line_end(behind: &[u8]) -> Option<Line> {
    let (rest, closing) = behind.strip_prefix(b"--").map_or((behind, false), |rest| (rest, true));
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match (rest.get(blanks..).unwrap_or_default(), closing) {
        ([b'\r', b'\n', ..], false) => Some(Line::Opening(blanks + 2)),
        ([b'\r', b'\n', ..] | [], true) => Some(Line::Closing),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
