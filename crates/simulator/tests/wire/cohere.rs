//! Cohere's API.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Answer, Call, End};

use super::collected::{collected, exchanges, json_of, misfits};
use super::{post, send};

fn request(text: &str, more: &Value) -> Value {
    let mut body = json!({"model": "command-a", "messages": [{"role": "user", "content": text}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn call(path: &str, body: &Value) -> Call {
    post(&format!("/sim/cohere{path}"), &body.to_string())
}

fn ask(path: &str, body: &Value) -> Value {
    send(&call(path, body)).expect(200).json()
}

fn said(text: &str, more: &Value) -> Value {
    ask("/v2/chat", &request(text, more))
}

fn streamed(text: &str, more: &Value) -> Vec<Value> {
    let mut body = request(text, more);
    body["stream"] = true.into();
    let answer = send(&call("/v2/chat", &body)).expect(200);
    let mut events = answer.events();
    assert!(events.pop().unwrap().is_done());
    for event in &events {
        assert_eq!(event.name.as_deref(), event.json()["type"].as_str());
    }
    events.iter().map(testkit::Event::json).collect()
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer
        .text()
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What the deltas of a stream say in one place.
fn joined(events: &[Value], place: &str) -> String {
    events.iter().filter_map(|event| event.pointer(place)?.as_str()).collect()
}

fn tools() -> Value {
    json!([
        {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}},
        {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {}}}},
    ])
}

const TEXT: &str = "/delta/message/content/text";

#[test]
fn chat_whole_and_streamed() {
    let whole = said("hello there", &json!({}));
    assert_eq!(
        whole["message"],
        json!({"role": "assistant", "content": [{"type": "text", "text": "echo: hello there"}]})
    );
    assert_eq!(whole["finish_reason"], "COMPLETE");
    assert_eq!(whole["usage"]["tokens"], json!({"input_tokens": 2, "output_tokens": 3}));
    assert_eq!(whole["usage"]["billed_units"], json!({"input_tokens": 1, "output_tokens": 2}));
    let events = streamed("hello there", &json!({}));
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = [
        "message-start",
        "content-start",
        "content-delta",
        "content-delta",
        "content-delta",
        "content-end",
        "message-end",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(joined(&events, TEXT), "echo: hello there");
    assert_eq!(events[6]["delta"]["usage"], whole["usage"]);

    let cut = said("a b c d", &json!({"max_tokens": 2}));
    assert_eq!(
        (&cut["message"]["content"][0]["text"], &cut["finish_reason"]),
        (&json!("echo: a"), &json!("MAX_TOKENS"))
    );
    let stopped = said("a b c d", &json!({"stop_sequences": [" c"]}));
    assert_eq!(stopped["finish_reason"], "STOP_SEQUENCE");
    assert_eq!(said("finish:TIMEOUT", &json!({}))["finish_reason"], "TIMEOUT");
    assert_eq!(said("a b cached_prompt", &json!({}))["usage"]["cached_tokens"], 1);
    let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}}});
    let format = json!({"response_format": {"type": "json_object", "json_schema": schema}});
    assert_eq!(said("who", &format)["message"]["content"][0]["text"], "{\"age\":7}");
    let picture = json!([{"type": "text", "text": "describe_images"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}]);
    let seen = said("", &json!({"messages": [{"role": "user", "content": picture}]}));
    assert_eq!(seen["message"]["content"][0]["text"], "images: image/png of 3 bytes");
}

#[test]
fn thoughts_plans_calls_and_citations() {
    let thinking = json!({"thinking": {"type": "enabled", "token_budget": 1000}});
    let whole = said("hi", &thinking);
    assert_eq!(
        whole["message"]["content"][0],
        json!({"type": "thinking", "thinking": "thought1 thought2 thought3 thought4"})
    );
    assert_eq!(whole["usage"]["tokens"]["output_tokens"], 6);
    let events = streamed("hi", &thinking);
    assert_eq!(joined(&events, "/delta/message/content/thinking"), "thought1 thought2 thought3 thought4");
    assert_eq!(joined(&events, TEXT), "echo: hi");
    assert_eq!(events.iter().find(|event| event["index"] == 1).unwrap()["type"], "content-start");

    let whole = said("call_three_tools", &json!({"tools": tools()}));
    assert_eq!(
        (&whole["finish_reason"], &whole["message"]["tool_plan"]),
        (&json!("TOOL_CALL"), &json!("I will call weather."))
    );
    assert_eq!(whole["message"]["tool_calls"].as_array().unwrap().len(), 3);
    assert!(whole["message"].get("content").is_none());
    let events = streamed("call_three_tools", &json!({"tools": tools()}));
    assert_eq!(joined(&events, "/delta/message/tool_plan"), "I will call weather.");
    for (index, call) in whole["message"]["tool_calls"].as_array().unwrap().iter().enumerate() {
        let own: Vec<Value> = events.iter().filter(|event| event["index"] == index).cloned().collect();
        assert_eq!(own[0]["type"], "tool-call-start");
        assert_eq!(own[0]["delta"]["message"]["tool_calls"]["id"], call["id"]);
        let arguments = joined(&own, "/delta/message/tool_calls/function/arguments");
        assert_eq!(call["function"]["arguments"], json!(arguments));
        assert_eq!(own.last().unwrap()["type"], "tool-call-end");
    }
    let call = &whole["message"]["tool_calls"][0];
    let history = |id: &Value| {
        json!({"tools": tools(), "messages": [
            {"role": "user", "content": "call_tool"},
            {"role": "assistant", "tool_plan": "I will", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": id, "content": [{"type": "document", "document": {"data": {"output": "sunny"}}}]},
        ]})
    };
    assert_eq!(said("", &history(&call["id"]))["message"]["content"][0]["text"], "tool said: sunny");
    send(&self::call("/v2/chat", &request("", &history(&json!("nobody"))))).expect(400);
    assert_eq!(
        said("hi", &json!({"tools": tools(), "tool_choice": "REQUIRED"}))["finish_reason"],
        "TOOL_CALL"
    );

    let documents = json!({"documents": [{"id": "d1", "data": {"text": "facts"}}]});
    assert_eq!(said("hi", &documents)["message"]["citations"][0]["sources"][0]["id"], "d1");
    let cited = streamed("hi", &documents);
    assert!(
        cited.iter().any(|event| event["type"] == "citation-start")
            && cited.iter().any(|event| event["type"] == "citation-end")
    );
}

#[test]
fn the_first_version_speaks_in_lines() {
    let body = json!({"message": "hello there", "chat_history": [{"role": "USER", "message": "a"}, {"role": "CHATBOT", "message": "b"}]});
    let whole = ask("/v1/chat", &body);
    assert_eq!((&whole["text"], &whole["finish_reason"]), (&json!("echo: hello there"), &json!("COMPLETE")));
    assert_eq!(whole["meta"]["tokens"], json!({"input_tokens": 4, "output_tokens": 3}));
    let mut streaming = body;
    streaming["stream"] = true.into();
    let streamed = lines(&send(&call("/v1/chat", &streaming)).expect(200));
    assert_eq!(streamed[0]["event_type"], "stream-start");
    assert_eq!(joined(&streamed, "/text"), "echo: hello there");
    let last = streamed.last().unwrap();
    assert_eq!((&last["is_finished"], &last["event_type"]), (&json!(true), &json!("stream-end")));
    assert_eq!(last["response"]["text"], "echo: hello there");
    let tool = json!({"name": "weather", "description": "d", "parameter_definitions": {"city": {"type": "str", "required": true}}});
    let called = ask("/v1/chat", &json!({"message": "call_tool", "tools": [tool]}));
    assert_eq!(
        called["tool_calls"][0],
        json!({"name": "weather", "parameters": {"city": "value 1 of weather"}})
    );
    let results = json!([{"call": called["tool_calls"][0], "outputs": [{"output": "sunny"}]}]);
    let told = ask("/v1/chat", &json!({"message": "", "tools": [tool], "tool_results": results}));
    assert_eq!(told["text"], "tool said: sunny");
    assert_eq!(ask("/v1/chat", &json!({"message": "please_refuse"}))["finish_reason"], "ERROR_TOXIC");

    let generated = ask("/v1/generate", &json!({"prompt": "a b", "num_generations": 2}));
    assert_eq!(generated["generations"].as_array().unwrap().len(), 2);
    assert_eq!(generated["generations"][1]["text"], "echo: a b");
    let streamed = lines(&send(&call("/v1/generate", &json!({"prompt": "a b", "stream": true}))));
    assert_eq!(joined(&streamed, "/text"), "echo: a b");
    assert_eq!(streamed.last().unwrap()["response"]["generations"][0]["text"], "echo: a b");
}

#[test]
fn embeddings_of_every_type() {
    let body = json!({"model": "e", "input_type": "classification", "texts": ["a b", "c"], "embedding_types": ["float", "base64", "int8", "ubinary"]});
    let body = ask("/v2/embed", &body);
    assert_eq!(body["embeddings"]["float"][1].as_array().unwrap().len(), 8);
    assert_eq!(body["embeddings"]["base64"][0].as_str().unwrap().len(), 44);
    assert_eq!(body["embeddings"]["ubinary"][0].as_array().unwrap().len(), 1);
    assert_eq!(body["meta"]["billed_units"], json!({"input_tokens": 3}));
    let sized = ask(
        "/v2/embed",
        &json!({"model": "e", "input_type": "search_query", "texts": ["a"], "output_dimension": 256}),
    );
    assert_eq!(sized["embeddings"]["float"][0].as_array().unwrap().len(), 256);
    let old = ask("/v1/embed", &json!({"texts": ["a"]}));
    assert_eq!(
        (&old["response_type"], old["embeddings"][0].as_array().unwrap().len()),
        (&json!("embeddings_floats"), 8)
    );
    for wrong in [
        json!({"model": "e", "texts": ["a"]}),
        json!({"model": "e", "input_type": "classification"}),
        json!({"model": "e", "input_type": "classification", "texts": vec!["a"; 97]}),
        json!({"model": "e", "input_type": "other", "texts": ["a"]}),
        json!({"model": "e", "input_type": "classification", "texts": ["a"], "output_dimension": 8}),
        json!({"model": "e", "input_type": "image", "texts": ["a"]}),
        json!({"input_type": "classification", "texts": ["a"]}),
    ] {
        send(&call("/v2/embed", &wrong)).expect(400);
    }
    send(&call("/v2/embed", &json!({"model": "e", "input_type": "classification", "texts": "a"})))
        .expect(422);
}

#[test]
fn wrong_requests_are_refused() {
    for (more, status) in [
        (json!({"top_p": 0.5}), 422),
        (json!({"n": 1}), 422),
        (json!({"stream_options": {}}), 422),
        (json!({"stop": ["a"]}), 422),
        (json!({"temperature": "hot"}), 422),
        (json!({"stream": "yes"}), 422),
        (json!({"p": 1.0}), 400),
        (json!({"p": 0.0}), 400),
        (json!({"k": 501}), 400),
        (json!({"presence_penalty": 1.5}), 400),
        (json!({"stop_sequences": ["a", "b", "c", "d", "e", "f"]}), 400),
        (json!({"tool_choice": "REQUIRED"}), 400),
        (json!({"tools": tools(), "tool_choice": "auto"}), 400),
        (json!({"tools": [{"type": "function", "function": {"name": "f"}}]}), 400),
        (json!({"tools": tools(), "response_format": {"type": "json_object"}}), 400),
        (json!({"response_format": {"type": "json_schema"}}), 400),
        (json!({"messages": []}), 400),
        (json!({"messages": [{"role": "developer", "content": "x"}, {"role": "user", "content": "x"}]}), 400),
        (json!({"messages": [{"role": "user"}]}), 400),
        (
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "tool", "tool_call_id": "a", "content": "x"}]}),
            400,
        ),
        (
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]}),
            400,
        ),
        (
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{"}}]}]}),
            400,
        ),
        (
            json!({"messages": [{"role": "system", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}, {"role": "user", "content": "x"}]}),
            400,
        ),
        (json!({"model": "missing"}), 404),
        (json!({"model": null}), 400),
    ] {
        let answer = send(&call("/v2/chat", &request("hi", &more)));
        assert_eq!(answer.status, status, "{more}: {}", answer.text());
        assert!(answer.json()["message"].is_string() && answer.json()["id"].is_string());
    }
    said("hi", &json!({"p": 0.99, "k": 0, "stream": false, "seed": null}));
    let key = |key: &str| {
        Call::post("/v2/chat").header("authorization", key).json(request("hi", &json!({})).to_string())
    };
    send(&key("Bearer sk-sim")).expect(200);
    assert_eq!(send(&key("Bearer bad")).expect(401).json()["message"], "invalid api token");
    send(&Call::post("/v2/chat").json("{}")).expect(401);
    for (path, body) in [
        ("/v1/chat", json!({"message": ""})),
        ("/v1/chat", json!({"message": "a", "chat_history": [{"role": "user", "message": "a"}]})),
        ("/v1/chat", json!({"message": "a", "p": 1.0})),
        ("/v1/generate", json!({"prompt": ""})),
        ("/v1/generate", json!({"prompt": "a", "num_generations": 6})),
    ] {
        send(&call(path, &body)).expect(400);
    }
    send(&call("/v1/chat", &json!({"message": "a", "messages": []}))).expect(422);
}

#[test]
fn faults_of_events_and_lines() {
    let answer = |path: &str, fault: &str| {
        let mut body = json!({"stream": true});
        match path {
            "/v2/chat" => body = request("one two three four", &body),
            "/v1/chat" => body["message"] = "one two three four".into(),
            _ => body["prompt"] = "one two three four".into(),
        }
        send(&call(path, &body).header("x-sim-fault", fault).patience(Duration::from_millis(1500)))
    };
    for path in ["/v2/chat", "/v1/chat", "/v1/generate"] {
        assert_eq!(answer(path, "cut_mid").end, End::Cut, "{path}");
        assert_eq!(answer(path, "stall_mid").end, End::TimedOut, "{path}");
        let ended = answer(path, "end_mid");
        assert!(
            ended.end.is_complete() && ended.text().contains("one") && !ended.text().contains("COMPLETE")
        );
        assert!(answer(path, "error_mid").text().contains("ERROR"), "{path}");
        assert!(answer(path, "drip").pieces.len() > 20);
        assert_eq!(answer(path, "split").body, answer(path, "").body);
        assert!(!answer(path, "no_usage").text().contains("billed_units"));
    }
    let plain = answer("/v2/chat", "").events();
    for fault in ["crlf", "cr_only", "comments", "multi_data", "no_space", "comments,split"] {
        let events = answer("/v2/chat", fault).events();
        let of = |events: &[testkit::Event]| -> Vec<(Option<String>, String)> {
            let compact = |data: &str| {
                serde_json::from_str::<Value>(data).map_or(data.to_owned(), |json| json.to_string())
            };
            events
                .iter()
                .filter(|event| !event.is_done())
                .map(|event| (event.name.clone(), compact(&event.data)))
                .collect()
        };
        assert_eq!(of(&events), of(&plain), "{fault}");
    }
    assert!(!answer("/v2/chat", "no_done").text().contains("[DONE]"));
    assert_eq!(answer("/v2/chat", "double_done").text().matches("[DONE]").count(), 2);
    assert_eq!(answer("/v2/chat", "error_first").events()[0].json()["delta"]["finish_reason"], "ERROR");
    assert_eq!(answer("/v2/chat", "status_429").status, 429);
}

#[test]
fn answers_fit_the_schemas() {
    let Some(path) = collected("answers_fit_the_schemas", "cohere/cohere-sdk-7.3.1.schemas.json") else {
        return;
    };
    let root = json_of(&path);
    let fits = |name: &str, value: &Value| {
        let found = misfits(&root, &root["schemas"][name], value, "it");
        assert_eq!(found, Vec::<String>::new(), "{name} {value}");
    };
    let camel = |kind: &str| -> String {
        let words = kind.split('-').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]));
        words.collect()
    };
    let thinking = json!({"thinking": {"type": "enabled"}, "logprobs": true});
    let documents = json!({"documents": [{"id": "d1", "data": {"text": "facts"}}]});
    let with_tools = json!({"tools": tools()});
    for (text, more) in [
        ("hi", &thinking),
        ("hi", &documents),
        ("call_three_tools", &with_tools),
        ("cached_prompt", &json!({})),
    ] {
        fits("V2ChatResponse", &said(text, more));
        for mut event in streamed(text, more) {
            if event["type"] == "message-start" {
                // Recorded starts are empty messages; the schema names the role alone.
                event["delta"]["message"] = json!({"role": event["delta"]["message"]["role"]});
            }
            let name = format!("{}V2ChatStreamResponse", camel(event["type"].as_str().unwrap()));
            fits(&name, &event);
        }
    }
    let body = json!({"model": "e", "input_type": "classification", "texts": ["a"]});
    fits("EmbedByTypeResponse", &ask("/v2/embed", &body));
    fits("Generation", &{
        let mut answer = ask("/v1/generate", &json!({"prompt": "a"}));
        // The recorded answers have a reason that the schema does not name.
        assert!(answer["generations"][0].as_object_mut().unwrap().remove("finish_reason").is_some());
        answer
    });
    fits("NonStreamedChatResponse", &ask("/v1/chat", &json!({"message": "a"})));
}

#[test]
fn what_cohere_took_is_taken() {
    let Some(folder) = collected("what_cohere_took_is_taken", "streams/cohere") else {
        return;
    };
    let paths = ["/v1/chat", "/v2/chat", "/v1/generate", "/v2/embed"];
    let mut seen = 0;
    for (name, exchange) in exchanges(&folder, &|path| paths.contains(&path)) {
        if exchange["response"]["status"] == 200 {
            let answer =
                send(&call(exchange["request"]["path"].as_str().unwrap(), &exchange["request"]["body"]));
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}
