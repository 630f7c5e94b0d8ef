//! Embeddings as clients of OpenAI's API ask for them and read them.
//!
//! From <https://platform.openai.com/docs/api-reference/embeddings>.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use document::{Document, Kind, Value, write_array, write_object};
use model::{EmbeddingInput, EmbeddingsRequest, EmbeddingsResponse, Json, Vector, VectorEncoding};

use super::field::{Field, Place};
use crate::openai::request::RESERVED;
use crate::{EmbeddingsFront, Identity, RequestError};

/// Standard base64; padding is written, and not asked for.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Members that are written here, and by nothing else.
const OWN: [&str; 5] = ["object", "data", "model", "usage", "error"];

/// The front of embeddings.
#[derive(Debug, Clone, Copy)]
pub struct Front;

impl EmbeddingsFront for Front {
    fn read(&self, document: &Document) -> Result<EmbeddingsRequest, RequestError> {
        let mut request = EmbeddingsRequest {
            inputs: Vec::new(),
            single: false,
            dimensions: None,
            encoding: VectorEncoding::Float,
            user: None,
            extras: model::Extras::default(),
        };
        for member in document.members().filter(|member| !member.value.is_null()) {
            let name = member.name.decoded();
            member_of(
                document,
                &name,
                Field::new(member.value, Place::Member(&Place::Top, &name)),
                &mut request,
            )?;
        }
        let extra = document.value("extra_body").filter(|value| !value.is_null());
        for member in extra.into_iter().flat_map(Value::members).filter(|member| !member.value.is_null()) {
            let name = member.name.decoded();
            let top = document.value(&name).is_some_and(|value| !value.is_null());
            if !top && !RESERVED.iter().any(|known| *known == name || member.name.resembles(known)) {
                let place = Place::Member(&Place::Top, "extra_body");
                let field = Field::new(member.value, Place::Member(&place, &name));
                member_of(document, &name, field, &mut request)?;
            }
        }
        if request.inputs.is_empty() {
            return Err(Place::Member(&Place::Top, "input").wrong("a string or an array that is not empty"));
        }
        Ok(request)
    }

    fn write(
        &self,
        request: &EmbeddingsRequest,
        response: &EmbeddingsResponse,
        identity: &Identity,
    ) -> Vec<u8> {
        write_object(|object| {
            object.text("object", "list");
            object.array("data", |data| {
                for (index, vector) in (0..).zip(&response.vectors) {
                    data.object(|item| {
                        item.text("object", "embedding");
                        item.number("index", index);
                        item.raw("embedding", &encoded(vector, request.encoding));
                    });
                }
            });
            object.text("model", response.model.as_deref().unwrap_or(&identity.model));
            let tokens = response.usage.map_or(identity.input_estimate, |usage| usage.prompt_tokens());
            object.object("usage", |usage| {
                usage.number("prompt_tokens", tokens);
                usage.number("total_tokens", tokens);
            });
            for extra in response.extras.iter().filter(|extra| !OWN.contains(&&*extra.name)) {
                object.raw(&extra.name, extra.value.as_bytes());
            }
        })
    }
}

fn member_of(
    document: &Document,
    name: &str,
    field: Field<'_, '_>,
    request: &mut EmbeddingsRequest,
) -> Result<(), RequestError> {
    match name {
        "model" | "extra_body" | "stream" => {}
        "input" => (request.inputs, request.single) = inputs(document, field)?,
        "dimensions" => request.dimensions = Some(field.whole_number()?),
        "encoding_format" => {
            request.encoding = match &*field.text()? {
                "float" => VectorEncoding::Float,
                "base64" => VectorEncoding::Base64,
                _ => return Err(field.wrong("'float' or 'base64'")),
            };
        }
        "user" => request.user = Some(field.boxed()?),
        _ => request.extras.add(name, Json::from_checked(document.share(&field.value))),
    }
    Ok(())
}

/// A text, texts, tokens, or lists of tokens.
fn inputs(document: &Document, field: Field<'_, '_>) -> Result<(Vec<EmbeddingInput>, bool), RequestError> {
    const EXPECTED: &str = "a string, an array of strings, or tokens";
    let tokens = |value: Value<'_>| EmbeddingInput::Tokens(Json::from_checked(document.share(&value)));
    match field.value.kind() {
        Kind::String => Ok((vec![EmbeddingInput::Text(field.text()?.into_owned())], true)),
        Kind::Array if are_tokens(field.value) => Ok((vec![tokens(field.value)], true)),
        Kind::Array => {
            let mut inputs = Vec::new();
            field.items(|item| {
                inputs.push(match item.value.kind() {
                    Kind::String => EmbeddingInput::Text(item.text()?.into_owned()),
                    Kind::Array if are_tokens(item.value) => tokens(item.value),
                    _ => return Err(item.wrong("a string or an array of tokens")),
                });
                Ok(())
            })?;
            Ok((inputs, false))
        }
        _ => Err(field.wrong(EXPECTED)),
    }
}

fn are_tokens(value: Value<'_>) -> bool {
    !value.is_empty() && value.items().all(|item| item.as_u64().is_some())
}

/// A vector as it was asked for. One that cannot be read is passed on as it came.
fn encoded(vector: &Vector, encoding: VectorEncoding) -> Vec<u8> {
    match (vector, encoding) {
        (Vector::Numbers(numbers), VectorEncoding::Float) => numbers.as_bytes().to_vec(),
        (Vector::Numbers(numbers), VectorEncoding::Base64) => match to_base64(numbers) {
            Some(text) => document::quote(&text).to_vec(),
            None => numbers.as_bytes().to_vec(),
        },
        (Vector::Base64(text), VectorEncoding::Float) => {
            from_base64(text).unwrap_or_else(|| document::quote(text).to_vec())
        }
        (Vector::Base64(text), VectorEncoding::Base64) => document::quote(text).to_vec(),
    }
}

/// 32-bit floats, little-endian.
fn to_base64(numbers: &Json) -> Option<String> {
    let wrapped = [b"{\"v\":", numbers.as_bytes(), b"}"].concat();
    let document = Document::parse(wrapped.into()).ok()?;
    let mut bytes = Vec::new();
    for number in document.value("v")?.items() {
        let number: f32 = std::str::from_utf8(number.raw()).ok()?.parse().ok()?;
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    Some(BASE64.encode(bytes))
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(text).ok()?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let numbers: Vec<_> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    // JSON has no word for what is not finite.
    let finite = numbers.iter().all(|number| number.is_finite());
    finite.then(|| {
        write_array(|list| numbers.iter().for_each(|number| list.raw(format!("{number:?}").as_bytes())))
    })
}

#[cfg(test)]
mod tests;
