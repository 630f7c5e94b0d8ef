//! What Bedrock refuses, and that it takes what the real one took.

use serde_json::{Value, json};
use testkit::Call;

use super::bedrock::{CLAUDE, ask, path, request, tools};
use super::binary::{RIGHT, Signer};
use super::collected::{collected, exchanges};
use super::{post, send};

fn refused(model: &str, more: &Value) -> String {
    let answer = ask(model, "converse", &request("hi", more));
    assert_eq!(answer.status, 400, "{more}: {}", answer.text());
    let kind = answer.header("x-amzn-errortype").unwrap();
    assert!(
        kind.starts_with("ValidationException:") || kind.starts_with("SerializationException:"),
        "{kind}"
    );
    answer.message()
}

#[test]
fn members_are_judged() {
    for (more, says) in [
        (json!({"model": "x"}), "extraneous key [model]"),
        (json!({"stream": true}), "extraneous key [stream]"),
        (json!({"anthropic_version": "bedrock-2023-05-31"}), "anthropic_version"),
        (json!({"inference_config": {}}), "inference_config"),
        (json!({"tool_config": {}}), "tool_config"),
        (json!({"inferenceConfig": {"max_tokens": 5}}), "inferenceConfig.max_tokens"),
        (json!({"inferenceConfig": {"maxTokens": "5"}}), "maxTokens"),
        (json!({"inferenceConfig": {"temperature": 1.5}}), "temperature"),
        (json!({"inferenceConfig": {"topK": 5}}), "topK"),
        (json!({"inferenceConfig": {"stopSequences": [""]}}), "stopSequences"),
        (json!({"system": "be brief"}), "system"),
        (json!({"system": [{"text": ""}]}), "system.0.text"),
        (json!({"serviceTier": {"type": "fast"}}), "serviceTier"),
        (json!({"requestMetadata": {"a": 1}}), "requestMetadata"),
        (
            json!({"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": {}}}}}}),
            "schema",
        ),
        (json!({"guardrailConfig": {"streamProcessingMode": "sync"}}), "streamProcessingMode"),
        (json!({"additionalModelRequestFields": {"anthropic_beta": ["nonsense"]}}), "invalid beta flag"),
    ] {
        let message = refused(CLAUDE, &more);
        assert!(message.contains(says), "{more}: {message}");
    }
    let system = json!({"system": [{"text": "S"}]});
    for model in
        ["amazon.titan-text-express-v1", "mistral.mistral-7b-instruct-v0:2", "cohere.command-text-v14"]
    {
        assert!(refused(model, &system).contains("system"));
        assert!(refused(model, &json!({"toolConfig": tools()})).contains("tool use"));
    }
    ask("us.amazon.nova-lite-v1:0", "converse", &request("hi", &system)).expect(200);
    let thinking = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
    let mut forced = tools();
    forced["toolChoice"] = json!({"any": {}});
    refused(CLAUDE, &json!({"additionalModelRequestFields": thinking, "toolConfig": forced}));
    let warm = json!({"maxTokens": 2000, "temperature": 0.5});
    refused(CLAUDE, &json!({"additionalModelRequestFields": thinking, "inferenceConfig": warm}));
    let both = json!({"inferenceConfig": {"temperature": 0.5, "topP": 0.9}});
    assert!(refused("us.anthropic.claude-sonnet-4-5-20250929-v1:0", &both).contains("cannot both"));
    ask(CLAUDE, "converse", &request("hi", &both)).expect(200);
}

#[test]
fn messages_are_judged() {
    let user = |content: Value| json!({"role": "user", "content": content});
    let assistant = |content: Value| json!({"role": "assistant", "content": content});
    let text = |said: &str| json!({"text": said});
    let used = |id: &str| json!({"toolUse": {"toolUseId": id, "name": "time", "input": {}}});
    let result = |id: &str| json!({"toolResult": {"toolUseId": id, "content": [{"text": "x"}]}});
    let image =
        |format: &str, bytes: &str| json!([{"image": {"format": format, "source": {"bytes": bytes}}}]);
    let start = || user(json!([text("hi")]));
    for messages in [
        json!([]),
        json!([{"role": "system", "content": [text("x")]}, start()]),
        json!([assistant(json!([text("x")])), start()]),
        json!([start(), start()]),
        json!([user(json!("hi"))]),
        json!([user(json!([]))]),
        json!([user(json!([text("")]))]),
        json!([user(json!([{"type": "text", "text": "x"}]))]),
        json!([user(json!([{"text": "x", "cachePoint": {"type": "default"}}]))]),
        json!([user(image("jpg", "AAAA"))]),
        json!([user(image("png", ""))]),
        json!([user(image("png", "https://x.invalid/a.png"))]),
        json!([user(json!([{"image": {"format": "png", "source": {"url": "https://x.invalid"}}}]))]),
        json!([user(
            json!([{"document": {"format": "pdf", "name": "a.pdf", "source": {"bytes": "AAAA"}}}, text("x")])
        )]),
        json!([user(json!([{"document": {"format": "pdf", "name": "a", "source": {"bytes": "AAAA"}}}]))]),
        json!([user(json!([used("a")]))]),
        json!([start(), assistant(json!([used("a")])), start()]),
        json!([start(), assistant(json!([used("a")]))]),
        json!([start(), assistant(json!([used("a"), used("b")])), user(json!([result("a")]))]),
        json!([start(), assistant(json!([used("a")])), user(json!([result("a"), result("b")]))]),
        json!([start(), assistant(json!([used("a"), used("a")])), user(json!([result("a")]))]),
        json!([start(), assistant(json!([used("a b")])), user(json!([result("a b")]))]),
        json!([
            start(),
            assistant(json!([{"toolUse": {"toolUseId": "a", "name": "time", "input": "{}"}}])),
            user(json!([result("a")]))
        ]),
        json!([
            start(),
            assistant(json!([used("a")])),
            user(json!([{"toolResult": {"toolUseId": "a", "content": "x"}}]))
        ]),
        json!([
            start(),
            assistant(json!([used("a")])),
            user(json!([{"toolResult": {"toolUseId": "a", "content": [{"json": 7}]}}]))
        ]),
        json!([
            start(),
            assistant(json!([used("a")])),
            user(json!([{"toolResult": {"toolUseId": "a", "content": [], "status": "ok"}}]))
        ]),
        json!([start(), assistant(json!([{"reasoningContent": {"reasoningText": {"text": "x"}}}])), start()]),
        json!([start(), assistant(json!([text("almost ")]))]),
    ] {
        refused(CLAUDE, &json!({"messages": messages, "toolConfig": tools()}));
    }
    let loop_of = json!([start(), assistant(json!([used("a")])), user(json!([result("a")]))]);
    assert!(refused(CLAUDE, &json!({"messages": loop_of})).contains("toolConfig field must be defined"));
    ask(CLAUDE, "converse", &request("", &json!({"messages": loop_of, "toolConfig": tools()}))).expect(200);
    let picture = json!([user(json!([text("describe_images"), image("png", "AAAA")[0]]))]);
    let seen = ask(CLAUDE, "converse", &request("", &json!({"messages": picture}))).expect(200).json();
    assert_eq!(seen["output"]["message"]["content"][0]["text"], "images: image/png of 3 bytes");
}

#[test]
fn tools_are_judged() {
    let spec = |name: &str| json!({"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}});
    for config in [
        json!({}),
        json!({"tools": []}),
        json!({"tools": [spec("a b")]}),
        json!({"tools": [spec(&"x".repeat(65))]}),
        json!({"tools": [spec("a"), spec("a")]}),
        json!({"tools": [{"name": "a", "inputSchema": {"json": {"type": "object"}}}]}),
        json!({"tools": [{"toolSpec": {"name": "a", "inputSchema": {"type": "object"}}}]}),
        json!({"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {}}}}]}),
        json!({"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {"type": "object"}}, "description": ""}}]}),
        json!({"tools": [spec("a")], "tool_choice": {"auto": {}}}),
        json!({"tools": [spec("a")], "toolChoice": "auto"}),
        json!({"tools": [spec("a")], "toolChoice": {"none": {}}}),
        json!({"tools": [spec("a")], "toolChoice": {"tool": {"name": "b"}}}),
    ] {
        refused(CLAUDE, &json!({"toolConfig": config}));
    }
    ask(CLAUDE, "converse", &request("hi", &json!({"toolConfig": {"tools": [spec(&"x".repeat(64))]}})))
        .expect(200);
}

#[test]
fn claudes_body_is_judged() {
    let good = json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]});
    ask(CLAUDE, "invoke", &good).expect(200);
    for (name, value, says) in [
        ("model", json!("x"), "model: Extra inputs"),
        ("stream", json!(true), "stream: Extra inputs"),
        ("anthropic_version", json!("2023-06-01"), "anthropic_version"),
        ("anthropic_version", Value::Null, "anthropic_version"),
        ("anthropic_beta", json!(["nonsense"]), "invalid beta flag"),
        ("service_tier", json!("auto"), "service_tier"),
        ("tools", json!([{"type": "web_search_20250305", "name": "web_search"}]), "web_search_20250305"),
        (
            "messages",
            json!([{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://x.invalid/a.png"}}]}]),
            "url",
        ),
    ] {
        let mut body = good.clone();
        body[name] = value;
        let answer = ask(CLAUDE, "invoke", &body).expect(400);
        assert!(answer.message().contains(says), "{}", answer.message());
    }
    let mut bare = good;
    bare.as_object_mut().unwrap().remove("anthropic_version");
    assert_eq!(ask(CLAUDE, "invoke", &bare).expect(400).message(), "anthropic_version: Field required");
}

#[test]
fn credentials_are_judged() {
    let body = request("hi", &json!({})).to_string();
    let to = path(CLAUDE, "converse");
    let none = send(&Call::post(&to).json(&body)).expect(403);
    assert!(none.header("x-amzn-errortype").unwrap().starts_with("MissingAuthenticationToken"));
    assert_eq!(none.message(), "Missing Authentication Token");
    let bearer = send(&Call::post(&to).json(&body).header("authorization", "Bearer wrong")).expect(403);
    assert!(bearer.json()["Message"].as_str().unwrap().contains("API Key"));
    let refused = |signer: &Signer| {
        let answer = send(&signer.sign(&to, &body)).expect(403);
        (answer.header("x-amzn-errortype").unwrap().split(':').next().unwrap().to_owned(), answer.message())
    };
    let mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS \
                    Secret Access Key and signing method. Consult the service documentation for details.";
    let wrong = ("InvalidSignatureException".to_owned(), mismatch.to_owned());
    assert_eq!(refused(&Signer { secret: "another", ..RIGHT }), wrong);
    assert_eq!(
        refused(&Signer { escapes: 0, ..RIGHT }),
        wrong,
        "the path is escaped once more than it is sent"
    );
    assert_eq!(refused(&Signer { escapes: 2, ..RIGHT }), wrong);
    assert!(
        refused(&Signer { service: "bedrock-runtime", ..RIGHT }).1.contains("correct service: 'bedrock'")
    );
    assert!(refused(&Signer { skew: -900, ..RIGHT }).1.contains("Signature expired"));
    assert!(refused(&Signer { skew: 900, ..RIGHT }).1.contains("not yet current"));
    assert_eq!(refused(&Signer { key: "OTHER", ..RIGHT }).0, "UnrecognizedClientException");
    assert_eq!(refused(&Signer { token: Some("sim-session-1"), ..RIGHT }).0, "UnrecognizedClientException");
    assert_eq!(refused(&Signer { key: "SIMTEMP1", ..RIGHT }).0, "UnrecognizedClientException");
    send(&Signer { key: "SIMTEMP1", token: Some("sim-session-1"), ..RIGHT }.sign(&to, &body)).expect(200);
    let changed = RIGHT.sign(&to, &body).body(body.replace("hi", "ho"));
    assert_eq!(send(&changed).expect(403).message(), mismatch);
    let unsigned = RIGHT.sign(&to, &body).header("x-amz-target", "x");
    assert!(send(&unsigned).expect(403).message().contains("must be a 'SignedHeader'"));
}

#[test]
fn paths_and_models_are_judged() {
    let body = request("hi", &json!({})).to_string();
    let missing = ask("missing-1", "converse", &request("hi", &json!({}))).expect(400);
    assert_eq!(missing.message(), "The provided model identifier is invalid.");
    assert!(missing.header("x-amzn-errortype").unwrap().starts_with("ValidationException:"));
    ask("a model", "converse", &request("hi", &json!({}))).expect(400);
    send(&post("/model/a/b/converse", &body)).expect(404);
    send(&post("/model/a/talk", &body)).expect(404);
    send(&Call::get("/model/a/converse").header("authorization", "Bearer sk-sim")).expect(405);
    ask("amazon.titan-embed-text-v1", "invoke-with-response-stream", &json!({"inputText": "x"})).expect(400);
    ask("some.model", "invoke", &json!({"prompt": "x"})).expect(400);
}

/// What the real API took is taken here.
#[test]
fn recorded_requests_are_taken() {
    let Some(folder) = collected("recorded_requests_are_taken", "streams/bedrock") else {
        return;
    };
    let mut taken = 0;
    let mut refused: Vec<String> = Vec::new();
    for (name, exchange) in exchanges(&folder, &|path| path.starts_with("/model/")) {
        let path = exchange["request"]["path"].as_str().unwrap();
        let body = &exchange["request"]["body"];
        let text = body.to_string();
        let foreign =
            ["\"signature\"", "redactedContent", "characters cut]"].iter().any(|mark| text.contains(mark));
        // Claude's and Titan's in Converse took what the others do not: an assistant first, a user twice.
        let looser = ["starting_with_response", "guardrails--guardrail_converse"]
            .iter()
            .any(|mark| name.contains(mark));
        let invoked = path.ends_with("/invoke") || path.ends_with("/invoke-with-response-stream");
        let unknown = invoked && !path.contains("claude") && !path.contains("embed");
        // Claude before it had messages, and what a bucket holds.
        let older = invoked && body.get("prompt").is_some();
        if exchange["response"]["status"] != 200 || foreign || looser || unknown || older || !body.is_object()
        {
            continue;
        }
        taken += 1;
        let answer = send(&post(path, &text));
        if answer.status != 200 {
            refused.push(format!("{name} {path}: {}", answer.text()));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(taken > 50, "{taken}");
}
