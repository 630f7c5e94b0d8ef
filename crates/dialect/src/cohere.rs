//! The dialect `cohere`: both versions of Cohere's chat, its generation and its embeddings.

mod answer;
mod calls;
mod chat;
mod citation;
mod content;
mod conversation;
mod embeddings;
mod error;
mod finish;
mod generate;
mod lines;
mod old;
mod request;

pub use chat::{CHAT_CODEC, ChatV2};
pub use embeddings::{EMBEDDINGS, Embeddings};
pub use generate::{GENERATE_CODEC, Generate};
pub use old::{CHAT_V1_CODEC, ChatV1};
