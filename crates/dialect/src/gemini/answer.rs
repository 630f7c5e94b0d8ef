//! Reads a whole answer of Gemini's, and knows how its stream is read.

use document::{Kind, Value};
use model::{ChatResponse, FinishReason};
use stream::ChatDecoder;

use super::content::{Content, Way};
use super::decoder::Decoder;
use super::usage;
use crate::{ChatAnswer, DecodeError, HeaderOf, read, whole};

pub(super) struct Answer {
    pub(super) way: Way,
}

impl ChatAnswer for Answer {
    fn whole(&self, _headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        let document = read::object(body)?;
        let feedback = document.value("promptFeedback");
        if feedback.and_then(|feedback| feedback.value("blockReason")).is_none() {
            let mut candidates = read::objects(document.value("candidates"), "candidates")?.peekable();
            if candidates.peek().is_none() || !candidates.all(is_candidate) {
                return Err(DecodeError::Missing("candidates"));
            }
        }
        let mut events = Vec::new();
        let mut content = Content::new(self.way.clone());
        content.add(&document, &mut events);
        content.finish(Some(FinishReason::Stop), &mut events);
        let mut response = whole::of_events(events)?;
        response.service_tier = document.value("usageMetadata").and_then(tier);
        Ok(response)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Decoder::new(self.way.clone()))
    }
}

/// Whether something was said, or there is a reason why nothing was.
fn is_candidate(value: Value<'_>) -> bool {
    let said = value.value("content").is_some_and(|content| content.kind() == Kind::Object);
    said || read::text(value.value("finishReason")).is_some()
}

/// What is paid for, where it is told and is not the usual thing.
fn tier(usage: Value<'_>) -> Option<Box<str>> {
    let told = usage::tier(usage)?.to_ascii_lowercase();
    (!matches!(told.as_str(), "" | "standard" | "unspecified" | "on_demand" | "traffic_type_unspecified"))
        .then(|| told.into())
}
