//! Anthropic's answers.

use serde_json::{Value, json};
use testkit::{Answer, Call, End, Event};

use super::collected::{collected, json_of, misfits};
use super::send;

pub fn call(path: &str, body: &Value) -> Call {
    Call::post(path)
        .header("x-api-key", "sk-sim-1")
        .header("anthropic-version", "2023-06-01")
        .json(body.to_string())
}

/// A request; `more` are further members, which may replace.
pub fn request(text: &str, more: &Value) -> Value {
    let mut body = json!({
        "model": "claude-sonnet-4-0", "max_tokens": 2000, "messages": [{"role": "user", "content": text}],
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub fn ask(text: &str, more: &Value) -> Answer {
    send(&call("/v1/messages", &request(text, more)))
}

fn streamed(text: &str, mut more: Value) -> Vec<Event> {
    more["stream"] = true.into();
    ask(text, &more).expect(200).events()
}

pub fn tools() -> Value {
    json!([
        {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
        {"name": "time", "description": "The time", "input_schema": {"type": "object", "properties": {}}},
    ])
}

/// Puts a stream together again as its whole message, as a client does.
pub fn put_together(events: &[Event]) -> Value {
    let mut message = Value::Null;
    let mut inputs: Vec<String> = Vec::new();
    let mut ended = false;
    for event in events {
        assert!(!ended, "after the end: {event:?}");
        let value = event.json();
        assert_eq!(event.name.as_deref(), value["type"].as_str());
        let index = usize::try_from(value["index"].as_u64().unwrap_or(0)).unwrap();
        match value["type"].as_str().unwrap() {
            "message_start" => message = value["message"].clone(),
            "content_block_start" => {
                assert_eq!(message["content"].as_array().unwrap().len(), index);
                message["content"].as_array_mut().unwrap().push(value["content_block"].clone());
                inputs.push(String::new());
            }
            "content_block_delta" => {
                let block = &mut message["content"][index];
                let delta = &value["delta"];
                let grow = |block: &mut Value, name: &str| {
                    let grown = format!("{}{}", block[name].as_str().unwrap(), delta[name].as_str().unwrap());
                    block[name] = grown.into();
                };
                match delta["type"].as_str().unwrap() {
                    "text_delta" => grow(block, "text"),
                    "thinking_delta" => grow(block, "thinking"),
                    "signature_delta" => grow(block, "signature"),
                    "citations_delta" => {
                        block["citations"].as_array_mut().unwrap().push(delta["citation"].clone());
                    }
                    "input_json_delta" => inputs[index].push_str(delta["partial_json"].as_str().unwrap()),
                    other => panic!("a delta of type {other}"),
                }
            }
            "content_block_stop" => {
                if !inputs[index].is_empty() {
                    message["content"][index]["input"] = serde_json::from_str(&inputs[index]).unwrap();
                }
            }
            "message_delta" => {
                for part in ["delta", "usage"] {
                    for (name, found) in value[part].as_object().unwrap() {
                        let whole = if part == "delta" { &mut message } else { &mut message["usage"] };
                        whole[name] = found.clone();
                    }
                }
            }
            "message_stop" => ended = true,
            "ping" => {}
            other => panic!("an event of type {other}"),
        }
    }
    assert!(ended);
    message
}

/// Requests that show every kind of answer.
fn shows() -> Vec<(&'static str, Value)> {
    let enabled = json!({"type": "enabled", "budget_tokens": 1024});
    let format = json!({"format": {"type": "json_schema", "schema": {
        "type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"], "additionalProperties": false,
    }}});
    let cached = json!([{"type": "text", "text": "a b c", "cache_control": {"type": "ephemeral"}}]);
    vec![
        ("hello there", json!({})),
        ("please call_tool", json!({"tools": tools()})),
        ("speak_first call_three_tools", json!({"tools": tools()})),
        ("hi", json!({"tools": tools(), "tool_choice": {"type": "tool", "name": "time"}})),
        ("think", json!({"thinking": enabled})),
        ("redact_thinking", json!({"thinking": enabled})),
        (
            "quiet",
            json!({"thinking": {"type": "adaptive", "display": "omitted"}, "model": "claude-opus-4-8"}),
        ),
        ("think and call_tool", json!({"thinking": enabled, "tools": tools()})),
        ("please_refuse", json!({})),
        ("a b c d", json!({"max_tokens": 2})),
        ("a b c d", json!({"stop_sequences": ["z", " c"]})),
        ("who", json!({"output_config": format, "model": "claude-sonnet-4-5"})),
        ("d e f", json!({"system": cached})),
        ("call_web_search", json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]})),
        ("please_pause", json!({})),
    ]
}

#[test]
fn whole_and_streamed_say_the_same() {
    for (text, more) in shows() {
        let mut whole = ask(text, &more).expect(200).json();
        let mut told = put_together(&streamed(text, more));
        assert_eq!(told["id"], whole["id"]);
        for value in [&mut whole, &mut told] {
            value["stop_details"] = value["stop_details"].take();
        }
        assert_eq!(told, whole, "{text}");
    }
}

#[test]
fn answers_fit_the_schemas() {
    let Some(path) = collected("answers_fit_the_schemas", "anthropic/anthropic-sdk-2.12.0.schemas.json")
    else {
        return;
    };
    let root = json_of(&path);
    let fits = |name: &str, value: &Value| {
        let schema = &root["types"][name];
        assert!(!schema.is_null(), "{name}");
        let found = misfits(&root, schema, value, name);
        assert!(found.is_empty(), "{found:?} in {value}");
    };
    for (text, more) in shows() {
        fits("message.Message", &ask(text, &more).expect(200).json());
        for event in streamed(text, more).iter().filter(|event| event.name.as_deref() != Some("ping")) {
            fits("raw_message_stream_event.RawMessageStreamEvent", &event.json());
        }
    }
    let mut count = request("a b", &json!({}));
    count.as_object_mut().unwrap().remove("max_tokens");
    let counted = send(&call("/v1/messages/count_tokens", &count)).expect(200).json();
    fits("message_tokens_count.MessageTokensCount", &counted);
    let list = models().expect(200).json();
    for model in list["data"].as_array().unwrap() {
        fits("model_info.ModelInfo", model);
    }
    let error = &root["schemas"]["ErrorResponse"];
    let refused = ask("x", &json!({"model": "missing-1"})).expect(404).json();
    assert_eq!(misfits(&root, error, &refused, "error"), Vec::<String>::new());
}

fn models() -> Answer {
    let call = Call::get("/sim/anthropic/v1/models").header("x-api-key", "sk-sim");
    send(&call.header("anthropic-version", "2023-06-01"))
}

#[test]
fn a_message_and_its_head() {
    let answer = ask("hello there", &json!({})).expect(200);
    assert!(answer.header("request-id").unwrap().starts_with("req_"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["content"], json!([{"type": "text", "text": "echo: hello there"}]));
    assert_eq!(body["stop_reason"], "end_turn");
    assert_eq!((&body["usage"]["input_tokens"], &body["usage"]["output_tokens"]), (&json!(2), &json!(3)));
    assert!(body["id"].as_str().unwrap().starts_with("msg_"));
    assert_eq!(ask("hello there", &json!({})).body, answer.body, "answers are deterministic");
}

#[test]
fn a_stream_has_every_kind_of_event() {
    let events = streamed("hello there", json!({}));
    let names: Vec<&str> = events.iter().map(|event| event.name.as_deref().unwrap()).collect();
    assert_eq!(
        names,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    assert_eq!(events[0].json()["message"]["usage"]["output_tokens"], 1, "provisional");
    assert_eq!(events[7].json()["usage"]["output_tokens"], 3, "the whole");
}

#[test]
fn tools_thinking_and_stops() {
    let of = |text: &str, more: Value| ask(text, &more).expect(200).json();
    let three = of("speak_first call_three_tools", json!({"tools": tools()}));
    let kinds: Vec<&str> =
        three["content"].as_array().unwrap().iter().map(|block| block["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text", "tool_use", "tool_use", "tool_use"]);
    assert_eq!(three["content"][1]["input"], json!({"city": "value 1 of weather"}));
    assert_eq!((&three["content"][2]["name"], &three["content"][2]["input"]), (&json!("time"), &json!({})));
    assert_eq!(three["stop_reason"], "tool_use");
    let alone = json!({"type": "auto", "disable_parallel_tool_use": true});
    let one = of("call_three_tools", json!({"tools": tools(), "tool_choice": alone}));
    assert_eq!(one["content"].as_array().unwrap().len(), 1);
    let none = of("call_tool", json!({"tools": tools(), "tool_choice": {"type": "none"}}));
    assert_eq!(none["stop_reason"], "end_turn");
    let stopped = of("a b c d", json!({"stop_sequences": [" c"]}));
    assert_eq!((&stopped["stop_reason"], &stopped["stop_sequence"]), (&json!("stop_sequence"), &json!(" c")));
    assert_eq!(of("a b c d", json!({"max_tokens": 2}))["stop_reason"], "max_tokens");
    assert_eq!(of("please_refuse", json!({}))["stop_reason"], "refusal");
    let cached = json!([{"type": "text", "text": "a b c", "cache_control": {"type": "ephemeral"}}]);
    let usage = &of("d e f", json!({"system": cached}))["usage"];
    assert_eq!(usage["input_tokens"], 3);
    assert_eq!(
        (&usage["cache_read_input_tokens"], &usage["cache_creation_input_tokens"]),
        (&json!(1), &json!(2))
    );
    let picture = json!([{"role": "user", "content": [
        {"type": "text", "text": "describe_images"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
    ]}]);
    let seen = of("", json!({"messages": picture}));
    assert_eq!(seen["content"][0]["text"], "images: image/png of 3 bytes");
}

#[test]
fn a_tool_loop_with_thoughts() {
    let thinking = json!({"type": "enabled", "budget_tokens": 1024});
    let first = ask("call_tool", &json!({"thinking": thinking, "tools": tools()})).expect(200).json();
    let id = first["content"][1]["id"].clone();
    let history = |content: &Value| {
        json!([
            {"role": "user", "content": "call_tool"},
            {"role": "assistant", "content": content},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "sunny"}]},
        ])
    };
    let more = |messages: Value| json!({"messages": messages, "tools": tools(), "thinking": thinking});
    let done = ask("", &more(history(&first["content"]))).expect(200).json();
    assert_eq!(done["content"][1]["text"], "tool said: sunny");
    let bare = json!([first["content"][1]]);
    assert!(ask("", &more(history(&bare))).expect(400).message().contains("Expected `thinking`"));
    let mut forged = first["content"].clone();
    forged[0]["signature"] = "RXJVQkNrWUlBUmdDSWtB".into();
    assert!(ask("", &more(history(&forged))).expect(400).message().contains("Invalid `signature`"));
}

#[test]
fn counting_models_and_older_completions() {
    let mut count = request("a b", &json!({"system": "c d e"}));
    count.as_object_mut().unwrap().remove("max_tokens");
    assert_eq!(
        send(&call("/v1/messages/count_tokens", &count)).expect(200).json(),
        json!({"input_tokens": 5})
    );
    assert!(models().expect(200).json()["data"][0]["id"].is_string());
    let prompt =
        json!({"model": "claude-2.1", "prompt": "Human: a b\n\nAssistant:", "max_tokens_to_sample": 9});
    let whole = send(&call("/sim/anthropic/v1/complete", &prompt)).expect(200).json();
    assert_eq!(
        (&whole["completion"], &whole["stop_reason"]),
        (&json!(" echo: a b"), &json!("stop_sequence"))
    );
    let mut streamed = prompt.clone();
    streamed["stream"] = true.into();
    streamed["max_tokens_to_sample"] = 2.into();
    let events = send(&call("/sim/anthropic/v1/complete", &streamed)).expect(200).events();
    let said: String =
        events.iter().filter_map(|event| event.json()["completion"].as_str().map(str::to_owned)).collect();
    assert_eq!(said, " echo: a");
    assert_eq!(events.last().unwrap().json()["stop_reason"], "max_tokens");
}

#[test]
fn faults_in_streams() {
    let faulty = |fault: &str| {
        let body = request("one two three four", &json!({"stream": true}));
        send(
            &call("/v1/messages", &body)
                .header("x-sim-fault", fault)
                .patience(std::time::Duration::from_millis(500)),
        )
    };
    let plain = put_together(&faulty("").events());
    for fault in
        ["crlf", "cr_only", "bom", "comments", "multi_data", "no_space", "drip", "split", "burst", "slow"]
    {
        let answer = faulty(fault).expect(200);
        assert!(answer.end.is_complete(), "{fault}");
        assert_eq!(put_together(&answer.events()), plain, "{fault}");
    }
    let zipped = faulty("gzip");
    assert_eq!(put_together(&testkit::events(&testkit::gunzip(&zipped.body).unwrap())), plain);
    assert_eq!(faulty("cut_mid").end, End::Cut);
    assert!(faulty("cut_mid").text().contains("echo:"));
    assert!(!faulty("cut_in_frame").text().ends_with("\n\n"));
    assert!(!faulty("end_mid").text().contains("message_delta"));
    assert_eq!(faulty("stall_mid").end, End::TimedOut);
    assert!(matches!(faulty("reset").end, End::Broken(_)));
    let failed = faulty("error_mid").events();
    let last = failed.last().unwrap();
    assert_eq!(
        (last.name.as_deref(), &last.json()["error"]["type"]),
        (Some("error"), &json!("overloaded_error"))
    );
    assert_eq!(faulty("error_first").events().len(), 1);
    assert_eq!(faulty("no_done").events().last().unwrap().name.as_deref(), Some("message_delta"));
    assert_eq!(faulty("double_done").text().matches("event: message_stop").count(), 2);
    assert_eq!(faulty("no_usage").text().matches("output_tokens\":5").count(), 0);
    let big = request("x", &json!({"stream": true}));
    let big =
        send(&call("/v1/messages", &big).header("x-sim-fault", "huge_line").header("x-sim-size", "300000"));
    assert!(big.events().iter().any(|event| event.data.len() > 300_000));
    let limited = faulty("status_429").expect(429);
    assert_eq!(limited.header("retry-after"), Some("7"));
    assert_eq!(limited.json()["error"]["type"], "rate_limit_error");
    assert_eq!(faulty("status_529").expect(529).json()["error"]["type"], "overloaded_error");
    let by_model = ask("x", &json!({"model": "fault-status_503"})).expect(503);
    assert_eq!(by_model.json()["error"]["type"], "api_error");
    let no_content =
        send(&call("/v1/messages", &request("x", &json!({}))).header("x-sim-fault", "no_choices"));
    assert!(no_content.expect(200).json().get("content").is_none());
}
