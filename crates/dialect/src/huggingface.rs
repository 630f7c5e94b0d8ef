//! The dialect `huggingface`: text generation and feature extraction, as its servers have them. Chat is OpenAI's.

mod answer;
mod codec;
mod embeddings;
mod error;

pub use codec::{GENERATE_CODEC, GenerateCodec, TGI_CODEC};
pub use embeddings::{EMBEDDINGS, Embeddings};
