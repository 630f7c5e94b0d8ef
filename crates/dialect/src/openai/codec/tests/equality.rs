//! The same answer whole, as a stream, and as a stream that a front has written again, is one answer.

use model::{Choice, Fold, Reasoning, Seal, Start};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::openai::object::is_object;

/// An answer in the pieces in which it is streamed.
#[derive(Debug, Clone)]
struct Answer {
    reasoning: Vec<String>,
    text: Vec<String>,
    refusal: Vec<String>,
    /// Name, pieces of arguments.
    calls: Vec<(String, Vec<String>)>,
    reason: &'static str,
}

fn pieces() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zé\"\\\\\n ]{1,5}", 0..4)
}

fn answers() -> impl Strategy<Value = Answer> {
    let arguments = prop_oneof![
        Just(vec![String::new()]),
        Just(vec!["{\"a\":".to_owned(), "[1.0]}".to_owned()]),
        pieces(),
    ];
    let calls = prop::collection::vec(("[a-z]{1,4}", arguments), 0..4);
    let reason = prop::sample::select(vec!["stop", "length", "tool_calls", "content_filter", "eos_token"]);
    (pieces(), pieces(), pieces(), calls, reason).prop_map(|(reasoning, text, refusal, calls, reason)| {
        Answer { reasoning, text, refusal, calls, reason }
    })
}

impl Answer {
    fn whole(&self) -> String {
        let calls: Vec<_> = (0..)
            .zip(&self.calls)
            .map(|(index, (name, arguments))| {
                json!({"id": format!("c{index}"), "type": "function", "function": {"name": name, "arguments": arguments.concat()}})
            })
            .collect();
        let message = json!({
            "role": "assistant",
            "content": self.text.concat(),
            "reasoning_content": self.reasoning.concat(),
            "refusal": self.refusal.concat(),
            "tool_calls": calls,
        });
        json!({"id": "i", "created": 3, "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": self.reason}]})
            .to_string()
    }

    /// The data of a stream; the arguments of all calls interleaved.
    fn stream(&self) -> Vec<String> {
        let mut deltas = vec![json!({"role": "assistant", "content": ""})];
        deltas.extend(self.reasoning.iter().map(|piece| json!({"reasoning_content": piece})));
        deltas.extend(self.text.iter().map(|piece| json!({"content": piece})));
        deltas.extend(self.refusal.iter().map(|piece| json!({"refusal": piece})));
        for (index, (name, _)) in (0..).zip(&self.calls) {
            let begin = json!({"index": index, "id": format!("c{index}"), "type": "function", "function": {"name": name, "arguments": ""}});
            deltas.push(json!({"tool_calls": [begin]}));
        }
        let most = self.calls.iter().map(|(_, arguments)| arguments.len()).max().unwrap_or(0);
        for turn in 0..most {
            for (index, (_, arguments)) in (0..).zip(&self.calls) {
                if let Some(piece) = arguments.get(turn) {
                    deltas.push(json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}));
                }
            }
        }
        let chunk = |delta: Value, reason: Value| {
            json!({"id": "i", "created": 3, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}).to_string()
        };
        let mut data: Vec<_> = deltas.into_iter().map(|delta| chunk(delta, Value::Null)).collect();
        data.push(chunk(json!({}), self.reason.into()));
        data.push("[DONE]".into());
        data
    }
}

fn fold(events: Vec<ChatEvent>) -> ChatResponse {
    let mut fold = Fold::default();
    for event in events {
        fold.add(event);
    }
    fold.finish(is_object).unwrap()
}

/// What the front makes of events, read again.
fn again(events: Vec<ChatEvent>) -> Vec<ChatEvent> {
    let body = r#"{"messages":[{"role":"user","content":"q"}]}"#;
    let asked = CHAT_FRONT.read(&Document::parse(body.to_owned().into()).unwrap()).unwrap();
    let identity = crate::Identity { id: "x".into(), created: 1, model: "m".into(), input_estimate: 0 };
    let mut encoder = asked.writer.encoder(identity);
    let mut out = Vec::new();
    for event in events {
        encoder.event(event, &mut out).unwrap();
    }
    encoder.finish(None, &mut out);
    let text = String::from_utf8(out).unwrap();
    let data: Vec<_> =
        text.split_terminator("\n\n").map(|frame| frame.strip_prefix("data: ").unwrap()).collect();
    super::events(&data)
}

proptest! {
    #[test]
    fn streams_and_whole_answers_are_one(answer in answers()) {
        let whole = whole(&answer.whole()).unwrap();
        let data = answer.stream();
        let data: Vec<&str> = data.iter().map(String::as_str).collect();
        let told = super::events(&data);
        prop_assert_eq!(&fold(told.clone()), &whole);
        prop_assert_eq!(&fold(again(told)), &whole);
    }

    #[test]
    fn whatever_comes_the_grammar_is_obeyed(
        parts in prop::collection::vec(prop::sample::select(vec![
            r#"{"content":"a"}"#,
            r#"{"content":[{"type":"thinking","thinking":"x","signature":"s"}]}"#,
            r#"{"reasoning":"r"}"#,
            r#"{"tool_calls":[{"index":3,"function":{"arguments":"1"}}]}"#,
            r#"{"tool_calls":[{"index":3,"id":"x"}]}"#,
            r#"{"tool_calls":[{"id":"y","function":{"name":"f"}}]}"#,
            r#"{"tool_calls":[{"function":{"name":"g","arguments":{}}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"z","function":{"name":"","arguments":"2"}}]}"#,
            r#"{"function_call":{"name":"h","arguments":"3"}}"#,
            r#"{"tool_calls":[null,1,{}]}"#,
            r#"{"thinking_blocks":[{"type":"redacted_thinking","data":"d"}],"annotations":[{"url":"u"}],"images":["https://i"]}"#,
        ]), 0..12),
        reason in prop::sample::select(vec!["stop", "tool_calls", ""]),
    ) {
        let mut data: Vec<String> = parts.into_iter().map(delta).collect();
        data.push(ended(reason));
        data.push("[DONE]".into());
        let data: Vec<&str> = data.iter().map(String::as_str).collect();
        let told = super::events(&data);
        let mut grammar = model::Grammar::default();
        for event in &told {
            prop_assert!(grammar.accept(event).is_ok());
        }
        prop_assert!(grammar.is_finished());
        fold(again(told));
    }
}

#[test]
fn seals_survive_a_front_and_a_codec() {
    let seal = |maker, text: &str| Seal { maker, text: text.into() };
    let told = vec![
        ChatEvent::Start(Start { id: Some("i".into()), model: Some("m".into()), created: Some(3) }),
        ChatEvent::Reasoning { choice: 0, delta: "a".into() },
        ChatEvent::Reasoning { choice: 0, delta: "b".into() },
        ChatEvent::Sealed { choice: 0, seal: seal(Maker::Anthropic, "s") },
        ChatEvent::Redacted { choice: 0, seal: seal(Maker::Anthropic, "d") },
        ChatEvent::Text { choice: 0, delta: "t".into() },
        ChatEvent::Finish { choice: 0, finish: model::FinishReason::Stop.into() },
    ];
    let response = fold(again(told.clone()));
    assert_eq!(response, fold(told));
    let Choice { parts, .. } = &response.choices[0];
    let open = Reasoning::Open { text: "ab".into(), seal: Some(seal(Maker::Anthropic, "s")) };
    assert_eq!(parts[0], model::AssistantPart::Reasoning(open));
    // The same as a whole answer.
    let identity = crate::Identity { id: "x".into(), created: 1, model: "m".into(), input_estimate: 0 };
    let body = r#"{"messages":[{"role":"user","content":"q"}]}"#;
    let asked = CHAT_FRONT.read(&Document::parse(body.to_owned().into()).unwrap()).unwrap();
    let written = String::from_utf8(asked.writer.whole(&response, &identity)).unwrap();
    assert_eq!(whole(&written).unwrap(), response);
}
