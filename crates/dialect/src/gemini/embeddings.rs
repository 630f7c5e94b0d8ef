//! Embeddings: a batch of the public API, predictions of Vertex, and one text at a time of its newer models.
//!
//! From <https://ai.google.dev/api/embeddings> and
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>.

use document::{Document, ObjectWriter, Value, write_object};
use model::{
    EmbeddingInput, EmbeddingsRequest, EmbeddingsResponse, Extra, Json, LossKind, Losses, UpstreamError,
    Usage, Vector,
};

use super::error;
use crate::{
    DecodeError, EmbeddingsCall, EmbeddingsCodec, EncodeError, EncodedEmbeddings, ErrorReader, HeaderOf,
    read, vectors,
};

/// One of Google's ways to ask for vectors.
#[derive(Debug, Clone, Copy)]
pub struct GeminiEmbeddings {
    method: Method,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Batch,
    Predict,
    One,
}

/// The public API: `batchEmbedContents`.
pub static EMBEDDINGS: GeminiEmbeddings = GeminiEmbeddings { method: Method::Batch };
/// Vertex: `predict`.
pub static VERTEX_EMBEDDINGS: GeminiEmbeddings = GeminiEmbeddings { method: Method::Predict };
/// Vertex, models from `gemini-embedding-2` on: `embedContent`.
pub static VERTEX_EMBED_CONTENT: GeminiEmbeddings = GeminiEmbeddings { method: Method::One };

impl ErrorReader for GeminiEmbeddings {
    fn error(&self, status: u16, _headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read(status, body)
    }
}

/// What a request says besides its texts and their number of dimensions.
#[derive(Default)]
struct Wishes<'r> {
    task: Option<&'r Json>,
    title: Option<&'r Json>,
    truncate: Option<&'r Json>,
}

impl<'r> Wishes<'r> {
    /// What the method does not take is lost.
    fn of(request: &'r EmbeddingsRequest, method: Method, losses: &mut Losses) -> Self {
        let mut wishes = Self::default();
        for Extra { name, value } in request.extras.iter() {
            match &**name {
                "task_type" | "taskType" => wishes.task = Some(value),
                "title" => wishes.title = Some(value),
                "auto_truncate" | "autoTruncate" if method != Method::Batch => wishes.truncate = Some(value),
                _ => losses.add(name.to_string(), LossKind::Dropped),
            }
        }
        if request.user.is_some() {
            losses.add("user", LossKind::Dropped);
        }
        wishes
    }

    fn write(&self, task: &str, object: &mut ObjectWriter<'_>) {
        for (name, value) in [(task, self.task), ("title", self.title)] {
            if let Some(value) = value {
                object.raw(name, value.as_bytes());
            }
        }
    }
}

fn write_content(text: &str, object: &mut ObjectWriter<'_>) {
    object.object("content", |content| {
        content.array("parts", |parts| parts.object(|part| part.text("text", text)));
    });
}

impl EmbeddingsCodec for GeminiEmbeddings {
    fn batch(&self, call: &EmbeddingsCall<'_>) -> usize {
        match self.method {
            Method::Batch => 100,
            Method::Predict if call.model.starts_with("gemini-embedding") => 1,
            Method::Predict => 250,
            Method::One => 1,
        }
    }

    fn encode(
        &self,
        request: &EmbeddingsRequest,
        inputs: &[EmbeddingInput],
        call: &EmbeddingsCall<'_>,
    ) -> Result<EncodedEmbeddings, EncodeError> {
        let texts = vectors::texts(inputs)?;
        let mut losses = Losses::default();
        let wishes = Wishes::of(request, self.method, &mut losses);
        let dimensions = |object: &mut ObjectWriter<'_>| {
            if let Some(dimensions) = request.dimensions {
                object.number("outputDimensionality", dimensions);
            }
        };
        let body = write_object(|body| match self.method {
            Method::Batch => body.array("requests", |requests| {
                let model = format!("models/{}", call.model.strip_prefix("models/").unwrap_or(call.model));
                for text in &texts {
                    requests.object(|object| {
                        object.text("model", &model);
                        write_content(text, object);
                        wishes.write("taskType", object);
                        dimensions(object);
                    });
                }
            }),
            Method::Predict => {
                body.array("instances", |instances| {
                    for text in &texts {
                        instances.object(|object| {
                            object.text("content", text);
                            wishes.write("task_type", object);
                        });
                    }
                });
                if wishes.truncate.is_some() || request.dimensions.is_some() {
                    body.object("parameters", |parameters| {
                        if let Some(truncate) = wishes.truncate {
                            parameters.raw("autoTruncate", truncate.as_bytes());
                        }
                        dimensions(parameters);
                    });
                }
            }
            Method::One => {
                write_content(texts.first().copied().unwrap_or_default(), body);
                let config = write_object(|config| {
                    wishes.write("taskType", config);
                    if let Some(truncate) = wishes.truncate {
                        config.raw("autoTruncate", truncate.as_bytes());
                    }
                    dimensions(config);
                });
                if config != b"{}" {
                    body.raw("embedContentConfig", &config);
                }
            }
        });
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
        let (name, holders) = match self.method {
            Method::Batch => ("embeddings", items(&document, "embeddings")),
            Method::Predict => {
                let predictions = items(&document, "predictions").into_iter();
                ("predictions", predictions.filter_map(|item| item.value("embeddings")).collect())
            }
            Method::One => ("embedding", document.value("embedding").into_iter().collect::<Vec<_>>()),
        };
        let vectors: Option<Vec<Vector>> =
            holders.iter().map(|holder| vectors::numbers(holder.value("values")?)).collect();
        let vectors = vectors.filter(|vectors| vectors.len() == inputs).ok_or(DecodeError::Missing(name))?;
        let counted =
            holders.iter().filter_map(|holder| read::count(holder.value("statistics")?.value("token_count")));
        let counted = counted.reduce(u64::saturating_add);
        let told =
            document.value("usageMetadata").and_then(|usage| usage.value("promptTokenCount")?.as_u64());
        let usage = told.or(counted).map(|tokens| Usage { fresh_input: tokens, ..Usage::default() });
        Ok(EmbeddingsResponse { vectors, model: None, usage, ..EmbeddingsResponse::default() })
    }
}

fn items<'d>(document: &'d Document, name: &str) -> Vec<Value<'d>> {
    document.value(name).into_iter().flat_map(Value::items).collect()
}

#[cfg(test)]
mod tests;
