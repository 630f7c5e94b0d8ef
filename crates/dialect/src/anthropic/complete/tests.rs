//! Legacy completions, there and back.

use model::*;
use serde_json::{Value as Any, json};

use super::*;
use crate::Quirks;

fn encode(request: &ChatRequest, delivery: Delivery) -> (Any, Encoded) {
    let settings = Settings::default();
    let call = ChatCall {
        model: "claude-2.1",
        family: &Family::UNKNOWN,
        quirks: &Quirks::NONE,
        settings: &settings,
        delivery,
        want_usage: false,
        nonce: "n",
    };
    let encoded = COMPLETE_CODEC.encode(request, &call).unwrap();
    (serde_json::from_slice(&encoded.body).unwrap(), encoded)
}

fn user(text: &str) -> Message {
    Message::User(UserMessage { parts: vec![UserPart::Text(TextPart::new(text))], name: None })
}

#[test]
fn prompts_have_kongs_form() {
    let sampling = Sampling { stop: vec!["Z".into()], seed: Some(1.into()), ..Sampling::default() };
    let request = ChatRequest {
        messages: vec![user("hi")],
        completion: true,
        max_tokens: Some(50),
        sampling,
        ..ChatRequest::default()
    };
    let (body, encoded) = encode(&request, Delivery::Stream);
    let expected = json!({"model":"claude-2.1","prompt":"Human: hi\n\nAssistant:","max_tokens_to_sample":50,"stop_sequences":["Z"],"stream":true});
    assert_eq!(body, expected);
    assert_eq!(encoded.losses.iter().map(|loss| &*loss.member).collect::<Vec<_>>(), ["seed"]);

    let said = AssistantMessage { parts: vec![AssistantPart::Text(TextPart::new("yo"))], name: None };
    let system = SystemMessage { parts: vec![TextPart::new("S")] };
    let messages = vec![Message::System(system), user("hi"), Message::Assistant(said), user("bye")];
    let (body, _) = encode(&ChatRequest { messages, ..ChatRequest::default() }, Delivery::Whole);
    assert_eq!(body["prompt"], "S\n\nHuman: hi\n\nAssistant: yo\n\nHuman: bye\n\nAssistant:");
    assert_eq!(body["max_tokens_to_sample"], 4096);
}

#[test]
fn answers_are_read() {
    let read = |body: &str| Completion.whole(&|_| None, body.as_bytes());
    let body = r#"{"type":"completion","id":"compl_1","completion":" Hello!","stop_reason":"stop_sequence","model":"claude-instant-1.2","stop":"\n\nHuman:","log_id":"x"}"#;
    let response = read(body).unwrap();
    assert_eq!(
        (response.id.as_deref(), response.model.as_deref()),
        (Some("compl_1"), Some("claude-instant-1.2"))
    );
    let choice = &response.choices[0];
    assert_eq!(choice.parts, [AssistantPart::Text(TextPart::new(" Hello!"))]);
    assert_eq!((choice.finish.reason, response.usage), (FinishReason::Stop, None));
    let cut = read(r#"{"completion":"x","stop_reason":"max_tokens"}"#).unwrap();
    assert_eq!(cut.choices[0].finish.reason, FinishReason::Length);
    let stopped = read(r#"{"completion":"x","stop_reason":"stop_sequence","stop":"Z"}"#).unwrap();
    assert_eq!(stopped.choices[0].finish.sequence.as_deref(), Some("Z"));
    assert_eq!(read("{}").unwrap_err(), DecodeError::Missing("completion"));
    assert_eq!(read("x").unwrap_err(), DecodeError::NotAnObject);
}

#[test]
fn streams_are_read() {
    let (_, encoded) =
        encode(&ChatRequest { messages: vec![user("q")], ..ChatRequest::default() }, Delivery::Stream);
    let mut decoder = encoded.answer.decoder();
    let mut events = Vec::new();
    for (name, data) in [
        ("completion", r#"{"type":"completion","id":"c","completion":" a","stop_reason":null,"model":"m"}"#),
        ("ping", "{}"),
        ("completion", r#"{"type":"completion","id":"c","completion":"b","stop_reason":null,"model":"m"}"#),
        (
            "completion",
            r#"{"type":"completion","id":"c","completion":"","stop_reason":"max_tokens","model":"m"}"#,
        ),
    ] {
        let unit = Unit { name: Some(name), exception: false, data: data.as_bytes() };
        assert_eq!(decoder.unit(unit, &mut events), Ok(Progress::More));
    }
    let mut grammar = Grammar::default();
    for event in &events {
        grammar.accept(event).unwrap();
    }
    assert!(grammar.is_finished());
    let response = fold(events).unwrap();
    assert_eq!(response.choices[0].parts, [AssistantPart::Text(TextPart::new(" ab"))]);
    let mut events = Vec::new();
    let error = Unit {
        name: Some("error"),
        exception: false,
        data: br#"{"error":{"type":"overloaded_error","message":"m"}}"#,
    };
    assert_eq!(decoder.unit(error, &mut events), Ok(Progress::End));
    assert!(matches!(&events[0], ChatEvent::Error(error) if error.status == 529));
}
