//! Whole answers of all providers as they are read.

use model::{AssistantPart, FinishReason, Maker, Reasoning, Source};

use super::*;

/// Text, reasoning and reason of the first choice.
fn said(response: &ChatResponse) -> (String, String, FinishReason) {
    let (mut text, mut reasoning) = (String::new(), String::new());
    for part in &response.choices[0].parts {
        match part {
            AssistantPart::Text(part) => text.push_str(&part.text),
            AssistantPart::Reasoning(Reasoning::Open { text, .. }) => reasoning.push_str(text),
            other => panic!("{other:?}"),
        }
    }
    (text, reasoning, response.choices[0].finish.reason)
}

#[test]
fn contents_in_parts_are_split() {
    for (message_text, reason) in [
        // Mistral, Databricks, vLLM and Cerebras, DeepSeek.
        (
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}]},{"type":"text","text":"a"}]}"#,
            "model_length",
        ),
        (
            r#"{"content":[{"type":"reasoning","summary":[{"type":"summary_text","text":"r"}]},{"type":"text","text":"a"}]}"#,
            "length",
        ),
        (r#"{"content":"a","reasoning":"r","tool_calls":null}"#, "length"),
        (r#"{"content":"a","reasoning_content":"r","reasoning":"r","tool_calls":[]}"#, "length"),
    ] {
        let body = format!(r#"{{"choices":[{{"message":{message_text},"finish_reason":"{reason}"}}]}}"#);
        assert_eq!(said(&whole(&body).unwrap()), ("a".into(), "r".into(), FinishReason::Length), "{body}");
    }
}

static XAI: Quirks = Quirks { reasoning_outside_completion: true, ..Quirks::NONE };

#[test]
fn usages_of_all_providers_are_read() {
    let usage = |quirks, usage: &str| {
        let body = format!(r#"{{"choices":[{{"message":{{}}}}],"usage":{usage}}}"#);
        let read = Target { quirks, ..Target::default() }.answer().whole(&|_| None, body.as_bytes()).unwrap();
        let usage = read.usage.unwrap();
        [
            usage.prompt_tokens(),
            usage.cache_read,
            usage.completion_tokens(),
            usage.reasoning,
            usage.total_tokens(),
        ]
    };
    let deepseek = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}"#;
    assert_eq!(usage(&Quirks::NONE, deepseek), [10, 6, 5, 0, 15]);
    let xai = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}"#;
    assert_eq!(usage(&XAI, xai), [10, 0, 25, 20, 35]);
    let mistral = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"num_cached_tokens":4}"#;
    assert_eq!(usage(&Quirks::NONE, mistral), [10, 4, 5, 0, 15]);
}

#[test]
fn calls_are_repaired() {
    let response = message(
        r#"{"content":null,"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"x":1.0}}},{"function":{"name":"f","arguments":"{}"}},{"id":3,"type":"function","index":0,"function":{"name":"f","arguments":"{"}},{"function":{"arguments":"{}"}},{"id":"c","type":"custom","custom":{"name":"g","input":"{\"k\""}}]}"#,
    );
    let choice = &response.choices[0];
    assert_eq!(choice.finish.reason, FinishReason::ToolCalls);
    let calls: Vec<_> = choice
        .parts
        .iter()
        .map(|part| match part {
            AssistantPart::ToolCall(call) => (&*call.id, &*call.name, call.arguments.as_text()),
            AssistantPart::Native(Maker::OpenAi, value) => ("native", "", value.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    let custom = r#"{"id":"c","type":"custom","custom":{"name":"g","input":"{\"k\""}}"#;
    // A call without a name is one all the same.
    let expected = [
        ("a", "f", r#"{"x":1.0}"#),
        ("3", "f", "{"),
        ("n0_0_1", "f", "{}"),
        ("n0_0_3", "_", "{}"),
        ("native", "", custom),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn functions_of_old_are_calls() {
    let response =
        whole(r#"{"choices":[{"message":{"content":null,"function_call":{"name":"f","arguments":"{}"}},"finish_reason":"function_call"}]}"#)
            .unwrap();
    let choice = &response.choices[0];
    assert!(matches!(&choice.parts[..], [AssistantPart::ToolCall(call)] if &*call.id == "n0_0_0"));
    assert_eq!(choice.finish.reason, FinishReason::ToolCalls);
}

#[test]
fn everything_else_finds_its_place() {
    let response = whole(
        r#"{"id":"","created":0,"model":"m","system_fingerprint":"fp","service_tier":"default","citations":["https://s"],
            "choices":[{"index":0,"message":{"content":"a","refusal":"no","audio":{"id":"x"},
              "images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}],
              "annotations":[{"type":"url_citation","url_citation":{"url":"https://u","title":"T","start_index":0,"end_index":1}}]},
              "finish_reason":"stop","stop_reason":"END","logprobs":{"content":[]},"content_filter_results":{"hate":{}}},
             {"index":1,"message":{"content":"b"},"finish_reason":"eos_token"}]}"#,
    )
    .unwrap();
    assert_eq!(
        (response.id.as_deref(), response.created, response.model.as_deref()),
        (None, None, Some("m"))
    );
    assert_eq!(response.extras.value("system_fingerprint").unwrap().as_str(), "\"fp\"");
    assert_eq!(response.service_tier.as_deref(), Some("default"));
    let [first, second] = &response.choices[..] else { panic!() };
    assert_eq!(
        (first.finish.reason, first.finish.sequence.as_deref()),
        (FinishReason::StopSequence, Some("END"))
    );
    assert_eq!(first.logprobs.as_ref().unwrap().as_str(), r#"{"content":[]}"#);
    assert!(first.extras.value("content_filter_results").is_some());
    assert!(first.parts.iter().any(
        |part| matches!(part, AssistantPart::Image(image) if matches!(image.source, Source::Inline { .. }))
    ));
    assert!(first.parts.contains(&AssistantPart::Refusal("no".into())));
    assert!(first.parts.iter().any(|part| matches!(part, AssistantPart::Native(Maker::OpenAi, value) if value.as_str() == r#"{"audio":{"id":"x"}}"#)));
    assert_eq!((second.index, second.finish.reason), (1, FinishReason::Stop));
}

#[test]
fn sources_belong_to_the_text() {
    let response = whole(
        r#"{"citations":["https://s"],"choices":[{"message":{"content":"a","annotations":[{"type":"url_citation","url_citation":{"url":"https://u","title":"T","start_index":0,"end_index":1}}]}}]}"#,
    )
    .unwrap();
    let [AssistantPart::Text(part)] = &response.choices[0].parts[..] else { panic!() };
    let told: Vec<_> =
        part.citations.iter().map(|citation| (citation.url.as_deref().unwrap(), citation.span)).collect();
    assert_eq!(told, [("https://u", Some((0, 1))), ("https://s", None)]);
}

#[test]
fn blocks_say_more_than_the_reasoning_beside_them() {
    let response = message(
        r#"{"content":"a","reasoning_content":"xy","thinking_blocks":[{"type":"thinking","thinking":"x","signature":"s"},{"type":"thinking","thinking":"y","signature":"t","maker":"gemini"},{"type":"redacted_thinking","data":"d"}]}"#,
    );
    let told: Vec<_> = response.choices[0]
        .parts
        .iter()
        .filter_map(|part| match part {
            AssistantPart::Reasoning(Reasoning::Open { text, seal: Some(seal) }) => {
                Some((text.as_str(), seal.maker, &*seal.text))
            }
            AssistantPart::Reasoning(Reasoning::Redacted(seal)) => Some(("", seal.maker, &*seal.text)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [("x", Maker::Anthropic, "s"), ("y", Maker::Gemini, "t"), ("", Maker::Anthropic, "d")]);
}

#[test]
fn what_is_no_answer_is_refused() {
    assert_eq!(whole("<html>"), Err(DecodeError::NotAnObject));
    assert_eq!(whole("[]"), Err(DecodeError::NotAnObject));
    assert_eq!(whole("{}"), Err(DecodeError::Missing("choices")));
    assert_eq!(whole(r#"{"choices":null}"#), Err(DecodeError::Missing("choices")));
    for choices in ["[]", "[null]", r#"[{"message":{"content":"x"}},5]"#] {
        let read = whole(&format!(r#"{{"choices":{choices}}}"#));
        assert_eq!(read, Err(DecodeError::Missing("choices")), "{choices}");
    }
    for choice in ["{}", r#"{"message":"x"}"#, r#"{"finish_reason":"stop"}"#] {
        let read = whole(&format!(r#"{{"choices":[{choice}]}}"#));
        assert_eq!(read, Err(DecodeError::Missing("choices[].message")), "{choice}");
    }
    assert_eq!(whole(r#"{"choices":[{"message":{}},{"content":"x"}]}"#).unwrap().choices.len(), 2);
}

/// As Azure answered in April 2024: no message, not even an empty one.
#[test]
fn an_answer_that_was_filtered_has_no_message() {
    let body = r#"{"id":"i","model":"gpt-35-turbo","choices":[{"content_filter_results":{"hate":{"filtered":true,"severity":"high"}},"finish_reason":"content_filter","index":0,"logprobs":null}],"usage":{"completion_tokens":19,"prompt_tokens":15,"total_tokens":34}}"#;
    let read = whole(body).unwrap();
    assert_eq!(read.choices[0].finish, FinishReason::ContentFilter.into());
    assert!(read.choices[0].parts.is_empty());
    assert_eq!(read.usage.map(|usage| usage.output), Some(19));
}
