//! Whatever legal events come, what is written is a legal stream of Messages that lost no text and no argument.

use model::*;
use proptest::prelude::*;
use serde_json::{Value as Any, json};
use stream::SseFramer;

use super::*;
use crate::anthropic::schemas::Schemas;

fn identity() -> Identity {
    Identity { id: "x1".into(), created: 7, model: "asked".into(), input_estimate: 5 }
}

fn encoder(thinking: bool) -> Encoder {
    Encoder::new(identity(), thinking, None)
}

fn events_of(out: &[u8]) -> Vec<Any> {
    let body = bytes::Bytes::copy_from_slice(out);
    let mut framer = SseFramer::default();
    let whole: Vec<_> = framer.frames(&body).map(Result::unwrap).collect();
    assert!(framer.finish().is_none(), "the last frame has no end");
    whole
        .iter()
        .map(|frame| {
            let event = frame.event();
            let read: Any = serde_json::from_slice(&event.data.unwrap()).unwrap();
            assert_eq!(read["type"].as_str().unwrap().as_bytes(), event.name.unwrap());
            read
        })
        .collect()
}

/// A message as a client puts it together; panics where the stream is not legal.
#[derive(Debug, Default, PartialEq)]
struct Message {
    blocks: Vec<Any>,
    stop: Any,
    usage: Any,
}

fn assemble(events: &[Any]) -> Message {
    assemble_legally(events).unwrap_or_else(|problem| panic!("{problem} in {events:#?}"))
}

fn assemble_legally(events: &[Any]) -> Result<Message, String> {
    let mut message = Message::default();
    let mut open: Option<(Any, String)> = None;
    let (mut begun, mut ended, mut stopped) = (false, false, false);
    for event in events {
        let kind = event["type"].as_str().unwrap();
        if stopped {
            return Err(format!("{kind} after the end"));
        }
        if (kind == "message_start") == begun {
            return Err(format!("{kind} out of place"));
        }
        let index_fits = event["index"] == message.blocks.len();
        match kind {
            "message_start" => {
                begun = true;
                assert_eq!(event["message"]["content"], json!([]));
            }
            "content_block_start" if open.is_none() && !ended && index_fits => {
                open = Some((event["content_block"].clone(), String::new()));
            }
            "content_block_delta" if index_fits => {
                let Some((block, input)) = &mut open else { return Err("a delta of no block".to_owned()) };
                let delta = &event["delta"];
                let fits = match (block["type"].as_str().unwrap(), delta["type"].as_str().unwrap()) {
                    ("text", "text_delta") => Some(("text", "text")),
                    ("thinking", "thinking_delta") => Some(("thinking", "thinking")),
                    ("thinking", "signature_delta") => Some(("signature", "signature")),
                    ("tool_use", "input_json_delta") => {
                        input.push_str(delta["partial_json"].as_str().unwrap());
                        None
                    }
                    ("text", "citations_delta") => None,
                    other => return Err(format!("{other:?}")),
                };
                if let Some((member, name)) = fits {
                    let more = delta[name].as_str().unwrap();
                    if more.is_empty() {
                        return Err("an empty delta".to_owned());
                    }
                    block[member] = json!(format!("{}{more}", block[member].as_str().unwrap()));
                }
            }
            "content_block_stop" if index_fits => {
                let Some((mut block, input)) = open.take() else { return Err("no block to stop".to_owned()) };
                if block["type"] == "tool_use" {
                    block["input"] = json!(input);
                }
                message.blocks.push(block);
            }
            "message_delta" if open.is_none() && !ended => {
                ended = true;
                message.stop = event["delta"].clone();
                message.usage = event["usage"].clone();
            }
            "message_stop" if ended => stopped = true,
            "ping" => {}
            other => return Err(format!("{other} out of place")),
        }
    }
    if stopped { Ok(message) } else { Err("no end".to_owned()) }
}

fn write(thinking: bool, events: Vec<ChatEvent>) -> Message {
    let mut encoder = encoder(thinking);
    let mut out = Vec::new();
    for event in events {
        encoder.event(event, &mut out).unwrap();
    }
    encoder.finish(None, &mut out);
    assemble(&events_of(&out))
}

fn text(delta: &str) -> ChatEvent {
    ChatEvent::Text { choice: 0, delta: delta.into() }
}

fn call(call: CallIndex) -> ChatEvent {
    ChatEvent::ToolStart { choice: 0, call, id: format!("c{call}").into(), name: "f".into(), seal: None }
}

fn arguments(call: CallIndex, delta: &str) -> ChatEvent {
    ChatEvent::ToolArguments { choice: 0, call, delta: delta.into() }
}

fn finish(reason: FinishReason) -> ChatEvent {
    ChatEvent::Finish { choice: 0, finish: reason.into() }
}

fn inputs(message: &Message) -> Vec<(&str, &str)> {
    let calls = message.blocks.iter().filter(|block| block["type"] == "tool_use");
    calls.map(|block| (block["id"].as_str().unwrap(), block["input"].as_str().unwrap())).collect()
}

#[test]
fn interleaved_calls_come_one_after_the_other() {
    let message = write(
        false,
        vec![
            call(0),
            call(1),
            arguments(1, "{\"b\""),
            arguments(0, "{\"a\":"),
            call(2),
            arguments(2, "{}"),
            arguments(1, ":2}"),
            arguments(0, "1}"),
            finish(FinishReason::Stop),
        ],
    );
    assert_eq!(inputs(&message), [("c0", "{\"a\":1}"), ("c1", "{\"b\":2}"), ("c2", "{}")]);
    assert_eq!(message.stop, json!({"stop_reason":"tool_use","stop_sequence":null}));
}

#[test]
fn what_can_go_out_goes_out_at_once() {
    let mut encoder = encoder(false);
    let mut out = Vec::new();
    let mut step = |event: ChatEvent| {
        out.clear();
        encoder.event(event, &mut out).unwrap();
        events_of(&out).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(step(ChatEvent::Start(Start::default())), ["message_start"]);
    assert_eq!(step(text("a")), ["content_block_start", "content_block_delta"]);
    assert_eq!(step(text("b")), ["content_block_delta"]);
    assert_eq!(step(call(0)), ["content_block_stop", "content_block_start"]);
    assert_eq!(step(arguments(0, "{\"x\":")), ["content_block_delta"]);
    assert_eq!(step(text("held")), [""; 0]);
    let closed = ["content_block_delta", "content_block_stop", "content_block_start", "content_block_delta"];
    assert_eq!(step(arguments(0, "1}")), closed);
    assert_eq!(step(call(1)), ["content_block_stop", "content_block_start"]);
    assert_eq!(step(finish(FinishReason::ToolCalls)), [""; 0]);
}

#[test]
fn thinking_is_shown_to_those_who_asked() {
    let events = || {
        let seal = |maker| Seal { maker, text: "sig".into() };
        vec![
            ChatEvent::Start(Start::default()),
            ChatEvent::Reasoning { choice: 0, delta: "hm".into() },
            ChatEvent::Sealed { choice: 0, seal: seal(Maker::Anthropic) },
            ChatEvent::Sealed { choice: 0, seal: seal(Maker::OpenAi) },
            ChatEvent::Redacted { choice: 0, seal: seal(Maker::Anthropic) },
            text("a"),
            finish(FinishReason::Stop),
        ]
    };
    let expected = json!([
        {"type":"thinking","thinking":"hm","signature":"sig"},
        {"type":"thinking","thinking":"","signature":"openai.sig"},
        {"type":"redacted_thinking","data":"sig"},
        {"type":"text","text":"a"},
    ]);
    assert_eq!(json!(write(true, events()).blocks), expected);
    assert_eq!(json!(write(false, events()).blocks), json!([{"type":"text","text":"a"}]));
}

#[test]
fn seals_of_calls_travel_in_their_ids() {
    let seal = Some(Seal { maker: Maker::Gemini, text: "a+/b==".into() });
    let start = ChatEvent::ToolStart { choice: 0, call: 0, id: "fn:0".into(), name: "f".into(), seal };
    let message = write(false, vec![start, finish(FinishReason::Stop)]);
    assert_eq!(message.blocks[0]["id"], "fn_0__thought__a-_b");
}

#[test]
fn usage_is_told_at_the_end() {
    let mut encoder = encoder(false);
    let mut out = Vec::new();
    encoder.event(ChatEvent::Start(Start::default()), &mut out).unwrap();
    encoder.event(text("12345678"), &mut out).unwrap();
    encoder.event(finish(FinishReason::Length), &mut out).unwrap();
    let usage = Usage {
        fresh_input: 3,
        cache_write: 2,
        cache_write_hour: 1,
        cache_read: 9,
        output: 4,
        reasoning: 6,
        ..Usage::default()
    };
    encoder.finish(Some(&usage), &mut out);
    let message = assemble(&events_of(&out));
    let expected = json!({"input_tokens":3,"cache_creation_input_tokens":3,"cache_read_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":1},"output_tokens":10,"output_tokens_details":{"thinking_tokens":6}});
    assert_eq!((message.usage, &message.stop["stop_reason"]), (expected, &json!("max_tokens")));
    let estimated = write(false, vec![text("12345678"), finish(FinishReason::Stop)]);
    assert_eq!((&estimated.usage["input_tokens"], &estimated.usage["output_tokens"]), (&json!(5), &json!(2)));
}

#[test]
fn reasons_to_stop() {
    let sequence = Finish { reason: FinishReason::StopSequence, sequence: Some("Z".into()) };
    for (finish, reason, told) in [
        (FinishReason::Stop.into(), "end_turn", Any::Null),
        (FinishReason::StopSequence.into(), "end_turn", Any::Null),
        (sequence, "stop_sequence", json!("Z")),
        (FinishReason::Length.into(), "max_tokens", Any::Null),
        (FinishReason::ContentFilter.into(), "refusal", Any::Null),
        (FinishReason::ToolCalls.into(), "end_turn", Any::Null),
    ] {
        let message = write(false, vec![ChatEvent::Finish { choice: 0, finish }]);
        assert_eq!(message.stop, json!({"stop_reason":reason,"stop_sequence":told}));
    }
}

#[test]
fn an_empty_stream_is_a_message() {
    let message = write(false, Vec::new());
    assert_eq!((message.blocks.len(), &message.stop["stop_reason"]), (0, &json!("end_turn")));
}

#[test]
fn an_error_is_the_last_thing() {
    let mut encoder = encoder(false);
    let mut out = Vec::new();
    encoder.event(text("a"), &mut out).unwrap();
    encoder.error(&UpstreamError::new(529, "busy"), &mut out);
    let len = out.len();
    encoder.event(text("b"), &mut out).unwrap();
    encoder.finish(None, &mut out);
    encoder.error(&UpstreamError::new(500, "again"), &mut out);
    assert_eq!(out.len(), len);
    let events = events_of(&out);
    let told = json!({"type":"error","error":{"type":"overloaded_error","message":"busy"}});
    assert_eq!(events.last(), Some(&told));
}

#[test]
fn what_waits_is_bounded() {
    let mut encoder = encoder(false);
    let mut out = Vec::new();
    encoder.event(call(0), &mut out).unwrap();
    encoder.event(call(1), &mut out).unwrap();
    let piece = "x".repeat(1 << 20);
    let fault = (0..20).find_map(|_| encoder.event(arguments(1, &piece), &mut out).err()).unwrap();
    assert_eq!(fault, StreamFault::Interleaved { limit: MOST_HELD });
    encoder.error(&UpstreamError::new(502, fault.to_string()), &mut out);
    let events = events_of(&out);
    assert_eq!(events.last().unwrap()["error"]["type"], "api_error");
    assert!(encoder.waiting.is_empty() && out.len() < 2000);
    encoder.finish(None, &mut out);
    assert_eq!(events_of(&out).len(), events.len());
}

#[test]
fn citations_follow_their_text() {
    let citation = |url: Option<&str>, raw: Option<&'static str>| ChatEvent::Citation {
        choice: 0,
        citation: Citation {
            url: url.map(Into::into),
            title: None,
            span: None,
            raw: raw.map(Json::from_static),
        },
    };
    let own = r#"{"type":"char_location","cited_text":"c","document_index":0,"start_char_index":0,"end_char_index":1}"#;
    let mut encoder = encoder(false);
    let mut out = Vec::new();
    for event in [
        citation(Some("https://early"), None),
        text("a"),
        citation(None, Some(own)),
        citation(Some("https://x"), Some("{}")),
        citation(None, Some("{}")),
    ] {
        encoder.event(event, &mut out).unwrap();
    }
    let events = events_of(&out);
    let told: Vec<_> = events
        .iter()
        .map(|event| event["delta"]["citation"]["type"].clone())
        .filter(Any::is_string)
        .collect();
    assert_eq!(told, [json!("char_location"), json!("web_search_result_location")]);
}

/// What an answer may say; calls are numbered when they are put in order.
#[derive(Debug, Clone)]
enum Step {
    Text(String),
    Reasoning(String),
    Seal(String),
    Redacted(String),
    Refusal(String),
    Call,
    /// A piece of the arguments of one of the calls so far.
    More(prop::sample::Index),
    Native,
    Usage,
    Other(String),
}

fn step() -> impl Strategy<Value = Step> {
    let words = || "[a-z{}\"\\\\é🦀]{1,5}";
    prop_oneof![
        3 => words().prop_map(Step::Text),
        2 => words().prop_map(Step::Reasoning),
        1 => "[A-Za-z+/=]{1,4}".prop_map(Step::Seal),
        1 => "[A-Za-z+/=]{1,4}".prop_map(Step::Redacted),
        1 => words().prop_map(Step::Refusal),
        3 => Just(Step::Call),
        6 => any::<prop::sample::Index>().prop_map(Step::More),
        1 => Just(Step::Native),
        1 => Just(Step::Usage),
        1 => words().prop_map(Step::Other),
    ]
}

/// A legal sequence of events, with the text, the thinking and the arguments in it.
#[derive(Debug, Default)]
struct Answer {
    events: Vec<ChatEvent>,
    text: String,
    thinking: String,
    /// Arguments of each call, and how much of them was sent.
    calls: Vec<(String, usize)>,
}

impl Answer {
    fn of(steps: Vec<Step>, objects: &[String]) -> Self {
        let mut answer = Self::default();
        let start = Start { id: Some("i".into()), model: Some("m".into()), created: Some(1) };
        answer.events.push(ChatEvent::Start(start));
        for step in steps {
            answer.add(step, objects);
        }
        for call in 0..answer.calls.len() {
            while answer.more(call) {}
        }
        answer.events.push(finish(FinishReason::Stop));
        answer.events.push(ChatEvent::Usage(Usage { output: 3, ..Usage::default() }));
        answer
    }

    fn add(&mut self, step: Step, objects: &[String]) {
        let seal = |text: String| Seal { maker: Maker::Anthropic, text: text.into() };
        let event = match step {
            Step::Text(delta) => {
                self.text.push_str(&delta);
                ChatEvent::Text { choice: 0, delta }
            }
            Step::Refusal(delta) => {
                self.text.push_str(&delta);
                ChatEvent::Refusal { choice: 0, delta }
            }
            Step::Reasoning(delta) => {
                self.thinking.push_str(&delta);
                ChatEvent::Reasoning { choice: 0, delta }
            }
            Step::Seal(text) => ChatEvent::Sealed { choice: 0, seal: seal(text) },
            Step::Redacted(text) => ChatEvent::Redacted { choice: 0, seal: seal(text) },
            Step::Call => {
                let index = self.calls.len();
                self.calls.push((objects[index % objects.len()].clone(), 0));
                call(u32::try_from(index).unwrap())
            }
            Step::More(of) => {
                if !self.calls.is_empty() {
                    self.more(of.index(self.calls.len()));
                }
                return;
            }
            Step::Native => {
                let value = Json::from_static(
                    r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#,
                );
                ChatEvent::Native { choice: 0, maker: Maker::Anthropic, value }
            }
            Step::Usage => ChatEvent::Usage(Usage { output: 1, ..Usage::default() }),
            Step::Other(delta) => ChatEvent::Text { choice: 1, delta },
        };
        self.events.push(event);
    }

    /// Sends up to three characters more of a call's arguments.
    fn more(&mut self, index: usize) -> bool {
        let (object, sent) = &mut self.calls[index];
        let delta: String = object[*sent..].chars().take(3).collect();
        if delta.is_empty() {
            return false;
        }
        *sent += delta.len();
        self.events.push(arguments(u32::try_from(index).unwrap(), &delta));
        true
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_a_legal_stream_without_loss(
        steps in prop::collection::vec(step(), 0..40),
        objects in prop::collection::vec(
            prop_oneof![
                Just("{}".to_owned()),
                Just(String::new()),
                Just("{\"broken".to_owned()),
                Just("no object".to_owned()),
                "[a-z{}\"\\\\\\[\\]é ]{0,9}".prop_map(|text| json!({"k": [text, {"n": 1}]}).to_string()),
            ],
            1..4,
        ),
        thinking in any::<bool>(),
    ) {
        let answer = Answer::of(steps, &objects);
        let mut grammar = Grammar::default();
        for event in &answer.events {
            grammar.accept(event).unwrap();
        }
        let mut encoder = encoder(thinking);
        let mut out = Vec::new();
        for event in answer.events.clone() {
            encoder.event(event, &mut out).unwrap();
        }
        encoder.finish(None, &mut out);
        let events = events_of(&out);
        let message = assemble_legally(&events).map_err(TestCaseError::fail)?;

        let all = |kind: &str, member: &str| -> String {
            let blocks = message.blocks.iter().filter(|block| block["type"] == kind);
            blocks.map(|block| block[member].as_str().unwrap()).collect()
        };
        prop_assert_eq!(all("text", "text"), answer.text);
        prop_assert_eq!(all("thinking", "thinking"), if thinking { answer.thinking } else { String::new() });
        let wanted: Vec<_> = answer.calls.iter().enumerate().map(|(index, (object, _))| (format!("c{index}"), object.clone())).collect();
        let found: Vec<_> = inputs(&message).into_iter().map(|(id, input)| (id.to_owned(), input.to_owned())).collect();
        prop_assert_eq!(found, wanted);
        let stop = if answer.calls.is_empty() { "end_turn" } else { "tool_use" };
        prop_assert_eq!(&message.stop["stop_reason"], stop);
    }
}

#[test]
fn events_are_anthropics() {
    let Some(schemas) = Schemas::load("events_are_anthropics") else { return };
    let mut encoder = encoder(true);
    let mut out = Vec::new();
    for event in [
        ChatEvent::Reasoning { choice: 0, delta: "hm".into() },
        ChatEvent::Sealed { choice: 0, seal: Seal { maker: Maker::Anthropic, text: "s".into() } },
        ChatEvent::Redacted { choice: 0, seal: Seal { maker: Maker::Anthropic, text: "s".into() } },
        text("a"),
        ChatEvent::Citation {
            choice: 0,
            citation: Citation { url: Some("https://x".into()), title: None, span: None, raw: None },
        },
        call(0),
        arguments(0, "{}"),
        finish(FinishReason::ToolCalls),
    ] {
        encoder.event(event, &mut out).unwrap();
    }
    encoder.finish(Some(&Usage { cache_write: 1, reasoning: 1, ..Usage::default() }), &mut out);
    let events = events_of(&out);
    assert!(events.len() > 15);
    for event in &events {
        let name = match event["type"].as_str().unwrap() {
            "message_start" => "RawMessageStartEvent",
            "content_block_start" => "RawContentBlockStartEvent",
            "content_block_delta" => "RawContentBlockDeltaEvent",
            "content_block_stop" => "RawContentBlockStopEvent",
            "message_delta" => "RawMessageDeltaEvent",
            _ => "RawMessageStopEvent",
        };
        schemas.check(name, event);
    }
    let body = encoder.error_body(&UpstreamError::new(429, "slow"));
    schemas.check("ErrorResponse", &serde_json::from_slice(&body).unwrap());
}
