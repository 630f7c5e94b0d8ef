//! JSON bodies that keep what they do not understand: validate, read single members, edit by span.
//!
//! A [`Document`] is an ordered view of the members of a top-level object over the original bytes.
//! [`Edits`] are applied by splicing, so whatever is not edited goes out byte for byte.

/// A JSON object over its original bytes.
pub struct Document;

/// Changes to a [`Document`].
pub struct Edits;
