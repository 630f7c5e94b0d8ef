//! Embedding models on Bedrock: each maker has a form of its own.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>.

use bytes::Bytes;
use document::{Document, Kind, ObjectWriter, Value, write_object};
use model::{
    EmbeddingInput, EmbeddingsRequest, EmbeddingsResponse, Extra, Json, LossKind, Losses, UpstreamError,
    Usage, Vector,
};

use super::error;
use crate::{
    DecodeError, EmbeddingsCall, EmbeddingsCodec, EncodeError, EncodedEmbeddings, ErrorReader, HeaderOf,
};

/// Texts that one call to a Cohere model takes.
const MOST_TEXTS: usize = 96;
const NORMALIZE: &str = "bedrock.embeddings_normalize";
const INPUT_TYPE: &str = "cohere.embedding_input_type";

/// Titan's, Cohere's and Nova's embedding models through `InvokeModel`.
#[derive(Debug, Clone, Copy)]
pub struct InvokeEmbeddings;

pub static EMBEDDINGS: InvokeEmbeddings = InvokeEmbeddings;

/// Whose form a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    TitanFirst,
    TitanSecond,
    TitanImage,
    CohereThird,
    CohereFourth,
    Nova,
}

impl Form {
    /// By the name, with or without a region before it, or inside of an ARN.
    fn of(model: &str) -> Option<Self> {
        let has = |part: &str| model.contains(part);
        if has("titan-embed-image") {
            Some(Self::TitanImage)
        } else if has("titan-embed-text-v2") {
            Some(Self::TitanSecond)
        } else if has("titan-embed") {
            Some(Self::TitanFirst)
        } else if has("cohere.embed-v4") {
            Some(Self::CohereFourth)
        } else if has("cohere.embed") {
            Some(Self::CohereThird)
        } else if has("nova") && has("embeddings") {
            Some(Self::Nova)
        } else {
            None
        }
    }

    /// Members besides those of `OpenAI`'s that the models know.
    const fn extras(self) -> &'static [&'static str] {
        match self {
            Self::TitanFirst | Self::TitanImage => &[],
            Self::TitanSecond => &["normalize"],
            Self::CohereThird => &["input_type", "truncate"],
            Self::CohereFourth => &["input_type", "truncate", "max_tokens"],
            Self::Nova => &["embeddingPurpose", "truncationMode"],
        }
    }

    const fn takes_dimensions(self) -> bool {
        !matches!(self, Self::TitanFirst | Self::CohereThird)
    }

    const fn is_cohere(self) -> bool {
        matches!(self, Self::CohereThird | Self::CohereFourth)
    }
}

impl ErrorReader for InvokeEmbeddings {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read(status, headers, body)
    }
}

impl EmbeddingsCodec for InvokeEmbeddings {
    fn batch(&self, call: &EmbeddingsCall<'_>) -> usize {
        if Form::of(call.model).is_some_and(Form::is_cohere) { MOST_TEXTS } else { 1 }
    }

    fn encode(
        &self,
        request: &EmbeddingsRequest,
        inputs: &[EmbeddingInput],
        call: &EmbeddingsCall<'_>,
    ) -> Result<EncodedEmbeddings, EncodeError> {
        let form = Form::of(call.model).ok_or(EncodeError::Invalid {
            member: "model".into(),
            reason: "is no embedding model that is known to be on this provider",
        })?;
        let texts = texts(inputs)?;
        let mut losses = Losses::default();
        if request.user.is_some() {
            losses.add("user", LossKind::Dropped);
        }
        if request.dimensions.is_some() && !form.takes_dimensions() {
            losses.add("dimensions", LossKind::Dropped);
        }
        let known = |extra: &&Extra| form.extras().contains(&&*extra.name);
        for extra in request.extras.iter().filter(|extra| !known(extra)) {
            losses.add(extra.name.to_string(), LossKind::Dropped);
        }
        let body = write_object(|body| write(form, request, &texts, call, body));
        Ok(EncodedEmbeddings { body, headers: Vec::new(), losses })
    }

    fn decode(
        &self,
        call: &EmbeddingsCall<'_>,
        headers: HeaderOf<'_>,
        body: &[u8],
        inputs: usize,
    ) -> Result<EmbeddingsResponse, DecodeError> {
        let document = Document::parse(Bytes::copy_from_slice(body)).map_err(|_| DecodeError::NotAnObject)?;
        let (member, found) = match Form::of(call.model) {
            Some(form) if form.is_cohere() => ("embeddings", of_cohere(&document)),
            Some(Form::Nova) => {
                let list = document.value("embeddings").into_iter().flat_map(Value::items);
                ("embeddings", list.filter_map(|item| item.value("embedding")).collect())
            }
            _ => ("embedding", of_titan(&document)),
        };
        let vectors: Vec<Vector> =
            found.into_iter().filter(|vector| vector.kind() == Kind::Array).map(vector).collect();
        if vectors.len() != inputs {
            return Err(DecodeError::Missing(member));
        }
        let told = document.value("inputTextTokenCount").and_then(Value::as_u64);
        let counted =
            || headers("x-amzn-bedrock-input-token-count").and_then(|count| count.trim().parse().ok());
        let usage = told.or_else(counted).map(|fresh_input| Usage { fresh_input, ..Usage::default() });
        Ok(EmbeddingsResponse { vectors, model: None, usage, ..EmbeddingsResponse::default() })
    }
}

fn write(
    form: Form,
    request: &EmbeddingsRequest,
    texts: &[&str],
    call: &EmbeddingsCall<'_>,
    body: &mut ObjectWriter<'_>,
) {
    let first = texts.first().copied().unwrap_or_default();
    let extra = |name: &str| request.extras.value(name).map(Json::as_bytes);
    match form {
        Form::TitanFirst => body.text("inputText", first),
        Form::TitanSecond => {
            body.text("inputText", first);
            if let Some(dimensions) = request.dimensions {
                body.number("dimensions", dimensions);
            }
            match extra("normalize") {
                Some(normalize) => body.raw("normalize", normalize),
                None => body.bool("normalize", call.settings.value(NORMALIZE) == Some("true")),
            }
        }
        Form::TitanImage => {
            body.text("inputText", first);
            if let Some(dimensions) = request.dimensions {
                body.object("embeddingConfig", |config| config.number("outputEmbeddingLength", dimensions));
            }
        }
        Form::CohereThird | Form::CohereFourth => {
            body.texts("texts", texts);
            match extra("input_type") {
                Some(kind) => body.raw("input_type", kind),
                None => body.text("input_type", call.settings.value(INPUT_TYPE).unwrap_or("classification")),
            }
            for name in form.extras().iter().filter(|name| **name != "input_type") {
                if let Some(value) = extra(name) {
                    body.raw(name, value);
                }
            }
            if let Some(dimensions) = request.dimensions.filter(|_| form.takes_dimensions()) {
                body.number("output_dimension", dimensions);
            }
        }
        Form::Nova => {
            body.text("taskType", "SINGLE_EMBEDDING");
            body.object("singleEmbeddingParams", |params| {
                params.raw("embeddingPurpose", extra("embeddingPurpose").unwrap_or(b"\"GENERIC_INDEX\""));
                if let Some(dimensions) = request.dimensions {
                    params.number("embeddingDimension", dimensions);
                }
                params.object("text", |text| {
                    text.raw("truncationMode", extra("truncationMode").unwrap_or(b"\"END\""));
                    text.text("value", first);
                });
            });
        }
    }
}

fn texts(inputs: &[EmbeddingInput]) -> Result<Vec<&str>, EncodeError> {
    let refused =
        || EncodeError::Invalid { member: "input".into(), reason: "must be text for this provider" };
    let texts = inputs.iter().map(|input| match input {
        EmbeddingInput::Text(text) => Ok(text.as_str()),
        EmbeddingInput::Tokens(_) => Err(refused()),
    });
    texts.collect()
}

fn of_titan(document: &Document) -> Vec<Value<'_>> {
    let by_type = || document.value("embeddingsByType")?.value("float");
    document.value("embedding").or_else(by_type).into_iter().collect()
}

/// The vectors stand in a list, or in a list a type.
fn of_cohere(document: &Document) -> Vec<Value<'_>> {
    let Some(embeddings) = document.value("embeddings") else { return Vec::new() };
    embeddings.value("float").unwrap_or(embeddings).items().collect()
}

fn vector(value: Value<'_>) -> Vector {
    Vector::Numbers(Json::from_checked(value.raw().to_vec()))
}

#[cfg(test)]
mod tests;
