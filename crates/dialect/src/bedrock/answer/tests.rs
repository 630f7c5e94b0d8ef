//! Whole answers: the worked vector, what may be missing, the headers.

use model::{Arguments, AssistantPart, FinishReason, Maker, Reasoning, TextPart};

use super::*;
use crate::ToolNames;

pub(in crate::bedrock) fn way(maker: Maker, answer_tool: Option<&str>) -> Way {
    Way {
        names: ToolNames::default(),
        answer_tool: answer_tool.map(Into::into),
        carries_seals: false,
        nonce: "n0".into(),
        maker,
    }
}

fn read(body: &str) -> ChatResponse {
    Answer { way: way(Maker::Anthropic, None) }.whole(&|_| None, body.as_bytes()).unwrap()
}

fn text(text: &str) -> AssistantPart {
    AssistantPart::Text(TextPart::new(text))
}

#[test]
fn the_worked_vector() {
    let response = read(
        r#"{"output":{"message":{"role":"assistant","content":[{"text":"T"},{"toolUse":{"toolUseId":"c","name":"add","input":{}}}]}},
            "stopReason":"tool_use","usage":{"inputTokens":5,"outputTokens":3,"totalTokens":18,"cacheReadInputTokens":10,"cacheWriteInputTokens":0}}"#,
    );
    let [choice] = response.choices.as_slice() else { panic!() };
    assert_eq!(choice.parts[0], text("T"));
    let AssistantPart::ToolCall(call) = &choice.parts[1] else { panic!() };
    assert_eq!((&*call.id, &*call.name, call.arguments.as_text()), ("c", "add", "{}"));
    assert_eq!((choice.parts.len(), choice.finish.reason), (2, FinishReason::ToolCalls));
    let usage = response.usage.unwrap();
    assert_eq!(
        (usage.prompt_tokens(), usage.completion_tokens(), usage.total_tokens(), usage.cache_read),
        (15, 3, 18, 10)
    );
}

#[test]
fn everything_an_answer_may_have() {
    let body = r#"{"output":{"message":{"role":"assistant","content":[
        {"reasoningContent":{"reasoningText":{"text":"hm","signature":"s+/="}}},
        {"reasoningContent":{"redactedContent":"ZGF0YQ=="}},
        {"text":"a"},
        {"citationsContent":{"content":[{"text":"bé"}],"citations":[{"title":"T","source":"doc","location":{"web":{"url":"https://x"}}}]}},
        {"toolUse":{"toolUseId":"s","name":"nova_code_interpreter","input":{"x":1},"type":"server_tool_use"}},
        {"toolResult":{"toolUseId":"s","content":[{"json":{"y":2}}],"status":"success","type":"r"}},
        {"toolUse":{"name":"f","input":{ "n" : 12345678901234567890, "t": "a \" b" }}},
        {"image":{"format":"png","source":{"bytes":"QUJD"}}},
        {"future":{}}
        ]}},"stopReason":"end_turn","additionalModelResponseFields":{"stop_sequence":"x"},"trace":{"guardrail":{}},
        "serviceTier":{"type":"flex"},"metrics":{"latencyMs":1}}"#;
    let header = |name: &str| (name == "x-amzn-requestid").then(|| "r-1".to_owned());
    let answer = Answer { way: way(Maker::Anthropic, None) };
    let response = answer.whole(&header, body.as_bytes()).unwrap();
    assert_eq!((response.id.as_deref(), response.service_tier.as_deref()), (Some("r-1"), Some("flex")));
    let parts = &response.choices[0].parts;
    let AssistantPart::Reasoning(Reasoning::Open { text: thought, seal: Some(seal) }) = &parts[0] else {
        panic!()
    };
    assert_eq!((thought.as_str(), seal.maker, &*seal.text), ("hm", Maker::Anthropic, "s+/="));
    let AssistantPart::Reasoning(Reasoning::Redacted(seal)) = &parts[1] else { panic!() };
    assert_eq!(&*seal.text, "data");
    let AssistantPart::Text(said) = &parts[2] else { panic!() };
    assert_eq!(said.text, "abé");
    let [citation] = said.citations.as_slice() else { panic!() };
    assert_eq!(
        (citation.url.as_deref(), citation.title.as_deref(), citation.span),
        (Some("https://x"), Some("T"), Some((1, 3)))
    );
    let AssistantPart::Native(Maker::Bedrock, value) = &parts[3] else { panic!() };
    assert_eq!(
        value.as_str(),
        r#"{"toolUse":{"toolUseId":"s","name":"nova_code_interpreter","input":{"x":1},"type":"server_tool_use"}}"#
    );
    assert!(
        matches!(&parts[4], AssistantPart::Native(Maker::Bedrock, value) if value.as_str().contains(r#"[{"json":{"y":2}}]"#))
    );
    let AssistantPart::ToolCall(call) = &parts[5] else { panic!() };
    assert_eq!(
        (&*call.id, call.arguments.as_text()),
        ("tooluse_n0_0", r#"{"n":12345678901234567890,"t":"a \" b"}"#)
    );
    assert!(matches!(call.arguments, Arguments::Object(_)));
    assert!(matches!(&parts[6], AssistantPart::Image(_)));
    assert_eq!(parts.len(), 7);
    let finish = &response.choices[0].finish;
    assert_eq!((finish.reason, finish.sequence.as_deref()), (FinishReason::ToolCalls, Some("x")));
    assert_eq!(response.extras.value("trace").map(model::Json::as_str), Some(r#"{"guardrail":{}}"#));
}

#[test]
fn reasons_to_stop() {
    for (told, expected) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::StopSequence),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("tool_use", FinishReason::ToolCalls),
        ("content_filtered", FinishReason::ContentFilter),
        ("guardrail_intervened", FinishReason::ContentFilter),
        ("malformed_model_output", FinishReason::Stop),
        ("malformed_tool_use", FinishReason::Stop),
        ("new", FinishReason::Stop),
    ] {
        let body =
            format!(r#"{{"output":{{"message":{{"content":[{{"text":"t"}}]}}}},"stopReason":"{told}"}}"#);
        assert_eq!(read(&body).choices[0].finish.reason, expected, "{told}");
    }
}

#[test]
fn the_tool_for_the_answer_is_the_content() {
    let answer = Answer { way: way(Maker::Bedrock, Some("form")) };
    let whole = |content: &str| {
        let body = format!(r#"{{"output":{{"message":{{"content":[{content}]}}}},"stopReason":"tool_use"}}"#);
        answer.whole(&|_| None, body.as_bytes()).unwrap().choices.remove(0)
    };
    let called = whole(r#"{"text":"Here:"},{"toolUse":{"toolUseId":"c","name":"form","input":{"a":1}}}"#);
    assert_eq!((called.parts, called.finish.reason), (vec![text(r#"{"a":1}"#)], FinishReason::Stop));
    let only_said = whole(r#"{"text":"{}"}"#);
    assert_eq!(only_said.parts, [text("{}")]);
}

#[test]
fn what_is_no_answer() {
    let answer = Answer { way: way(Maker::Anthropic, None) };
    let fault = |body: &str| answer.whole(&|_| None, body.as_bytes()).unwrap_err();
    assert_eq!(fault("<html>"), DecodeError::NotAnObject);
    for body in ["{}", r#"{"output":{}}"#, r#"{"output":{"message":1}}"#] {
        assert_eq!(fault(body), DecodeError::Missing("output.message"));
    }
    for content in ["null", "{}", r#""x""#, "[null]", "[[]]"] {
        let body = format!(r#"{{"output":{{"message":{{"content":{content}}}}}}}"#);
        assert_eq!(fault(&body), DecodeError::Missing("output.message.content"), "{content}");
    }
    assert_eq!(fault(r#"{"output":{"message":{}}}"#), DecodeError::Missing("output.message.content"));
    let empty = read(r#"{"output":{"message":{"content":[]}}}"#);
    assert!(empty.choices[0].parts.is_empty() && empty.usage.is_none());
}

#[test]
fn calls_of_the_clients_tools_may_have_a_type() {
    for kind in ["", r#","type":"tool_use""#, r#","type":null"#] {
        let response = read(&format!(
            r#"{{"output":{{"message":{{"role":"assistant","content":[{{"toolUse":{{"toolUseId":"c","name":"add","input":{{}}{kind}}}}}]}}}},"stopReason":"tool_use"}}"#,
        ));
        let [AssistantPart::ToolCall(call)] = &*response.choices[0].parts else {
            panic!("{kind}: {response:?}")
        };
        assert_eq!((&*call.name, response.choices[0].finish.reason), ("add", FinishReason::ToolCalls));
    }
}
