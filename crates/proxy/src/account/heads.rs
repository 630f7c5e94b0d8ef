//! The heads of request and answer, kept for the record while they are there.

use http::uri::Authority;
use http::{HeaderMap, Uri, header};
use telemetry::keep_headers;

use crate::listen::ConnectionInfo;

/// All in one piece of memory, one behind the other: the base of the URL, the request's headers, the answer's.
pub struct Heads {
    /// TLS version and cipher suite.
    pub tls: Option<(&'static str, &'static str)>,
    kept: Vec<u8>,
    base_end: usize,
    request_end: usize,
}

/// Bytes that the heads of most requests have.
const USUAL: usize = 1024;

impl Heads {
    pub fn of(info: &ConnectionInfo, uri: &Uri, headers: &HeaderMap) -> Self {
        let mut kept = Vec::with_capacity(USUAL);
        // HTTP/2 has no such header.
        let host = uri.authority().map(Authority::as_str);
        let host = host.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()));
        if let Some(host) = host {
            let scheme: &[u8] = if info.tls { b"https://" } else { b"http://" };
            kept.extend_from_slice(scheme);
            kept.extend_from_slice(host.as_bytes());
        }
        let base_end = kept.len();
        keep(headers, &mut kept);
        Self { tls: info.cipher, request_end: kept.len(), kept, base_end }
    }

    pub fn answer(&mut self, headers: &HeaderMap) {
        self.kept.truncate(self.request_end);
        keep(headers, &mut self.kept);
    }

    /// Scheme, host and port that the client called; empty where they are not known.
    pub fn base(&self) -> &str {
        let base = self.kept.get(..self.base_end).unwrap_or_default();
        std::str::from_utf8(base).unwrap_or_default()
    }

    pub fn request(&self) -> &[u8] {
        self.kept.get(self.base_end..self.request_end).unwrap_or_default()
    }

    pub fn response(&self) -> &[u8] {
        self.kept.get(self.request_end..).unwrap_or_default()
    }
}

fn keep(headers: &HeaderMap, kept: &mut Vec<u8>) {
    keep_headers(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())), kept);
}
