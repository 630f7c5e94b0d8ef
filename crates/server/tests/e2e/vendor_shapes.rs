//! Shapes that vendors send and no table lists, laid ready byte by byte instead of by a simulator of ours.

use serde_json::{Value, json};
use testkit::{Answer, Call, Event, Gateway};

use crate::scripted::{Scripted, answer, stream};
use crate::world::{World, body, builder};

const ROUTES: [(&str, &str); 4] = [
    ("gemini", "provider: gemini, name: gemini-2.5-flash, options: {upstream_url: \"http://@UPSTREAM@\"}"),
    ("cohere", "provider: cohere, name: command-a-03-2025, options: {upstream_url: \"http://@UPSTREAM@\"}"),
    (
        "anthropic",
        "provider: anthropic, name: claude-sonnet-4-5, options: {anthropic_version: \"2023-06-01\", \
         upstream_url: \"http://@UPSTREAM@\"}",
    ),
    (
        "mistral",
        "provider: mistral, name: m, options: {mistral_format: openai, upstream_url: \"http://@UPSTREAM@\"}",
    ),
];

struct Laid {
    gateway: Gateway,
    upstream: Scripted,
}

fn start() -> Laid {
    let upstream = Scripted::start();
    let mut file = "_format_version: \"3.0\"\nroutes:\n".to_owned();
    for (name, model) in ROUTES {
        for (letter, format) in [("o", "openai"), ("a", "anthropic")] {
            let route = format!(
                "  - name: {letter}-{name}\n    paths: [/{letter}/{name}]\n    plugins:\n      - name: ai-proxy\n        config: \
                 {{route_type: llm/v1/chat, llm_format: {format}, logging: {{log_statistics: true}}, \
                 auth: {{header_name: x-goog-api-key, header_value: k}}, model: {{{model}}}}}\n"
            );
            file.push_str(&route);
        }
    }
    let gateway = builder().config(&file, upstream.addr).start();
    Laid { gateway, upstream }
}

impl Laid {
    /// A client's question, answered with these bytes.
    fn ask(&self, path: &str, streamed: bool, bytes: Vec<u8>) -> Answer {
        self.upstream.lay("shape", bytes);
        let more = if streamed { r#","stream":true"# } else { "" };
        let (path, more) = match path.strip_prefix("a/") {
            Some(_) => (format!("/{path}/v1/messages"), format!(r#","max_tokens":4000{more}"#)),
            None => (format!("/{path}"), more.to_owned()),
        };
        Call::post(&path).header("x-test", "shape").json(body("hi", &more)).send(self.gateway.proxy)
    }
}

/// The events of a stream, each of them on one line, as the simplest of clients reads them.
#[track_caller]
fn lines(answer: &Answer) -> Vec<Event> {
    let text = answer.text();
    for line in text.lines() {
        let field = line.split_once(':').map(|(field, _)| field);
        assert!(line.is_empty() || matches!(field, Some("data" | "event" | "")), "{line:?} in {text}");
    }
    let data: Vec<Event> = answer.events().into_iter().filter(|event| !event.is_done()).collect();
    for event in &data {
        event.json();
    }
    data
}

/// The arguments of all calls in a stream for `OpenAI`'s clients.
fn arguments(events: &[Event]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for event in events {
        let chunk = event.json();
        for call in chunk["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            all.resize(all.len().max(index + 1), String::new());
            all[index].push_str(call["function"]["arguments"].as_str().unwrap_or_default());
        }
    }
    all
}

fn laid_out() -> Value {
    json!({"responseId": "r", "candidates": [{"index": 0, "finishReason": "STOP",
        "content": {"role": "model", "parts": [{"text": "t"}, {"functionCall": {"name": "w", "args": {"a b": [1, {}]}}}]},
        "groundingMetadata": {"webSearchQueries": ["q\n"]},
        "safetyRatings": [{"category": "c"}]}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}})
}

/// Google lays its answers out over many lines, the elements of an array of a stream as well.
#[test]
fn answers_that_are_laid_out_over_many_lines() {
    let laid = start();
    let array = serde_json::to_vec_pretty(&json!([laid_out()])).unwrap();
    let told = laid.ask("o/gemini", true, stream("application/json", &array)).expect(200);
    let events = lines(&told);
    assert_eq!(arguments(&events), [r#"{"a b":[1,{}]}"#]);
    let grounded = events.iter().find_map(|event| event.json().get("groundingMetadata").cloned());
    assert_eq!(grounded, Some(json!({"webSearchQueries": ["q\n"]})));
    let told = laid.ask("a/gemini", true, stream("application/json", &array)).expect(200);
    assert!(lines(&told).iter().any(|event| event.json()["delta"]["partial_json"] == r#"{"a b":[1,{}]}"#));
    let whole = serde_json::to_vec_pretty(&laid_out()).unwrap();
    let told = laid.ask("o/gemini", false, answer("200 OK", "application/json", &whole)).expect(200).json();
    let call = &told["choices"][0]["message"]["tool_calls"][0]["function"];
    assert_eq!(call["arguments"], r#"{"a b":[1,{}]}"#);
}

/// The data of an event may stand on several lines, also where something of it is put right on the way.
#[test]
fn events_with_several_lines_of_data_are_put_right() {
    let laid = start();
    let call = json!({"id": "abcdefghi", "function": {"name": "w", "arguments": {"a": [1]}}});
    let chunk = json!({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}]});
    let text = serde_json::to_string_pretty(&chunk).unwrap();
    let mut frames = text.lines().map(|line| format!("data: {line}\n")).collect::<Vec<_>>().concat();
    frames.push_str("\ndata: [DONE]\n\n");
    let told = laid.ask("o/mistral", true, stream("text/event-stream", frames.as_bytes())).expect(200);
    assert_eq!(arguments(&lines(&told)), [r#"{"a":[1]}"#]);
}

/// `json.loads("")` fails in every agent.
#[test]
fn a_call_without_arguments_is_an_empty_object() {
    let laid = start();
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}});
    let frames: String = [
        json!({"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant"}}}),
        json!({"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": call}}}),
        json!({"type": "tool-call-end", "index": 0}),
        json!({"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}}),
    ]
    .map(|event| format!("data: {event}\n\n"))
    .concat();
    let told = laid.ask("o/cohere", true, stream("text/event-stream", frames.as_bytes())).expect(200);
    assert_eq!(arguments(&lines(&told)), ["{}"]);
}

/// The provider's word stands, and its error has no other word than its type.
#[test]
fn words_of_anthropic() {
    let laid = start();
    for (reason, expected) in [
        ("end_turn", "stop"),
        ("pause_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("something_new", "stop"),
    ] {
        let body = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "c",
            "content": [{"type": "text", "text": "t"}], "stop_reason": reason,
            "usage": {"input_tokens": 1, "output_tokens": 1}});
        let bytes = answer("200 OK", "application/json", body.to_string().as_bytes());
        let told = laid.ask("o/anthropic", false, bytes).expect(200).json();
        assert_eq!(told["choices"][0]["finish_reason"], expected, "{reason}");
    }
    let error =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "m"}, "request_id": "r"});
    let told =
        laid.ask("o/anthropic", false, answer("529 Busy", "application/json", error.to_string().as_bytes()));
    let expected =
        json!({"error": {"message": "m", "type": "overloaded_error", "param": null, "code": null}});
    assert_eq!((told.status, told.json()), (529, expected));
}

/// `client.models.retrieve(…)` of Anthropic's SDK.
#[test]
fn one_model_of_the_list() {
    let laid = start();
    let get = |name: &str| {
        Call::get(&format!("/a/cohere/v1/models{name}"))
            .header("anthropic-version", "2023-06-01")
            .send(laid.gateway.proxy)
    };
    let listed = get("").expect(200).json();
    assert_eq!(get("/command-a-03-2025").expect(200).json(), listed["data"][0]);
    let unknown = get("/other").expect(404).json();
    assert_eq!((&unknown["type"], &unknown["error"]["type"]), (&json!("error"), &json!("not_found_error")));
}

/// Azure's default version of the API refuses `stream_options`: whoever translates for clients that count tokens in
/// every stream must not send them.
#[test]
fn an_old_version_of_azure_is_not_asked_for_usage() {
    let world = World::start(
        "_format_version: \"3.0\"\nroutes:\n  - name: r\n    paths: [/r]\n    plugins:\n      - name: ai-proxy\n        config: \
         {route_type: llm/v1/chat, llm_format: anthropic, logging: {log_statistics: true}, \
         auth: {header_name: api-key, header_value: sk-sim-azure}, model: {provider: azure, name: gpt-4o, options: \
         {azure_instance: i, azure_deployment_id: d1, upstream_url: \"http://@UPSTREAM@/openai/deployments/d1/chat/completions\"}}}\n",
    );
    let call = Call::post("/r/v1/messages").header("x-test", "old").header("anthropic-version", "2023-06-01");
    let told = world.send(&call.json(body("hi", r#","max_tokens":50,"stream":true"#))).expect(200);
    let sent: Value = serde_json::from_str(&world.upstream.only("old").text()).unwrap();
    assert_eq!((&sent["stream"], sent.get("stream_options")), (&json!(true), None));
    let end =
        told.events().into_iter().map(|event| event.json()).find(|event| event["type"] == "message_delta");
    assert!(end.unwrap()["usage"]["output_tokens"].as_u64().is_some_and(|tokens| tokens > 0));
    assert_eq!(world.record(&told)["gateway"]["usage"]["source"], "estimated");
}
