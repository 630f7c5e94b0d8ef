//! Why an identity has no grant. For the log of operators: the texts hold no secret, and callers do not see them.

use std::io::ErrorKind;
use std::time::Duration;

use thiserror::Error;

use crate::FetchError;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    #[error("{0} is not set")]
    Unset(&'static str),
    #[error("{0} is not valid: {1}")]
    Invalid(&'static str, &'static str),
    #[error("{0} cannot be read: {1}")]
    File(&'static str, ErrorKind),
    /// Endpoint, and why it could not be asked.
    #[error("{0} could not be asked: {1}")]
    Unreachable(&'static str, FetchError),
    #[error("{endpoint} answered {status}{}", .code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused {
        endpoint: &'static str,
        status: u16,
        /// The endpoint's own word for it.
        code: Option<Box<str>>,
    },
    #[error("{0} answered with something else than was asked for: {1}")]
    Malformed(&'static str, &'static str),
    #[error("nothing in the environment names AWS credentials, and the instance has none: {0}")]
    NoSource(Box<IdentityError>),
    #[error("no answer came within {0:?}")]
    Timeout(Duration),
}

/// A word from an answer, if it is one that can be shown: letters, digits and `_.-`, at most 64.
pub(crate) fn showable(word: &str) -> Option<Box<str>> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    ((1..=64).contains(&word.len()) && word.bytes().all(plain)).then(|| word.into())
}
