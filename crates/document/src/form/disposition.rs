//! The head of a form's part: which field it is, in the eyes of any reader.

use std::borrow::Cow;

use memchr::memmem;

use crate::FormError;

/// Whether a part, from its head to its end, may be taken for the field `wanted`.
pub(super) fn names(part: &[u8], wanted: &[u8]) -> Result<bool, FormError> {
    let head = match part {
        // A part without headers, which is no field.
        [b'\r', b'\n', ..] => return Ok(false),
        _ => part.get(..memmem::find(part, b"\r\n\r\n").ok_or(FormError::Malformed)?).unwrap_or_default(),
    };
    let mut found = false;
    for line in lines(head) {
        let line = line?;
        let colon = memchr::memchr(b':', line).ok_or(FormError::Malformed)?;
        let (name, value) = line.split_at(colon);
        if !name.trim_ascii().eq_ignore_ascii_case(b"content-disposition") {
            continue;
        }
        let parameters = value.get(memchr::memchr(b';', value).unwrap_or(value.len())..).unwrap_or_default();
        for escapes in [false, true] {
            let plain = values(parameters, b"name", escapes);
            // Forms have no such parameter, but a reader of mail does.
            let extended = values(parameters, b"name*", escapes);
            found |= plain.iter().any(|value| value == wanted || unescape(value) == wanted);
            found |= extended.iter().any(|value| unescape(text_of(value)) == wanted);
        }
    }
    Ok(found)
}

/// The lines of a head, none of which has half a line end or goes on in the next.
fn lines(head: &[u8]) -> impl Iterator<Item = Result<&[u8], FormError>> {
    let mut rest = Some(head);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memmem::find(text, b"\r\n");
        let line = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
        rest = end.and_then(|end| text.get(end + 2..));
        let broken = memchr::memchr2(b'\r', b'\n', line).is_some();
        Some(if broken || line.first().is_none_or(u8::is_ascii_whitespace) {
            Err(FormError::Malformed)
        } else {
            Ok(line)
        })
    })
}

/// The values of a parameter in `;name=value;name="value"`, all of them. `escapes`: a backslash in quotes
/// takes the next character as it is, which browsers do not mean and mail does.
pub(super) fn values(parameters: &[u8], wanted: &[u8], escapes: bool) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = parameters;
    while let Some(at) = memchr::memchr(b';', rest) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let Some(equals) = rest.iter().position(|byte| matches!(byte, b'=' | b';')) else { break };
        let (name, behind) = rest.split_at(equals);
        let Some(behind) = behind.strip_prefix(b"=") else { continue };
        let (value, behind) = value(behind.trim_ascii_start(), escapes);
        if name.trim_ascii().eq_ignore_ascii_case(wanted) {
            found.push(value);
        }
        rest = behind;
    }
    found
}

/// One value, quoted or not, and what follows it.
fn value(text: &[u8], escapes: bool) -> (Vec<u8>, &[u8]) {
    let Some(mut rest) = text.strip_prefix(b"\"") else {
        let (value, rest) = text.split_at(memchr::memchr(b';', text).unwrap_or(text.len()));
        return (value.trim_ascii().to_vec(), rest);
    };
    let mut value = Vec::new();
    loop {
        match rest {
            [] => return (value, rest),
            [b'"', behind @ ..] => return (value, behind),
            [b'\\', literal, behind @ ..] if escapes => {
                value.push(*literal);
                rest = behind;
            }
            [byte, behind @ ..] => {
                value.push(*byte);
                rest = behind;
            }
        }
    }
}

/// What stands behind charset and language: `UTF-8'en'text` (RFC 8187).
fn text_of(value: &[u8]) -> &[u8] {
    value.splitn(3, |byte| *byte == b'\'').last().unwrap_or_default()
}

/// Percent escapes decoded: browsers write quotes and line ends in names so.
fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'%') {
        return Cow::Borrowed(value);
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, behind @ ..] = rest {
        if let ([high, low, after @ ..], b'%') = (behind, first)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            decoded.push(high << 4 | low);
            rest = after;
        } else {
            decoded.push(*first);
            rest = behind;
        }
    }
    Cow::Owned(decoded)
}

/// A field's name as it stands in quotes, in the way of browsers.
pub(super) fn quote(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
