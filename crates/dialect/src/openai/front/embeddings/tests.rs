//! Tests of the front of embeddings.

use proptest::prelude::*;

use super::*;
use crate::openai::EMBEDDINGS_FRONT;

fn read(body: &str) -> Result<EmbeddingsRequest, RequestError> {
    EMBEDDINGS_FRONT.read(&Document::parse(body.to_owned().into()).unwrap())
}

fn identity() -> Identity {
    Identity { id: "x".into(), created: 1, model: "m".into(), input_estimate: 3 }
}

fn text(text: &str) -> EmbeddingInput {
    EmbeddingInput::Text(text.into())
}

fn tokens(json: &'static str) -> EmbeddingInput {
    EmbeddingInput::Tokens(Json::from_static(json))
}

#[test]
fn inputs_of_all_forms_are_read() {
    for (body, inputs, single) in [
        (r#"{"input":"a"}"#, vec![text("a")], true),
        (r#"{"input":["a","b"]}"#, vec![text("a"), text("b")], false),
        (r#"{"input":["a"]}"#, vec![text("a")], false),
        (r#"{"input":[1, 2]}"#, vec![tokens("[1, 2]")], true),
        (r#"{"input":[[1],[2,3]]}"#, vec![tokens("[1]"), tokens("[2,3]")], false),
    ] {
        let request = read(body).unwrap();
        assert_eq!((request.inputs, request.single), (inputs, single), "{body}");
    }
    for body in [
        "{}",
        r#"{"input":[]}"#,
        r#"{"input":null}"#,
        r#"{"input":1}"#,
        r#"{"input":[{}]}"#,
        r#"{"input":"a","dimensions":"8"}"#,
        r#"{"input":"a","encoding_format":"int8"}"#,
    ] {
        assert!(matches!(read(body), Err(RequestError::WrongType { .. })), "{body}");
    }
}

#[test]
fn settings_are_read_and_others_kept() {
    let body = r#"{"model":"m","input":"a","dimensions":256,"encoding_format":"base64","user":"u","input_type":"query","extra_body":{"model":"x","truncate":"END","dimensions":1}}"#;
    let request = read(body).unwrap();
    assert_eq!((request.dimensions, request.encoding), (Some(256), VectorEncoding::Base64));
    assert_eq!(request.user.as_deref(), Some("u"));
    let extras: Vec<_> = request.extras.iter().map(|extra| (&*extra.name, extra.value.as_str())).collect();
    assert_eq!(extras, [("input_type", r#""query""#), ("truncate", r#""END""#)]);
}

#[test]
fn the_list_is_written() {
    let response = EmbeddingsResponse {
        vectors: vec![
            Vector::Numbers(Json::from_static("[0.5,-1.0]")),
            Vector::Base64("AAAAPwAAgL8=".into()),
        ],
        model: None,
        usage: None,
        ..EmbeddingsResponse::default()
    };
    let mut request = read(r#"{"input":["a","b"]}"#).unwrap();
    let written = |request: &EmbeddingsRequest| {
        String::from_utf8(EMBEDDINGS_FRONT.write(request, &response, &identity())).unwrap()
    };
    let expected = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1.0]},{"object":"embedding","index":1,"embedding":[0.5,-1.0]}],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}"#;
    assert_eq!(written(&request), expected);
    request.encoding = VectorEncoding::Base64;
    let as_base64 = expected.replace("[0.5,-1.0]", r#""AAAAPwAAgL8=""#);
    assert_eq!(written(&request), as_base64);
}

proptest! {
    #[test]
    fn floats_survive_base64(numbers in prop::collection::vec(any::<f32>().prop_filter("finite", |n| n.is_finite()), 0..20)) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let text = BASE64.encode(bytes);
        let list = from_base64(&text).unwrap();
        prop_assert_eq!(to_base64(&Json::from_checked(list)).unwrap(), text);
    }
}
