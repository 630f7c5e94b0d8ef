//! The dialect `bedrock`: AWS Bedrock's Converse, and the embedding models that it runs.

mod answer;
mod codec;
mod content;
mod count;
mod decoder;
mod embeddings;
mod error;
mod request;
mod usage;

pub use codec::{CHAT_CODEC, ConverseCodec};
pub use count::{COUNT, ConverseCount};
pub use embeddings::{EMBEDDINGS, InvokeEmbeddings};
pub(crate) use error::{read as answer_error, read_event as event_error};
