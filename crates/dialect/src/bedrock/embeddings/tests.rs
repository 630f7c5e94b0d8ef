//! Requests and answers of embedding models: the worked vectors, every form.

use model::{Extras, Settings, VectorEncoding};
use serde_json::json;

use super::*;

fn request(dimensions: Option<u64>, extras: &[(&str, &'static str)]) -> EmbeddingsRequest {
    let mut more = Extras::default();
    for (name, value) in extras {
        more.add(*name, Json::from_static(value));
    }
    EmbeddingsRequest {
        inputs: Vec::new(),
        single: true,
        dimensions,
        encoding: VectorEncoding::Base64,
        user: None,
        extras: more,
    }
}

fn written(
    model: &str,
    settings: &Settings,
    request: &EmbeddingsRequest,
    inputs: &[&str],
) -> (serde_json::Value, Vec<String>) {
    let inputs: Vec<_> = inputs.iter().map(|text| EmbeddingInput::Text((*text).to_owned())).collect();
    let encoded = EMBEDDINGS.encode(request, &inputs, &EmbeddingsCall { model, settings }).unwrap();
    let losses = encoded.losses.iter().map(|loss| loss.member.to_string()).collect();
    (serde_json::from_slice(&encoded.body).unwrap(), losses)
}

fn read(
    model: &str,
    header: Option<&str>,
    body: &str,
    inputs: usize,
) -> Result<EmbeddingsResponse, DecodeError> {
    let settings = Settings::default();
    let headers =
        |name: &str| header.filter(|_| name == "x-amzn-bedrock-input-token-count").map(str::to_owned);
    EMBEDDINGS.decode(&EmbeddingsCall { model, settings: &settings }, &headers, body.as_bytes(), inputs)
}

fn vectors(response: &EmbeddingsResponse) -> Vec<&str> {
    let texts = response.vectors.iter().map(|vector| match vector {
        Vector::Numbers(numbers) => numbers.as_str(),
        Vector::Base64(text) => text,
    });
    texts.collect()
}

#[test]
fn titan_takes_one_text() {
    let none = Settings::default();
    let (body, losses) = written("amazon.titan-embed-text-v2:0", &none, &request(Some(256), &[]), &["a"]);
    assert_eq!(body, json!({"inputText": "a", "dimensions": 256, "normalize": false}));
    assert!(losses.is_empty());
    let mut settings = Settings::default();
    settings.set(NORMALIZE, "true");
    let (body, _) = written("amazon.titan-embed-text-v2:0", &settings, &request(None, &[]), &["a"]);
    assert_eq!(body, json!({"inputText": "a", "normalize": true}));
    let asked = request(Some(256), &[("normalize", "true")]);
    let (body, losses) = written("amazon.titan-embed-text-v1", &none, &asked, &["a"]);
    assert_eq!(
        (body, losses),
        (json!({"inputText": "a"}), vec!["dimensions".to_owned(), "normalize".to_owned()])
    );
    let (body, _) = written("amazon.titan-embed-image-v1", &none, &request(Some(384), &[]), &["a"]);
    assert_eq!(body, json!({"inputText": "a", "embeddingConfig": {"outputEmbeddingLength": 384}}));
    let response =
        read("amazon.titan-embed-text-v2:0", None, r#"{"embedding":[0.5,-1.0],"inputTextTokenCount":1}"#, 1)
            .unwrap();
    assert_eq!(vectors(&response), ["[0.5,-1.0]"]);
    assert_eq!(response.usage.unwrap().prompt_tokens(), 1);
}

#[test]
fn cohere_takes_many() {
    let mut settings = Settings::default();
    let call = EmbeddingsCall { model: "us.cohere.embed-v4:0", settings: &Settings::default() };
    assert_eq!(EMBEDDINGS.batch(&call), 96);
    let asked = request(Some(512), &[("truncate", "\"END\""), ("other", "1")]);
    let (body, losses) = written("us.cohere.embed-v4:0", &settings, &asked, &["a", "b"]);
    let expected = json!({"texts": ["a", "b"], "input_type": "classification", "truncate": "END", "output_dimension": 512});
    assert_eq!((body, losses), (expected, vec!["other".to_owned()]));
    settings.set(INPUT_TYPE, "search_document");
    let (body, losses) = written("cohere.embed-english-v3", &settings, &request(Some(512), &[]), &["a"]);
    assert_eq!(body, json!({"texts": ["a"], "input_type": "search_document"}));
    assert_eq!(losses, ["dimensions"]);
    let asked = request(None, &[("input_type", "\"search_query\"")]);
    let (body, _) = written("cohere.embed-english-v3", &settings, &asked, &["a"]);
    assert_eq!(body["input_type"], "search_query");
    for body in [r#"{"embeddings":[[1],[2.50]]}"#, r#"{"embeddings":{"float":[[1],[2.50]]}}"#] {
        let response = read("cohere.embed-english-v3", Some("7"), body, 2).unwrap();
        assert_eq!(vectors(&response), ["[1]", "[2.50]"]);
        assert_eq!(response.usage.unwrap().prompt_tokens(), 7);
    }
}

#[test]
fn nova_has_a_form_of_its_own() {
    let model = "amazon.nova-2-multimodal-embeddings-v1:0";
    let asked = request(Some(1024), &[("embeddingPurpose", "\"CLUSTERING\"")]);
    let (body, losses) = written(model, &Settings::default(), &asked, &["a"]);
    let expected = json!({"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {
        "embeddingPurpose": "CLUSTERING", "embeddingDimension": 1024, "text": {"truncationMode": "END", "value": "a"}
    }});
    assert_eq!(body, expected);
    assert!(losses.is_empty());
    let response =
        read(model, Some("19"), r#"{"embeddings":[{"embeddingType":"TEXT","embedding":[1]}]}"#, 1).unwrap();
    assert_eq!((vectors(&response), response.usage.unwrap().fresh_input), (vec!["[1]"], 19));
}

#[test]
fn what_cannot_be_asked_or_read() {
    let settings = Settings::default();
    let call = |model| EmbeddingsCall { model, settings: &settings };
    let text = [EmbeddingInput::Text("a".to_owned())];
    let unknown = EMBEDDINGS.encode(&request(None, &[]), &text, &call("arn:aws:bedrock:x:1:profile/y")).err();
    assert!(matches!(unknown, Some(EncodeError::Invalid { member, .. }) if member == "model"));
    let tokens = [EmbeddingInput::Tokens(Json::from_static("[1]"))];
    let refused = EMBEDDINGS.encode(&request(None, &[]), &tokens, &call("amazon.titan-embed-text-v1")).err();
    assert!(matches!(refused, Some(EncodeError::Invalid { member, .. }) if member == "input"));
    assert_eq!(EMBEDDINGS.batch(&call("amazon.titan-embed-text-v1")), 1);
    let titan = "amazon.titan-embed-text-v1";
    assert_eq!(read(titan, None, "{}", 1), Err(DecodeError::Missing("embedding")));
    assert_eq!(read(titan, None, "[]", 1), Err(DecodeError::NotAnObject));
    let few = read("cohere.embed-v4:0", None, r#"{"embeddings":[[1]]}"#, 2);
    assert_eq!(few, Err(DecodeError::Missing("embeddings")));
    assert_eq!(read(titan, None, r#"{"embedding":[1]}"#, 1).unwrap().usage, None);
}
