//! `/v2/embed`.
//!
//! From <https://docs.cohere.com/reference/embed>.

use document::{Value, write_object};
use model::{
    EmbeddingInput, EmbeddingsRequest, EmbeddingsResponse, LossKind, Losses, UpstreamError, Usage, Vector,
};

use super::error;
use crate::{
    DecodeError, EmbeddingsCall, EmbeddingsCodec, EncodeError, EncodedEmbeddings, ErrorReader, HeaderOf,
    read, vectors,
};

/// Texts of one call.
const MOST_TEXTS: usize = 96;
/// What the vectors are for, where nobody says.
const USUAL_INPUT_TYPE: &str = "classification";
const SETTING: &str = "cohere.embedding_input_type";
/// Members that pass as they are.
const KNOWN: [&str; 3] = ["max_tokens", "priority", "truncate"];

/// Vectors by Cohere.
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
        MOST_TEXTS
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
            body.texts("texts", &texts);
            match request.extras.value("input_type") {
                Some(asked) => body.raw("input_type", asked.as_bytes()),
                None => body.text("input_type", call.settings.value(SETTING).unwrap_or(USUAL_INPUT_TYPE)),
            }
            body.texts("embedding_types", ["float"]);
            if let Some(dimensions) = request.dimensions {
                body.number("output_dimension", dimensions);
            }
            for extra in request.extras.iter() {
                match &*extra.name {
                    "input_type" => {}
                    name if KNOWN.contains(&name) => body.raw(name, extra.value.as_bytes()),
                    name => losses.add(name.to_owned(), LossKind::Dropped),
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
        let embeddings = document.value("embeddings").ok_or(DecodeError::Missing("embeddings"))?;
        // By type, or a bare list as the first version gives it.
        let list = embeddings.value("float").unwrap_or(embeddings);
        let vectors: Vec<Vector> = list.items().filter_map(vectors::numbers).collect();
        if vectors.len() != inputs {
            return Err(DecodeError::Missing("embeddings"));
        }
        let meta = document.value("meta");
        let billed = meta.and_then(|meta| meta.value("billed_units"));
        let tokens =
            |units: Option<Value<'_>>| read::count(units.and_then(|units| units.value("input_tokens")));
        let used = tokens(billed).or_else(|| tokens(meta.and_then(|meta| meta.value("tokens"))));
        let usage = used.map(|tokens| Usage { fresh_input: tokens, ..Usage::default() });
        Ok(EmbeddingsResponse { vectors, model: None, usage, ..EmbeddingsResponse::default() })
    }
}

#[cfg(test)]
mod tests;
