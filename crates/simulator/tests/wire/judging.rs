//! What wrong requests are answered, in whose words.

use serde_json::{Value, json};
use testkit::{Answer, Call};

use super::{chat, post, send};

fn at(provider: &str, path: &str, more: &str) -> Answer {
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}]{more}}}"#);
    send(&post(&format!("/sim/{provider}{path}"), &body))
}

const CHAT: &str = "/v1/chat/completions";

#[test]
fn members_are_judged() {
    for (more, param, code) in [
        (r#","top_k":3"#, "top_k", "unknown_parameter"),
        (r#","temperature":"hot""#, "temperature", "invalid_type"),
        (r#","temperature":3"#, "temperature", "invalid_value"),
        (r#","n":null,"user":5"#, "user", "invalid_type"),
        (r#","reasoning_effort":"enormous""#, "reasoning_effort", "invalid_value"),
        (r#","stop":["a","b","c","d","e"]"#, "stop", "invalid_value"),
    ] {
        let body = send(&chat("hi", more)).expect(400).json();
        assert_eq!(body["error"]["param"], param, "{body}");
        assert_eq!(body["error"]["code"], code, "{body}");
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
}

#[test]
fn rules_over_several_members() {
    for more in [
        r#","stream_options":{"include_usage":true}"#,
        r#","parallel_tool_calls":true"#,
        r#","tool_choice":"none""#,
        r#","response_format":{"type":"json_object"}"#,
        r#","response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}}}}}"#,
        r#","tools":[]"#,
        r#","tools":[{"type":"function","function":{"name":"a b"}}]"#,
        r#","tools":[{"type":"function","function":{"name":"a","parameters":{"type":"object","required":{}}}}]"#,
        r#","tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"function","function":{"name":"b"}}"#,
    ] {
        send(&chat("hi", more)).expect(400);
    }
    let body = r#"{"model":"gpt-5-mini","messages":[{"role":"user","content":"x"}],"max_tokens":5}"#;
    let body = send(&post(CHAT, body)).expect(400).json();
    assert_eq!(body["error"]["code"], "unsupported_parameter");
    let body =
        r#"{"model":"gpt-5-mini","messages":[{"role":"user","content":"x"}],"max_completion_tokens":5}"#;
    send(&post(CHAT, body)).expect(200);
}

#[test]
fn messages_are_judged() {
    for messages in [
        "[]",
        r#"["hi"]"#,
        r#"[{"content":"x"}]"#,
        r#"[{"role":"robot","content":"x"}]"#,
        r#"[{"role":"user"}]"#,
        r#"[{"role":"user","content":5}]"#,
        r#"[{"role":"user","content":[]}]"#,
        r#"[{"role":"user","content":[{"type":"smell"}]}]"#,
        r#"[{"role":"tool","tool_call_id":"nobody","content":"x"}]"#,
        r#"[{"role":"assistant","content":"x","tool_calls":[]}]"#,
        r#"[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":{}}}]}]"#,
    ] {
        let body = format!(r#"{{"model":"gpt-4o","messages":{messages}}}"#);
        send(&post(CHAT, &body)).expect(400);
    }
    let picture = r#"{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]}"#;
    let body = send(&post(CHAT, picture)).expect(200).json();
    assert_eq!(body["choices"][0]["message"]["content"], "echo: see");
    send(&post("/sim/deepseek/v1/chat/completions", picture)).expect(400);
}

#[test]
fn providers_refuse_what_is_not_theirs() {
    for (provider, path, members) in [
        (
            "mistral",
            CHAT,
            vec![
                "seed",
                "logit_bias",
                "user",
                "stream_options",
                "max_completion_tokens",
                "logprobs",
                "top_k",
            ],
        ),
        (
            "cerebras",
            CHAT,
            vec![
                "frequency_penalty",
                "presence_penalty",
                "logit_bias",
                "parallel_tool_calls",
                "service_tier",
            ],
        ),
        ("databricks", "/serving-endpoints/v1/chat/completions", vec!["stream_options", "seed", "user"]),
        ("deepseek", CHAT, vec!["seed", "user", "top_k", "max_completion_tokens"]),
        ("dashscope", "/compatible-mode/v1/chat/completions", vec!["user", "service_tier"]),
        ("huggingface", CHAT, vec!["top_k", "logit_bias", "user"]),
    ] {
        for member in members {
            let value = match member {
                "logit_bias" | "stream_options" => "{}",
                "user" | "service_tier" => r#""auto""#,
                "parallel_tool_calls" | "logprobs" => "true",
                _ => "1",
            };
            let answer = at(provider, path, &format!(r#","stream":true,"{member}":{value}"#));
            let expected = if matches!(provider, "mistral" | "huggingface") { 422 } else { 400 };
            assert_eq!(answer.status, expected, "{provider} {member}: {}", answer.text());
            assert!(answer.text().contains(member), "{provider}: {}", answer.text());
        }
    }
    at("vllm", CHAT, r#","top_k":3,"anything":{"a":1}"#).expect(200);
    at("generic", CHAT, r#","anything":{"a":1}"#).expect(200);
    at("dashscope", "/compatible-mode/v1/chat/completions", r#","top_k":3"#).expect(200);
    at("mistral", CHAT, r#","random_seed":3"#).expect(200);
    let schema = r#","response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{}}}"#;
    at("deepseek", CHAT, schema).expect(400);
    at("xai", CHAT, schema).expect(200);
    let grok = r#"{"model":"grok-4","messages":[{"role":"user","content":"x"}],"stop":["x"]}"#;
    send(&post("/sim/xai/v1/chat/completions", grok)).expect(400);
}

#[test]
fn errors_have_their_shape() {
    let of = |provider: &str, path: &str| {
        let body = r#"{"model":"missing-1","messages":[{"role":"user","content":"hi"}]}"#;
        send(&post(&format!("/sim/{provider}{path}"), body)).expect(404).json()
    };
    assert_eq!(of("openai", CHAT)["error"]["code"], "model_not_found");
    assert_eq!(of("cerebras", CHAT)["code"], "model_not_found");
    assert!(of("xai", CHAT)["error"].is_string());
    assert_eq!(
        of("databricks", "/serving-endpoints/chat/completions")["error_code"],
        "RESOURCE_DOES_NOT_EXIST"
    );
    assert!(of("huggingface", CHAT)["error"].is_string());
    assert_eq!(of("vllm", CHAT)["error"]["code"], 404);
    assert_eq!(of("mistral", CHAT)["object"], "error");
    assert!(of("dashscope", "/compatible-mode/v1/chat/completions")["request_id"].is_string());
    let azure = of("azure", "/openai/deployments/missing/chat/completions?api-version=2024-10-21");
    assert_eq!(azure["error"]["code"], "DeploymentNotFound");
    let mistral = at("mistral", CHAT, r#","seed":5"#).expect(422).json();
    assert_eq!(
        mistral["detail"][0],
        json!({"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 5})
    );
}

#[test]
fn keys_are_judged() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    let call = |path: &str| Call::post(path).json(body);
    let missing = send(&call(CHAT)).expect(401).json();
    assert_eq!(missing["error"]["code"], Value::Null);
    let wrong = send(&call(CHAT).header("authorization", "Bearer sk-bad")).expect(401);
    assert_eq!(wrong.json()["error"]["code"], "invalid_api_key");
    send(&call("/sim/mistral/v1/chat/completions").header("authorization", "Bearer sk-bad")).expect(401);
    let azure = "/openai/deployments/d/chat/completions?api-version=2024-10-21";
    send(&call(azure).header("api-key", "sk-sim")).expect(200);
    send(&call(azure).header("api-key", "sk-bad")).expect(401);
    send(&call("/openai/deployments/d/chat/completions").header("api-key", "sk-sim")).expect(404);
    send(&call("/sim/vllm/v1/chat/completions")).expect(200);
    send(&call("/sim/vllm/v1/chat/completions").header("authorization", "Bearer sk-bad")).expect(401);
    send(&call("/sim/generic/v1/chat/completions?api_key=sk-sim")).expect(200);
    send(&call("/sim/generic/v1/chat/completions?api_key=sk-bad")).expect(401);
}

#[test]
fn other_things_are_refused() {
    let key = |call: Call| call.header("authorization", "Bearer sk-sim");
    send(&key(Call::post("/v1/nowhere")).json("{}")).expect(404);
    send(&key(Call::get(CHAT))).expect(405);
    send(&key(Call::post(CHAT)).json("{")).expect(400);
    send(&key(Call::post(CHAT)).json("[]")).expect(400);
    send(&key(Call::post(CHAT)).header("content-type", "text/plain").body("{}")).expect(400);
    send(&chat("x", "").header("content-encoding", "gzip")).expect(400);
    send(&post(CHAT, r#"{"messages":[{"role":"user","content":"x"}]}"#)).expect(400);
    send(&post("/v1/embeddings", r#"{"model":"m","input":[]}"#)).expect(400);
    send(&post("/v1/embeddings", r#"{"model":"m","input":""}"#)).expect(400);
    let eleven = format!(r#"{{"model":"m","input":{}}}"#, json!(vec!["x"; 11]));
    send(&post("/compatible-mode/v1/embeddings", &eleven)).expect(400);
    send(&post("/v1/embeddings", &eleven)).expect(200);
    send(&chat("x", "").header("x-sim-fault", "nonsense")).expect(400);
}

#[test]
fn the_mirror_answers_any_path() {
    let body = send(&Call::new("PUT", "/sim/generic/any/path?x=1").body("abc")).expect(200).json();
    assert_eq!(body["body"], json!({"method": "PUT", "target": "/sim/generic/any/path?x=1", "bytes": 3}));
}
