//! The dialect `anthropic`: Anthropic's Messages, towards whoever runs Claude and towards clients.

mod answer;
mod codec;
mod complete;
mod content;
mod decoder;
mod error;
pub mod hosting;
mod ids;
mod request;
#[cfg(test)]
mod schemas;
mod usage;

pub use crate::openai::{CHAT_FRONT, OPENAI as ENVELOPE};
pub use codec::{BEDROCK_CODEC, CHAT_CODEC, DATABRICKS_CODEC, FOUNDRY_CODEC, MessagesCodec, VERTEX_CODEC};
pub use complete::{COMPLETE_CODEC, CompleteCodec};
pub use hosting::{Betas, Hosting};
