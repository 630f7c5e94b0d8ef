//! The one form of a request that both sides hash.

/// How often the path is escaped in its canonical form, counted from the name of the resource.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    /// As it is sent: S3.
    Once(&'a str),
    /// Once more than it is sent, without empty segments: all others.
    Twice(&'a str),
}

/// The canonical request, and the names of the headers in it.
pub(super) fn request(
    method: &str,
    path: Path<'_>,
    query: &str,
    mut headers: Vec<(&str, &[u8])>,
    payload_hash: &str,
) -> (Vec<u8>, String) {
    headers.sort_by_key(|(name, _)| *name);
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(method.as_bytes());
    text.push(b'\n');
    match path {
        Path::Once(path) => text.extend_from_slice(if path.is_empty() { b"/" } else { path.as_bytes() }),
        Path::Twice(path) => write_path(path, &mut text),
    }
    text.push(b'\n');
    text.extend_from_slice(canonical_query(query).as_bytes());
    text.push(b'\n');
    let mut names = String::new();
    let mut rest = headers.as_slice();
    while let Some(((name, _), _)) = rest.split_first() {
        let count = rest.iter().take_while(|(other, _)| other == name).count();
        let (same, others) = rest.split_at(count);
        rest = others;
        text.extend_from_slice(name.as_bytes());
        for (number, (_, value)) in same.iter().enumerate() {
            text.push(if number == 0 { b':' } else { b',' });
            write_value(value, &mut text);
        }
        text.push(b'\n');
        if !names.is_empty() {
            names.push(';');
        }
        names.push_str(name);
    }
    text.push(b'\n');
    text.extend_from_slice(names.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(payload_hash.as_bytes());
    (text, names)
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn write_escaped(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |number: u8| DIGITS.get(usize::from(number)).copied().unwrap_or(b'0');
    if is_unreserved(byte) {
        out.push(byte);
    } else {
        out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
    }
}

/// Escapes what is escaped already, and leaves empty segments out as the other side does.
fn write_path(path: &str, out: &mut Vec<u8>) {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
    out.push(b'/');
    while let Some(segment) = segments.next() {
        for byte in segment.bytes() {
            write_escaped(byte, out);
        }
        if segments.peek().is_some() || path.ends_with('/') {
            out.push(b'/');
        }
    }
}

/// Arguments escaped in one way and sorted.
fn canonical_query(query: &str) -> String {
    let mut arguments: Vec<(String, String)> = query
        .split('&')
        .filter(|argument| !argument.is_empty())
        .map(|argument| {
            let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
            (escaped_once(name), escaped_once(value))
        })
        .collect();
    arguments.sort();
    let texts: Vec<String> = arguments.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    texts.join("&")
}

/// A text that may be escaped, escaped as AWS does.
fn escaped_once(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let number = match behind {
            [high, low, ..] if first == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        if let Some((high, low)) = number {
            write_escaped(high << 4 | low, &mut out);
            rest = behind.get(2..).unwrap_or_default();
        } else {
            write_escaped(first, &mut out);
            rest = behind;
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|number| u8::try_from(number).ok())
}

/// A header's value without space around it, and with single spaces inside.
fn write_value(value: &[u8], out: &mut Vec<u8>) {
    let words = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    for (number, word) in words.enumerate() {
        if number > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}
