//! What Anthropic refuses, and that it takes what the real one took.

use serde_json::{Value, json};
use testkit::Call;

use super::anthropic::{ask, call, request, tools};
use super::collected::{collected, exchanges};
use super::send;

fn refused(more: &Value) -> String {
    let answer = ask("hi", more);
    assert_eq!(answer.status, 400, "{more}: {}", answer.text());
    let body = answer.json();
    assert_eq!(body["type"], "error");
    assert_eq!(body["error"]["type"], "invalid_request_error");
    assert!(body["request_id"].is_string());
    answer.message()
}

#[test]
fn members_are_judged() {
    for (more, says) in [
        (json!({"n": 1}), "n: Extra inputs are not permitted"),
        (json!({"stop": ["x"]}), "stop: Extra inputs"),
        (json!({"stream_options": {}}), "stream_options: Extra inputs"),
        (json!({"max_tokens": "9"}), "max_tokens: Input should be a valid integer"),
        (json!({"max_tokens": 0}), "max_tokens"),
        (json!({"temperature": 1.5}), "temperature"),
        (json!({"stop_sequences": "x"}), "stop_sequences"),
        (json!({"stop_sequences": [" "]}), "non-whitespace"),
        (json!({"system": [{"type": "text", "text": ""}]}), "non-empty"),
        (json!({"metadata": {"user": "x"}}), "metadata.user: Extra inputs"),
        (json!({"service_tier": "default"}), "service_tier"),
        (json!({"mcp_servers": []}), "mcp_servers: Extra inputs"),
        (json!({"model": "claude-3-haiku-20240307", "max_tokens": 9000}), "9000 > 4096"),
        (json!({"cache_control": {"type": "forever"}}), "cache_control.type"),
    ] {
        let message = refused(&more);
        assert!(message.contains(says), "{more}: {message}");
    }
    let mut body = request("x", &json!({}));
    body.as_object_mut().unwrap().remove("max_tokens");
    let message = send(&call("/v1/messages", &body)).expect(400).message();
    assert_eq!(message, "max_tokens: Field required");
}

#[test]
fn models_take_what_they_take() {
    let both = |model: &str| json!({"model": model, "temperature": 0.5, "top_p": 0.9});
    for model in ["claude-opus-4-1", "claude-sonnet-4-5", "claude-opus-4-5-20251101", "claude-haiku-4-5"] {
        assert!(refused(&both(model)).contains("cannot both be specified"), "{model}");
        ask("hi", &json!({"model": model, "temperature": 0.5})).expect(200);
    }
    for model in ["claude-3-5-sonnet-20241022", "claude-sonnet-4-0", "claude-opus-4-0"] {
        ask("hi", &both(model)).expect(200);
    }
    for model in ["claude-opus-4-7", "claude-opus-4-8", "claude-fable-5"] {
        for member in ["temperature", "top_p", "top_k"] {
            let message = refused(&json!({"model": model, member: 1}));
            assert!(message.contains(member), "{message}");
        }
        refused(&json!({"model": model, "thinking": {"type": "enabled", "budget_tokens": 1024}}));
        ask("hi", &json!({"model": model, "thinking": {"type": "adaptive"}})).expect(200);
    }
    let effort = |model: &str, level: &str| json!({"model": model, "output_config": {"effort": level}});
    assert_eq!(
        refused(&effort("claude-opus-4-6", "xhigh")),
        "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium."
    );
    ask("hi", &effort("claude-opus-4-6", "max")).expect(200);
    refused(&effort("claude-sonnet-4-0", "low"));
    refused(
        &json!({"model": "claude-sonnet-4-0", "output_config": {"format": {"type": "json_schema", "schema": {}}}}),
    );
    let open = json!({"type": "json_schema", "schema": {"type": "object", "properties": {}}});
    assert!(
        refused(&json!({"model": "m", "output_config": {"format": open}})).contains("additionalProperties")
    );
}

#[test]
fn thinking_is_judged() {
    let enabled = json!({"type": "enabled", "budget_tokens": 1024});
    for more in [
        json!({"thinking": {"type": "enabled"}}),
        json!({"thinking": {"type": "enabled", "budget_tokens": 1023}}),
        json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        json!({"thinking": {"type": "high"}}),
        json!({"thinking": {"type": "enabled", "budget_tokens": 1024, "effort": "low"}}),
        json!({"thinking": enabled, "temperature": 0.5}),
        json!({"thinking": enabled, "top_k": 5}),
        json!({"thinking": enabled, "top_p": 0.5}),
        json!({"thinking": enabled, "tools": tools(), "tool_choice": {"type": "any"}}),
        json!({"thinking": enabled, "tools": tools(), "tool_choice": {"type": "tool", "name": "time"}}),
        json!({"thinking": enabled, "model": "claude-3-5-haiku-latest"}),
        json!({"thinking": {"type": "adaptive"}}),
        json!({"thinking": {"type": "adaptive"}, "model": "claude-opus-4-6", "temperature": 0.5}),
        json!({"thinking": enabled, "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "So"}]}),
    ] {
        refused(&more);
    }
    ask("hi", &json!({"thinking": enabled, "temperature": 1})).expect(200);
    let adaptive = json!({"thinking": {"type": "adaptive"}, "tools": tools(), "tool_choice": {"type": "any"}, "model": "claude-opus-4-6"});
    ask("hi", &adaptive).expect(200);
}

#[test]
fn tools_are_judged() {
    let object = json!({"type": "object"});
    for more in [
        json!({"tools": [{"name": "a b", "input_schema": object}]}),
        json!({"tools": [{"name": "x".repeat(129), "input_schema": object}]}),
        json!({"tools": [{"name": "a"}]}),
        json!({"tools": [{"name": "a", "input_schema": {"type": "string"}}]}),
        json!({"tools": [{"name": "a", "input_schema": {}}]}),
        json!({"tools": [{"name": "a", "input_schema": object, "parameters": {}}]}),
        json!({"tools": [{"name": "a", "input_schema": {"type": "object", "required": {}}}]}),
        json!({"tools": [{"name": "a", "input_schema": object}, {"name": "a", "input_schema": object}]}),
        json!({"tools": [{"type": "function", "function": {"name": "a"}}]}),
        json!({"tools": [{"name": "a", "input_schema": object, "strict": true}]}),
        json!({"tool_choice": {"type": "auto"}}),
        json!({"tools": tools(), "tool_choice": "auto"}),
        json!({"tools": tools(), "tool_choice": {"type": "required"}}),
        json!({"tools": tools(), "tool_choice": {"type": "tool", "name": "other"}}),
    ] {
        refused(&more);
    }
    ask("hi", &json!({"tools": [{"name": "x".repeat(128), "input_schema": object}]})).expect(200);
}

#[test]
fn messages_are_judged() {
    let user = |content: Value| json!({"role": "user", "content": content});
    let assistant = |content: Value| json!({"role": "assistant", "content": content});
    let used = |id: &str| json!({"type": "tool_use", "id": id, "name": "time", "input": {}});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": "x"});
    let text = |said: &str| json!({"type": "text", "text": said});
    let image = |kind: &str, data: &str| json!([{"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}]);
    let start = user(json!("hi"));
    for messages in [
        json!([]),
        json!([{"role": "system", "content": "x"}, start]),
        json!([{"role": "tool", "content": "x"}]),
        json!([user(json!(""))]),
        json!([user(json!([text("")]))]),
        json!([user(json!([text(" \n")]))]),
        json!([user(json!([{"type": "input_text", "text": "x"}]))]),
        json!([user(json!([{"type": "text", "text": "x", "id": 1}]))]),
        json!([user(json!([used("a")]))]),
        json!([start, assistant(json!("almost "))]),
        json!([start, assistant(json!([text("almost\n")]))]),
        json!([start, assistant(json!([used("a")])), user(json!("go on"))]),
        json!([start, assistant(json!([used("a")]))]),
        json!([start, assistant(json!([used("a"), used("b")])), user(json!([result("a")]))]),
        json!([
            start,
            assistant(json!([used("a"), used("b")])),
            user(json!([result("a")])),
            user(json!([result("b")]))
        ]),
        json!([start, assistant(json!([used("a")])), user(json!([text("x"), result("a")]))]),
        json!([start, assistant(json!([used("a")])), user(json!([result("a"), result("a")]))]),
        json!([start, assistant(json!([used("a"), used("a")])), user(json!([result("a")]))]),
        json!([start, assistant(json!("no calls")), user(json!([result("a")]))]),
        json!([user(json!([result("a")]))]),
        json!([start, assistant(json!([used("a b")])), user(json!([result("a b")]))]),
        json!([start, assistant(json!([{"type": "thinking", "thinking": "x"}])), start]),
        json!([start, assistant(json!([{"type": "thinking", "thinking": "x", "signature": ""}])), start]),
        json!([user(image("image/bmp", "AAAA"))]),
        json!([user(image("image/png", ""))]),
        json!([user(image("image/png", "data:image/png;base64,AAAA"))]),
        json!([user(json!([{"type": "image_url", "image_url": {"url": "https://x"}}]))]),
        json!([{"role": "user", "content": "x", "name": "bob"}]),
    ] {
        refused(&json!({"messages": messages, "tools": tools()}));
    }
    let good = json!([
        start,
        assistant(json!([used("a"), used("b")])),
        user(json!([result("b"), result("a"), text("go")]))
    ]);
    let said = ask("", &json!({"messages": good, "tools": tools()})).expect(200).json();
    assert_eq!(said["content"][0]["text"], "echo: go");
    let between = json!([start, assistant(json!("x")), {"role": "system", "content": "be brief"}, start]);
    refused(&json!({"messages": between}));
    ask("", &json!({"messages": between, "model": "claude-opus-4-8"})).expect(200);
    let many = json!(
        (0..5)
            .map(|_| json!({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}))
            .collect::<Vec<_>>()
    );
    assert!(refused(&json!({"system": many})).contains("maximum of 4"));
}

#[test]
fn keys_versions_and_paths_are_judged() {
    let body = request("x", &json!({})).to_string();
    let bare = || Call::post("/v1/messages").json(&body);
    let version = |call: Call| call.header("anthropic-version", "2023-06-01");
    let missing = send(&version(bare())).expect(401).json();
    assert_eq!(
        missing["error"],
        json!({"type": "authentication_error", "message": "x-api-key header is required"})
    );
    let wrong = send(&version(bare()).header("x-api-key", "sk-bad")).expect(401);
    assert_eq!(wrong.message(), "invalid x-api-key");
    send(&version(bare()).header("authorization", "Bearer sk-sim-1")).expect(200);
    let key = |call: Call| call.header("x-api-key", "sk-sim-1");
    assert!(send(&key(bare())).expect(400).message().contains("anthropic-version: header is required"));
    send(&key(bare()).header("anthropic-version", "2024-01-01")).expect(400);
    send(&version(key(bare())).header("anthropic-beta", "nonsense")).expect(400);
    send(
        &version(key(bare()))
            .header("anthropic-beta", "interleaved-thinking-2025-05-14,context-1m-2025-08-07"),
    )
    .expect(200);
    send(&version(key(Call::post("/v1/messages/nowhere").json("{}")))).expect(404);
    send(&version(key(Call::get("/v1/messages")))).expect(405);
    send(&version(key(Call::post("/v1/messages").json("{")))).expect(400);
    let missing = ask("x", &json!({"model": "missing-1"})).expect(404).json();
    assert_eq!(missing["error"], json!({"type": "not_found_error", "message": "model: missing-1"}));
}

/// What the real API took is taken here.
#[test]
fn recorded_requests_are_taken() {
    let Some(folder) = collected("recorded_requests_are_taken", "streams/anthropic") else {
        return;
    };
    let mut taken = 0;
    let mut refused: Vec<String> = Vec::new();
    for (name, exchange) in exchanges(&folder, &|path| path.starts_with("/v1/messages")) {
        let body = &exchange["request"]["body"];
        let host = exchange["request"]["host"].as_str().unwrap_or_default();
        let text = body.to_string();
        // What only its maker can judge, and what was shortened.
        let sealed =
            ["\"signature\"", "redacted_thinking", "characters cut]"].iter().any(|mark| text.contains(mark));
        let path = exchange["request"]["path"].as_str().unwrap();
        let known = path == "/v1/messages" || path == "/v1/messages/count_tokens";
        if host != "api.anthropic.com" || exchange["response"]["status"] != 200 || sealed || !known {
            continue;
        }
        let betas = "mcp-client-2025-04-04,structured-outputs-2025-11-13,task-budgets-2026-03-13,\
                     context-management-2025-06-27,fast-mode-2026-02-01";
        let answer = send(&call(path, body).header("anthropic-beta", betas));
        taken += 1;
        if answer.status != 200 {
            refused.push(format!("{name}: {}", answer.text()));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(taken > 50, "{taken}");
}

#[test]
fn the_newest_version_has_lost_members() {
    let newest = |more: &Value| {
        let body = request("x", more).to_string();
        let call = Call::post("/v1/messages").header("authorization", "Bearer sk-sim-1");
        send(&call.header("anthropic-version", "2026-10-21").json(&body))
    };
    newest(&json!({})).expect(200);
    for (name, value) in [("temperature", json!(1.0)), ("top_p", json!(0.5)), ("top_k", json!(5))] {
        ask("x", &json!({name: value})).expect(200);
        assert!(newest(&json!({name: value})).expect(400).message().starts_with(name));
    }
    let cited = json!({"type": "text", "text": "x", "citations": [{
        "type": "char_location", "cited_text": "x", "document_index": 0, "document_title": null,
        "start_char_index": 0, "end_char_index": 1,
    }]});
    let said = json!({"messages": [{"role": "user", "content": [cited]}]});
    assert!(newest(&said).expect(400).message().contains("citations"));
}
