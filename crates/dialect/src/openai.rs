//! The dialect `openai`: chat, completions and embeddings as OpenAI's API has them.

pub mod answer;
mod codec;
mod embeddings;
mod envelope;
mod error;
mod estimate;
mod finish;
mod front;
mod generated;
mod mend;
mod object;
mod request;
mod said;
mod shape;
pub mod stream;
mod texts;
mod usage;

pub use codec::CHAT_CODEC;
pub use embeddings::Numbers;
pub use envelope::{OPENAI, OpenAi};
pub use front::{CHAT_FRONT, COMPLETIONS_FRONT, EMBEDDINGS_FRONT};
