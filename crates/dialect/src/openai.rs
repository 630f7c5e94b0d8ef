//! The dialect `openai`: chat, completions and embeddings as OpenAI's API has them.

pub mod answer;
mod envelope;
mod error;
mod estimate;
mod generated;
mod request;
mod shape;
pub mod stream;
mod usage;

pub use envelope::{OPENAI, OpenAi};
