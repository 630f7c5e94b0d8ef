//! What operators and clients tell Bedrock besides chats: paths, headers, metadata.

use testkit::Call;

use crate::world::{World, body, chat, content, said};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// One route `/chat` to Claude on Bedrock, for clients of this format.
fn config(format: &str, options: &str) -> String {
    format!(
        r#"_format_version: "3.0"
routes:
  - name: chat
    paths: [/chat]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          llm_format: {format}
          auth: {{aws_access_key_id: SIMKEY-own, aws_secret_access_key: sim-secret-access-key}}
          model:
            provider: bedrock
            name: {CLAUDE}
            options: {{bedrock: {{aws_region: us-east-1{options}}}}}
"#
    )
}

fn at(config: &str, url: &str, path: &str) -> String {
    let written = format!("options: {{upstream_url: \"http://@UPSTREAM@{url}\"{path}, bedrock:");
    config.replace("options: {bedrock:", &written)
}

#[test]
fn an_upstream_path_replaces_the_path_of_the_url_and_decides_what_is_spoken() {
    let model = CLAUDE.replace(':', "%3A");
    let path = format!(", upstream_path: \"/model/{model}/converse\"");
    for (format, call) in [
        ("openai", chat("/chat", "path", "")),
        (
            "anthropic",
            Call::post("/chat/v1/messages")
                .header("x-test", "path")
                .json(body("hello path", &format!(r#","model":"{CLAUDE}","max_tokens":9"#))),
        ),
    ] {
        let world = World::start(&at(&config(format, ""), "/model/other/invoke", &path));
        let answer = world.send(&call).expect(200);
        assert!(answer.text().contains(&said("path")), "{}", answer.text());
        let sent = world.upstream.only("path");
        assert_eq!(sent.target, format!("/model/{model}/converse"), "{format}");
        assert!(sent.text().contains("\"content\":[{\"text\":"), "{}", sent.text());
    }
}

#[test]
fn headers_of_bedrocks_own_are_told_in_the_body_of_converse() {
    let world = World::start(&at(&config("openai", ""), "", ""));
    let call = chat("/chat", "headers", r#","metadata":{"team":"a"}"#)
        .header("X-Amzn-Bedrock-GuardrailIdentifier", "g-1")
        .header("X-Amzn-Bedrock-GuardrailVersion", "1")
        .header("X-Amzn-Bedrock-PerformanceConfig-Latency", "optimized")
        .header("X-Bedrock-Metadata", r#"{"cost":"b"}"#);
    let answer = world.send(&call).expect(200);
    assert_eq!(content(&answer), said("headers"));
    let sent = world.upstream.only("headers");
    let told: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(
        told["guardrailConfig"],
        serde_json::json!({"guardrailIdentifier": "g-1", "guardrailVersion": "1"})
    );
    assert_eq!(told["performanceConfig"]["latency"], "optimized");
    assert_eq!(told["requestMetadata"], serde_json::json!({"team": "a", "cost": "b"}));
    for name in ["x-amzn-bedrock-guardrailidentifier", "x-bedrock-metadata"] {
        assert!(sent.header(name).is_none(), "{name} is said twice");
    }
}

/// A configured latency is a member for Converse and a header for `InvokeModel`, whatever the client wants.
#[test]
fn a_configured_latency_reaches_both_apis() {
    let latency = ", performance_config_latency: optimized";
    let wish = "X-Amzn-Bedrock-PerformanceConfig-Latency";
    let world = World::start(&at(&config("openai", latency), "", ""));
    world.send(&chat("/chat", "converse", "").header(wish, "standard")).expect(200);
    let sent = world.upstream.only("converse");
    assert!(sent.text().contains(r#""performanceConfig":{"latency":"optimized"}"#), "{}", sent.text());
    assert!(sent.header(&wish.to_ascii_lowercase()).is_none());
    let world = World::start(&at(&config("anthropic", latency), "", ""));
    let more = format!(r#","model":"{CLAUDE}","max_tokens":9"#);
    let call = Call::post("/chat/v1/messages").header("x-test", "invoke").header(wish, "standard");
    world.send(&call.json(body("hello", &more))).expect(200);
    let sent = world.upstream.only("invoke");
    assert!(sent.target.ends_with("/invoke"), "{}", sent.target);
    assert_eq!(sent.header(&wish.to_ascii_lowercase()), Some("optimized"));
}
