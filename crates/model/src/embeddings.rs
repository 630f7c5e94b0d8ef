//! Vectors for texts.

use crate::{ConfiguredOptions, Extras, Json, OptionsPrecedence, Usage};

/// A request for vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingsRequest {
    pub inputs: Vec<EmbeddingInput>,
    /// The client sent one input and no list.
    pub single: bool,
    pub dimensions: Option<u64>,
    pub encoding: VectorEncoding,
    pub user: Option<Box<str>>,
    /// Members that the model has no place for, such as `input_type`.
    pub extras: Extras,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbeddingInput {
    Text(String),
    /// Token numbers of the provider's own tokenizer, as an array.
    Tokens(Json),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VectorEncoding {
    #[default]
    Float,
    /// 32-bit floats, little-endian, as base64.
    Base64,
}

/// Vectors in the order of the inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmbeddingsResponse {
    pub vectors: Vec<Vector>,
    pub model: Option<Box<str>>,
    pub usage: Option<Usage>,
    /// Members that the model has no place for, for clients of the same format.
    pub extras: Extras,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vector {
    /// An array of numbers, as the provider wrote them.
    Numbers(Json),
    Base64(Box<str>),
}

impl EmbeddingsRequest {
    /// Merges the options of a target.
    pub fn merge(&mut self, options: &ConfiguredOptions) {
        let config_wins = options.precedence == OptionsPrecedence::Config;
        if self.dimensions.is_none() || (config_wins && options.embeddings_dimensions.is_some()) {
            self.dimensions = options.embeddings_dimensions;
        }
    }
}
