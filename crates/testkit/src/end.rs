//! How a body ended on the wire.

/// How a response's body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// As its framing said: the length was reached, or the last chunk came.
    Complete,
    /// The connection closed, and the head had announced no other end.
    Closed,
    /// The connection closed before the end that the framing promised.
    Cut,
    /// The connection broke with an error.
    Broken(String),
    /// Nothing came for as long as the test was ready to wait.
    TimedOut,
}

impl End {
    /// Whether the body is known to be whole.
    pub fn is_complete(&self) -> bool {
        *self == Self::Complete
    }
}
