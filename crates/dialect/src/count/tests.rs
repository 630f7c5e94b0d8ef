//! What is asked of those who count, and what they say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::{anthropic, bedrock, gemini};

fn asked(codec: &dyn CountCodec, request: &Value, model: &str) -> Value {
    let document = Document::parse(request.to_string().into()).unwrap();
    serde_json::from_slice(&codec.ask(&document, model)).unwrap()
}

#[test]
fn gemini_is_told_all_of_the_request() {
    let request =
        json!({"contents": [1], "systemInstruction": {"parts": []}, "tools": [2], "toolConfig": {}});
    let mut inner = request.clone();
    inner["model"] = "models/g".into();
    assert_eq!(asked(&gemini::COUNT, &request, "g"), json!({"generateContentRequest": inner}));
    inner["model"] = "tunedModels/t".into();
    assert_eq!(asked(&gemini::COUNT, &request, "tunedModels/t"), json!({"generateContentRequest": inner}));
}

#[test]
fn vertex_is_told_what_counts() {
    let request = json!({"contents": [1], "systemInstruction": {"parts": []}, "tools": [2], "toolConfig": {},
        "generationConfig": {"topK": 1}, "labels": {}, "safetySettings": []});
    let expected = json!({"contents": [1], "systemInstruction": {"parts": []}, "tools": [2],
        "generationConfig": {"topK": 1}});
    assert_eq!(asked(&gemini::VERTEX_COUNT, &request, "g"), expected);
}

#[test]
fn converse_is_told_what_counts() {
    let request = json!({"messages": [1], "system": [2], "toolConfig": {"tools": []}, "inferenceConfig": {},
        "additionalModelRequestFields": {"thinking": {}}, "requestMetadata": {}});
    let expected = json!({"input": {"converse": {"messages": [1], "system": [2], "toolConfig": {"tools": []},
        "additionalModelRequestFields": {"thinking": {}}}}});
    assert_eq!(asked(&bedrock::COUNT, &request, "m"), expected);
}

#[test]
fn claude_on_bedrock_is_told_a_limit_as_well() {
    for (request, limit) in [
        (json!({"messages": [1], "anthropic_version": "v"}), 1),
        (json!({"messages": [1], "max_tokens": null}), 1),
        (json!({"messages": [1], "max_tokens": 7}), 7),
        (json!({"messages": [1], "thinking": {"type": "enabled", "budget_tokens": 2048}}), 2049),
    ] {
        let mut expected = request.clone();
        expected["max_tokens"] = limit.into();
        let body = asked(&anthropic::BEDROCK_COUNT, &request, "m");
        assert_eq!(body["input"]["invokeModel"].as_object().unwrap().len(), 1, "{body}");
        let inner = STANDARD.decode(body["input"]["invokeModel"]["body"].as_str().unwrap()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&inner).unwrap(), expected);
    }
}

#[test]
fn claude_on_vertex_is_named_in_the_body() {
    let request = json!({"messages": [1], "stream": false, "anthropic_version": "v"});
    let expected = json!({"model": "claude@1", "messages": [1], "anthropic_version": "v"});
    assert_eq!(asked(&anthropic::VERTEX_COUNT, &request, "claude@1"), expected);
}

#[test]
fn numbers_of_any_length_and_the_order_of_names_stay() {
    let text = r#"{"contents":[{"b":1,"a":123456789012345678901234567890.50,"c":{},"d":[]}]}"#;
    let document = Document::parse(text.to_owned().into()).unwrap();
    assert_eq!(gemini::VERTEX_COUNT.ask(&document, "m"), text.as_bytes());
}

#[test]
fn answers_are_read() {
    let codecs: [(&dyn CountCodec, &str); 5] = [
        (&gemini::COUNT, "totalTokens"),
        (&gemini::VERTEX_COUNT, "totalTokens"),
        (&bedrock::COUNT, "inputTokens"),
        (&anthropic::BEDROCK_COUNT, "inputTokens"),
        (&anthropic::VERTEX_COUNT, "input_tokens"),
    ];
    for (codec, member) in codecs {
        assert_eq!(codec.read(json!({member: 12, "other": {}}).to_string().as_bytes()), Ok(12));
        assert_eq!(codec.read(b"{}"), Err(DecodeError::Missing(member)));
        assert_eq!(codec.read(json!({member: -1}).to_string().as_bytes()), Err(DecodeError::Missing(member)));
        assert_eq!(codec.read(b"<html>"), Err(DecodeError::NotAnObject));
    }
}

#[test]
fn who_cannot_count_says_so() {
    for (status, message, expected) in [
        (404, "gone", true),
        (501, "", true),
        (405, "", true),
        (400, "The provided model doesn't support counting tokens.", true),
        (400, "Token counting is not supported for this model", true),
        (400, "messages: at least one is needed", false),
        (400, "tools are not supported", false),
        (403, "this account is not supported", false),
        (429, "too many counts; contact support", false),
        (500, "", false),
    ] {
        assert_eq!(cannot_count(&UpstreamError::new(status, message)), expected, "{status} {message}");
    }
}
