//! Each OpenAI-shaped provider, judged by its own rules.

use serde_json::json;
use testkit::{Call, content_of};

use crate::world::{MAIN, body, chat, content, said, seen};

/// Route, upstream path, provider and model of every chat target.
const CHATS: &[(&str, &str, &str, &str)] = &[
    ("/chat", "/v1/chat/completions", "openai", "gpt-4o"),
    ("/p/azure", "/openai/deployments/d1/chat/completions?api-version=2024-10-21", "azure", "gpt-4o"),
    ("/p/azure-old", "/openai/deployments/d1/chat/completions?api-version=2023-05-15", "azure", "gpt-4o"),
    ("/p/mistral", "/sim/mistral/v1/chat/completions", "mistral", "mistral-small"),
    ("/p/cerebras", "/sim/cerebras/v1/chat/completions", "cerebras", "llama3.1-8b"),
    ("/p/deepseek", "/sim/deepseek/v1/chat/completions", "deepseek", "deepseek-chat"),
    ("/p/xai", "/sim/xai/v1/chat/completions", "xai", "grok-4"),
    ("/p/dashscope", "/compatible-mode/v1/chat/completions", "dashscope", "qwen3-32b"),
    ("/p/databricks", "/serving-endpoints/chat/completions", "databricks", "databricks-claude"),
    ("/p/huggingface", "/sim/huggingface/v1/chat/completions", "huggingface", "org/model"),
    ("/p/vllm", "/sim/vllm/v1/chat/completions", "vllm", "sim-vllm"),
];

#[test]
fn each_answers_a_plain_chat() {
    let world = MAIN.hold();
    for (route, path, provider, model) in CHATS {
        let tag = format!("plain{}", route.replace('/', "-"));
        let answer = world.send(&chat(route, &tag, ""));
        assert_eq!(answer.status, 200, "{route}: {}", answer.text());
        assert_eq!(content(&answer), said(&tag), "{route}");
        assert_eq!(answer.header("x-kong-llm-model"), Some(format!("{provider}/{model}").as_str()));
        let request = world.upstream.only(&tag);
        assert_eq!(request.target, *path, "{route}");
        assert_eq!(seen(&tag)["model"], *model, "{route}");
        let record = world.record(&answer);
        assert_eq!(record["gateway"]["target"]["provider"], *provider);
        assert_eq!(record["gateway"]["usage"]["prompt_tokens"], 2, "{route}: {record}");
    }
}

#[test]
fn thinking_leaves_room_for_the_answer() {
    let world = MAIN.hold();
    let ask = |tag: &str, limit: &str| {
        let more = format!(r#","reasoning_effort":"high"{limit}"#);
        let answer = world.send(&chat("/p/databricks", tag, &more)).expect(200);
        let budget = seen(tag)["thinking"]["budget_tokens"].as_u64();
        (budget, answer.header("x-ai-proxy-losses").unwrap_or_default().to_owned())
    };
    let told = |kind| format!("reasoning_effort={kind}");
    assert_eq!(ask("budget-free", ""), (Some(4096), told("emulated")));
    assert_eq!(ask("budget-small", r#","max_tokens":3000"#), (Some(2048), told("emulated")));
    assert_eq!(ask("budget-none", r#","max_completion_tokens":1024"#), (None, told("dropped")));
}

#[test]
fn each_streams() {
    let world = MAIN.hold();
    for (route, ..) in CHATS {
        let tag = format!("stream{}", route.replace('/', "-"));
        let answer = world.send(&chat(route, &tag, r#","stream":true"#));
        assert_eq!(answer.status, 200, "{route}: {}", answer.text());
        let events = answer.events();
        assert!(events.last().unwrap().is_done(), "{route}: {}", answer.text());
        assert_eq!(content_of(&events), said(&tag), "{route}: {}", answer.text());
        let record = world.record(&answer);
        assert_eq!(record["gateway"]["outcome"], "completed", "{route}: {record}");
        assert!(record["gateway"]["usage"]["total_tokens"].as_u64().unwrap() > 0, "{route}: {record}");
    }
}

#[test]
fn each_gives_usage_in_a_stream_where_it_is_asked_for() {
    let world = MAIN.hold();
    // What a caller asks for is the caller's business where an old version of the API refuses it.
    for (route, ..) in CHATS.iter().filter(|(route, ..)| *route != "/p/azure-old") {
        let tag = format!("usage{}", route.replace('/', "-"));
        let answer =
            world.send(&chat(route, &tag, r#","stream":true,"stream_options":{"include_usage":true}"#));
        assert_eq!(answer.status, 200, "{route}: {}", answer.text());
        let events = answer.events();
        let told =
            events.iter().filter(|event| !event.is_done() && event.json()["usage"].is_object()).count();
        assert!(told > 0, "{route}: {}", answer.text());
        assert!(events.last().unwrap().is_done(), "{route}");
    }
}

/// Members that some provider refuses, with a value that all others take.
const MEMBERS: &[(&str, &str)] = &[
    ("seed", "5"),
    ("user", "\"u\""),
    ("logit_bias", "{\"1\":2}"),
    ("frequency_penalty", "0.5"),
    ("presence_penalty", "0.5"),
    ("logprobs", "true"),
    ("n", "1"),
    ("service_tier", "\"auto\""),
    ("max_completion_tokens", "50"),
    ("reasoning_effort", "\"low\""),
    ("stop", "[\"zzz\"]"),
    ("top_k", "5"),
];

#[test]
fn no_member_that_a_provider_refuses_is_sent() {
    let world = MAIN.hold();
    for (route, ..) in CHATS {
        for (member, value) in MEMBERS {
            let tag = format!("member-{member}{}", route.replace('/', "-"));
            let answer = world.send(&chat(route, &tag, &format!(",\"{member}\":{value}")));
            assert_eq!(answer.status, 200, "{route} {member}: {}", answer.text());
            let told = answer.header("x-ai-proxy-losses").unwrap_or_default().to_owned();
            let kept = world.upstream.only(&tag).text().contains(&format!("\"{member}\":{value}"));
            let renamed = ["seed", "max_completion_tokens"].contains(member);
            assert!(
                kept || renamed || told.contains(member),
                "{route} {member} vanished: {told:?} {}",
                seen(&tag)
            );
        }
    }
}

#[test]
fn tools_work_everywhere() {
    let world = MAIN.hold();
    let tools = r#","tools":[{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{},"required":[]}}}],"parallel_tool_calls":true"#;
    for (route, ..) in CHATS {
        for (choice, tag) in [("\"auto\"", "auto"), ("\"required\"", "required")] {
            let tag = format!("tools-{tag}{}", route.replace('/', "-"));
            let more = format!("{tools},\"tool_choice\":{choice}");
            let call = Call::post(route).header("x-test", &tag).json(body("call_tool", &more));
            let answer = world.send(&call);
            assert_eq!(answer.status, 200, "{route} {choice}: {}", answer.text());
            let call = answer.json()["choices"][0]["message"]["tool_calls"][0].clone();
            assert_eq!(call["function"]["name"], "now", "{route}");
        }
    }
}

#[test]
fn what_mistral_calls_otherwise() {
    let world = MAIN.hold();
    let more = r#","seed":5,"max_completion_tokens":50,"tools":[{"type":"function","function":{"name":"now"}}],"tool_choice":"required""#;
    world.send(&chat("/p/mistral", "mistral-names", more)).expect(200);
    let sent = seen("mistral-names");
    assert_eq!((&sent["random_seed"], &sent["max_tokens"]), (&5.into(), &50.into()));
    assert!(sent.get("seed").is_none() && sent.get("max_completion_tokens").is_none());
    let call = Call::post("/p/mistral-embeddings")
        .header("x-test", "mistral-embeddings")
        .json(r#"{"input":["a","b"],"dimensions":4,"user":"u"}"#);
    let answer = world.send(&call).expect(200).json();
    assert_eq!(answer["data"][0]["embedding"].as_array().unwrap().len(), 4);
    assert_eq!(seen("mistral-embeddings")["output_dimension"], 4);
}

#[test]
fn roles_that_a_provider_does_not_know() {
    let world = MAIN.hold();
    for (route, ..) in CHATS {
        let tag = format!("role{}", route.replace('/', "-"));
        let messages =
            r#"{"messages":[{"role":"developer","content":"be kind"},{"role":"user","content":"hi"}]}"#;
        let answer = world.send(&Call::post(route).header("x-test", &tag).json(messages));
        assert_eq!(answer.status, 200, "{route}: {}", answer.text());
        let role = seen(&tag)["messages"][0]["role"].clone();
        assert!(role == "developer" || role == "system", "{route}: {role}");
    }
}

#[test]
fn json_schemas_where_only_json_is_known() {
    let world = MAIN.hold();
    let format = r#","response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object","properties":{"x":{"type":"string"}}}}}"#;
    let answer = world.send(&chat("/p/deepseek", "deepseek-schema", format)).expect(200);
    assert_eq!(seen("deepseek-schema")["response_format"], json!({"type": "json_object"}));
    assert!(answer.header("x-ai-proxy-losses").unwrap().contains("response_format"), "{:?}", answer.headers);
}

#[test]
fn azure_and_the_version_of_its_api() {
    let world = MAIN.hold();
    world.send(&chat("/p/azure?api-version=2025-01-01", "azure-version", "")).expect(200);
    assert_eq!(
        world.upstream.only("azure-version").target,
        "/openai/deployments/d1/chat/completions?api-version=2025-01-01"
    );
    let request = world.upstream.only("azure-version");
    assert_eq!(request.header("api-key"), Some("sk-sim-azure"));
    // Before 2024-09-01-preview the API does not know the member, so it must not be put in.
    world.send(&chat("/p/azure-old", "azure-old-stream", r#","stream":true"#)).expect(200);
    assert!(seen("azure-old-stream").get("stream_options").is_none());
    world.send(&chat("/p/azure", "azure-stream", r#","stream":true"#)).expect(200);
    assert_eq!(seen("azure-stream")["stream_options"]["include_usage"], true);
}

#[test]
fn reasoning_is_counted_by_each_providers_own_rule() {
    let world = MAIN.hold();
    // Three words are said, four thoughts are thought.
    for (route, members) in [
        ("/chat", r#","reasoning_effort":"low""#),
        ("/p/cerebras", r#","reasoning_effort":"low""#),
        ("/p/deepseek", r#","reasoning_effort":"low""#),
        ("/p/vllm", r#","reasoning_effort":"low""#),
    ] {
        let answer = world.send(&chat(route, "reasoning-counts", members)).expect(200);
        let record = world.record(&answer);
        let parts = &record["gateway"]["usage"]["parts"];
        assert_eq!((&parts["output"], &parts["reasoning"]), (&3.into(), &4.into()), "{route}: {record}");
        assert_eq!(record["gateway"]["usage"]["total_tokens"], 9, "{route}: {record}");
    }
}

#[test]
fn vllm_gets_what_only_it_knows() {
    let world = MAIN.hold();
    let more = r#","top_k":3,"min_p":0.1,"chat_template_kwargs":{"enable_thinking":false}"#;
    world.send(&chat("/p/vllm", "vllm-extras", more)).expect(200);
    let sent = seen("vllm-extras");
    assert_eq!((&sent["top_k"], &sent["min_p"]), (&3.into(), &0.1.into()));
    assert_eq!(sent["chat_template_kwargs"]["enable_thinking"], false);
    assert_eq!(world.upstream.only("vllm-extras").header("authorization"), None);
}

#[test]
fn errors_keep_the_providers_own_form() {
    let world = MAIN.hold();
    let told = |route: &str| {
        world.send(&chat(route, "x", "").header("x-sim-fault", "status_429")).expect(429).json()
    };
    assert!(told("/p/xai")["error"].is_string());
    assert!(told("/p/databricks")["error_code"].is_string());
    assert!(told("/p/cerebras")["message"].is_string());
    assert_eq!(told("/p/mistral")["object"], "error");
}
