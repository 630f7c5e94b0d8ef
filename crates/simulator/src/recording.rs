//! The bounded account of every request that came in.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

/// How many requests are kept.
const MAX_REQUESTS: usize = 4096;
/// How many bytes of request bodies are kept in all.
const MAX_BYTES: usize = 64 << 20;

/// How the answer to a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Still being read or answered.
    Open,
    /// The whole answer was handed to the connection.
    Complete,
    /// A fault ended the answer on purpose.
    Faulted,
    /// The client went away before the end of its request or of the answer.
    ClientGone,
}

impl Outcome {
    /// The name in `GET /sim/requests`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Faulted => "faulted",
            Self::ClientGone => "client_gone",
        }
    }
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Counts from 1 over the simulator's life.
    pub sequence: u64,
    /// Which connection it came on, counted from 1.
    pub connection: u64,
    /// Since the simulator was bound.
    pub at: Duration,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Whose rules judged it.
    pub provider: &'static str,
    /// In order of arrival, names in lower case, values with replacement characters where they are not UTF-8.
    pub headers: Vec<(String, String)>,
    /// As sent, before any content coding is undone.
    pub body: Bytes,
    pub outcome: Outcome,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// Bytes of the answer's body handed to the connection so far.
    pub answered_bytes: u64,
}

impl Recorded {
    /// The first value of a header; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text, with replacement characters where it is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[derive(Default)]
struct Ring {
    last: u64,
    bytes: usize,
    entries: VecDeque<Recorded>,
}

impl Ring {
    fn entry(&mut self, sequence: u64) -> Option<&mut Recorded> {
        self.entries.iter_mut().rev().find(|entry| entry.sequence == sequence)
    }

    fn trim(&mut self) {
        while self.entries.len() > MAX_REQUESTS || self.bytes > MAX_BYTES {
            let Some(gone) = self.entries.pop_front() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(gone.body.len());
        }
    }
}

/// All that was recorded; cheap to clone.
#[derive(Clone)]
pub(crate) struct Recording {
    begun: Instant,
    ring: Arc<Mutex<Ring>>,
}

impl Recording {
    pub(crate) fn new() -> Self {
        Self { begun: Instant::now(), ring: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the head of a request; what follows is told to the ticket.
    pub(crate) fn begin(
        &self,
        connection: u64,
        provider: &'static str,
        head: &http::request::Parts,
    ) -> Ticket {
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let target = head
            .uri
            .path_and_query()
            .map_or_else(|| head.uri.path().to_owned(), |target| target.as_str().to_owned());
        let mut ring = self.lock();
        ring.last += 1;
        let sequence = ring.last;
        ring.entries.push_back(Recorded {
            sequence,
            connection,
            at: self.begun.elapsed(),
            version: format!("{:?}", head.version),
            method: head.method.to_string(),
            target,
            provider,
            headers,
            body: Bytes::new(),
            outcome: Outcome::Open,
            status: None,
            answered_bytes: 0,
        });
        ring.trim();
        Ticket { recording: self.clone(), sequence, ended: false }
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.lock().entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut ring = self.lock();
        ring.entries.clear();
        ring.bytes = 0;
    }
}

/// Tells the recording how one request goes on. Dropped without an end, it notes that the client went away.
pub(crate) struct Ticket {
    recording: Recording,
    sequence: u64,
    ended: bool,
}

impl Ticket {
    pub(crate) fn body(&self, body: &Bytes) {
        let mut ring = self.recording.lock();
        let mut grown = 0;
        if let Some(entry) = ring.entry(self.sequence) {
            grown = body.len().saturating_sub(entry.body.len());
            entry.body = body.clone();
        }
        ring.bytes += grown;
        ring.trim();
    }

    pub(crate) fn status(&self, status: u16) {
        if let Some(entry) = self.recording.lock().entry(self.sequence) {
            entry.status = Some(status);
        }
    }

    pub(crate) fn answered(&self, bytes: usize) {
        if let Some(entry) = self.recording.lock().entry(self.sequence) {
            entry.answered_bytes += bytes as u64;
        }
    }

    pub(crate) fn end(&mut self, outcome: Outcome) {
        self.ended = true;
        if let Some(entry) = self.recording.lock().entry(self.sequence) {
            entry.outcome = outcome;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Outcome::ClientGone);
        }
    }
}
