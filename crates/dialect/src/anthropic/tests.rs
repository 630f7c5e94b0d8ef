//! Known vectors from one client's JSON to another provider's and back.

use bytes::Bytes;
use document::Document;
use model::*;
use serde_json::{Value, json};
use stream::{ChatEncoder, Unit};

use super::codec::tests::{NEW, OLD};
use super::{CHAT_CODEC, CHAT_FRONT};
use crate::{Asked, ChatCall, ChatCodec, ChatFront, Delivery, Encoded, Family, Identity, Quirks, openai};

fn asked(front: &dyn ChatFront, body: &str) -> Asked {
    front.read(&Document::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap()).unwrap()
}

fn encoded(request: &ChatRequest, family: &'static Family) -> Encoded {
    let settings = Settings::default();
    let call = ChatCall {
        model: "m",
        family,
        quirks: &Quirks::NONE,
        settings: &settings,
        delivery: Delivery::Whole,
        want_usage: true,
        nonce: "n0nce",
    };
    CHAT_CODEC.encode(request, &call).unwrap()
}

fn identity() -> Identity {
    Identity { id: "x1".into(), created: 7, model: "gpt-5-mini".into(), input_estimate: 5 }
}

/// Whether `found` has all that `wanted` has.
fn covers(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| found.get(name).is_some_and(|found| covers(found, wanted)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| covers(found, wanted))
        }
        _ => found == wanted,
    }
}

const TOOLS_SYSTEM_IMAGE: &str = r#"{"model":"m","max_completion_tokens":300,"stop":"END","tool_choice":"required","parallel_tool_calls":false,"messages":[{"role":"system","content":"A"},{"role":"developer","content":[{"type":"text","text":"B"}]},{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"t2","type":"function","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"t1","content":"ok"},{"role":"tool","tool_call_id":"t2","content":"no"},{"role":"user","content":"go"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"x":{"type":"integer"}},"required":[]}}},{"type":"function","function":{"name":"g"}}]}"#;

#[test]
fn tools_system_and_image_to_claude_and_back() {
    let asked = asked(&openai::CHAT_FRONT, TOOLS_SYSTEM_IMAGE);
    let encoded = encoded(&asked.request, &OLD);
    let up: Value = serde_json::from_slice(&encoded.body).unwrap();
    let expected = json!({"model":"m","max_tokens":300,"stop_sequences":["END"],"system":"A\nB","stream":false,"tool_choice":{"type":"any","disable_parallel_tool_use":true},"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"x":{"type":"integer"}},"required":[]}},{"name":"g","input_schema":{"type":"object","properties":{}}}],"messages":[{"role":"user","content":[{"type":"text","text":"see"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"x":1}},{"type":"tool_use","id":"t2","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"ok"},{"type":"tool_result","tool_use_id":"t2","content":"no"},{"type":"text","text":"go"}]}]});
    assert_eq!(up, expected);
    assert!(asked.losses.is_empty() && encoded.losses.is_empty());

    let down = r#"{"id":"msg_1","type":"message","role":"assistant","model":"m-1","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Hi "},{"type":"text","text":"you"},{"type":"tool_use","id":"t3","name":"f","input":{"x":2}}],"stop_reason":"tool_use","usage":{"input_tokens":10,"cache_read_input_tokens":4,"cache_creation_input_tokens":6,"output_tokens":7}}"#;
    let response = encoded.answer.whole(&|_| None, down.as_bytes()).unwrap();
    let out: Value = serde_json::from_slice(&asked.writer.whole(&response, &identity())).unwrap();
    let expected = json!({"id":"msg_1","object":"chat.completion","model":"m-1","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"Hi you","reasoning_content":"hm","tool_calls":[{"id":"t3","type":"function","function":{"name":"f","arguments":"{\"x\":2}"}}]}}],"usage":{"prompt_tokens":20,"completion_tokens":7,"total_tokens":27,"prompt_tokens_details":{"cached_tokens":4}}});
    assert!(covers(&out, &expected), "{out}");
}

/// Events, each with the deltas that it gives.
const TWO_TOOLS: [(&str, &[&str]); 12] = [
    (
        r#"{"type":"message_start","message":{"id":"msg_1","model":"m-1","usage":{"input_tokens":10,"output_tokens":1}}}"#,
        &[r#"{"role":"assistant","content":""}"#],
    ),
    (r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#, &[]),
    (
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#,
        &[r#"{"content":"a"}"#],
    ),
    (r#"{"type":"content_block_stop","index":0}"#, &[]),
    (
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}"#,
        &[
            r#"{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}}]}"#,
        ],
    ),
    (
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}"#,
        &[],
    ),
    (
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"x\":"}}"#,
        &[r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}"#],
    ),
    (
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"1}"}}"#,
        &[r#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#],
    ),
    (r#"{"type":"content_block_stop","index":1}"#, &[]),
    (
        r#"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t2","name":"g","input":{}}}"#,
        &[
            r#"{"tool_calls":[{"index":1,"id":"t2","type":"function","function":{"name":"g","arguments":""}}]}"#,
        ],
    ),
    (
        r#"{"type":"content_block_stop","index":2}"#,
        &[r#"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#],
    ),
    (
        r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":25,"input_tokens":10,"cache_read_input_tokens":3}}"#,
        &["{}"],
    ),
];

#[test]
fn a_stream_with_two_tools_to_deltas() {
    let asked = asked(
        &openai::CHAT_FRONT,
        r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"q"}]}"#,
    );
    let mut decoder = encoded(&asked.request, &OLD).answer.decoder();
    let mut encoder = asked.writer.encoder(identity());
    let (mut used, mut out) = (None, Vec::new());
    for (data, _) in TWO_TOOLS {
        let mut events = Vec::new();
        decoder.unit(unit(data), &mut events).unwrap();
        for event in events {
            if let ChatEvent::Usage(usage) = &event {
                used = Some(*usage);
            }
            encoder.event(event, &mut out).unwrap();
        }
    }
    let chunks_so_far = chunks(&out);
    let found: Vec<_> = chunks_so_far.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    let wanted = TWO_TOOLS.iter().flat_map(|(_, deltas)| *deltas);
    let wanted: Vec<Value> = wanted.map(|delta| serde_json::from_str(delta).unwrap()).collect();
    assert!(
        found.len() == wanted.len() && found.iter().zip(&wanted).all(|(found, wanted)| covers(found, wanted)),
        "{found:#?}"
    );
    assert_eq!(chunks_so_far.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
    let mut events = Vec::new();
    assert_eq!(decoder.unit(unit(r#"{"type":"message_stop"}"#), &mut events), Ok(stream::Progress::End));
    let mut out = Vec::new();
    encoder.finish(used.as_ref(), &mut out);
    let text = String::from_utf8(out.clone()).unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    let wanted = json!({"choices":[],"usage":{"prompt_tokens":13,"completion_tokens":25,"total_tokens":38}});
    assert!(covers(&chunks(&out)[0], &wanted), "{text}");
}

fn unit(data: &str) -> Unit<'_> {
    Unit { name: None, exception: false, data: data.as_bytes() }
}

fn chunks(out: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(out).unwrap();
    text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect()
}

const CLAUDE_CODE: &str = r#"{"model":"claude-x","max_tokens":100,"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":"B"}],"thinking":{"type":"enabled","budget_tokens":2048},"tools":[{"name":"f","input_schema":{"type":"object","properties":{},"required":[]}},{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"any","disable_parallel_tool_use":true},"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","id":"u1","name":"f","input":{}}]},{"role":"user","content":[{"type":"text","text":"and"},{"type":"tool_result","tool_use_id":"u1","content":[{"type":"text","text":"r1"},{"type":"text","text":"r2"}]}]}],"stop_sequences":["Z"],"stream":true}"#;

#[test]
fn a_client_of_messages_is_read() {
    let asked = asked(&CHAT_FRONT, CLAUDE_CODE);
    let request = &asked.request;
    assert_eq!((request.max_tokens, request.reasoning), (Some(100), Some(ReasoningWish::Budget(2048))));
    assert_eq!(request.reasoning.and_then(ReasoningWish::effort), Some(Effort::Medium));
    assert_eq!(
        (&request.tool_choice, request.parallel_tool_calls),
        (&Some(ToolChoice::Required), Some(false))
    );
    assert_eq!(request.sampling.stop, ["Z"]);
    assert!(request.include_usage);
    let [Tool::Function(f), Tool::Native { maker: Maker::Anthropic, name, .. }] = &request.tools[..] else {
        panic!("{:?}", request.tools)
    };
    let schema = r#"{"type":"object","properties":{},"required":[]}"#;
    assert_eq!((&*f.name, f.parameters.as_ref().unwrap().as_str(), &**name), ("f", schema, "web_search"));

    let [
        Message::System(system),
        Message::User(q),
        Message::Assistant(said),
        Message::Tool(result),
        Message::User(and),
    ] = &request.messages[..]
    else {
        panic!("{:?}", request.messages)
    };
    let texts: Vec<_> = system.parts.iter().map(|part| (&*part.text, part.cache.is_some())).collect();
    assert_eq!(texts, [("A", true), ("B", false)]);
    assert_eq!(
        (Message::text_of(&q.parts), Message::text_of(&and.parts)),
        ("q".to_owned(), "and".to_owned())
    );
    let [AssistantPart::Reasoning(Reasoning::Open { text, seal: Some(seal) }), AssistantPart::ToolCall(call)] =
        &said.parts[..]
    else {
        panic!("{:?}", said.parts)
    };
    assert_eq!((&**text, seal.maker, &*seal.text, &*call.id), ("t", Maker::Anthropic, "s", "u1"));
    assert_eq!((&*result.call, result.name.as_deref(), result.parts.len()), ("u1", Some("f"), 2));
    assert!(asked.losses.is_empty());

    // To Claude it goes as it came, but for what the family decides.
    let up: Value = serde_json::from_slice(&encoded(request, &NEW).body).unwrap();
    assert_eq!(up["messages"][1]["content"][0], json!({"type":"thinking","thinking":"t","signature":"s"}));
    assert_eq!(up["tools"][1], json!({"type":"web_search_20250305","name":"web_search"}));
}

#[test]
fn a_client_of_messages_before_openai() {
    static REASONING: Family = Family {
        thinking: crate::Thinking::Levels { efforts: &Effort::ALL, may_be_off: true },
        ..Family::UNKNOWN
    };
    static QUIRKS: Quirks = Quirks { token_limit: crate::TokenLimit::MaxCompletionTokens, ..Quirks::NONE };
    let asked = asked(&CHAT_FRONT, CLAUDE_CODE);
    let settings = Settings::default();
    let call = ChatCall {
        model: "gpt-5-mini",
        family: &REASONING,
        quirks: &QUIRKS,
        settings: &settings,
        delivery: Delivery::Stream,
        want_usage: true,
        nonce: "n0nce",
    };
    let sent = openai::CHAT_CODEC.encode(&asked.request, &call).unwrap();
    let up: Value = serde_json::from_slice(&sent.body).unwrap();
    let expected = json!({"model":"gpt-5-mini","max_completion_tokens":100,"reasoning_effort":"medium","messages":[{"role":"system","content":"A\nB"},{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"u1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"u1","content":"r1\nr2"},{"role":"user","content":"and"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{},"required":[]}}}],"tool_choice":"required","parallel_tool_calls":false,"stop":["Z"],"stream":true,"stream_options":{"include_usage":true}});
    assert_eq!(up, expected);

    let mut upstream = sent.answer.decoder();
    let mut encoder = asked.writer.encoder(identity());
    let (mut events, mut out) = (Vec::new(), Vec::new());
    for data in [
        r#"{"id":"c","model":"gpt-5-mini","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"Hi"}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":4,"total_tokens":34,"prompt_tokens_details":{"cached_tokens":10}}}"#,
        "[DONE]",
    ] {
        upstream.unit(unit(data), &mut events).unwrap();
    }
    for event in events {
        encoder.event(event, &mut out).unwrap();
    }
    encoder.finish(None, &mut out);
    let kinds: Vec<_> = chunks(&out).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    let expected = "message_start content_block_start content_block_delta content_block_stop content_block_start \
        content_block_delta content_block_stop message_delta message_stop";
    assert_eq!(kinds.join(" "), expected);
    let end = json!({"delta":{"stop_reason":"tool_use"},"usage":{"input_tokens":20,"cache_read_input_tokens":10,"cache_creation_input_tokens":0,"output_tokens":4}});
    assert!(covers(&chunks(&out)[7], &end));
}

#[test]
fn a_client_of_messages_is_answered() {
    let asked = asked(&CHAT_FRONT, CLAUDE_CODE);
    let mut encoder: Box<dyn ChatEncoder> = asked.writer.encoder(identity());
    let mut out = Vec::new();
    let usage = Usage { fresh_input: 20, cache_read: 10, output: 4, ..Usage::default() };
    for event in [
        ChatEvent::Start(Start {
            id: Some("chatcmpl-1".into()),
            model: Some("gpt-5-mini".into()),
            created: None,
        }),
        ChatEvent::Text { choice: 0, delta: "Hi".into() },
        ChatEvent::ToolStart { choice: 0, call: 0, id: "c1".into(), name: "f".into(), seal: None },
        ChatEvent::ToolArguments { choice: 0, call: 0, delta: "{}".into() },
        ChatEvent::Finish { choice: 0, finish: FinishReason::ToolCalls.into() },
        ChatEvent::Usage(usage),
    ] {
        encoder.event(event, &mut out).unwrap();
    }
    encoder.finish(Some(&usage), &mut out);
    let expected = [
        json!({"type":"message_start","message":{"id":"msg_chatcmpl-1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}),
        json!({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}),
        json!({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}),
        json!({"type":"content_block_stop","index":0}),
        json!({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"c1","name":"f","input":{}}}),
        json!({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}),
        json!({"type":"content_block_stop","index":1}),
        json!({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":10,"output_tokens":4}}),
        json!({"type":"message_stop"}),
    ];
    assert_eq!(chunks(&out), expected);

    let slow = UpstreamError { code: Some("rate_limit".into()), ..UpstreamError::new(429, "slow") };
    let expected = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#;
    assert_eq!(String::from_utf8(CHAT_FRONT.error(&slow)).unwrap(), expected);
    assert_eq!(encoder.error_body(&slow), expected.as_bytes());
}
