//! Known vectors of all three ways, and what they cannot do.

use model::{Settings, VectorEncoding};
use serde_json::{Value, json};

use super::*;
use crate::gemini::schemas::Schemas;

fn request(texts: &[&str], dimensions: Option<u64>, extras: &[(&str, &'static str)]) -> EmbeddingsRequest {
    let mut request = EmbeddingsRequest {
        inputs: texts.iter().map(|text| EmbeddingInput::Text((*text).to_owned())).collect(),
        single: false,
        dimensions,
        encoding: VectorEncoding::Float,
        user: None,
        extras: model::Extras::default(),
    };
    for (name, value) in extras {
        request.extras.add(*name, Json::from_static(value));
    }
    request
}

fn write(codec: GeminiEmbeddings, request: &EmbeddingsRequest) -> (Value, Vec<String>) {
    let settings = Settings::default();
    let call = EmbeddingsCall { model: "m", settings: &settings };
    let encoded = codec.encode(request, &request.inputs, &call).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    if let Some(schemas) = Schemas::load("embeddings") {
        let (vertex, name) = match codec.method {
            Method::Batch => (false, "BatchEmbedContentsRequest"),
            Method::Predict => (true, "PredictRequest"),
            Method::One => (true, "EmbedContentRequest"),
        };
        schemas.check(vertex, name, &body);
    }
    let losses = encoded.losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect();
    (body, losses)
}

fn read(
    codec: GeminiEmbeddings,
    body: &Value,
    inputs: usize,
) -> Result<(Vec<String>, Option<u64>), DecodeError> {
    let settings = Settings::default();
    let call = EmbeddingsCall { model: "m", settings: &settings };
    let response = codec.decode(&call, &|_| None, body.to_string().as_bytes(), inputs)?;
    let numbers = response.vectors.iter().map(|vector| match vector {
        Vector::Numbers(numbers) => numbers.as_str().to_owned(),
        Vector::Base64(text) => panic!("{text}"),
    });
    Ok((numbers.collect(), response.usage.map(|usage| usage.prompt_tokens())))
}

#[test]
fn batches_of_the_public_api() {
    let (body, losses) = write(EMBEDDINGS, &request(&["a"], Some(8), &[]));
    let expected = json!({"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"outputDimensionality":8}]});
    assert_eq!((body, losses.len()), (expected, 0));
    let extras = [
        ("task_type", "\"RETRIEVAL_DOCUMENT\""),
        ("title", "\"t\""),
        ("auto_truncate", "true"),
        ("user_id", "1"),
    ];
    let (body, losses) = write(EMBEDDINGS, &request(&["a", "b"], None, &extras));
    assert_eq!(
        body["requests"][1],
        json!({"model":"models/m","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"t"})
    );
    assert_eq!(losses, ["auto_truncate dropped", "user_id dropped"]);
    let answer = json!({"embeddings":[{"values":[0.25,-1.0]},{"values":[1]}]});
    assert_eq!(read(EMBEDDINGS, &answer, 2), Ok((vec!["[0.25,-1.0]".into(), "[1]".into()], None)));
    let counted = json!({"embeddings":[{"values":[1]}],"usageMetadata":{"promptTokenCount":3}});
    assert_eq!(read(EMBEDDINGS, &counted, 1), Ok((vec!["[1]".into()], Some(3))));
}

#[test]
fn predictions_of_vertex() {
    let (body, _) = write(VERTEX_EMBEDDINGS, &request(&["a"], Some(8), &[]));
    assert_eq!(body, json!({"instances":[{"content":"a"}],"parameters":{"outputDimensionality":8}}));
    let extras = [("taskType", "\"CLUSTERING\""), ("autoTruncate", "false")];
    let (body, _) = write(VERTEX_EMBEDDINGS, &request(&["a", "b"], None, &extras));
    let expected = json!({"instances":[{"content":"a","task_type":"CLUSTERING"},{"content":"b","task_type":"CLUSTERING"}],"parameters":{"autoTruncate":false}});
    assert_eq!(body, expected);
    let prediction = |count: Value| json!({"embeddings":{"values":[1],"statistics":{"token_count":count,"truncated":false}}});
    let answer = json!({"predictions":[prediction(json!(3)), prediction(json!(4.0))]});
    assert_eq!(read(VERTEX_EMBEDDINGS, &answer, 2), Ok((vec!["[1]".into(), "[1]".into()], Some(7))));
}

#[test]
fn one_text_at_a_time() {
    let (body, _) = write(VERTEX_EMBED_CONTENT, &request(&["a"], None, &[]));
    assert_eq!(body, json!({"content":{"parts":[{"text":"a"}]}}));
    let (body, _) =
        write(VERTEX_EMBED_CONTENT, &request(&["a"], Some(8), &[("task_type", "\"CLUSTERING\"")]));
    assert_eq!(body["embedContentConfig"], json!({"taskType":"CLUSTERING","outputDimensionality":8}));
    let answer = json!({"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":11}});
    assert_eq!(read(VERTEX_EMBED_CONTENT, &answer, 1), Ok((vec!["[1]".into()], Some(11))));
}

#[test]
fn a_call_takes_as_many_texts_as_its_model() {
    let settings = Settings::default();
    for (codec, model, expected) in [
        (&EMBEDDINGS, "gemini-embedding-001", 100),
        (&VERTEX_EMBEDDINGS, "gemini-embedding-001", 1),
        (&VERTEX_EMBEDDINGS, "text-embedding-005", 250),
        (&VERTEX_EMBED_CONTENT, "gemini-embedding-2", 1),
    ] {
        assert_eq!(codec.batch(&EmbeddingsCall { model, settings: &settings }), expected, "{model}");
    }
}

#[test]
fn answers_have_a_vector_for_each_text() {
    let answer = json!({"embeddings":[{"values":[1]}]});
    assert_eq!(read(EMBEDDINGS, &answer, 2), Err(DecodeError::Missing("embeddings")));
    assert_eq!(read(EMBEDDINGS, &json!({"embeddings":[{}]}), 1), Err(DecodeError::Missing("embeddings")));
    assert_eq!(read(VERTEX_EMBED_CONTENT, &json!({}), 1), Err(DecodeError::Missing("embedding")));
    let mut tokens = request(&[], None, &[]);
    tokens.inputs.push(EmbeddingInput::Tokens(Json::from_static("[1]")));
    let settings = Settings::default();
    let call = EmbeddingsCall { model: "m", settings: &settings };
    assert!(matches!(EMBEDDINGS.encode(&tokens, &tokens.inputs, &call), Err(EncodeError::Invalid { .. })));
}
