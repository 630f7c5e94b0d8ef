//! A request to be explained: written down as HTTP/1.1 has it, or put together by the caller.

use http::header::{self, HeaderName, HeaderValue};
use http::uri::Scheme;
use http::{Method, Request, Uri};
use thiserror::Error;

/// A request as a client would send it.
#[derive(Debug)]
pub struct Example {
    pub request: Request<Vec<u8>>,
    /// It comes over TLS.
    pub tls: bool,
}

/// Why a text is not a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an HTTP request: line {0}")]
pub struct ExampleError(pub usize);

impl Example {
    /// Reads a request line, headers, an empty line and a body, which is all that follows. A request line with
    /// `https://` means TLS.
    pub fn parse(text: &[u8]) -> Result<Self, ExampleError> {
        let mut rest = text;
        let mut number = 0;
        let mut next_line = || {
            number += 1;
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let (line, behind) = rest.split_at(end);
            rest = behind.get(1..).unwrap_or_default();
            (line.trim_ascii_end(), number, rest)
        };
        let (line, ..) = next_line();
        let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let (Some(method), Some(uri)) = (words.next(), words.next()) else {
            return Err(ExampleError(1));
        };
        let mut request = Request::new(Vec::new());
        *request.method_mut() = Method::from_bytes(method).map_err(|_| ExampleError(1))?;
        *request.uri_mut() = Uri::try_from(uri).map_err(|_| ExampleError(1))?;
        loop {
            let (line, number, behind) = next_line();
            if line.is_empty() {
                *request.body_mut() = behind.to_vec();
                let tls = request.uri().scheme() == Some(&Scheme::HTTPS);
                return Ok(Self { request, tls });
            }
            let header = memchr::memchr(b':', line).and_then(|colon| {
                let (name, value) = line.split_at(colon);
                let value = value.get(1..).unwrap_or_default().trim_ascii();
                Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
            });
            let (name, value) = header.ok_or(ExampleError(number))?;
            request.headers_mut().append(name, value);
        }
    }

    /// The name of the server that a client would ask for in the TLS handshake.
    pub(super) fn server_name(&self) -> Option<Box<str>> {
        let authority = self.request.uri().authority().cloned();
        let host = self.request.headers().get(header::HOST).and_then(|host| host.to_str().ok()?.parse().ok());
        let authority: http::uri::Authority = authority.or(host)?;
        Some(authority.host().to_ascii_lowercase().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read() {
        let example =
            Example::parse(b"POST https://Gate.example:8443/a?b HTTP/1.1\nX-A: 1\r\nx-a: 2\n\nbo\ndy")
                .unwrap();
        assert!(example.tls);
        assert_eq!(example.server_name().as_deref(), Some("gate.example"));
        let (parts, body) = example.request.into_parts();
        assert_eq!((parts.method, parts.uri.path(), parts.uri.query()), (Method::POST, "/a", Some("b")));
        assert_eq!(parts.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(body, b"bo\ndy");
        let plain = Example::parse(b"GET /a\nHost: localhost:80").unwrap();
        assert!(!plain.tls);
        assert_eq!(plain.server_name().as_deref(), Some("localhost"));
    }

    #[test]
    fn what_is_no_request_is_told_by_its_line() {
        for (text, line) in [("", 1), ("hello", 1), ("GET  ", 1), ("GET / HTTP/1.1\nfoo bar\n\n", 2)] {
            assert_eq!(Example::parse(text.as_bytes()).unwrap_err(), ExampleError(line), "{text}");
        }
    }
}
