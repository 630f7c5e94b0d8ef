//! The dialect towards clients: Messages read, answers written.

use document::{Document, Value};
use model::UpstreamError;

use super::error;
use crate::{Asked, ChatFront, RequestError};

mod emitter;
mod encoder;
mod read;
mod seal;
mod stretches;
mod write;

use write::Writer;

/// Messages, as clients such as Claude Code speak them.
#[derive(Debug, Clone, Copy)]
pub struct MessagesFront;

/// The one [`MessagesFront`].
pub static CHAT_FRONT: MessagesFront = MessagesFront;

impl ChatFront for MessagesFront {
    fn read(&self, document: &Document) -> Result<Asked, RequestError> {
        let (request, losses, thinking) = read::request(document)?;
        let asked = document.value("model").and_then(Value::as_str).filter(|name| !name.is_empty());
        let asked = asked.map(|name| name.as_ref().into());
        Ok(Asked { request, losses, writer: Box::new(Writer { thinking, asked }) })
    }

    fn member<'n>(&self, parameter: &'n str) -> &'n str {
        match parameter {
            "stop" => "stop_sequences",
            "user" => "metadata.user_id",
            "response_format" | "response_format(json_schema)" => "output_config.format",
            "reasoning_effort" | "reasoning_effort(none)" => "thinking",
            "parallel_tool_calls" => "tool_choice.disable_parallel_tool_use",
            "tool_choice(required)" => "tool_choice(any)",
            "tool_choice(function)" => "tool_choice(tool)",
            "image_url" => "image",
            "image_url(data)" => "image(base64)",
            "image_url(https)" => "image(url)",
            "file" => "document",
            "tool(image)" => "tool_result(image)",
            "tool(is_error)" => "tool_result.is_error",
            other => other,
        }
    }

    fn error(&self, error: &UpstreamError) -> Vec<u8> {
        error::body(error.kind, &error.message, error.request_id.as_deref())
    }
}

#[cfg(test)]
mod tests;
