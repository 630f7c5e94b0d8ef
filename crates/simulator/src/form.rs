//! Forms, read as strictly as the plainest server would: by their delimiters and by nothing else.

use http::header::{CONTENT_TYPE, HeaderMap};
use percent_encoding::percent_decode_str;

/// Names and contents of the fields of a form, in order; `None` where the body is no form, or a broken one.
pub(crate) fn fields(headers: &HeaderMap, body: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if content_type.starts_with("application/x-www-form-urlencoded") {
        return Some(arguments(std::str::from_utf8(body).ok()?));
    }
    let boundary = content_type.strip_prefix("multipart/form-data")?.split("boundary=").nth(1)?;
    parts(boundary.split(';').next()?.trim().trim_matches('"'), body)
}

fn arguments(body: &str) -> Vec<(String, Vec<u8>)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).collect::<Vec<u8>>();
    body.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (String::from_utf8_lossy(&decode(name)).into_owned(), decode(value))
        })
        .collect()
}

fn parts(boundary: &str, body: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    // The first delimiter has a line end before it too, once the body has one.
    let body = [b"\r\n", body].concat();
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = split(&body, delimiter.as_bytes())?.1;
    let mut fields = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(fields);
        }
        let (part, behind) = split(rest.strip_prefix(b"\r\n")?, delimiter.as_bytes())?;
        let (head, content) = split(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(head);
        let name = head
            .lines()
            .filter(|line| line.to_ascii_lowercase().starts_with("content-disposition: form-data;"))
            .find_map(|line| line.split("; name=\"").nth(1)?.split('"').next().map(str::to_owned))?;
        fields.push((name, content.to_owned()));
        rest = behind;
    }
}

/// What stands before and behind the first `needle`.
fn split<'a>(text: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(needle.len()).position(|window| window == needle)?;
    Some((&text[..at], &text[at + needle.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(content_type: &'static str, body: &str) -> Option<Vec<(String, String)>> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        let fields = fields(&headers, body.as_bytes())?;
        Some(fields.into_iter().map(|(name, value)| (name, String::from_utf8(value).unwrap())).collect())
    }

    #[test]
    fn fields_are_read_in_order() {
        let expected = |text: &str| text.split(' ').map(|name| (name.to_owned(), "1".to_owned())).collect();
        assert_eq!(read("application/x-www-form-urlencoded", "a=1&%62=%31"), Some(expected("a b")));
        let part =
            |name: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n1\r\n");
        let whole = format!("{}{}--x--\r\n", part("a"), part("b"));
        assert_eq!(read("multipart/form-data; boundary=\"x\"", &whole), Some(expected("a b")));
        assert_eq!(read("multipart/form-data; boundary=x", &part("a")), None);
        assert_eq!(read("application/json", "{}"), None);
    }
}
