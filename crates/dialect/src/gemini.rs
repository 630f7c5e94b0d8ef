//! The dialect `gemini`: Google's generateContent, on the public API and on Vertex AI, and its embeddings.

mod answer;
mod codec;
mod content;
mod count;
mod decoder;
mod embeddings;
mod error;
mod host;
mod partial;
mod request;
mod schema;
#[cfg(test)]
mod schemas;
mod traits;
mod usage;

pub use codec::{CHAT_CODEC, GeminiCodec, VERTEX_CODEC};
pub use count::{COUNT, GeminiCount, VERTEX_COUNT, VertexCount};
pub use embeddings::{EMBEDDINGS, GeminiEmbeddings, VERTEX_EMBED_CONTENT, VERTEX_EMBEDDINGS};
pub(crate) use error::read as refused;
pub use traits::Traits;
