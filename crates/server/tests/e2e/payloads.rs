//! Records with what Kong's plugins tell of a model: meta, usage, cost, payloads.

use serde_json::{Value, json};
use testkit::Call;

use crate::world::{World, body};

const FILE: &str = r#"
_format_version: "3.0"
services:
  - name: main
    host: unused.invalid
    routes:
      - name: told
        paths: ["/told"]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              logging: {log_statistics: true, log_payloads: true}
              auth: {header_name: authorization, header_value: Bearer sk-sim-CANARY}
              model:
                provider: openai
                name: gpt-4o
                options:
                  upstream_url: http://@UPSTREAM@/v1/chat/completions
                  input_cost: 10
                  output_cost: 10
      - name: untold
        paths: ["/untold"]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              auth: {header_name: authorization, header_value: Bearer sk-sim-CANARY}
              model:
                provider: openai
                name: gpt-4o
                options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}
"#;

#[test]
fn a_record_tells_meta_usage_cost_and_payload() {
    let world = World::start(FILE);
    let asked = body("hello there", "");
    let call = Call::post("/told?key=CANARY").json(&asked).header("authorization", "Bearer CANARY");
    let answer = world.send(&call).expect(200);
    let record = world.record(&answer);
    assert!(!record.to_string().contains("CANARY"), "{record}");
    let proxy = &record["ai"]["proxy"];
    assert_eq!(proxy["meta"]["provider_name"], "openai");
    assert_eq!(
        (&proxy["meta"]["request_model"], &proxy["meta"]["request_mode"]),
        (&json!("gpt-4o"), &json!("oneshot"))
    );
    assert_eq!(proxy["meta"]["response_model"], answer.json()["model"]);
    let usage = &proxy["usage"];
    assert_eq!((&usage["total_tokens"], &usage["counts"]), (&json!(5), &json!("exact")));
    assert_eq!((&usage["cost"], &usage["cost_source"]), (&json!(0.00005), &json!("configured")));
    assert_eq!(proxy["payload"]["request"], asked);
    assert_eq!(proxy["payload"]["response"].as_str(), Some(&*answer.text()));
    let tried = &proxy["tried_targets"][0];
    assert_eq!((&tried["ip"], &tried["route_type"]), (&json!("127.0.0.1"), &json!("llm/v1/chat")));
    assert_eq!(record["tries"][0]["code"], 200);
    assert_eq!(record["request"]["headers"]["authorization"], "REDACTED");
    assert_eq!(record["response"]["headers"]["content-type"], "application/json");
}

#[test]
fn a_stream_is_recorded_as_the_whole_answer_that_it_is() {
    let world = World::start(FILE);
    let answer = world.send(&Call::post("/told").json(body("hi", r#","stream":true"#))).expect(200);
    let record = world.record(&answer);
    let proxy = &record["ai"]["proxy"];
    assert_eq!(proxy["meta"]["request_mode"], "stream");
    let response: Value = serde_json::from_str(proxy["payload"]["response"].as_str().unwrap()).unwrap();
    let said = response["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(!said.is_empty() && answer.text().contains(said.split(' ').next().unwrap()), "{response}");
    assert_eq!(
        (&response["object"], &response["choices"][0]["finish_reason"]),
        (&json!("chat.completion"), &json!("stop"))
    );
    assert_eq!(response["response"], said);
}

#[test]
fn payloads_are_recorded_without_statistics() {
    let file = FILE.replace("log_statistics: true, log_payloads", "log_statistics: false, log_payloads");
    let world = World::start(&file);
    let answer = world.send(&Call::post("/told").json(body("hi", ""))).expect(200);
    let record = world.record(&answer);
    let proxy = record["ai"]["proxy"].as_object().unwrap();
    assert_eq!(proxy.keys().collect::<Vec<_>>(), ["payload"], "{record}");
    assert_eq!(proxy["payload"]["request"], body("hi", ""));
    assert_eq!(proxy["payload"]["response"], answer.text());
}

#[test]
fn without_statistics_nothing_is_told_of_the_model() {
    let world = World::start(FILE);
    let answer = world.send(&Call::post("/untold").json(body("hi", ""))).expect(200);
    assert_eq!(world.record(&answer).get("ai"), None);
}

#[test]
fn keys_in_a_body_are_not_recorded_whether_they_go_on_or_not() {
    for hides in [true, false] {
        let plugin = format!(
            "\nconsumers: [{{username: ann, keyauth_credentials: [{{key: key-CANARY}}]}}]\nplugins:\n  \
             - {{name: key-auth, config: {{key_in_body: true, hide_credentials: {hides}}}}}\n"
        );
        let world = World::start(&(FILE.to_owned() + &plugin));
        let asked = body("hi", r#","apikey":"key-CANARY""#);
        // A key that goes on is no argument that OpenAI knows.
        let status = if hides { 200 } else { 400 };
        let answer = world.send(&Call::post("/told").json(asked)).expect(status);
        let record = world.record(&answer);
        assert_eq!(record["consumer"]["username"], "ann");
        assert!(!record.to_string().contains("CANARY"), "{record}");
        let shown = body("hi", r#","apikey":"REDACTED""#);
        assert_eq!(record["ai"]["proxy"]["payload"]["request"], shown);
    }
}
