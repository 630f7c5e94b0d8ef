//! The answer to one request of the second version of chat.

use document::Kind;
use model::ChatResponse;
use stream::ChatDecoder;

use super::calls::Way;
use super::content::Content;
use crate::{ChatAnswer, DecodeError, HeaderOf, read, whole};

pub(super) struct Answer {
    pub(super) way: Way,
}

impl ChatAnswer for Answer {
    fn whole(&self, _headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = read::object(body)?;
        if document.value("message").is_none_or(|message| message.kind() != Kind::Object) {
            return Err(DecodeError::Missing("message"));
        }
        let content = document.value("message").and_then(|message| read::present(message.value("content")));
        if content.is_some_and(|content| content.kind() != Kind::String) {
            read::objects(content, "message.content").map(drop)?;
        }
        let mut events = Vec::new();
        Content::new(self.way.clone()).whole(&document, &mut events);
        whole::of_events(events)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Content::new(self.way.clone()))
    }
}

#[cfg(test)]
mod tests;
