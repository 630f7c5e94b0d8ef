//! Streams of Claude's, event by event: odd orders, errors, and that a stream says what the whole answer says.

use model::*;
use proptest::prelude::*;
use serde_json::{Value as Any, json};

use super::*;
use crate::anthropic::answer::{Answer, fold};
use crate::{ChatAnswer, ToolNames};

pub fn way() -> Way {
    Way { names: ToolNames::default(), answer_tool: None, carries_seals: false, nonce: "n0".into() }
}

/// All events of a stream; panics where their order is illegal.
fn read_with(way: Way, units: &[Any]) -> Vec<ChatEvent> {
    let mut decoder = Decoder::new(way);
    let mut events = Vec::new();
    for unit in units {
        let data = unit.to_string();
        if decoder.unit(Unit { name: None, exception: false, data: data.as_bytes() }, &mut events).unwrap()
            == Progress::End
        {
            break;
        }
    }
    decoder.end(&mut events);
    let mut grammar = Grammar::default();
    for event in &events {
        grammar.accept(event).unwrap();
    }
    events
}

fn read(units: &[Any]) -> Vec<ChatEvent> {
    read_with(way(), units)
}

fn delta(index: u64, delta: &Any) -> Any {
    json!({"type":"content_block_delta","index":index,"delta":delta})
}

fn text(index: u64, text: &str) -> Any {
    delta(index, &json!({"type":"text_delta","text":text}))
}

fn stop() -> Any {
    json!({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}})
}

fn start(usage: &Any) -> Any {
    json!({"type":"message_start","message":{"id":"msg_1","model":"m-1","usage":usage}})
}

fn block(index: u64, block: &Any) -> Any {
    json!({"type":"content_block_start","index":index,"content_block":block})
}

fn text_of(events: Vec<ChatEvent>) -> String {
    let response = fold(events).unwrap();
    response
        .choices
        .iter()
        .flat_map(|choice| &choice.parts)
        .filter_map(|part| match part {
            AssistantPart::Text(part) => Some(part.text.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn usage_is_what_the_end_says() {
    let events =
        read(&[start(&json!({"input_tokens":10,"output_tokens":1})), stop(), json!({"type":"message_stop"})]);
    let usage = Usage { fresh_input: 10, output: 3, ..Usage::default() };
    assert_eq!(events.last(), Some(&ChatEvent::Usage(usage)));
    // A stream that breaks off has reported nothing.
    let broken = read(&[start(&json!({"input_tokens":10,"output_tokens":1})), text(0, "a")]);
    assert!(!broken.iter().any(|event| matches!(event, ChatEvent::Usage(_) | ChatEvent::Finish { .. })));
}

#[test]
fn bedrock_counts_at_the_very_end() {
    let metrics = json!({"inputTokenCount":7,"outputTokenCount":2,"cacheReadInputTokenCount":1});
    let last = json!({"type":"message_stop","amazon-bedrock-invocationMetrics":metrics});
    let none = json!({"type":"message_delta","delta":{"stop_reason":"end_turn"}});
    let events = read(&[json!({"type":"message_start","message":{}}), none, last.clone()]);
    let usage = Usage { fresh_input: 7, cache_read: 1, output: 2, ..Usage::default() };
    assert_eq!(events.last(), Some(&ChatEvent::Usage(usage)));
    let events = read(&[start(&json!({"input_tokens":9,"output_tokens":1})), stop(), last]);
    let usage = Usage { fresh_input: 9, cache_read: 1, output: 3, ..Usage::default() };
    assert_eq!(events.last(), Some(&ChatEvent::Usage(usage)));
}

#[test]
fn odd_streams_are_read() {
    let once = start(&json!({"input_tokens":1}));
    let twice =
        read(&[once.clone(), once, block(0, &json!({"type":"text","text":"x"})), text(0, "y"), stop()]);
    assert_eq!(text_of(twice), "xy");
    // No head, no block, no end of the block, things after the end.
    let bare = read(&[
        text(0, "a"),
        json!({"type":"ping"}),
        json!({"type":"new","x":1}),
        stop(),
        stop(),
        text(0, "b"),
    ]);
    assert_eq!(text_of(bare), "a");
    // Nobody said why it stopped.
    assert_eq!(read(&[json!({"type":"message_stop"})]), []);
    let nameless = read(&[block(0, &json!({"type":"tool_use"})), stop()]);
    assert!(
        matches!(&nameless[1], ChatEvent::ToolStart { id, name, .. } if &**id == "toolu_n0_0" && &**name == "_")
    );
}

#[test]
fn thinking_comes_with_its_seal() {
    let events = read(&[
        block(0, &json!({"type":"thinking","thinking":"","signature":""})),
        delta(0, &json!({"type":"thinking_delta","thinking":"hm"})),
        delta(0, &json!({"type":"signature_delta","signature":"si"})),
        delta(0, &json!({"type":"signature_delta","signature":"g"})),
        json!({"type":"content_block_stop","index":0}),
        block(1, &json!({"type":"redacted_thinking","data":"enc"})),
        json!({"type":"content_block_stop","index":1}),
        stop(),
    ]);
    let seal = |text: &str| Seal { maker: Maker::Anthropic, text: text.into() };
    let parts = fold(events).unwrap().choices.remove(0).parts;
    let open = Reasoning::Open { text: "hm".into(), seal: Some(seal("sig")) };
    let expected =
        [AssistantPart::Reasoning(open), AssistantPart::Reasoning(Reasoning::Redacted(seal("enc")))];
    assert_eq!(parts, expected);
}

#[test]
fn the_first_call_behind_a_thought_carries_its_seal() {
    let call =
        |index: u64| block(index, &json!({"type":"tool_use","id":format!("c{index}"),"name":"f","input":{}}));
    let units = [
        block(0, &json!({"type":"thinking","thinking":"hm","signature":"sig"})),
        json!({"type":"content_block_stop","index":0}),
        call(1),
        call(2),
        stop(),
    ];
    for carries_seals in [true, false] {
        let mut decoder = Decoder::new(Way { carries_seals, ..way() });
        let mut events = Vec::new();
        for unit in &units {
            let data = unit.to_string();
            let unit = Unit { name: None, exception: false, data: data.as_bytes() };
            decoder.unit(unit, &mut events).unwrap();
        }
        let seals: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                ChatEvent::ToolStart { seal, .. } => Some(seal.as_ref().map(|seal| &*seal.text)),
                _ => None,
            })
            .collect();
        assert_eq!(seals, [carries_seals.then_some("sig"), None]);
    }
}

#[test]
fn errors_end_the_stream() {
    let error = json!({"type":"error","error":{"type":"overloaded_error","message":"busy"},"request_id":"r"});
    let events = read(&[text(0, "a"), error, text(0, "b")]);
    let Some(ChatEvent::Error(error)) = events.last() else { panic!("{events:?}") };
    assert_eq!((error.status, error.kind, &*error.message), (529, ErrorKind::Overloaded, "busy"));

    let mut decoder = Decoder::new(way());
    let mut events = Vec::new();
    let thrown = Unit { name: Some("throttlingException"), exception: true, data: br#"{"message":"slow"}"# };
    assert_eq!(decoder.unit(thrown, &mut events), Ok(Progress::End));
    let Some(ChatEvent::Error(error)) = events.last() else { panic!("{events:?}") };
    assert_eq!((error.status, &*error.message), (429, "slow"));
}

#[test]
fn chunks_of_bedrock_are_unwrapped() {
    let inner = STANDARD.encode(text(0, "a").to_string());
    assert_eq!(text_of(read(&[json!({"bytes": inner, "p": "abc"}), stop()])), "a");
    let mut decoder = Decoder::new(way());
    let unit = |data| Unit { name: Some("chunk"), exception: false, data };
    assert_eq!(decoder.unit(unit(br#"{"bytes":"!"}"#), &mut Vec::new()), Err(Unreadable));
}

#[test]
fn what_is_no_event_is_told_apart() {
    let mut decoder = Decoder::new(way());
    let mut unit = |name, data: &str| {
        decoder.unit(Unit { name, exception: false, data: data.as_bytes() }, &mut Vec::new())
    };
    assert_eq!(unit(None, ""), Ok(Progress::More));
    assert_eq!(unit(Some("ping"), "x"), Ok(Progress::More));
    assert_eq!(unit(Some("vertex_event"), "{}"), Ok(Progress::More));
    assert_eq!(unit(None, "{"), Err(Unreadable));
    assert_eq!(unit(None, "[]"), Err(Unreadable));
}

#[test]
fn what_is_held_is_bounded() {
    let big = "x".repeat(1 << 20);
    let mut decoder = Decoder::new(Way { answer_tool: Some("s".into()), ..way() });
    let data = text(0, &big).to_string();
    let unit = Unit { name: None, exception: false, data: data.as_bytes() };
    let refused = (0..20).position(|_| decoder.unit(unit, &mut Vec::new()).is_err());
    assert_eq!(refused, Some(16));
}

/// One block of an answer, and the pieces in which its text comes.
#[derive(Debug, Clone)]
enum Said {
    Text(Vec<String>, bool),
    Thinking(Vec<String>, String),
    Redacted(String),
    Call(String, Vec<String>),
    Server(Vec<String>),
}

fn pieces() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zé🦀\"\\\\\n ]{0,6}", 0..4)
}

fn input() -> impl Strategy<Value = Vec<String>> {
    // Members of an object, which are cut anywhere.
    (prop::collection::vec(("[a-z]{1,3}", any::<u64>()), 0..4), prop::collection::vec(0_usize..40, 0..4))
        .prop_map(|(members, cuts)| {
            let object: serde_json::Map<String, Any> =
                members.into_iter().map(|(name, value)| (name, json!(value))).collect();
            let text = Any::Object(object).to_string();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            cuts.windows(2).map(|pair| text[pair[0]..pair[1]].to_owned()).collect()
        })
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        (pieces(), any::<bool>()).prop_map(|(pieces, cited)| Said::Text(pieces, cited)),
        (pieces(), "[A-Za-z]{0,4}").prop_map(|(pieces, seal)| Said::Thinking(pieces, seal)),
        "[A-Za-z]{0,4}".prop_map(Said::Redacted),
        ("[a-z]{1,4}", input()).prop_map(|(name, pieces)| Said::Call(name, pieces)),
        input().prop_map(Said::Server),
    ]
}

fn citation() -> Any {
    json!({"type":"web_search_result_location","url":"https://x","title":"t","cited_text":"c","encrypted_index":"e"})
}

impl Said {
    /// The block of the whole answer.
    fn whole(&self, index: usize) -> Any {
        let object = |pieces: &[String]| serde_json::from_str::<Any>(&pieces.concat()).unwrap();
        match self {
            Self::Text(pieces, true) => {
                json!({"type":"text","text":pieces.concat(),"citations":[citation()]})
            }
            Self::Text(pieces, false) => json!({"type":"text","text":pieces.concat()}),
            Self::Thinking(pieces, seal) => {
                json!({"type":"thinking","thinking":pieces.concat(),"signature":seal})
            }
            Self::Redacted(data) => json!({"type":"redacted_thinking","data":data}),
            Self::Call(name, pieces) => {
                json!({"type":"tool_use","id":format!("t{index}"),"name":name,"input":object(pieces)})
            }
            Self::Server(pieces) => {
                json!({"type":"server_tool_use","id":format!("s{index}"),"name":"web_search","input":object(pieces)})
            }
        }
    }

    fn units(&self, index: usize) -> Vec<Any> {
        let at = index as u64;
        let mut start = self.whole(index);
        for member in ["text", "thinking", "signature"] {
            if start[member].is_string() {
                start[member] = json!("");
            }
        }
        if start["input"].is_object() {
            start["input"] = json!({});
        }
        start.as_object_mut().unwrap().remove("citations");
        let mut units = vec![block(at, &start)];
        match self {
            Self::Text(pieces, cited) => {
                units.extend(
                    cited.then(|| delta(at, &json!({"type":"citations_delta","citation":citation()}))),
                );
                units.extend(pieces.iter().map(|piece| text(at, piece)));
            }
            Self::Thinking(pieces, seal) => {
                units.extend(
                    pieces.iter().map(|piece| delta(at, &json!({"type":"thinking_delta","thinking":piece}))),
                );
                units.push(delta(at, &json!({"type":"signature_delta","signature":seal})));
            }
            Self::Redacted(_) => {}
            Self::Call(_, pieces) | Self::Server(pieces) => units.extend(
                pieces
                    .iter()
                    .map(|piece| delta(at, &json!({"type":"input_json_delta","partial_json":piece}))),
            ),
        }
        units.push(json!({"type":"content_block_stop","index":at}));
        units
    }
}

proptest! {
    #[test]
    fn a_stream_says_what_the_whole_answer_says(
        said in prop::collection::vec(said(), 0..6),
        reason in prop::sample::select(vec!["end_turn", "max_tokens", "tool_use", "stop_sequence", "refusal", "new"]),
        emulated in any::<bool>(),
    ) {
        let usage = json!({"input_tokens":9,"cache_read_input_tokens":2,"output_tokens":5});
        let blocks: Vec<_> = said.iter().enumerate().map(|(index, said)| said.whole(index)).collect();
        let details = json!({"type":"refusal","explanation":"no"});
        let whole = json!({"id":"msg_1","model":"m-1","content":blocks,"stop_reason":reason,"stop_sequence":"Z","stop_details":details,"usage":usage});
        let mut units = vec![start(&json!({"input_tokens":9,"output_tokens":1}))];
        units.extend(said.iter().enumerate().flat_map(|(index, said)| said.units(index)));
        units.push(json!({"type":"message_delta","delta":{"stop_reason":reason,"stop_sequence":"Z","stop_details":details},"usage":usage}));
        units.push(json!({"type":"message_stop"}));
        // Calls of a tool with this name may be the answer.
        let way = Way { answer_tool: emulated.then(|| "a".into()), ..way() };
        let streamed = fold(read_with(way.clone(), &units)).unwrap();
        let read = Answer { way }.whole(&|_| None, whole.to_string().as_bytes()).unwrap();
        prop_assert_eq!(streamed, read);
    }

    #[test]
    fn any_bytes_are_survived(chunks in prop::collection::vec("[ -~]{0,60}", 0..8), name in "[a-z_]{0,12}") {
        let mut decoder = Decoder::new(way());
        let mut events = Vec::new();
        for chunk in &chunks {
            let _ = decoder.unit(Unit { name: Some(&name), exception: false, data: chunk.as_bytes() }, &mut events);
        }
        decoder.end(&mut events);
    }
}
