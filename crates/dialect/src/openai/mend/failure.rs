//! Errors inside a stream, in whatever form their provider has them: OpenAI's clients know them by an object `error`
//! with a message, and take anything else for a chunk without content.

use bytes::Bytes;
use document::{Document, Edits, Kind, Value};

use crate::openai::codec::read_error;
use crate::openai::error;

/// The data of an error as clients know it; none where they do. All that came stays beside it.
pub(in crate::openai) fn told(data: &[u8]) -> Option<Vec<u8>> {
    let document = Document::parse(Bytes::copy_from_slice(data)).ok();
    let wrapped = document.as_ref().and_then(|document| document.value("error"));
    if wrapped.is_some_and(|error| error.kind() == Kind::Object && !error.is_empty()) {
        return None;
    }
    let read = read_error(error::status(data), data);
    let body = error::body(&error::verdict(&read));
    let Some(document) = document else { return Some(body) };
    let Ok(own) = Document::parse(body.into()) else { return None };
    let value: Value<'_> = own.value("error")?;
    let mut edits = Edits::default();
    edits.set("error", own.share(&value));
    Some(document.apply(&edits).to_bytes().into())
}
