//! `/api/embed`, and the older `/api/embeddings` for one text a call.

use document::write_object;
use model::{
    EmbeddingInput, EmbeddingsRequest, EmbeddingsResponse, LossKind, Losses, UpstreamError, Usage, Vector,
};

use crate::{
    DecodeError, EmbeddingsCall, EmbeddingsCodec, EncodeError, EncodedEmbeddings, ErrorReader, HeaderOf,
    plain_error, read, vectors,
};

/// Inputs of one call: the server has no limit of its own, so this only bounds an answer.
const MOST_INPUTS: usize = 512;
const KNOWN: &[&str] = &["keep_alive", "options", "truncate"];
const KNOWN_BEFORE: &[&str] = &["keep_alive", "options"];

/// Vectors by Ollama.
#[derive(Debug, Clone, Copy)]
pub struct Embeddings {
    /// The text is the `prompt`, and there is one.
    older: bool,
}

/// `/api/embed`.
pub static EMBEDDINGS: Embeddings = Embeddings { older: false };
/// `/api/embeddings`.
pub static OLDER_EMBEDDINGS: Embeddings = Embeddings { older: true };

impl ErrorReader for Embeddings {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        plain_error::read(status, headers, body)
    }
}

impl EmbeddingsCodec for Embeddings {
    fn batch(&self, _call: &EmbeddingsCall<'_>) -> usize {
        if self.older { 1 } else { MOST_INPUTS }
    }

    fn encode(
        &self,
        request: &EmbeddingsRequest,
        inputs: &[EmbeddingInput],
        call: &EmbeddingsCall<'_>,
    ) -> Result<EncodedEmbeddings, EncodeError> {
        let mut losses = Losses::default();
        let texts = vectors::texts(inputs)?;
        let body = write_object(|body| {
            body.text("model", call.model);
            match texts.as_slice() {
                [text] if self.older => body.text("prompt", text),
                [text] if request.single => body.text("input", text),
                texts => body.texts("input", texts),
            }
            match request.dimensions {
                Some(_) if self.older => losses.add("dimensions", LossKind::Dropped),
                Some(dimensions) => body.number("dimensions", dimensions),
                None => {}
            }
            for extra in request.extras.iter() {
                let known = if self.older { KNOWN_BEFORE } else { KNOWN };
                if known.contains(&&*extra.name) {
                    body.raw(&extra.name, extra.value.as_bytes());
                } else {
                    losses.add(extra.name.to_string(), LossKind::Dropped);
                }
            }
        });
        if request.user.is_some() {
            losses.add("user", LossKind::Dropped);
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
        let document = read::object(body)?;
        let vectors: Vec<Vector> = match document.value("embeddings") {
            Some(list) => list.items().filter_map(vectors::numbers).collect(),
            // The older form, for one text.
            None => document.value("embedding").and_then(vectors::numbers).into_iter().collect(),
        };
        if vectors.len() != inputs {
            return Err(DecodeError::Missing("embeddings"));
        }
        let usage = read::count(document.value("prompt_eval_count"))
            .map(|tokens| Usage { fresh_input: tokens, ..Usage::default() });
        let model = read::text(document.value("model")).map(Into::into);
        Ok(EmbeddingsResponse { vectors, model, usage, ..EmbeddingsResponse::default() })
    }
}

#[cfg(test)]
mod tests;
