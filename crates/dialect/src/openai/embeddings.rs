//! Embeddings at providers that have OpenAI's form but not all of it: numbers only, few inputs a call.

use document::{Kind, Value, write_object};
use model::{
    EmbeddingInput, EmbeddingsRequest, EmbeddingsResponse, Extras, Json, LossKind, Losses, UpstreamError,
    Usage, Vector,
};

use super::codec::read_error;
use crate::{
    DecodeError, EmbeddingsCall, EmbeddingsCodec, EncodeError, EncodedEmbeddings, ErrorReader, HeaderOf,
    read, vectors,
};

/// Members of an answer that are read; all others are passed on.
const READ: [&str; 4] = ["object", "data", "model", "usage"];

/// Vectors as numbers.
#[derive(Debug, Clone, Copy)]
pub struct Numbers {
    /// Inputs that one call takes, by the model.
    pub batch: fn(model: &str) -> usize,
}

impl ErrorReader for Numbers {
    fn error(&self, status: u16, _: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        read_error(status, body)
    }
}

impl EmbeddingsCodec for Numbers {
    fn batch(&self, call: &EmbeddingsCall<'_>) -> usize {
        (self.batch)(call.model)
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
                [only] if request.single => body.text("input", only),
                texts => body.texts("input", texts),
            }
            body.text("encoding_format", "float");
            if let Some(dimensions) = request.dimensions {
                body.number("dimensions", dimensions);
            }
            for extra in request.extras.iter() {
                body.raw(&extra.name, extra.value.as_bytes());
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
        let data = document.value("data").filter(|data| data.kind() == Kind::Array);
        let mut places: Vec<Option<Vector>> = vec![None; inputs];
        for (position, item) in data.ok_or(DecodeError::Missing("data"))?.items().enumerate() {
            let index = item.value("index").and_then(Value::as_u64);
            let index = index.map_or(Some(position), |index| usize::try_from(index).ok());
            if let Some(place) = index.and_then(|index| places.get_mut(index)) {
                *place = item.value("embedding").and_then(vector);
            }
        }
        let vectors: Option<Vec<Vector>> = places.into_iter().collect();
        let tokens = document.value("usage").and_then(|usage| {
            read::count(usage.value("prompt_tokens")).or_else(|| read::count(usage.value("total_tokens")))
        });
        let mut extras = Extras::default();
        for member in document.members() {
            let name = member.name.decoded();
            if !READ.contains(&&*name) {
                extras.add(&*name, Json::from_checked(document.share(&member.value)));
            }
        }
        Ok(EmbeddingsResponse {
            vectors: vectors.ok_or(DecodeError::Missing("data"))?,
            model: document.value("model").and_then(super::stream::name),
            usage: tokens.map(|tokens| Usage { fresh_input: tokens, ..Usage::default() }),
            extras,
        })
    }
}

fn vector(value: Value<'_>) -> Option<Vector> {
    match value.kind() {
        Kind::String => Some(Vector::Base64(value.as_str()?.as_ref().into())),
        _ => vectors::numbers(value),
    }
}

#[cfg(test)]
mod tests {
    use document::Document;
    use model::Settings;
    use serde_json::json;

    use super::*;
    use crate::openai::EMBEDDINGS_FRONT;
    use crate::{EmbeddingsFront, Identity};

    static TEN: Numbers = Numbers { batch: |model| if model == "old" { 25 } else { 10 } };

    fn call<R>(test: impl FnOnce(&EmbeddingsCall<'_>) -> R) -> R {
        test(&EmbeddingsCall { model: "m", settings: &Settings::default() })
    }

    fn request(body: &str) -> EmbeddingsRequest {
        EMBEDDINGS_FRONT.read(&Document::parse(body.to_owned().into()).unwrap()).unwrap()
    }

    #[test]
    fn numbers_are_asked_for_and_base64_is_written() {
        let request = request(
            r#"{"model":"x","input":["a","b"],"dimensions":64,"encoding_format":"base64","user":"u","text_type":"query"}"#,
        );
        let encoded = call(|call| TEN.encode(&request, &request.inputs, call)).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
        let expected = json!({"model": "m", "input": ["a", "b"], "encoding_format": "float", "dimensions": 64, "text_type": "query"});
        assert_eq!(body, expected);
        assert_eq!(encoded.losses.iter().map(|loss| &*loss.member).collect::<Vec<_>>(), ["user"]);
        let answer = br#"{"id":"r1","object":"list","data":[{"index":1,"embedding":[0]},{"index":0,"embedding":[0.5,-1.0]}],"model":"m1","usage":{"prompt_tokens":2,"total_tokens":2}}"#;
        let response = call(|call| TEN.decode(call, &|_| None, answer, 2)).unwrap();
        let identity = Identity { id: "i".into(), created: 1, model: "m".into(), input_estimate: 9 };
        let written = EMBEDDINGS_FRONT.write(&request, &response, &identity);
        let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
        let expected = json!({
            "object": "list",
            "data": [
                {"object": "embedding", "index": 0, "embedding": "AAAAPwAAgL8="},
                {"object": "embedding", "index": 1, "embedding": "AAAAAA=="},
            ],
            "model": "m1",
            "usage": {"prompt_tokens": 2, "total_tokens": 2},
            "id": "r1",
        });
        assert_eq!(written, expected);
    }

    #[test]
    fn one_input_stays_one() {
        let request = request(r#"{"input":"a"}"#);
        let encoded = call(|call| TEN.encode(&request, &request.inputs, call)).unwrap();
        assert_eq!(encoded.body, br#"{"model":"m","input":"a","encoding_format":"float"}"#);
        assert_eq!(call(|call| TEN.batch(call)), 10);
    }

    #[test]
    fn each_input_has_its_vector() {
        let decode = |body: &[u8]| call(|call| TEN.decode(call, &|_| None, body, 2));
        for body in [
            br#"{"data":[{"index":0,"embedding":[1]}]}"#.as_slice(),
            br#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
            br#"{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}"#,
            br#"{"data":[{"embedding":[1]},{"embedding":["x"]}]}"#,
            br#"{"data":{}}"#,
            b"{}",
        ] {
            assert_eq!(decode(body), Err(DecodeError::Missing("data")));
        }
        assert_eq!(decode(b"<html>"), Err(DecodeError::NotAnObject));
        let unnumbered = decode(br#"{"data":[{"embedding":[1]},{"embedding":"AAA="}]}"#).unwrap();
        assert_eq!(unnumbered.vectors[1], Vector::Base64("AAA=".into()));
    }
}
