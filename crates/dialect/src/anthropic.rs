//! The dialect `anthropic`: Anthropic's Messages, towards whoever runs Claude and towards clients.

mod answer;
mod asides;
mod codec;
mod complete;
mod content;
mod count;
mod decoder;
mod envelope;
mod error;
mod front;
mod hosted_count;
pub mod hosting;
mod ids;
mod model_list;
mod request;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod tests;
mod usage;

pub use asides::{ASIDES, MessagesAsides};
pub use codec::{BEDROCK_CODEC, CHAT_CODEC, DATABRICKS_CODEC, FOUNDRY_CODEC, MessagesCodec, VERTEX_CODEC};
pub use complete::{COMPLETE_CODEC, CompleteCodec};
pub use envelope::{
    BEDROCK_ENVELOPE, DATABRICKS_ENVELOPE, ENVELOPE, FOUNDRY_ENVELOPE, MessagesEnvelope, VERTEX_ENVELOPE,
};
pub use front::{CHAT_FRONT, MessagesFront};
pub use hosted_count::{BEDROCK_COUNT, BedrockCount, VERTEX_COUNT, VertexCount};
pub use hosting::{Betas, Hosting};
