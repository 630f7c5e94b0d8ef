//! What clients of OpenAI's API send and get.
//!
//! From <https://platform.openai.com/docs/api-reference/chat>.

mod content;
mod embeddings;
mod encoder;
mod field;
mod format;
mod legacy;
mod logprobs;
pub(super) mod media;
mod message;
mod prompt;
mod repair;
mod said;
mod settings;
mod tools;
mod whole;
mod wish;

pub(super) use content::uri;
use document::Document;
pub(super) use field::{Field, Place};
use model::{ChatResponse, UpstreamError};
pub(super) use said::{
    is_call, length as text_length, maker_of, write_annotation, write_block, write_members,
};
use stream::ChatEncoder;

use super::error;
use crate::{Asked, ChatFront, ChatWriter, Identity, RequestError};

/// The front of chat.
pub static CHAT_FRONT: Front = Front { completions: false };
/// The front of the older completions.
pub static COMPLETIONS_FRONT: Front = Front { completions: true };
/// The front of embeddings.
pub static EMBEDDINGS_FRONT: embeddings::Front = embeddings::Front;

/// The front of chat or of completions.
#[derive(Debug, Clone, Copy)]
pub struct Front {
    completions: bool,
}

impl ChatFront for Front {
    fn read(&self, document: &Document) -> Result<Asked, RequestError> {
        let mut losses = model::Losses::default();
        let read = settings::read(document, self.completions, &mut losses)?;
        let style = if self.completions {
            Style::Text
        } else if read.legacy {
            Style::FunctionCall
        } else {
            Style::Chat
        };
        let writer = Writer { style, include_usage: read.request.include_usage };
        Ok(Asked { request: read.request, losses, writer: Box::new(writer) })
    }

    fn member<'n>(&self, parameter: &'n str) -> &'n str {
        parameter
    }

    fn error(&self, error: &UpstreamError) -> Vec<u8> {
        error::body(&error::verdict(error))
    }
}

/// The form in which a client reads answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Chat,
    /// Chat with `function_call` instead of `tool_calls`.
    FunctionCall,
    /// The older completions.
    Text,
}

struct Writer {
    style: Style,
    include_usage: bool,
}

impl ChatWriter for Writer {
    fn whole(&self, response: &ChatResponse, identity: &Identity) -> Vec<u8> {
        whole::write(response, identity, self.style)
    }

    fn encoder(&self, identity: Identity) -> Box<dyn ChatEncoder> {
        Box::new(encoder::Encoder::new(identity, self.style, self.include_usage))
    }
}

#[cfg(test)]
mod tests;
