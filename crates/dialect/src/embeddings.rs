//! The upstream half of an embeddings format, and the client's.

use document::Document;
use model::{EmbeddingInput, EmbeddingsRequest, EmbeddingsResponse, Losses, Settings};

use crate::RequestError;
use crate::chat::{DecodeError, EncodeError, ErrorReader, HeaderOf, Identity};

/// One attempt at embeddings.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddingsCall<'a> {
    pub model: &'a str,
    pub settings: &'a Settings,
}

/// One call's body.
pub struct EncodedEmbeddings {
    pub body: Vec<u8>,
    pub headers: Vec<(&'static str, String)>,
    pub losses: Losses,
}

/// The upstream half of an embeddings format.
pub trait EmbeddingsCodec: ErrorReader {
    /// Inputs that one call takes, at least 1: a request with more becomes several calls, in order.
    fn batch(&self, call: &EmbeddingsCall<'_>) -> usize;

    /// Writes the call for some of the inputs of a request.
    fn encode(
        &self,
        request: &EmbeddingsRequest,
        inputs: &[EmbeddingInput],
        call: &EmbeddingsCall<'_>,
    ) -> Result<EncodedEmbeddings, EncodeError>;

    /// Reads the answer to one call; `inputs`: how many vectors it must have.
    fn decode(
        &self,
        call: &EmbeddingsCall<'_>,
        headers: HeaderOf<'_>,
        body: &[u8],
        inputs: usize,
    ) -> Result<EmbeddingsResponse, DecodeError>;
}

/// The client half.
pub trait EmbeddingsFront: Sync {
    fn read(&self, document: &Document) -> Result<EmbeddingsRequest, RequestError>;
    /// Writes the vectors in the encoding that was asked for; `tokens` is the input where none was reported.
    fn write(
        &self,
        request: &EmbeddingsRequest,
        response: &EmbeddingsResponse,
        identity: &Identity,
    ) -> Vec<u8>;
}
