//! The heads of request and answer, written for the record while they are there.

use std::cell::RefCell;
use std::mem;

use http::uri::Authority;
use http::{HeaderMap, Uri, header};
use telemetry::{Redactor, write_headers};

use crate::listen::ConnectionInfo;

/// All in one piece of memory, one behind the other: the base of the URL, the request's headers, the answer's.
pub struct Heads {
    /// TLS version and cipher suite.
    pub tls: Option<(&'static str, &'static str)>,
    written: Vec<u8>,
    base_end: usize,
    request_end: usize,
}

/// Bytes that the heads of most requests have.
const USUAL: usize = 1024;

/// Of these each thread keeps so many: requests come and end many at a time, and the allocator keeps few.
const SPARES: usize = 64;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

impl Heads {
    pub fn of(info: &ConnectionInfo, redactor: &Redactor, uri: &Uri, headers: &HeaderMap) -> Self {
        let mut written = spare();
        // HTTP/2 has no such header.
        let host = uri.authority().map(Authority::as_str);
        let host = host.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()));
        if let Some(host) = host {
            let scheme: &[u8] = if info.tls { b"https://" } else { b"http://" };
            written.extend_from_slice(scheme);
            written.extend_from_slice(host.as_bytes());
        }
        let base_end = written.len();
        write(redactor, headers, &mut written);
        Self { tls: info.cipher, request_end: written.len(), written, base_end }
    }

    pub fn answer(&mut self, redactor: &Redactor, headers: &HeaderMap) {
        self.written.truncate(self.request_end);
        write(redactor, headers, &mut self.written);
    }

    /// Scheme, host and port that the client called; empty where they are not known.
    pub fn base(&self) -> &str {
        let base = self.written.get(..self.base_end).unwrap_or_default();
        std::str::from_utf8(base).unwrap_or_default()
    }

    pub fn request(&self) -> &[u8] {
        self.written.get(self.base_end..self.request_end).unwrap_or_default()
    }

    pub fn response(&self) -> &[u8] {
        self.written.get(self.request_end..).unwrap_or_default()
    }
}

impl Drop for Heads {
    fn drop(&mut self) {
        let mut written = mem::take(&mut self.written);
        if written.capacity() <= 2 * USUAL {
            written.clear();
            // No memory is kept while a thread ends.
            let _ = SPARE.try_with(|spare| {
                let mut spare = spare.borrow_mut();
                if spare.len() < SPARES {
                    spare.push(written);
                }
            });
        }
    }
}

/// Memory to write heads in, empty.
fn spare() -> Vec<u8> {
    let spare = SPARE.try_with(|spare| spare.borrow_mut().pop());
    spare.ok().flatten().unwrap_or_else(|| Vec::with_capacity(USUAL))
}

fn write(redactor: &Redactor, headers: &HeaderMap, out: &mut Vec<u8>) {
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    write_headers(redactor, headers, out);
}
