//! Why no answer came from an upstream.

use thiserror::Error;

/// Why an exchange failed before or while its answer was read. Texts name no host and no body.
#[derive(Debug, Error)]
pub enum UpstreamError {
    #[error("the upstream's name could not be resolved")]
    Resolve,
    #[error("no connection to the upstream could be made ({0})")]
    Connect(std::io::ErrorKind),
    #[error("the TLS handshake with the upstream failed: {0}")]
    Tls(String),
    #[error("connecting to the upstream took longer than the connect timeout")]
    ConnectTimeout,
    #[error("the upstream did not answer within the read timeout")]
    ReadTimeout,
    #[error("the upstream closed the connection before it answered")]
    Closed,
    #[error("too many connections to the upstream are open")]
    Exhausted,
    #[error("the upstream's answer is not valid HTTP: {0}")]
    Protocol(String),
}

impl UpstreamError {
    /// What hyper tells about a broken exchange.
    pub(super) fn from_hyper(error: &hyper::Error) -> Self {
        if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            Self::Closed
        } else if error.is_parse() {
            Self::Protocol(error.to_string())
        } else {
            match std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>()) {
                Some(_) => Self::Closed,
                None => Self::Protocol(error.to_string()),
            }
        }
    }
}
