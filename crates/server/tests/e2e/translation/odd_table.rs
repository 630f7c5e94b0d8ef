//! One good answer of each dialect, by hand, for tests that spoil it.

use serde_json::{Value, json};

/// What a target answers when nothing goes wrong, as a text and as a call of `f` with `{"a":1}`.
pub struct Good {
    /// Name of the row in the table of targets.
    pub target: &'static str,
    /// The body that says `hello you`.
    pub whole: Value,
    /// The body that calls.
    pub call: Option<Value>,
    /// Events that say `hello`, ` you`: name and data.
    pub events: Vec<(&'static str, Value)>,
    /// Events that call, and which of them begins the call.
    pub calling: Option<(Vec<(&'static str, Value)>, usize)>,
    /// Bodies of another shape than answers have, besides those that are of no dialect's.
    pub shapes: Vec<Value>,
    /// Where counts are in the whole body.
    pub usage: &'static str,
}

impl Good {
    pub fn kind(&self) -> &'static str {
        match self.target {
            "bedrock-nova" => "application/vnd.amazon.eventstream",
            "ollama" | "ollama-prompt" => "application/x-ndjson",
            "cohere-v1" => "application/stream+json",
            _ => "text/event-stream",
        }
    }

    /// One event on the wire.
    pub fn frame(&self, name: &str, data: &[u8]) -> Vec<u8> {
        match self.target {
            "bedrock-nova" => encode(name, data),
            "ollama" | "ollama-prompt" | "cohere-v1" => [data, b"\n"].concat(),
            "anthropic" | "cohere" => [format!("event: {name}\ndata: ").as_bytes(), data, b"\n\n"].concat(),
            _ => [b"data: ", data, b"\n\n"].concat(),
        }
    }

    pub fn frames(&self, events: &[(&str, Value)]) -> Vec<Vec<u8>> {
        let data = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        events.iter().map(|(name, value)| self.frame(name, data(value).as_bytes())).collect()
    }
}

/// One of AWS's binary messages.
fn encode(event: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [(":event-type", event), (":message-type", "event")] {
        headers.push(u8::try_from(name.len()).unwrap());
        headers.extend_from_slice(name.as_bytes());
        headers.push(7);
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let total = u32::try_from(16 + headers.len() + payload.len()).unwrap();
    let mut message = total.to_be_bytes().to_vec();
    message.extend_from_slice(&u32::try_from(headers.len()).unwrap().to_be_bytes());
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    message.extend(headers);
    message.extend_from_slice(payload);
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    message
}

/// The rows: every dialect that chats are translated to.
pub fn table() -> Vec<Good> {
    vec![openai(), anthropic(), gemini(), converse(), cohere(), cohere_v1(), ollama(), ollama_prompt()]
}

fn openai() -> Good {
    let whole = |message: Value, finish: &str| {
        json!({"id":"c1","object":"chat.completion","created":1,"model":"gpt-4o",
            "choices":[{"index":0,"message":message,"finish_reason":finish}],
            "usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})
    };
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({"index":0,"delta":delta,"finish_reason":finish});
        (
            "",
            json!({"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[choice]}),
        )
    };
    let call = json!({"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}});
    Good {
        target: "openai",
        whole: whole(json!({"role":"assistant","content":"hello you"}), "stop"),
        call: Some(whole(json!({"role":"assistant","content":null,"tool_calls":[call]}), "tool_calls")),
        events: vec![
            chunk(json!({"role":"assistant","content":"hello"}), Value::Null),
            chunk(json!({"content":" you"}), Value::Null),
            chunk(json!({}), "stop".into()),
            ("", "[DONE]".into()),
        ],
        calling: None,
        shapes: vec![
            json!({"choices":null}),
            json!({"choices":[]}),
            json!({"choices":[null]}),
            json!({"choices":[5]}),
            json!({"choices":[{}]}),
            json!({"choices":[{"message":"x"}]}),
            json!({"choices":{"message":{}}}),
        ],
        usage: "/usage",
    }
}

fn anthropic() -> Good {
    let whole = |block: Value, stop: &str| {
        json!({"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[block],
            "stop_reason":stop,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":2}})
    };
    let event = |value: Value| {
        let names = ["message_start", "content_block_start", "content_block_delta", "content_block_stop"];
        let names = names.into_iter().chain(["message_delta", "message_stop"]);
        (names.into_iter().find(|name| value["type"] == *name).unwrap(), value)
    };
    let start = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],
        "usage":{"input_tokens":5,"output_tokens":1}});
    let around = |block: Value, deltas: [Value; 2], stop: &str| {
        let delta = |delta: &Value| event(json!({"type":"content_block_delta","index":0,"delta":delta}));
        vec![
            event(json!({"type":"message_start","message":start})),
            event(json!({"type":"content_block_start","index":0,"content_block":block})),
            delta(&deltas[0]),
            delta(&deltas[1]),
            event(json!({"type":"content_block_stop","index":0})),
            event(json!({"type":"message_delta","delta":{"stop_reason":stop},"usage":{"output_tokens":2}})),
            event(json!({"type":"message_stop"})),
        ]
    };
    let text = |text: &str| json!({"type":"text_delta","text":text});
    let input = |json: &str| json!({"type":"input_json_delta","partial_json":json});
    let tool = |input: Value| json!({"type":"tool_use","id":"toolu_1","name":"f","input":input});
    Good {
        target: "anthropic",
        whole: whole(json!({"type":"text","text":"hello you"}), "end_turn"),
        call: Some(whole(tool(json!({"a":1})), "tool_use")),
        events: around(json!({"type":"text","text":""}), [text("hello"), text(" you")], "end_turn"),
        calling: Some((around(tool(json!({})), [input("{\"a\""), input(":1}")], "tool_use"), 1)),
        shapes: vec![
            json!({"content":null}),
            json!({"content":[null]}),
            json!({"content":["hello"]}),
            json!({"content":{"type":"text","text":"x"}}),
            json!({"type":"error","error":{"type":"api_error","message":"x"}}),
        ],
        usage: "/usage",
    }
}

fn gemini() -> Good {
    let whole = |parts: Value, finish: Value| {
        json!({"candidates":[{"content":{"role":"model","parts":parts},"index":0,"finishReason":finish}],
            "modelVersion":"gemini-2.5-flash","responseId":"r1",
            "usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7}})
    };
    Good {
        target: "gemini",
        whole: whole(json!([{"text":"hello you"}]), "STOP".into()),
        call: Some(whole(json!([{"functionCall":{"name":"f","args":{"a":1}}}]), "STOP".into())),
        events: vec![
            ("", whole(json!([{"text":"hello"}]), Value::Null)),
            ("", whole(json!([{"text":" you"}]), "STOP".into())),
        ],
        calling: None,
        shapes: vec![
            json!({"candidates":null}),
            json!({"candidates":[]}),
            json!({"candidates":[null]}),
            json!({"candidates":[{}]}),
            json!({"candidates":["x"]}),
            json!({"candidates":[{"content":"x"}]}),
        ],
        usage: "/usageMetadata",
    }
}

fn converse() -> Good {
    let whole = |block: Value, stop: &str| {
        json!({"output":{"message":{"role":"assistant","content":[block]}},"stopReason":stop,
            "usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7}})
    };
    let around = |begin: Option<Value>, deltas: [Value; 2], stop: &str| {
        let delta = |delta: &Value| ("contentBlockDelta", json!({"contentBlockIndex":0,"delta":delta}));
        let begin = begin.map(|start| ("contentBlockStart", json!({"contentBlockIndex":0,"start":start})));
        let mut events = vec![("messageStart", json!({"role":"assistant"}))];
        events.extend(begin);
        events.extend(deltas.iter().map(delta));
        events.push(("contentBlockStop", json!({"contentBlockIndex":0})));
        events.push(("messageStop", json!({"stopReason":stop})));
        events.push(("metadata", json!({"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7}})));
        events
    };
    let input = |json: &str| json!({"toolUse":{"input":json}});
    let begin = json!({"toolUse":{"toolUseId":"t1","name":"f"}});
    Good {
        target: "bedrock-nova",
        whole: whole(json!({"text":"hello you"}), "end_turn"),
        call: Some(whole(json!({"toolUse":{"toolUseId":"t1","name":"f","input":{"a":1}}}), "tool_use")),
        events: around(None, [json!({"text":"hello"}), json!({"text":" you"})], "end_turn"),
        calling: Some((around(Some(begin), [input("{\"a\""), input(":1}")], "tool_use"), 1)),
        shapes: vec![
            json!({"output":null}),
            json!({"output":{"message":null}}),
            json!({"output":{"message":{}}}),
            json!({"output":{"message":{"content":null}}}),
            json!({"output":{"message":{"content":["x"]}}}),
        ],
        usage: "/usage",
    }
}

fn cohere() -> Good {
    let usage = json!({"tokens":{"input_tokens":5,"output_tokens":2}});
    let whole = |message: Value, finish: &str| json!({"id":"c1","message":message,"finish_reason":finish,"usage":usage});
    let event = |name: &'static str, message: Value| {
        (name, json!({"type":name,"index":0,"delta":{"message":message}}))
    };
    let end = |finish: &str| {
        ("message-end", json!({"type":"message-end","delta":{"finish_reason":finish,"usage":usage}}))
    };
    let start = || ("message-start", json!({"type":"message-start","id":"c1","delta":{"message":{}}}));
    let function = |function: Value| json!({"tool_calls":{"id":"f0","type":"function","function":function}});
    let call = json!({"id":"f0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}});
    Good {
        target: "cohere",
        whole: whole(json!({"role":"assistant","content":[{"type":"text","text":"hello you"}]}), "COMPLETE"),
        call: Some(whole(json!({"role":"assistant","tool_calls":[call]}), "TOOL_CALL")),
        events: vec![
            start(),
            event("content-start", json!({"content":{"type":"text","text":""}})),
            event("content-delta", json!({"content":{"text":"hello"}})),
            event("content-delta", json!({"content":{"text":" you"}})),
            event("content-end", json!({})),
            end("COMPLETE"),
        ],
        calling: Some((
            vec![
                start(),
                event("tool-call-start", function(json!({"name":"f","arguments":""}))),
                event("tool-call-delta", function(json!({"arguments":"{\"a\":1}"}))),
                event("tool-call-end", json!({})),
                end("TOOL_CALL"),
            ],
            1,
        )),
        shapes: vec![
            json!({"message":null}),
            json!({"message":"x"}),
            json!({"message":{"content":5}}),
            json!({"message":{"content":[null]}}),
            json!({"message":{"content":{"text":"x"}}}),
        ],
        usage: "/usage/tokens",
    }
}

fn cohere_v1() -> Good {
    let whole = json!({"generation_id":"g","text":"hello you","finish_reason":"COMPLETE",
        "meta":{"tokens":{"input_tokens":5,"output_tokens":2}}});
    let call = json!({"generation_id":"g","text":"","tool_calls":[{"name":"f","parameters":{"a":1}}],
        "finish_reason":"COMPLETE","meta":{"tokens":{"input_tokens":5,"output_tokens":2}}});
    Good {
        target: "cohere-v1",
        whole: whole.clone(),
        call: Some(call),
        events: vec![
            ("", json!({"event_type":"stream-start","is_finished":false,"generation_id":"g"})),
            ("", json!({"event_type":"text-generation","is_finished":false,"text":"hello"})),
            ("", json!({"event_type":"text-generation","is_finished":false,"text":" you"})),
            (
                "",
                json!({"event_type":"stream-end","is_finished":true,"finish_reason":"COMPLETE","response":whole}),
            ),
        ],
        calling: None,
        shapes: vec![json!({"texts":"x"})],
        usage: "/meta/tokens",
    }
}

fn ollama_line(message: &Value, done: bool) -> Value {
    let mut line =
        json!({"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":message,"done":done});
    if done {
        line["done_reason"] = "stop".into();
        line["prompt_eval_count"] = 5.into();
        line["eval_count"] = 2.into();
    }
    line
}

fn ollama() -> Good {
    let call =
        json!({"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]});
    Good {
        target: "ollama",
        whole: ollama_line(&json!({"role":"assistant","content":"hello you"}), true),
        call: Some(ollama_line(&call, true)),
        events: vec![
            ("", ollama_line(&json!({"role":"assistant","content":"hello"}), false)),
            ("", ollama_line(&json!({"role":"assistant","content":" you"}), false)),
            ("", ollama_line(&json!({"role":"assistant","content":""}), true)),
        ],
        calling: None,
        shapes: vec![
            json!({"message":null,"done":true}),
            json!({"message":"x","done":true}),
            json!({"message":{"content":5},"done":true}),
        ],
        usage: "",
    }
}

fn ollama_prompt() -> Good {
    let line = |text: &str, done: bool| {
        let mut line = ollama_line(&Value::Null, done);
        line.as_object_mut().unwrap().remove("message");
        line["response"] = text.into();
        line
    };
    Good {
        target: "ollama-prompt",
        whole: line("hello you", true),
        call: None,
        events: vec![("", line("hello", false)), ("", line(" you", false)), ("", line("", true))],
        calling: None,
        shapes: vec![json!({"response":null,"done":true}), json!({"response":{"text":"x"},"done":true})],
        usage: "",
    }
}
