//! The heads of request and answer, written for the record while they are there.

use http::uri::Authority;
use http::{HeaderMap, Uri, header};
use telemetry::{Redactor, write_headers};

use crate::listen::ConnectionInfo;
use crate::snapshot::Snapshot;

pub struct Heads {
    /// Scheme, host and port that the client called.
    pub base: String,
    /// TLS version and cipher suite.
    pub tls: Option<(&'static str, &'static str)>,
    pub request: Vec<u8>,
    pub response: Vec<u8>,
}

impl Heads {
    pub fn of(info: &ConnectionInfo, snapshot: &Snapshot, uri: &Uri, headers: &HeaderMap) -> Self {
        let scheme = if info.tls { "https://" } else { "http://" };
        // HTTP/2 has no such header.
        let host = uri.authority().map(Authority::as_str);
        let host = host.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()));
        let base = host.map(|host| [scheme, host].concat()).unwrap_or_default();
        Self { base, tls: info.cipher, request: written(&snapshot.redactor, headers), response: Vec::new() }
    }

    pub fn answer(&mut self, redactor: &Redactor, headers: &HeaderMap) {
        self.response = written(redactor, headers);
    }
}

fn written(redactor: &Redactor, headers: &HeaderMap) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    write_headers(redactor, headers, &mut out);
    out
}
