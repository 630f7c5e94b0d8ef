//! Configured options where Messages are relayed: what the model, or the version of the API, refuses is left out and told;
//! what the client says itself is the client's. The simulator refuses what the provider does.

use serde_json::{Value, json};
use testkit::{Answer, Call, Shared};

use crate::world::World;

static WORLD: Shared<World> = Shared::new(|| World::start(CONFIG));

const CONFIG: &str = r#"_format_version: "3.0"
routes:
  - name: relayed
    paths: [/relayed]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          llm_format: anthropic
          auth: {header_name: x-api-key, header_value: sk-sim-own}
          model:
            provider: anthropic
            options:
              anthropic_version: "2023-06-01"
              upstream_url: "http://@UPSTREAM@"
              temperature: 0.5
              top_p: 0.9
              top_k: 7
  - name: newest
    paths: [/newest]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {header_name: x-api-key, header_value: sk-sim-own}
          model:
            provider: anthropic
            name: claude-sonnet-4-5
            options:
              anthropic_version: "2026-10-21"
              upstream_url: "http://@UPSTREAM@"
              temperature: 0.5
"#;

fn ask(world: &World, tag: &str, version: &str, more: &Value) -> Answer {
    let mut body = json!({"max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let call = Call::post("/relayed/v1/messages").header("anthropic-version", version);
    world.send(&call.header("x-test", tag).json(body.to_string()))
}

#[test]
fn what_the_model_refuses_is_left_out_and_told() {
    let world = WORLD.hold();
    let newest = "2026-10-21";
    for (tag, model, version, sent, lost) in [
        ("o-free", "claude-sonnet-4-20250514", "2023-06-01", json!([0.5, 0.9, 7]), None),
        ("o-one", "claude-sonnet-4-5", "2023-06-01", json!([0.5, null, 7]), Some("top_p=dropped")),
        (
            "o-none",
            "claude-opus-4-7",
            "2023-06-01",
            json!([null, null, null]),
            Some("temperature=dropped, top_p=dropped, top_k=dropped"),
        ),
        (
            "o-newest",
            "claude-sonnet-4-5",
            newest,
            json!([null, null, null]),
            Some("temperature=dropped, top_p=dropped, top_k=dropped"),
        ),
    ] {
        let answer = ask(&world, tag, version, &json!({"model": model})).expect(200);
        assert_eq!(answer.header("x-ai-proxy-losses"), lost, "{tag}");
        let body: Value = serde_json::from_slice(&world.upstream.only(tag).body).unwrap();
        assert_eq!(json!([body["temperature"], body["top_p"], body["top_k"]]), sent, "{tag}");
    }
}

#[test]
fn what_the_client_says_is_left_to_the_provider() {
    let world = WORLD.hold();
    let refused =
        ask(&world, "o-own", "2023-06-01", &json!({"model": "claude-opus-4-7", "temperature": 0.5}));
    assert_eq!(refused.status, 400, "{}", refused.text());
    let body: Value = serde_json::from_slice(&world.upstream.only("o-own").body).unwrap();
    assert_eq!(body["temperature"], 0.5);
}

#[test]
fn clients_of_other_formats_can_use_the_newest_version() {
    let world = WORLD.hold();
    let call = Call::post("/newest").json(r#"{"messages":[{"role":"user","content":"hi"}],"top_p":0.5}"#);
    let answer = world.send(&call).expect(200);
    assert_eq!(answer.header("x-ai-proxy-losses"), Some("temperature=dropped, top_p=dropped"));
}
