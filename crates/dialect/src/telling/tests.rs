//! Messages as spans tell them.

use bytes::Bytes;
use document::Document;
use model::{ClientFormat, Operation};
use serde_json::{Value, json};

use super::*;

fn read(format: ClientFormat, body: &Value) -> ChatRequest {
    let document = Document::parse(Bytes::from(body.to_string())).unwrap();
    crate::front(format).unwrap().chat(Operation::Chat).unwrap().read(&document).unwrap().request
}

fn told(request: &ChatRequest, limit: usize) -> Value {
    serde_json::from_slice(&tell_messages(request, limit)).unwrap()
}

#[test]
fn every_kind_of_part_is_told() {
    let request = read(
        ClientFormat::OpenAi,
        &json!({"messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "name": "eve", "content": [
                {"type": "text", "text": "what is it"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
                {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
            ]},
            {"role": "assistant", "content": "a cat", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"b\":1,\"a\":[]}"}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "done"},
        ]}),
    );
    let expected = json!([
        {"role": "system", "parts": [{"type": "text", "content": "be brief"}]},
        {"role": "user", "name": "eve", "parts": [
            {"type": "text", "content": "what is it"},
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "[base64, 4 bytes]"},
            {"type": "uri", "modality": "image", "uri": "https://x/y.png"},
        ]},
        {"role": "assistant", "parts": [
            {"type": "text", "content": "a cat"},
            {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"b": 1, "a": []}},
        ]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "done"}]},
    ]);
    assert_eq!(told(&request, 1000), expected);
}

#[test]
fn both_client_formats_give_the_same() {
    let anthropic = read(
        ClientFormat::Anthropic,
        &json!({"system": "s", "max_tokens": 1, "messages": [{"role": "user", "content": "q"}]}),
    );
    let openai = read(
        ClientFormat::OpenAi,
        &json!({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}]}),
    );
    assert_eq!(told(&anthropic, 100), told(&openai, 100));
}

#[test]
fn long_conversations_are_cut_and_stay_json() {
    let messages: Vec<Value> = (0..20).map(|_| json!({"role": "user", "content": "héllo wörld"})).collect();
    let request = read(ClientFormat::OpenAi, &json!({"messages": messages}));
    for limit in 0..60 {
        let messages = told(&request, limit);
        assert!(messages.to_string().len() < 12 * limit + 200, "{limit}: {messages}");
    }
    let cut = told(&request, 2);
    assert_eq!(cut[0]["parts"][0]["content"], "h [truncated, 13 bytes]");
}

#[test]
fn an_answer_is_one_message() {
    let told: Value =
        serde_json::from_slice(&tell_answer("Hi", 2, Some(FinishReason::ToolCalls), 100)).unwrap();
    let part = json!({"type": "text", "content": "Hi"});
    assert_eq!(told, json!([{"role": "assistant", "parts": [part], "finish_reason": "tool_call"}]));
    for (kept, limit) in [("abc", 100), ("abcdef", 3)] {
        let told: Value = serde_json::from_slice(&tell_answer(kept, 6, None, limit)).unwrap();
        assert_eq!(told[0]["parts"][0]["content"], "abc [truncated, 6 bytes]");
    }
}

#[test]
fn whole_answers_have_their_text() {
    let text = |format, body: &str| {
        let mut text = String::new();
        crate::front(format).unwrap().envelope.answered(body.as_bytes(), &mut text);
        text
    };
    let openai =
        r#"{"choices":[{"index":1,"message":{"content":"no"}},{"index":0,"message":{"content":"Hi"}}]}"#;
    assert_eq!(text(ClientFormat::OpenAi, openai), "Hi");
    assert_eq!(text(ClientFormat::OpenAi, r#"{"choices":[{"text":"Hi"}]}"#), "Hi");
    let anthropic = r#"{"content":[{"type":"text","text":"H"},{"type":"tool_use","input":{}},{"type":"text","text":"i"}]}"#;
    assert_eq!(text(ClientFormat::Anthropic, anthropic), "Hi");
    assert_eq!(text(ClientFormat::OpenAi, "no json"), "");
}

#[test]
fn parameters_are_read_as_the_fronts_read_them() {
    let messages = json!([{"role": "user", "content": "q"}]);
    for (format, body) in [
        (
            ClientFormat::OpenAi,
            json!({"messages": messages, "max_completion_tokens": 7, "temperature": 0.5, "top_p": 1, "n": 2,
                "frequency_penalty": -1, "presence_penalty": 0.25, "response_format": {"type": "json_object"}}),
        ),
        (
            ClientFormat::OpenAi,
            json!({"messages": messages, "max_tokens": 9, "response_format": {"type": "text"}}),
        ),
        (
            ClientFormat::Anthropic,
            json!({"messages": messages, "max_tokens": 3, "temperature": 1, "top_k": 4}),
        ),
    ] {
        let whole = read(format, &body);
        let document = Document::parse(Bytes::from(body.to_string())).unwrap();
        let parameters = read_parameters(&document);
        assert_eq!(parameters.max_tokens, whole.max_tokens, "{body}");
        assert_eq!(parameters.sampling, whole.sampling, "{body}");
        assert_eq!(parameters.response_format, whole.response_format, "{body}");
    }
    let odd =
        Document::parse(Bytes::from_static(br#"{"max_tokens":"x","temperature":null,"n":[]}"#)).unwrap();
    assert_eq!(read_parameters(&odd), ChatRequest::default());
}
