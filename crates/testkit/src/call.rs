//! A request, written exactly as told.

use std::net::SocketAddr;
use std::time::Duration;

use crate::answer::Answer;
use crate::connection::{Connection, Live};
use crate::{Certificates, PATIENCE};

/// A request for HTTP/1.1. Headers go out in the order and case in which they were added.
#[derive(Debug, Clone)]
#[must_use]
pub struct Call {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) chunk: Option<usize>,
    pub(crate) patience: Duration,
    framed: bool,
}

impl Call {
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            chunk: None,
            patience: PATIENCE,
            framed: true,
        }
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A body with the content type of JSON; the text is sent as it is.
    pub fn json(self, text: impl AsRef<str>) -> Self {
        self.header("content-type", "application/json").body(text.as_ref())
    }

    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        body.as_ref().clone_into(&mut self.body);
        self
    }

    /// Sends the body in chunks of so many bytes instead of with a length.
    pub fn chunked(mut self, size: usize) -> Self {
        self.chunk = Some(size.max(1));
        self
    }

    /// Adds neither a length nor a transfer coding: the headers say all.
    pub fn unframed(mut self) -> Self {
        self.framed = false;
        self
    }

    /// How long a single read may take.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends on a connection of its own and reads the whole answer.
    pub fn send(&self, to: SocketAddr) -> Answer {
        self.open(to).finish()
    }

    /// The same over TLS.
    pub fn send_tls(&self, to: SocketAddr, trust: &Certificates) -> Answer {
        Connection::open_tls(to, trust, &[b"http/1.1"]).begin(self).finish()
    }

    /// Sends on a connection of its own and reads the head of the answer.
    pub fn open(&self, to: SocketAddr) -> Live {
        Connection::open(to).begin(self)
    }

    /// The bytes of the head.
    pub fn head(&self, host: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let has = |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut add = |name: &str, value: &str| {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        };
        if !has("host") {
            add("host", host);
        }
        for (name, value) in &self.headers {
            add(name, value);
        }
        if self.framed && self.chunk.is_some() {
            add("transfer-encoding", "chunked");
        } else if self.framed && !has("content-length") && (!self.body.is_empty() || self.method == "POST") {
            add("content-length", &self.body.len().to_string());
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// The bytes of the body as they go over the wire.
    pub(crate) fn wire_body(&self) -> Vec<u8> {
        let Some(size) = self.chunk else {
            return self.body.clone();
        };
        let mut wire = Vec::new();
        for chunk in self.body.chunks(size) {
            wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"0\r\n\r\n");
        wire
    }
}
