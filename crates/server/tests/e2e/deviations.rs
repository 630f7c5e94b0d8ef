//! Providers that answer in nearly OpenAI's form: their answers as OpenAI's clients read them, and what goes back.

use serde_json::{Value, json};
use testkit::{Answer, Call, content_of};

use crate::world::{MAIN, body, chat, seen};

/// Routes of targets that are relayed.
const RELAYED: [&str; 10] = [
    "/chat",
    "/p/azure",
    "/p/mistral",
    "/p/cerebras",
    "/p/deepseek",
    "/p/xai",
    "/p/dashscope",
    "/p/databricks",
    "/p/huggingface",
    "/p/vllm",
];
const TOOLS: &str = r#","tools":[{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{}}}},{"type":"function","function":{"name":"then","parameters":{"type":"object","properties":{}}}},{"type":"function","function":{"name":"never","parameters":{"type":"object","properties":{}}}}]"#;

#[track_caller]
fn message(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["choices"][0]["message"].clone()
}

/// The chunks of a stream that ended well.
#[track_caller]
fn chunks(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let events = answer.events();
    assert!(events.last().is_some_and(testkit::Event::is_done), "{}", answer.text());
    events.iter().filter(|event| !event.is_done()).map(testkit::Event::json).collect()
}

/// What the deltas of a stream say under a name, joined.
fn joined(chunks: &[Value], name: &str) -> String {
    let choices = chunks.iter().filter_map(|chunk| chunk["choices"].as_array()).flatten();
    choices.filter_map(|choice| choice["delta"][name].as_str()).collect()
}

#[test]
fn thoughts_are_told_apart_from_the_text() {
    let world = MAIN.hold();
    for (route, more) in [
        ("/p/mistral", r#","prompt_mode":"reasoning""#),
        ("/p/databricks", r#","reasoning_effort":"low""#),
        ("/p/vllm", r#","reasoning_effort":"low""#),
        ("/p/cerebras", r#","reasoning_effort":"low""#),
        ("/p/deepseek", r#","reasoning_effort":"low""#),
    ] {
        let whole = world.send(&chat(route, "apart", more));
        let said = message(&whole);
        assert_eq!(said["content"], "echo: hello apart", "{route}: {said}");
        let thoughts = said["reasoning_content"].as_str().unwrap_or_else(|| panic!("{route}: {said}"));
        assert!(thoughts.starts_with("thought1 thought2"), "{route}: {said}");
        assert!(said.get("reasoning").is_none(), "{route}: {said}");
        let stream = world.send(&chat(route, "apart", &format!("{more},\"stream\":true")));
        let chunks = chunks(&stream);
        assert_eq!(joined(&chunks, "reasoning_content"), thoughts, "{route}");
        assert_eq!(content_of(&stream.events()), "echo: hello apart", "{route}");
        let odd = |chunk: &&Value| {
            let delta = &chunk["choices"][0]["delta"];
            delta["content"].is_array() || delta.get("reasoning").is_some()
        };
        assert_eq!(chunks.iter().find(odd), None, "{route}");
        let record = world.record(&stream);
        assert_eq!(record["gateway"]["outcome"], "completed", "{route}: {record}");
        assert_eq!(record["response"]["size"], stream.body.len(), "{route}: {record}");
    }
}

#[test]
fn sealed_thoughts_go_back_as_they_came() {
    let world = MAIN.hold();
    let ask = r#","reasoning_effort":"low""#;
    let said = message(&world.send(&chat("/p/databricks", "sealed", ask)));
    let [block] = said["thinking_blocks"].as_array().unwrap().as_slice() else { panic!("{said}") };
    let stream = chunks(&world.send(&chat("/p/databricks", "sealed", &format!("{ask},\"stream\":true"))));
    let blocks: Vec<&Value> = stream
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["thinking_blocks"].as_array())
        .flatten()
        .collect();
    assert_eq!(blocks, [block], "a stream seals what it thought as a whole");
    let messages = json!([{"role": "user", "content": "a"}, said, {"role": "user", "content": "b"}]);
    let call = Call::post("/p/databricks").header("x-test", "sealed-back");
    let answer = world.send(&call.json(json!({"messages": messages}).to_string()));
    assert_eq!(message(&answer)["content"], "echo: b");
    let sent = seen("sealed-back")["messages"][1].clone();
    let summary =
        json!([{"type": "summary_text", "text": block["thinking"], "signature": block["signature"]}]);
    let parts = json!([
        {"type": "reasoning", "summary": summary},
        {"type": "text", "text": "echo: hello sealed"},
    ]);
    assert_eq!(sent["content"], parts);
    assert!(sent.get("thinking_blocks").is_none() && sent.get("reasoning_content").is_none(), "{sent}");
}

#[test]
fn mistrals_thoughts_go_back_as_parts() {
    let world = MAIN.hold();
    let said = message(&world.send(&chat("/p/mistral", "parts", r#","prompt_mode":"reasoning""#)));
    let messages = json!([{"role": "user", "content": "a"}, said, {"role": "user", "content": "b"}]);
    let call = Call::post("/p/mistral").header("x-test", "parts-back");
    let answer = world.send(&call.json(json!({"messages": messages}).to_string()));
    assert_eq!(message(&answer)["content"], "echo: b");
    let thinking = json!([{"type": "text", "text": said["reasoning_content"]}]);
    let parts =
        json!([{"type": "thinking", "thinking": thinking}, {"type": "text", "text": said["content"]}]);
    let expected = json!({"role": "assistant", "content": parts});
    assert_eq!(seen("parts-back")["messages"][1], expected);
    assert_eq!(answer.header("x-ai-proxy-losses"), None);
}

#[test]
fn calls_have_all_that_clients_need() {
    let world = MAIN.hold();
    for route in RELAYED {
        let call = |more: &str| {
            let more = format!("{TOOLS}{more}");
            world.send(&Call::post(route).json(body("call_three_tools", &more)))
        };
        let whole = message(&call(""));
        let calls = whole["tool_calls"].as_array().unwrap();
        assert_eq!(calls.len(), 3, "{route}: {whole}");
        for call in calls {
            assert_eq!(call["type"], "function", "{route}: {call}");
            assert!(call["id"].is_string() && call["function"]["arguments"].is_string(), "{route}: {call}");
        }
        let streamed = chunks(&call(",\"stream\":true"));
        let deltas: Vec<&Value> = streamed
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].as_array())
            .flatten()
            .collect();
        let starts: Vec<&&Value> = deltas.iter().filter(|call| call["id"].is_string()).collect();
        let indexes: Vec<_> = starts.iter().map(|call| call["index"].as_u64().unwrap()).collect();
        assert_eq!(indexes, [0, 1, 2], "{route}");
        assert!(starts.iter().all(|call| call["type"] == "function"), "{route}: {starts:?}");
        assert!(deltas.iter().all(|call| call["index"].is_u64()), "{route}: {deltas:?}");
    }
}

#[test]
fn conversations_of_other_providers_fit_mistral() {
    let world = MAIN.hold();
    let ids = ["call_abcdefghijklmnopqrstuvwx", "toolu_01", "call_1__thought__c2VhbA=="];
    let called =
        |id: &str| json!({"id": id, "type": "function", "function": {"name": "now", "arguments": "{}"}});
    let mut messages = vec![
        json!({"role": "developer", "content": "be kind", "name": "boss"}),
        json!({"role": "user", "content": "go"}),
        json!({
            "role": "assistant", "content": null, "refusal": null, "annotations": [], "audio": null,
            "function_call": null, "tool_calls": ids.map(called),
        }),
    ];
    let results = ids.iter().enumerate();
    messages.extend(
        results.map(|(at, id)| json!({"role": "tool", "tool_call_id": id, "content": format!("r{at}")})),
    );
    let body = json!({"messages": messages, "web_search_options": {}, "prompt_cache_key": "k"}).to_string();
    let tools = body.strip_suffix('}').unwrap().to_owned() + TOOLS + "}";
    let answer = world.send(&Call::post("/p/mistral").header("x-test", "fit").json(tools));
    assert_eq!(message(&answer)["content"], "tool said: r2", "{}", answer.text());
    let losses = answer.header("x-ai-proxy-losses").unwrap();
    assert_eq!(losses, "web_search_options=dropped, messages.name=dropped");
    let sent = seen("fit");
    assert_eq!(sent["prompt_cache_key"], "k");
    let sent = &sent["messages"];
    assert_eq!(sent[0], json!({"role": "system", "content": "be kind"}));
    for (at, id) in ids.iter().enumerate() {
        let short = sent[2]["tool_calls"][at]["id"].as_str().unwrap();
        assert_eq!(sent[3 + at]["tool_call_id"], short, "{id}");
        assert!(short.len() == 9 && short.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{short}");
    }
    assert_eq!(sent[2].as_object().unwrap().len(), 3, "{sent}");
}

#[test]
fn ends_and_ids_are_openais() {
    let world = MAIN.hold();
    for route in RELAYED {
        let whole = world.send(&chat(route, "ends", "")).expect(200).json();
        assert_eq!(whole["choices"][0]["finish_reason"], "stop", "{route}");
        assert!(whole["id"].as_str().is_some_and(|id| !id.is_empty()), "{route}: {whole}");
        let stream = chunks(&world.send(&chat(route, "ends", r#","stream":true"#)));
        let said: Vec<&Value> = stream.iter().filter(|chunk| chunk["choices"][0].is_object()).collect();
        assert!(said[0]["id"].as_str().is_some_and(|id| !id.is_empty()), "{route}: {}", said[0]);
        assert!(said.iter().all(|chunk| chunk["id"] == said[0]["id"]), "{route}");
        let last = said.iter().rev().find_map(|chunk| chunk["choices"][0]["finish_reason"].as_str());
        assert_eq!(last, Some("stop"), "{route}");
    }
}

#[test]
fn usage_is_counted_as_openai_counts() {
    let world = MAIN.hold();
    // Three words are said, sixteen thoughts are thought.
    let more = r#","reasoning_effort":"high","search_parameters":{"mode":"on"}"#;
    let answer = world.send(&Call::post("/p/xai-mini").json(body("hello apart", more))).expect(200);
    let usage = answer.json()["usage"].clone();
    assert_eq!((&usage["completion_tokens"], &usage["total_tokens"]), (&json!(19), &json!(21)), "{usage}");
    let cited = answer.json()["choices"][0]["message"]["annotations"].clone();
    assert_eq!(cited[0]["url_citation"]["url"], "https://example.com/a", "{}", answer.text());
    assert_eq!(answer.json()["citations"].as_array().map(Vec::len), Some(2));
    let stream = r#","stream":true,"stream_options":{"include_usage":true}"#;
    let more = format!(",\"reasoning_effort\":\"high\"{stream}");
    let call = Call::post("/p/xai-mini").json(body("hello apart", &more));
    let usage = chunks(&world.send(&call)).pop().unwrap()["usage"].clone();
    assert_eq!((&usage["completion_tokens"], &usage["total_tokens"]), (&json!(19), &json!(21)), "{usage}");
    let cached = Call::post("/p/deepseek").json(body("cached_prompt of four words", ""));
    let usage = world.send(&cached).expect(200).json()["usage"].clone();
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 2, "{usage}");
    assert_eq!(usage["prompt_cache_hit_tokens"], 2, "{usage}");
}

#[test]
fn errors_inside_streams_are_told_as_openai_tells_them() {
    let world = MAIN.hold();
    for route in RELAYED {
        let call = chat(route, "in-stream", r#","stream":true"#).header("x-sim-fault", "error_mid");
        let answer = world.send(&call);
        assert_eq!(answer.status, 200, "{route}: {}", answer.text());
        let last = answer.events().pop().unwrap();
        assert!(!last.is_done(), "{route}");
        let error = last.json()["error"].clone();
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{route}: {}", last.data);
        assert!(error["type"].is_string(), "{route}: {}", last.data);
        assert_eq!(world.record(&answer)["gateway"]["outcome"], "upstream_error", "{route}");
    }
}

#[test]
fn a_mended_answer_is_not_sent_compressed() {
    let world = MAIN.hold();
    for (route, coded) in [("/p/huggingface", None), ("/p/dashscope", Some("gzip"))] {
        let call = chat(route, "gzip", "").header("accept-encoding", "gzip").header("x-sim-fault", "gzip");
        let answer = world.send(&call).expect(200);
        assert_eq!(answer.header("content-encoding"), coded, "{route}");
        assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()), "{route}");
        if coded.is_none() {
            assert_eq!(message(&answer)["content"], "echo: hello gzip");
        }
    }
}

/// Where nothing deviates the answer goes out as the provider wrote it.
#[test]
fn answers_without_deviations_pass_byte_for_byte() {
    let world = MAIN.hold();
    let usage = r#","stream":true,"stream_options":{"include_usage":true}"#;
    for (route, path, model, stream) in [
        ("/p/mistral", "/sim/mistral/v1/chat/completions", "mistral-small", r#","stream":true"#),
        ("/p/vllm", "/sim/vllm/v1/chat/completions", "sim-vllm", usage),
        ("/p/cerebras", "/sim/cerebras/v1/chat/completions", "llama3.1-8b", usage),
    ] {
        for more in ["", stream] {
            let own = Call::post(path).header("authorization", "Bearer sk-sim-own");
            let own = own.json(body("hello same", &format!("{more},\"model\":\"{model}\"")));
            let own = own.send(world.upstream.addr).expect(200);
            let relayed = world.send(&Call::post(route).json(body("hello same", more)));
            assert_eq!(relayed.text(), own.text(), "{route}");
        }
    }
}
