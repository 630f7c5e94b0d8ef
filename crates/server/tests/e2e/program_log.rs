//! The program's own log: which request a line is about, in both formats, and nothing of what it carried.

use serde_json::Value;
use testkit::{Answer, Call, wait_for};

use crate::world::{World, body, chat};

const CONFIG: &str = r#"_format_version: "3.0"
routes:
  - name: chat
    paths: [/chat]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {header_name: Authorization, header_value: Bearer sk-sim-CANARY}
          logging: {log_statistics: true, log_payloads: true}
          model: {provider: openai, name: gpt-4o, options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}}
  - name: gone
    paths: [/gone]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          model: {provider: openai, name: gpt-4o, options: {upstream_url: "http://127.0.0.1:1/x"}}
  - name: nowhere
    paths: [/no-region]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          model: {provider: bedrock, name: amazon.nova-lite-v1:0}
  - name: nobody
    paths: [/no-keys]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          model: {provider: bedrock, name: amazon.nova-lite-v1:0, options: {bedrock: {aws_region: us-east-1}}}
"#;

fn start(format: &str, level: &str) -> World {
    World::start_with(CONFIG, |builder| {
        let builder = builder.arg("--log-format").arg(format).arg("--log-level").arg(level);
        builder.env("AWS_EC2_METADATA_DISABLED", "true")
    })
}

fn id(answer: &Answer) -> String {
    answer.header("x-kong-request-id").expect("a request id").to_owned()
}

/// Requests that go wrong, each in its own way, with what the log is to say of it.
fn go_wrong(world: &World) -> Vec<(String, &'static str)> {
    let stream = r#","stream":true,"user":"CANARY-user""#;
    let cases = [
        (chat("/gone", "CANARY", ""), "an upstream did not answer"),
        (chat("/chat", "CANARY", "").header("x-sim-fault", "no_choices"), "an answer could not be used"),
        (chat("/chat", "CANARY", "").header("x-sim-fault", "early_close"), "an upstream did not answer"),
        (
            chat("/chat", "CANARY", stream).header("x-sim-fault", "cut_mid"),
            "a stream did not come to its end",
        ),
        (
            chat("/chat", "CANARY", stream).header("x-sim-fault", "error_mid"),
            "a stream did not come to its end",
        ),
        (chat("/no-region", "CANARY", ""), "a request could not be signed"),
        (chat("/no-keys", "CANARY", ""), "a request had to be refused for want of a credential"),
    ];
    cases.into_iter().map(|(call, told)| (id(&world.send(&call.header("cookie", "CANARY"))), told)).collect()
}

/// The lines that are JSON, the ready line and records aside.
fn lines(output: &str) -> Vec<Value> {
    let objects = output.lines().filter(|line| line.starts_with('{'));
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    objects.map(parse).collect()
}

#[test]
fn every_line_about_a_request_names_it() {
    let world = start("json", "trace");
    let good = id(&world.send(&chat("/chat", "CANARY", "")).expect(200));
    let refused = id(&world.send(&Call::post("/chat").json(r#"{"CANARY":"#)).expect(400));
    let wrong = go_wrong(&world);
    for (id, told) in &wrong {
        let line = wait_for(told, || {
            let lines = lines(&world.gateway.output());
            lines.into_iter().find(|line| line["request_id"] == **id && line["message"] == *told)
        });
        assert_eq!(line["level"], "WARN", "{line}");
    }
    for (id, status, outcome) in
        [(&good, 200, "completed"), (&refused, 400, "refused"), (&wrong[0].0, 503, "gateway_error")]
    {
        let line = wait_for("the end of a request", || {
            let lines = lines(&world.gateway.output());
            lines
                .into_iter()
                .find(|line| line["request_id"] == **id && line["message"] == "a request has ended")
        });
        assert_eq!(
            (&line["level"], &line["status"], &line["outcome"]),
            (&"DEBUG".into(), &status.into(), &outcome.into())
        );
    }
    let output = world.gateway.output();
    for line in lines(&output) {
        for name in ["timestamp", "level", "target", "message"] {
            assert!(line[name].is_string(), "{name}: {line}");
        }
        // What these parts say is about one request.
        let target = line["target"].as_str().unwrap();
        let parts = ["account", "pipeline", "deliver", "sign", "cloud", "answer"];
        if parts.iter().any(|part| target.starts_with(&format!("proxy::{part}"))) {
            assert_eq!(line["request_id"].as_str().map(str::len), Some(32), "{line}");
        }
    }
    assert!(!output.contains("CANARY"), "{output}");
}

#[test]
fn the_log_is_text_unless_asked_otherwise() {
    let world = start("text", "warn");
    for (id, told) in go_wrong(&world) {
        let line = wait_for(told, || {
            let output = world.gateway.output();
            output.lines().find(|line| line.contains(&id) && line.contains(told)).map(str::to_owned)
        });
        assert!(line.contains(" WARN proxy::") && line.contains(&format!("request_id=\"{id}\"")), "{line}");
    }
    let output = world.gateway.output();
    assert!(!output.contains(" DEBUG ") && !output.contains(" INFO "), "{output}");
    assert!(!output.contains("CANARY"), "{output}");
}

#[test]
fn a_part_of_the_program_may_have_a_level_of_its_own() {
    let world = start("json", "off,proxy::account=debug");
    let good = id(&world.send(&Call::post("/chat").json(body("hi", ""))).expect(200));
    wait_for("the end of a request", || world.gateway.output().contains(&good).then_some(()));
    go_wrong(&world);
    for line in lines(&world.gateway.output()) {
        assert_eq!(line["target"], "proxy::account", "{line}");
    }
}
