//! Whole answers and errors as they are written.

use model::{
    Arguments, AssistantPart, ChatResponse, Choice, Citation, ErrorKind, Extras, FinishReason, Image, Json,
    Maker, Reasoning, Seal, Source, TextPart, ToolCall, UpstreamError, Usage,
};

use super::*;

fn answer(parts: Vec<AssistantPart>, reason: FinishReason) -> ChatResponse {
    ChatResponse {
        choices: vec![Choice { parts, finish: reason.into(), ..Choice::default() }],
        ..ChatResponse::default()
    }
}

fn text(text: &str) -> AssistantPart {
    AssistantPart::Text(TextPart::new(text))
}

fn call(id: &str, seal: Option<Seal>) -> AssistantPart {
    AssistantPart::ToolCall(ToolCall {
        id: id.into(),
        name: "f".into(),
        arguments: Arguments::Object(Json::from_static(r#"{"a": 1.0}"#)),
        seal,
        cache: None,
    })
}

fn written(response: &ChatResponse) -> Value {
    json(&writer("").whole(response, &identity()))
}

#[test]
fn a_plain_answer_has_all_that_clients_rely_on() {
    let mut response = answer(vec![text("hi")], FinishReason::StopSequence);
    response.usage =
        Some(Usage { fresh_input: 2, cache_read: 1, output: 4, reasoning: 1, ..Usage::default() });
    response.extras.add("system_fingerprint", Json::from_static("\"fp\""));
    response.extras.add("id", Json::from_static("\"evil\""));
    let expected = serde_json::json!({
        "id": "chatcmpl-x1", "object": "chat.completion", "created": 7, "model": "m",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "hi", "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": {
            "prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8,
            "prompt_tokens_details": {"cached_tokens": 1, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 1, "audio_tokens": 0},
        },
        "system_fingerprint": "fp",
    });
    assert_eq!(written(&response), expected);
    response.id = Some("msg_1".into());
    response.model = Some("claude".into());
    response.created = Some(9);
    let told = written(&response);
    assert_eq!(
        (&told["id"], &told["model"], &told["created"]),
        (&"msg_1".into(), &"claude".into(), &9.into())
    );
}

#[test]
fn calls_alone_have_null_as_content() {
    let seal = Some(Seal { maker: Maker::Gemini, text: "QQ==".into() });
    let told = written(&answer(vec![call("a", None), call("b", seal)], FinishReason::Stop));
    let choice = &told["choices"][0];
    assert!(choice["message"]["content"].is_null());
    assert_eq!(choice["finish_reason"], "tool_calls");
    let function = serde_json::json!({"name": "f", "arguments": "{\"a\": 1.0}"});
    assert_eq!(
        choice["message"]["tool_calls"],
        serde_json::json!([
            {"id": "a", "type": "function", "function": function},
            {"id": "b__thought__QQ==", "type": "function", "function": function},
        ])
    );
    let custom = AssistantPart::Native(
        Maker::OpenAi,
        Json::from_static(r#"{"id":"c","type":"custom","custom":{"name":"g","input":"x"}}"#),
    );
    let told = written(&answer(vec![custom], FinishReason::ToolCalls));
    assert_eq!(told["choices"][0]["message"]["tool_calls"][0]["custom"]["input"], "x");
}

#[test]
fn reasoning_is_told_with_its_seals() {
    let seal = |maker, text: &str| Seal { maker, text: text.into() };
    let parts = vec![
        AssistantPart::Reasoning(Reasoning::Open {
            text: "a".into(),
            seal: Some(seal(Maker::Anthropic, "s")),
        }),
        AssistantPart::Reasoning(Reasoning::Open { text: "b".into(), seal: Some(seal(Maker::Gemini, "g")) }),
        AssistantPart::Reasoning(Reasoning::Redacted(seal(Maker::Anthropic, "d"))),
        text("t"),
    ];
    let message = &written(&answer(parts.clone(), FinishReason::Stop))["choices"][0]["message"];
    assert_eq!((&message["reasoning_content"], &message["content"]), (&"ab".into(), &"t".into()));
    assert_eq!(
        message["thinking_blocks"],
        serde_json::json!([
            {"type": "thinking", "thinking": "a", "signature": "s"},
            {"type": "thinking", "thinking": "b", "signature": "g", "maker": "gemini"},
            {"type": "redacted_thinking", "data": "d"},
        ])
    );
    // What was told comes back as it was.
    let body = format!(r#"{{"messages":[{message}]}}"#);
    let (request, losses) = read(&body);
    assert!(losses.is_empty());
    assert!(matches!(&request.messages[0], Message::Assistant(assistant) if assistant.parts == parts));
    let open = AssistantPart::Reasoning(Reasoning::Open { text: "r".into(), seal: None });
    let unsealed = written(&answer(vec![open], FinishReason::Length));
    assert!(unsealed["choices"][0]["message"].get("thinking_blocks").is_none());
    assert_eq!(unsealed["choices"][0]["message"]["content"], "");
}

#[test]
fn sources_images_refusals_and_natives_have_their_places() {
    let citation = |url: Option<&str>, span| Citation {
        url: url.map(Into::into),
        title: None,
        span,
        raw: Some(Json::from_static(r#"{"page":1}"#)),
    };
    let cited = TextPart {
        citations: vec![
            citation(Some("https://h"), None),
            citation(Some("https://i"), Some((0, 1))),
            citation(None, None),
        ],
        ..TextPart::new("äb")
    };
    let image = Source::Inline { media_type: "image/png".into(), data: model::Base64::new("QUJD").unwrap() };
    let parts = vec![
        text("x"),
        AssistantPart::Text(cited),
        AssistantPart::Image(Image { source: image, detail: None, cache: None }),
        AssistantPart::Refusal("no".into()),
        AssistantPart::Native(Maker::OpenAi, Json::from_static(r#"{"audio":{"id":"a"}}"#)),
        AssistantPart::Native(Maker::Anthropic, Json::from_static(r#"{"type":"server_tool_use"}"#)),
    ];
    let message = &written(&answer(parts, FinishReason::ContentFilter))["choices"][0]["message"];
    let expected = serde_json::json!({
        "role": "assistant", "content": "xäb", "refusal": "no",
        "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}],
        "annotations": [
            {"type": "url_citation", "url_citation": {"start_index": 1, "end_index": 3, "title": "", "url": "https://h"}},
            {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 1, "title": "", "url": "https://i"}},
        ],
        "citations": [{"page": 1}],
        "audio": {"id": "a"},
    });
    assert_eq!(message, &expected);
}

#[test]
fn clients_of_functions_get_functions_back() {
    let writer = writer(r#","functions":[{"name":"f"}]"#);
    let told = json(&writer.whole(&answer(vec![call("a", None)], FinishReason::ToolCalls), &identity()));
    let choice = &told["choices"][0];
    assert_eq!(choice["finish_reason"], "function_call");
    assert_eq!(choice["message"]["function_call"]["name"], "f");
    assert!(choice["message"].get("tool_calls").is_none());
}

#[test]
fn completions_are_texts() {
    let parts = vec![
        AssistantPart::Reasoning(Reasoning::Open { text: "r".into(), seal: None }),
        text("a"),
        text("b"),
    ];
    let told = completions_writer("").whole(&answer(parts, FinishReason::Length), &identity());
    let expected = serde_json::json!({
        "id": "cmpl-x1", "object": "text_completion", "created": 7, "model": "m",
        "choices": [{"index": 0, "text": "ab", "logprobs": null, "finish_reason": "length"}],
    });
    assert_eq!(json(&told), expected);
}

#[test]
fn an_answer_without_choices_has_an_empty_list() {
    assert_eq!(
        written(&ChatResponse { extras: Extras::default(), ..ChatResponse::default() })["choices"],
        serde_json::json!([])
    );
}

#[test]
fn errors_are_written_in_one_form() {
    let error = UpstreamError {
        kind: ErrorKind::RateLimit,
        code: Some("RESOURCE_EXHAUSTED".into()),
        ..UpstreamError::new(429, "q")
    };
    let expected =
        r#"{"error":{"message":"q","type":"rate_limit_error","param":null,"code":"RESOURCE_EXHAUSTED"}}"#;
    assert_eq!(String::from_utf8(CHAT_FRONT.error(&error)).unwrap(), expected);
    assert_eq!(CHAT_FRONT.member("top_k"), "top_k");
}
