//! The dialect `ollama`: Ollama's own API, and what llama2 and mistral speak in its format.

mod answer;
mod codec;
mod conversation;
mod embeddings;
mod moment;
mod options;
mod request;

pub use codec::{CHAT_CODEC, GENERATE_CODEC, OllamaCodec};
pub use embeddings::{EMBEDDINGS, Embeddings, OLDER_EMBEDDINGS};
