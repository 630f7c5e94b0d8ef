//! A whole answer made of the events that it would have been as a stream, so that both are read by one hand.

use bytes::Bytes;
use document::Document;
use model::{ChatEvent, ChatResponse, Fold};

use crate::DecodeError;

/// The answer that events are together.
pub(crate) fn of_events(events: Vec<ChatEvent>) -> Result<ChatResponse, DecodeError> {
    let mut fold = Fold::default();
    for event in events {
        fold.add(event);
    }
    fold.finish(|text| Document::parse(Bytes::copy_from_slice(text.as_bytes())).is_ok())
        .map_err(|_| DecodeError::NotAnObject)
}
