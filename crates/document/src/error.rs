//! Why a body is not a document, or not a readable answer.

use thiserror::Error;

/// Longest member name, in bytes, that an error repeats.
const NAMEABLE: usize = 64;

/// Why bytes are not a [`Document`](crate::Document). No text carries content of the body, except the
/// name of a duplicate member where that is short and plain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    #[error("body is not valid UTF-8")]
    NotUtf8,
    /// `offset` counts bytes from the start of the body.
    #[error("body is not valid JSON (at byte {offset})")]
    Syntax { offset: usize },
    #[error("body is nested deeper than {} levels", crate::MAX_DEPTH)]
    TooDeep,
    #[error("body is not a JSON object")]
    NotAnObject,
    /// A top-level name occurs twice, compared as decoded text.
    #[error("{}", duplicate_text(name.as_deref()))]
    Duplicate {
        /// The name, where it is short and plain enough to be repeated.
        name: Option<Box<str>>,
    },
    /// Positions in a document are 32 bits wide.
    #[error("body is larger than 4 GiB")]
    TooLarge,
}

impl DocumentError {
    pub(crate) fn duplicate(name: &str) -> Self {
        let plain = name.len() <= NAMEABLE
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        Self::Duplicate { name: plain.then(|| name.into()) }
    }
}

fn duplicate_text(name: Option<&str>) -> String {
    name.map_or_else(
        || "a top-level member occurs twice".to_owned(),
        |name| format!("member '{name}' occurs twice"),
    )
}

/// Why a field cannot be set in a form. No text carries content of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FormError {
    #[error("content-type gives no usable boundary")]
    Boundary,
    #[error("the form has no closing delimiter")]
    Unclosed,
    /// A line begins with the boundary and is no delimiter, or a delimiter follows the closing one.
    #[error("a line of the form can be read as a delimiter or not")]
    Ambiguous,
    #[error("a part of the form has no proper head")]
    Malformed,
    #[error("the form has more than {} parts", crate::form::MAX_PARTS)]
    TooManyParts,
    /// It would be a delimiter itself, or has line ends.
    #[error("the value cannot stand in a form with this boundary")]
    Value,
}

/// Why the members of an answer cannot be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ScanError {
    #[error("not a JSON object")]
    NotAnObject,
    #[error("JSON object is cut short")]
    CutShort,
    /// Something stands where a name, `:`, `,` or the end should.
    #[error("JSON object is malformed")]
    Malformed,
}
