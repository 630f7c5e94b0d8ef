//! By which name clients of Messages are told of the model that answered. Claude Code sends its thinking back only where
//! it is the name that it asked by.

use serde_json::{Value, json};
use testkit::{Answer, Call, Shared};

use crate::world::World;

static WORLD: Shared<World> = Shared::new(|| World::start(CONFIG));

const CONFIG: &str = r#"_format_version: "3.0"
routes:
  - name: many
    paths: [/many]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          llm_format: anthropic
          extensions:
            default_model: house
            models:
              - name: house
                auth: {header_name: x-api-key, header_value: sk-sim-own}
                model:
                  provider: anthropic
                  options: {anthropic_version: "2023-06-01", upstream_url: "http://@UPSTREAM@"}
              - name: aws
                bearer_key: sk-sim-own
                model:
                  provider: bedrock
                  options: {bedrock: {aws_region: us-east-1}, upstream_url: "http://@UPSTREAM@"}
              - name: vertex
                bearer_key: sk-sim-own
                model:
                  provider: gemini
                  options:
                    gemini: {api_endpoint: aiplatform.googleapis.com, project_id: p, location_id: global}
                    upstream_url: "http://@UPSTREAM@"
              - name: open
                bearer_key: sk-sim-own
                model:
                  provider: openai
                  options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}
  - name: alias
    paths: [/alias]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          llm_format: anthropic
          auth: {header_name: x-api-key, header_value: sk-sim-own}
          model:
            provider: anthropic
            name: claude-sonnet-4-5
            model_alias: claude-ours
            options: {anthropic_version: "2023-06-01", upstream_url: "http://@UPSTREAM@"}
"#;

const ARN: &str = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0";

fn ask(world: &World, path: &str, model: &str, stream: bool) -> Answer {
    ask_under(world, path, model, stream, "")
}

fn ask_under(world: &World, path: &str, model: &str, stream: bool, fault: &str) -> Answer {
    let body = json!({
        "model": model, "max_tokens": 2000, "stream": stream,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "messages": [{"role": "user", "content": "words:20"}],
    });
    let call = Call::post(&format!("{path}/v1/messages")).header("anthropic-version", "2023-06-01");
    let call = if fault.is_empty() { call } else { call.header("x-sim-fault", fault) };
    world.send(&call.json(body.to_string())).expect(200)
}

/// What an answer calls the model: whole, and streamed.
fn named(world: &World, path: &str, model: &str) -> (Value, Value) {
    let whole = ask(world, path, model, false).json()["model"].take();
    let events = ask(world, path, model, true).events();
    let mut start = events.first().expect("an event").json();
    assert_eq!(start["type"], "message_start", "{start}");
    (whole, start["message"]["model"].take())
}

#[test]
fn a_name_that_the_gateway_changed_comes_back_as_it_was_asked_for() {
    let world = WORLD.hold();
    for (path, model) in [
        ("/many", "house/claude-sonnet-4-5"),
        ("/many", "aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("/many", &format!("aws/{ARN}")),
        ("/many", "vertex/claude-sonnet-4-5@20250929"),
        ("/many", "open/gpt-5-mini"),
        ("/alias", "claude-ours"),
    ] {
        assert_eq!(named(&world, path, model), (json!(model), json!(model)), "{path} {model}");
    }
}

#[test]
fn the_provider_is_asked_by_its_own_name() {
    let world = WORLD.hold();
    for (tag, path, model) in
        [("own-prefix", "/many", "house/claude-sonnet-4-5"), ("own-alias", "/alias", "claude-ours")]
    {
        let body = json!({"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
        let call = Call::post(&format!("{path}/v1/messages")).header("anthropic-version", "2023-06-01");
        world.send(&call.header("x-test", tag).json(body.to_string())).expect(200);
        let sent: Value = serde_json::from_slice(&world.upstream.only(tag).body).unwrap();
        assert_eq!(sent["model"], "claude-sonnet-4-5", "{sent}");
    }
}

#[test]
fn nothing_else_of_such_an_answer_is_changed() {
    let world = WORLD.hold();
    let (prefixed, plain) = ("house/claude-sonnet-4-5", "claude-sonnet-4-5");
    for stream in [false, true] {
        let (renamed, own) = (ask(&world, "/many", prefixed, stream), ask(&world, "/many", plain, stream));
        assert_eq!(renamed.text(), own.text().replacen(plain, prefixed, 1));
        let record = world.record(&renamed);
        assert_eq!(record["response"]["size"], renamed.body.len(), "{record}");
    }
}

#[test]
fn how_an_answer_is_written_does_not_matter() {
    let world = WORLD.hold();
    let model = "house/claude-sonnet-4-5";
    for fault in ["multi_data", "crlf,comments,bom", "no_space,split", "gzip"] {
        let mut start = ask_under(&world, "/many", model, true, fault).events().remove(0).json();
        assert_eq!(start["message"]["model"].take(), model, "{fault}");
        let answer = ask_under(&world, "/many", model, false, fault);
        assert_eq!(answer.json()["model"], model, "{fault}");
        assert_eq!(answer.header("content-encoding"), None, "{fault}");
    }
}

#[test]
fn a_name_that_nobody_changed_is_the_providers_own() {
    let world = WORLD.hold();
    for (path, model) in [
        ("/many", "claude-sonnet-4-5"),
        ("/many", "claude-opus-4-1-20250805"),
        ("/alias", "claude-sonnet-4-5"),
    ] {
        assert_eq!(named(&world, path, model), (json!(model), json!(model)), "{path} {model}");
    }
}
