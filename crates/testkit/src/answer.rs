//! A whole answer.

use std::time::Duration;

use serde_json::Value;

use crate::End;
use crate::events::{Event, events};

/// An answer with everything that came.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub reason: String,
    /// In order, names as sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub end: End,
    /// What each chunk, or each read of one, gave, and when, counted from the moment the request was out.
    pub pieces: Vec<(Duration, Vec<u8>)>,
    /// When the head was complete.
    pub head_at: Duration,
}

impl Answer {
    /// The first value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// How often a header occurs.
    pub fn count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; panics with the answer where it is none.
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("no JSON ({error}): {self:?} {}", self.text()),
        }
    }

    /// The message of an error in OpenAI's shape, or in that of the routing errors.
    pub fn message(&self) -> String {
        let body = self.json();
        let message = body["error"]["message"].as_str().or_else(|| body["message"].as_str());
        message.unwrap_or_else(|| panic!("no message: {body}")).to_owned()
    }

    /// The events of a stream; panics where the body ends inside one.
    pub fn events(&self) -> Vec<Event> {
        events(&self.body)
    }

    /// Panics, with the whole answer, unless the status is this one.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "called for its check alone as well")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?} {}", self.headers, self.text());
        self
    }
}
