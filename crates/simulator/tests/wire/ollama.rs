//! Ollama's own API.

use serde_json::{Value, json};
use testkit::{Answer, Call, End};

use super::collected::{collected, json_of};
use super::send;

fn post(path: &str, body: &Value) -> Call {
    Call::post(path).json(body.to_string())
}

/// A chat; `more` are further members.
fn request(text: &str, more: &Value) -> Value {
    let mut body = json!({"model": "qwen3", "messages": [{"role": "user", "content": text}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn said(text: &str, more: &Value) -> Value {
    let mut body = request(text, more);
    body["stream"] = false.into();
    send(&post("/api/chat", &body)).expect(200).json()
}

fn lines(answer: &Answer) -> Vec<Value> {
    let lines = answer.text();
    lines.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn tools() -> Value {
    json!([
        {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}},
        {"type": "function", "function": {"name": "time"}},
    ])
}

#[test]
fn chat_is_streamed_unless_told_otherwise() {
    let answer = send(&post("/api/chat", &request("hello there", &json!({})))).expect(200);
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let lines = lines(&answer);
    let text: String = lines.iter().map(|line| line["message"]["content"].as_str().unwrap()).collect();
    assert_eq!((text.as_str(), lines.len()), ("echo: hello there", 4));
    assert!(lines[..3].iter().all(|line| line["done"] == false && line.get("eval_count").is_none()));
    let last = &lines[3];
    assert_eq!((&last["done"], &last["done_reason"]), (&json!(true), &json!("stop")));
    assert_eq!((&last["prompt_eval_count"], &last["eval_count"]), (&json!(2), &json!(3)));

    let whole = said("hello there", &json!({}));
    assert_eq!(whole["message"], json!({"role": "assistant", "content": "echo: hello there"}));
    assert_eq!((&whole["done"], &whole["eval_count"]), (&json!(true), &json!(3)));
    let cached = said("cached_prompt", &json!({}));
    assert!(cached.get("prompt_eval_count").is_none());
    let loaded = said("", &json!({"messages": []}));
    assert_eq!(loaded["done_reason"], "load");
}

#[test]
fn options_and_forms() {
    let cut = said("a b c d", &json!({"options": {"num_predict": 2}}));
    assert_eq!((&cut["message"]["content"], &cut["done_reason"]), (&json!("echo: a"), &json!("length")));
    let stopped = said("a b c d", &json!({"options": {"stop": ["z", " c"]}}));
    assert_eq!(
        (&stopped["message"]["content"], &stopped["done_reason"]),
        (&json!("echo: a b"), &json!("stop"))
    );
    let read = |value: &Value| -> Value {
        serde_json::from_str(value["message"]["content"].as_str().unwrap()).unwrap()
    };
    let schema =
        json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}});
    assert_eq!(read(&said("who", &json!({"format": schema}))), json!({"name": "echo: who", "age": 7}));
    assert!(read(&said("who", &json!({"format": "json"}))).is_object());
    let thinking = said("hi", &json!({"think": "low"}));
    assert_eq!(thinking["message"]["thinking"], "thought1 thought2 thought3 thought4");
    assert_eq!(thinking["eval_count"], 6);
    let seen = json!({"messages": [{"role": "user", "content": "describe_images", "images": ["QUJD"]}]});
    assert_eq!(said("", &seen)["message"]["content"], "images: image/png of 3 bytes");
}

#[test]
fn tools_are_called_with_objects() {
    let whole = said("call_three_tools", &json!({"tools": tools()}));
    let calls = whole["message"]["tool_calls"].as_array().unwrap();
    let names: Vec<&Value> = calls.iter().map(|call| &call["function"]["name"]).collect();
    assert_eq!(names, ["weather", "time", "weather"]);
    assert_eq!(calls[0]["function"]["arguments"], json!({"city": "value 1 of weather"}));
    assert_eq!(whole["done_reason"], "stop");
    let streamed = lines(&send(&post("/api/chat", &request("call_tool", &json!({"tools": tools()})))));
    assert_eq!(streamed[0]["message"]["tool_calls"][0]["function"]["name"], "weather");
    let history = json!({"tools": tools(), "messages": [
        {"role": "user", "content": "call_tool"},
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "tool_name": "weather", "content": "sunny"},
    ]});
    assert_eq!(said("", &history)["message"]["content"], "tool said: sunny");
}

#[test]
fn generation_embeddings_and_lists() {
    let body = json!({"model": "qwen3", "prompt": "a b"});
    let lines = lines(&send(&post("/api/generate", &body)).expect(200));
    let text: String = lines.iter().map(|line| line["response"].as_str().unwrap()).collect();
    assert_eq!(text, "echo: a b");
    assert!(lines.last().unwrap()["context"].is_array());
    let whole = send(&post("/api/generate", &json!({"model": "qwen3", "prompt": "a b", "stream": false})));
    assert_eq!(whole.expect(200).json()["response"], "echo: a b");
    let loaded = send(&post("/api/generate", &json!({"model": "qwen3", "keep_alive": 0})));
    assert_eq!(loaded.expect(200).json()["done_reason"], "unload");

    let body = json!({"model": "e", "input": ["a b", "c"], "dimensions": 4});
    let embedded = send(&post("/api/embed", &body)).expect(200).json();
    assert_eq!(embedded["embeddings"][1].as_array().unwrap().len(), 4);
    assert_eq!(embedded["prompt_eval_count"], 3);
    let old = send(&post("/api/embeddings", &json!({"model": "e", "prompt": "a"}))).expect(200).json();
    assert_eq!(old["embedding"].as_array().unwrap().len(), 8);
    let tags = send(&Call::get("/api/tags")).expect(200).json();
    assert!(tags["models"][0]["digest"].is_string());
}

#[test]
fn wrong_requests_are_refused() {
    let refused = |path: &str, body: &Value, status: u16| {
        let answer = send(&post(path, body)).expect(status).json();
        assert_eq!(answer.as_object().unwrap().len(), 1);
        answer["error"].as_str().unwrap().to_owned()
    };
    let user = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
    let call = |arguments: Value| json!({"messages": [{"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}]});
    for more in [
        json!({"max_tokens": 5}),
        json!({"temperature": 1}),
        json!({"response_format": {}}),
        json!({"tool_choice": "auto"}),
        json!({"options": {"max_tokens": 5}}),
        json!({"options": {"num_predict": "5"}}),
        json!({"options": {"num_predict": 1.5}}),
        json!({"options": {"stop": "x"}}),
        json!({"format": "xml"}),
        json!({"think": "hard"}),
        json!({"stream": "yes"}),
        json!({"model": "llama3.2", "think": true}),
        json!({"model": "llama2", "tools": tools()}),
        json!({"tools": [{"function": {"name": "f"}}]}),
        user(json!([{"type": "text", "text": "x"}])),
        json!({"messages": [{"role": "developer", "content": "x"}]}),
        json!({"messages": [{"role": "user"}]}),
        json!({"messages": [{"role": "user", "content": "x", "images": ["data:image/png;base64,QUJD"]}]}),
        json!({"messages": [{"role": "tool", "content": "x"}]}),
        call(json!("{}")),
        call(Value::Null),
    ] {
        refused("/api/chat", &request("hi", &more), 400);
    }
    send(&post("/api/chat", &request("hi", &call(json!({}))))).expect(200);
    assert_eq!(refused("/api/chat", &json!({"messages": []}), 400), "model is required");
    let missing = request("hi", &json!({"model": "missing-1"}));
    assert_eq!(refused("/api/chat", &missing, 404), "model 'missing-1' not found");
    refused("/api/embed", &json!({"model": "e", "input": [1]}), 400);
    refused("/api/nowhere", &json!({}), 404);
    send(&Call::get("/api/chat")).expect(405);
    send(&post("/api/chat", &request("hi", &json!({}))).header("authorization", "Bearer bad")).expect(401);
    send(&post("/api/chat", &request("hi", &json!({}))).header("authorization", "Bearer sk-sim")).expect(200);
    let openai = post("/sim/ollama/v1/chat/completions", &request("hi", &json!({})));
    assert_eq!(send(&openai).expect(200).json()["choices"][0]["message"]["content"], "echo: hi");
}

#[test]
fn faults_between_lines() {
    let answer = |fault: &str| {
        let call = post("/api/chat", &request("one two three four", &json!({}))).header("x-sim-fault", fault);
        send(&call.patience(std::time::Duration::from_millis(1500)))
    };
    let plain = lines(&answer(""));
    for fault in ["drip", "split", "burst", "crlf", "comments", "comments,crlf,drip"] {
        assert_eq!(lines(&answer(fault)), plain, "{fault}");
    }
    let cut = answer("cut_mid");
    assert!(cut.end == End::Cut && cut.text().ends_with("}\n") && !cut.text().contains("\"done\":true"));
    assert!(!answer("cut_in_frame").text().ends_with('\n'));
    assert_eq!(answer("stall_mid").end, End::TimedOut);
    let ended = answer("end_mid");
    assert!(ended.end.is_complete() && !ended.text().contains("\"done\":true"));
    assert!(lines(&answer("error_mid")).last().unwrap()["error"].is_string());
    assert_eq!(lines(&answer("error_first")).len(), 1);
    assert!(answer("not_json_mid").text().contains("\n{this is not JSON\n"));
    assert!(!answer("no_usage").text().contains("eval_count"));
    assert!(std::str::from_utf8(&answer("bad_utf8").body).is_err());
    assert!(answer("huge_line").body.len() > 1 << 20);
    assert_eq!(lines(&Answer { body: testkit::gunzip(&answer("gzip").body).unwrap(), ..answer("") }), plain);
    assert_eq!(answer("status_503").status, 503);
}

/// Whether every member of one value is known from another, with the same kind of value.
fn known(value: &Value, from: &[Value]) -> Result<(), String> {
    let Some(fields) = value.as_object() else {
        return Ok(());
    };
    for (name, inner) in fields {
        let seen: Vec<Value> = from.iter().filter_map(|one| one.get(name)).cloned().collect();
        if seen.is_empty() {
            return Err(name.clone());
        }
        let alike = |one: &Value| std::mem::discriminant(one) == std::mem::discriminant(inner);
        if !seen.iter().any(alike) {
            return Err(format!("{name} is {inner}"));
        }
        known(inner, &seen)?;
    }
    Ok(())
}

#[test]
fn answers_look_like_the_documented_ones() {
    let Some(path) = collected("answers_look_like_the_documented_ones", "ollama/api-examples.json") else {
        return;
    };
    let examples = json_of(&path);
    let of = |word: &str, kind: &str| -> Vec<Value> {
        let all = examples.as_array().unwrap().iter();
        let fitting =
            all.filter(|one| one["kind"] == kind && one["section"].as_str().unwrap().starts_with(word));
        fitting.map(|one| one["body"].clone()).collect()
    };
    let chats = of("Generate a chat completion", "response");
    for value in
        lines(&send(&post("/api/chat", &request("hi", &json!({}))))).iter().chain([&said("hi", &json!({}))])
    {
        assert_eq!(known(value, &chats), Ok(()));
    }
    let generated = of("Generate a completion", "response");
    for value in lines(&send(&post("/api/generate", &json!({"model": "m", "prompt": "a"})))) {
        assert_eq!(known(&value, &generated), Ok(()));
    }
    let embedded = send(&post("/api/embed", &json!({"model": "m", "input": "a"}))).json();
    assert_eq!(known(&embedded, &of("Generate Embeddings", "response")), Ok(()));
    let mut taken = 0;
    for (word, path) in [
        ("Generate a chat completion", "/api/chat"),
        ("Generate a completion", "/api/generate"),
        ("Generate Embeddings", "/api/embed"),
        ("Generate Embedding /", "/api/embeddings"),
    ] {
        for body in of(word, "request").iter().filter(|body| body.is_object()) {
            if !body.to_string().contains("...") && body.get("model").is_some() {
                let answer = send(&post(path, body));
                assert_eq!(answer.status, 200, "{body} {}", answer.text());
                taken += 1;
            }
        }
    }
    assert!(taken > 10, "{taken}");
}
