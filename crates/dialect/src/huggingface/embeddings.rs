//! Feature extraction: bare lists of numbers.
//!
//! From <https://huggingface.co/docs/inference-providers/tasks/feature-extraction>.

use document::{Kind, Value, write_object};
use model::{EmbeddingInput, EmbeddingsRequest, EmbeddingsResponse, LossKind, Losses, UpstreamError, Vector};

use super::error;
use crate::{
    DecodeError, EmbeddingsCall, EmbeddingsCodec, EncodeError, EncodedEmbeddings, ErrorReader, HeaderOf,
    read, vectors,
};

/// Texts of one call, the usual bound of such servers.
const MOST_INPUTS: usize = 32;
/// Members that pass as they are.
const KNOWN: [&str; 4] = ["normalize", "prompt_name", "truncate", "truncation_direction"];

/// Vectors by Hugging Face.
#[derive(Debug, Clone, Copy)]
pub struct Embeddings;

/// The one [`Embeddings`].
pub static EMBEDDINGS: Embeddings = Embeddings;

impl ErrorReader for Embeddings {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read_body(status, headers, body)
    }
}

impl EmbeddingsCodec for Embeddings {
    fn batch(&self, _call: &EmbeddingsCall<'_>) -> usize {
        MOST_INPUTS
    }

    fn encode(
        &self,
        request: &EmbeddingsRequest,
        inputs: &[EmbeddingInput],
        _call: &EmbeddingsCall<'_>,
    ) -> Result<EncodedEmbeddings, EncodeError> {
        let mut losses = Losses::default();
        let texts = vectors::texts(inputs)?;
        let body = write_object(|body| {
            match texts.as_slice() {
                [text] if request.single => body.text("inputs", text),
                texts => body.texts("inputs", texts),
            }
            for extra in request.extras.iter() {
                match &*extra.name {
                    name if KNOWN.contains(&name) => body.raw(name, extra.value.as_bytes()),
                    name => losses.add(name.to_owned(), LossKind::Dropped),
                }
            }
        });
        for (member, given) in
            [("dimensions", request.dimensions.is_some()), ("user", request.user.is_some())]
        {
            if given {
                losses.add(member, LossKind::Dropped);
            }
        }
        Ok(EncodedEmbeddings { body, headers: Vec::new(), losses })
    }

    fn decode(
        &self,
        _call: &EmbeddingsCall<'_>,
        _headers: HeaderOf<'_>,
        body: &[u8],
        inputs: usize,
    ) -> Result<EmbeddingsResponse, DecodeError> {
        let document = read::wrapped(body)?;
        let list = document.value(read::WRAPPED).filter(|value| value.kind() == Kind::Array);
        let list = list.ok_or(DecodeError::Missing("embedding"))?;
        let vectors = one_each(list, inputs).ok_or(DecodeError::Missing("embedding"))?;
        Ok(EmbeddingsResponse { vectors, model: None, usage: None, ..EmbeddingsResponse::default() })
    }
}

/// One vector for each text. Vectors for each token are none for a text, and nothing says how to make one of them.
fn one_each(list: Value<'_>, inputs: usize) -> Option<Vec<Vector>> {
    let vectors = match vectors::numbers(list) {
        Some(vector) => vec![vector],
        None => list.items().map(vectors::numbers).collect::<Option<_>>()?,
    };
    (vectors.len() == inputs).then_some(vectors)
}

#[cfg(test)]
mod tests;
