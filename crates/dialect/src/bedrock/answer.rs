//! Reads a whole answer of `Converse`, and knows how its stream is read.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>.

use document::{Kind, Value};
use model::{ChatEvent, ChatResponse};
use stream::ChatDecoder;

use super::content::{Content, Way, extra};
use super::decoder::Decoder;
use super::usage;
use crate::{ChatAnswer, DecodeError, HeaderOf, read, whole};

pub(super) struct Answer {
    pub(super) way: Way,
}

impl ChatAnswer for Answer {
    fn whole(&self, headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = read::object(body)?;
        let message = document.value("output").and_then(|output| output.value("message"));
        let message = message.filter(|message| message.kind() == Kind::Object);
        let message = message.ok_or(DecodeError::Missing("output.message"))?;
        let blocks = read::objects(message.value("content"), "output.message.content")?;
        let mut events = Vec::new();
        let mut content = Content::new(self.way.clone());
        content.start(headers("x-amzn-requestid").map(String::into_boxed_str), &mut events);
        for (index, block) in (0_u64..).zip(blocks) {
            // What is held is less than the body, which was bounded; then a block is passed over.
            let _ = content.block(index, block, &mut events);
        }
        content.finish(Some(document.root()), &mut events);
        let trace = document.value("trace").filter(|trace| !trace.is_null());
        events.extend(trace.map(|trace| extra("trace", trace)));
        events.extend(document.value("usage").and_then(usage::read).map(ChatEvent::Usage));
        events.extend(usage::tier(document.root()).map(ChatEvent::ServedAs));
        let mut response = whole::of_events(events)?;
        let tier = document.value("serviceTier").and_then(|tier| tier.value("type"));
        response.service_tier = tier.and_then(Value::as_str).map(Into::into);
        Ok(response)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Decoder::new(self.way.clone()))
    }
}

#[cfg(test)]
pub(super) mod tests;
