//! Reads a whole answer of Claude's, and knows how its stream is read.
//!
//! From <https://docs.anthropic.com/en/api/messages>.

use bytes::Bytes;
use document::{Document, Value};
use model::{ChatEvent, ChatResponse, Fold};
use stream::ChatDecoder;

use super::content::{Content, Ending, Opening, Way, extra};
use super::decoder::Decoder;
use crate::{ChatAnswer, DecodeError, HeaderOf, read};

pub(super) struct Answer {
    pub(super) way: Way,
}

impl ChatAnswer for Answer {
    fn whole(&self, _headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = Document::parse(Bytes::copy_from_slice(body)).map_err(|_| DecodeError::NotAnObject)?;
        let blocks = read::objects(document.value("content"), "content")?;
        let mut events = Vec::new();
        let mut content = Content::new(self.way.clone());
        content.start(Opening::of(document.members()), &mut events);
        for (index, block) in (0_u64..).zip(blocks) {
            // What is held is less than the body, which was bounded.
            if content.open(index, block, &mut events).is_ok() {
                content.close(index, &mut events);
            }
        }
        content.finish(Ending::of(document.members()), &mut events);
        if let Some(managed) = document.value("context_management").filter(|value| !value.is_null()) {
            events.push(extra("context_management", managed));
        }
        events.extend(content.counts.usage().map(ChatEvent::Usage));
        let mut response = fold(events)?;
        let tier = document.value("usage").and_then(|usage| usage.value("service_tier"));
        response.service_tier = tier.and_then(Value::as_str).map(|tier| match &*tier {
            "standard" => "default".into(),
            other => other.into(),
        });
        Ok(response)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Decoder::new(self.way.clone()))
    }
}

/// The answer that events are together.
pub(super) fn fold(events: Vec<ChatEvent>) -> Result<ChatResponse, DecodeError> {
    let mut fold = Fold::default();
    for event in events {
        fold.add(event);
    }
    fold.finish(|text| Document::parse(Bytes::copy_from_slice(text.as_bytes())).is_ok())
        .map_err(|_| DecodeError::NotAnObject)
}

#[cfg(test)]
mod tests;
