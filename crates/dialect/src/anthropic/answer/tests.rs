//! Whole answers: what they must have, what they may have.

use model::*;

use super::super::decoder::tests::way;
use super::*;

fn read(body: &str) -> Result<ChatResponse, DecodeError> {
    Answer { way: way() }.whole(&|_| None, body.as_bytes())
}

#[test]
fn an_answer_has_content() {
    assert_eq!(read("[]").unwrap_err(), DecodeError::NotAnObject);
    assert_eq!(read("{\"content\":").unwrap_err(), DecodeError::NotAnObject);
    for body in ["{}", r#"{"content":"x"}"#, r#"{"type":"error","error":{"type":"api_error"}}"#] {
        assert_eq!(read(body).unwrap_err(), DecodeError::Missing("content"), "{body}");
    }
    let empty = read(r#"{"content":[]}"#).unwrap();
    assert_eq!((empty.choices[0].parts.len(), empty.usage, empty.id), (0, None, None));
}

#[test]
fn reasons_to_stop() {
    for (stop, reason) in [
        ("\"end_turn\"", FinishReason::Stop),
        ("\"stop_sequence\"", FinishReason::StopSequence),
        ("\"pause_turn\"", FinishReason::Stop),
        ("\"compaction\"", FinishReason::Stop),
        ("\"max_tokens\"", FinishReason::Length),
        ("\"model_context_window_exceeded\"", FinishReason::Length),
        ("\"tool_use\"", FinishReason::ToolCalls),
        ("\"refusal\"", FinishReason::ContentFilter),
        ("null", FinishReason::Stop),
    ] {
        let body = format!(r#"{{"content":[],"stop_reason":{stop},"stop_sequence":null}}"#);
        assert_eq!(read(&body).unwrap().choices[0].finish.reason, reason, "{stop}");
    }
    let stopped = read(r#"{"content":[],"stop_reason":"stop_sequence","stop_sequence":"Z"}"#).unwrap();
    assert_eq!(stopped.choices[0].finish.sequence.as_deref(), Some("Z"));
}

#[test]
fn a_refusal_explains_itself() {
    let body =
        r#"{"content":[],"stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"no"}}"#;
    let choice = read(body).unwrap().choices.remove(0);
    assert_eq!(choice.parts, [AssistantPart::Refusal("no".into())]);
}

#[test]
fn numbers_and_order_of_arguments_survive() {
    let body = r#"{"content":[{"type":"tool_use","id":"t","name":"f","input":{"z":12345678901234567890123,"a":[],"b":{}}}]}"#;
    let AssistantPart::ToolCall(call) = read(body).unwrap().choices.remove(0).parts.remove(0) else {
        panic!("no call")
    };
    assert_eq!(call.arguments.as_text(), r#"{"z":12345678901234567890123,"a":[],"b":{}}"#);
}

#[test]
fn tools_of_the_provider_are_no_calls() {
    let server = r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}}"#;
    let cited = r#"{"type":"web_search_result_location","url":"https://x","title":"T","cited_text":"c","encrypted_index":"e"}"#;
    let body = format!(
        r#"{{"content":[{server},{{"type":"text","text":"é says "}},{{"type":"text","text":"so","citations":[{cited}]}}],"stop_reason":"end_turn","container":{{"id":"c"}},"usage":{{"input_tokens":1,"output_tokens":1,"service_tier":"standard"}}}}"#
    );
    let response = read(&body).unwrap();
    let [AssistantPart::Native(Maker::Anthropic, raw), AssistantPart::Text(text)] =
        &response.choices[0].parts[..]
    else {
        panic!("{response:?}")
    };
    assert_eq!((raw.as_str(), &*text.text), (server, "é says so"));
    let [citation] = &text.citations[..] else { panic!("{text:?}") };
    assert_eq!((citation.url.as_deref(), citation.span), (Some("https://x"), Some((7, 9))));
    assert_eq!(citation.raw.as_ref().unwrap().as_str(), cited);
    assert_eq!(response.extras.value("container").unwrap().as_str(), r#"{"id":"c"}"#);
    assert_eq!(response.service_tier.as_deref(), Some("default"));
}
