//! What right requests are answered.

use serde_json::{Value, json};
use testkit::content_of;

use super::{SIMULATOR, chat, post, send};

const TOOLS: &str = r#","tools":[
    {"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}},
    {"type":"function","function":{"name":"time","parameters":{"type":"object","properties":{},"required":[]}}}]"#;

#[test]
fn whole_chat() {
    let answer = send(&chat("hello there", "")).expect(200);
    assert!(answer.end.is_complete());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    let body = answer.json();
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], "gpt-4o");
    assert_eq!(body["choices"][0]["message"]["content"], "echo: hello there");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!(body["usage"]["prompt_tokens"], 2);
    assert_eq!(body["usage"]["completion_tokens"], 3);
    assert_eq!(body["usage"]["total_tokens"], 5);
    assert_eq!(send(&chat("hello there", "")).body, answer.body, "answers are deterministic");
}

#[test]
fn streamed_chat_says_the_same() {
    let answer = send(&chat("hello there", r#","stream":true"#)).expect(200);
    assert!(answer.end.is_complete());
    assert!(answer.header("content-type").unwrap().starts_with("text/event-stream"));
    let events = answer.events();
    assert_eq!(content_of(&events), "echo: hello there");
    // The role, three words, the finish reason, the terminator.
    assert_eq!(events.len(), 6);
    assert!(events[5].is_done());
    assert_eq!(events[0].json()["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(events[4].json()["choices"][0]["finish_reason"], "stop");
    assert!(events[..5].iter().all(|event| event.json().get("usage").is_none()));
}

#[test]
fn usage_in_a_stream_on_request() {
    let events = send(&chat("hello", r#","stream":true,"stream_options":{"include_usage":true}"#))
        .expect(200)
        .events();
    let usage = &events[events.len() - 2].json();
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["total_tokens"], 3);
    assert!(events[..events.len() - 2].iter().all(|event| event.json()["usage"].is_null()));
}

#[test]
fn limits_stops_and_choices() {
    let cut = send(&chat("a b c d", r#","max_tokens":2"#)).expect(200).json();
    assert_eq!(cut["choices"][0]["message"]["content"], "echo: a");
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
    let stopped = send(&chat("a b c d", r#","stop":["z"," c"]"#)).expect(200).json();
    assert_eq!(stopped["choices"][0]["message"]["content"], "echo: a b");
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
    let many = send(&chat("a", r#","n":3"#)).expect(200).json();
    assert_eq!(many["choices"].as_array().unwrap().len(), 3);
    let events = send(&chat("a", r#","n":2,"stream":true"#)).expect(200).events();
    let finished = events.iter().filter(|event| !event.is_done());
    assert_eq!(finished.filter(|event| event.json()["choices"][0]["finish_reason"] == "stop").count(), 2);
    let long = send(&chat("words:300", "")).expect(200).json();
    assert_eq!(long["usage"]["completion_tokens"], 300);
}

#[test]
fn tools_are_called() {
    let body = send(&chat("please call_tool", TOOLS)).expect(200).json();
    let message = &body["choices"][0]["message"];
    assert_eq!(message["content"], Value::Null);
    assert_eq!(body["choices"][0]["finish_reason"], "tool_calls");
    let call = &message["tool_calls"][0];
    assert_eq!(call["function"]["name"], "weather");
    let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({"city": "value 1 of weather"}));

    let none = send(&chat("call_tool", &format!(r#"{TOOLS},"tool_choice":"none""#))).expect(200).json();
    assert_eq!(none["choices"][0]["finish_reason"], "stop");
    let named = format!(r#"{TOOLS},"tool_choice":{{"type":"function","function":{{"name":"time"}}}}"#);
    let named = send(&chat("hello", &named)).expect(200).json();
    assert_eq!(named["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "time");
}

#[test]
fn three_parallel_calls_are_streamed_in_pieces() {
    let events = send(&chat("call_three_tools", &format!(r#"{TOOLS},"stream":true"#))).expect(200).events();
    let mut calls = vec![(String::new(), String::new()); 3];
    for event in events.iter().filter(|event| !event.is_done()) {
        let value = event.json();
        for part in value["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let call = &mut calls[usize::try_from(part["index"].as_u64().unwrap()).unwrap()];
            call.0.push_str(part["function"]["name"].as_str().unwrap_or_default());
            call.1.push_str(part["function"]["arguments"].as_str().unwrap_or_default());
        }
    }
    let names: Vec<&str> = calls.iter().map(|call| call.0.as_str()).collect();
    assert_eq!(names, ["weather", "time", "weather"]);
    assert!(calls.iter().all(|call| serde_json::from_str::<Value>(&call.1).is_ok()));
}

#[test]
fn the_answer_of_a_tool_is_read() {
    let call =
        send(&chat("call_tool", TOOLS)).expect(200).json()["choices"][0]["message"]["tool_calls"][0].clone();
    let messages = json!([
        {"role": "user", "content": "call_tool"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "sunny"},
    ]);
    let body = format!(r#"{{"model":"gpt-4o","messages":{messages}{TOOLS}}}"#);
    let answer = send(&post("/v1/chat/completions", &body)).expect(200).json();
    assert_eq!(answer["choices"][0]["message"]["content"], "tool said: sunny");
}

#[test]
fn structured_output_fits_its_schema() {
    let format = r#","response_format":{"type":"json_schema","json_schema":{"name":"person","strict":true,"schema":
        {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}}}"#;
    let body = send(&chat("who", format)).expect(200).json();
    let said: Value =
        serde_json::from_str(body["choices"][0]["message"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(said, json!({"name": "echo: who", "age": 7}));
    let object =
        send(&chat("give me json", r#","response_format":{"type":"json_object"}"#)).expect(200).json();
    let said: Value =
        serde_json::from_str(object["choices"][0]["message"]["content"].as_str().unwrap()).unwrap();
    assert!(said.is_object());
}

#[test]
fn completions_take_every_form_of_prompt() {
    for (prompt, said, choices) in [
        (r#""a b""#, "echo: a b", 1),
        (r#"["a","b"]"#, "echo: a", 2),
        ("[1,2,3]", "echo: [1,2,3]", 1),
        ("[[1,2],[3]]", "echo: 1 2", 2),
    ] {
        let body = format!(r#"{{"model":"gpt-3.5-turbo-instruct","prompt":{prompt}}}"#);
        let answer = send(&post("/v1/completions", &body)).expect(200).json();
        assert_eq!(answer["object"], "text_completion");
        assert_eq!(answer["choices"].as_array().unwrap().len(), choices, "{prompt}");
        let text = answer["choices"][0]["text"].as_str().unwrap();
        assert!(text == said || prompt == "[1,2,3]" && text.starts_with("echo: "), "{prompt}: {text}");
    }
    let body = r#"{"model":"m","prompt":"a b","stream":true,"stream_options":{"include_usage":true}}"#;
    let events = send(&post("/v1/completions", body)).expect(200).events();
    assert_eq!(content_of(&events), "echo: a b");
    assert_eq!(events[events.len() - 2].json()["usage"]["prompt_tokens"], 2);
}

#[test]
fn embeddings_as_numbers_and_as_base64() {
    let numbers = r#"{"model":"text-embedding-3-small","input":["a b","c"],"dimensions":4}"#;
    let numbers = send(&post("/v1/embeddings", numbers)).expect(200).json();
    assert_eq!(numbers["usage"], json!({"prompt_tokens": 3, "total_tokens": 3}));
    assert_eq!(numbers["data"].as_array().unwrap().len(), 2);
    let first: Vec<f64> =
        numbers["data"][0]["embedding"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect();
    assert_eq!(first.len(), 4);
    let length: f64 = first.iter().map(|n| n * n).sum();
    assert!((length - 1.0).abs() < 1e-5, "{length}");

    let encoded =
        r#"{"model":"text-embedding-3-small","input":["a b","c"],"dimensions":4,"encoding_format":"base64"}"#;
    let encoded = send(&post("/v1/embeddings", encoded)).expect(200).json();
    // Four floats are sixteen bytes are 24 characters.
    assert_eq!(encoded["data"][0]["embedding"].as_str().unwrap().len(), 24);
}

#[test]
fn embeddings_of_mistral_have_an_id() {
    let body = r#"{"model":"mistral-embed","input":["a"]}"#;
    let answer = send(&post("/sim/mistral/v1/embeddings", body)).expect(200).json();
    assert_eq!(answer["id"].as_str().unwrap().len(), 32);
    assert_eq!(answer["data"][0]["object"], "embedding");
}

#[test]
fn marks_that_all_providers_know() {
    let refused = send(&chat("please_refuse", "")).expect(200).json();
    assert_eq!(refused["choices"][0]["finish_reason"], "content_filter");
    let cached = send(&chat("a b c cached_prompt", "")).expect(200).json();
    assert_eq!(cached["usage"]["prompt_tokens_details"]["cached_tokens"], 2);
    let picture = r#"{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"describe_images"},
        {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]}]}"#;
    let seen = send(&post("/v1/chat/completions", picture)).expect(200).json();
    assert_eq!(seen["choices"][0]["message"]["content"], "images: image/png of 3 bytes");
}

#[test]
fn tools_are_ordered_by_name() {
    let order = r#"use_tool:time {\"zone\": \"a b\"} use_tool:none {} use_tool:weather"#;
    let called = |more: &str| {
        let body = send(&chat(order, &format!("{TOOLS}{more}"))).expect(200).json();
        let calls = body["choices"][0]["message"]["tool_calls"].as_array().unwrap().clone();
        calls.iter().map(|call| call["function"].clone()).collect::<Vec<_>>()
    };
    let time = json!({"name": "time", "arguments": r#"{"zone":"a b"}"#});
    assert_eq!(called(""), [time.clone(), json!({"name": "weather", "arguments": "{}"})]);
    assert_eq!(called(r#","parallel_tool_calls":false"#), [time]);
}

#[test]
fn models_are_listed() {
    let call = testkit::Call::get("/v1/models").header("authorization", "Bearer sk-sim");
    let body = send(&call).expect(200).json();
    assert_eq!(body["data"][0]["object"], "model");
}

#[test]
fn providers_have_their_manners() {
    let answer = |provider: &str, path: &str, more: &str| {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}]{more}}}"#);
        send(&post(&format!("/sim/{provider}{path}"), &body)).expect(200)
    };
    let path = "/v1/chat/completions";
    let effort = r#","reasoning_effort":"low""#;
    let xai = answer("xai", path, effort).json();
    assert_eq!(xai["usage"]["completion_tokens"], 2);
    assert_eq!(xai["usage"]["total_tokens"], 7);
    assert!(xai["choices"][0]["message"]["reasoning_content"].is_string());
    assert!(answer("cerebras", path, effort).json()["choices"][0]["message"]["reasoning"].is_string());
    assert!(answer("cerebras", path, "").json()["time_info"].is_object());
    let parts = answer("databricks", "/serving-endpoints/chat/completions", effort).json();
    assert_eq!(parts["choices"][0]["message"]["content"][0]["type"], "reasoning");
    let finish = answer("mistral", path, r#","stream":true"#).events();
    let finish = finish[finish.len() - 2].json();
    assert_eq!(
        (&finish["choices"][0]["finish_reason"], &finish["usage"]["total_tokens"]),
        (&json!("stop"), &json!(3))
    );
    let keep_alive = answer("deepseek", path, r#","stream":true"#);
    assert!(keep_alive.text().starts_with(": keep-alive\n"));
    let azure =
        answer("azure", "/openai/deployments/d/chat/completions?api-version=2024-10-21", r#","stream":true"#);
    assert!(azure.events()[0].json()["prompt_filter_results"].is_array());
    let vllm =
        answer("vllm", path, r#","stream":true,"stream_options":{"continuous_usage_stats":true}"#).events();
    assert!(vllm[..vllm.len() - 1].iter().all(|event| event.json()["usage"].is_object()));
}

#[test]
fn every_request_is_recorded() {
    let simulator = SIMULATOR.hold();
    let call =
        chat("recorded", "").header("x-test", "recorded").header("X-Twice", "a").header("X-Twice", "b");
    call.send(simulator.addr).expect(200);
    let seen = simulator.only("recorded");
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(seen.headers.iter().filter(|(name, _)| name == "x-twice").count(), 2);
    assert!(seen.text().contains(r#""content":"recorded""#));
    assert_eq!(seen.status, Some(200));
    let listed = testkit::Call::get("/sim/requests").send(simulator.addr).expect(200).json();
    let listed = listed["requests"].as_array().unwrap();
    assert!(
        listed.iter().any(|request| request["sequence"] == seen.sequence && request["outcome"] == "complete")
    );
}

#[test]
fn http_2_is_served() {
    let answers =
        testkit::h2_call(SIMULATOR.hold().addr, &[chat("one", ""), chat("two", r#","stream":true"#)]);
    assert_eq!(answers[0].status, 200);
    assert!(String::from_utf8_lossy(&answers[0].body).contains("echo: one"));
    assert_eq!(content_of(&testkit::events(&answers[1].body)), "echo: two");
}

#[test]
fn gzip_where_it_is_wanted() {
    let plain = send(&chat("zip", ""));
    let zipped = send(&chat("zip", "").header("accept-encoding", "gzip").header("x-sim-gzip", "1"));
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert_eq!(testkit::gunzip(&zipped.body).unwrap(), plain.body);
    let refused = send(&chat("zip", "").header("accept-encoding", "identity").header("x-sim-gzip", "1"));
    assert_eq!(refused.header("content-encoding"), None);
}
