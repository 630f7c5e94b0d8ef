//! The published schema of log lines against lines of every kind, in every sink.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::Value;
use testkit::{Call, Certificates, LogServer, wait_for};

use crate::world::{World, body, chat};

const CONFIG: &str = r#"_format_version: "3.0"
consumers:
  - username: alice
    custom_id: team-9
    keyauth_credentials: [{key: key-alice}]
services:
  - name: one
    url: http://127.0.0.1:1
    routes:
      - name: told
        paths: [/told]
        plugins:
          - {name: key-auth}
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              logging: {log_statistics: true, log_payloads: true}
              auth: {header_name: api-key, header_value: sk-sim-azure}
              model:
                provider: azure
                name: gpt-4o
                options:
                  azure_instance: dummy
                  azure_deployment_id: d1
                  azure_api_version: 2024-10-21
                  upstream_url: "http://@UPSTREAM@/openai/deployments/d1/chat/completions"
                  input_cost: 1
                  output_cost: 2
      - name: untold
        paths: [/untold]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              auth: {header_name: Authorization, header_value: Bearer sk-sim-main}
              model: {provider: openai, name: gpt-4o, options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}}
      - name: gone
        paths: [/gone]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              logging: {log_statistics: true}
              model: {provider: openai, name: gpt-4o, options: {upstream_url: "http://127.0.0.1:1/x"}}
routes:
  - name: lossy
    paths: [/lossy]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          logging: {log_statistics: true}
          auth: {header_name: Authorization, header_value: Bearer sk-sim-deepseek}
          model: {provider: deepseek, name: deepseek-chat, options: {upstream_url: "http://@UPSTREAM@/sim/deepseek/v1/chat/completions"}}
  - name: preserved
    paths: [/sim]
    plugins:
      - name: ai-proxy
        config:
          route_type: preserve
          logging: {log_statistics: true}
          auth: {header_name: Authorization, header_value: Bearer sk-sim-main}
          model: {provider: openai, options: {upstream_url: "http://@UPSTREAM@/"}}
  - name: vectors
    paths: [/vectors]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/embeddings
          genai_category: text/embeddings
          logging: {log_statistics: true, log_payloads: true}
          auth: {header_name: Authorization, header_value: Bearer sk-sim-main}
          model: {provider: openai, name: text-embedding-3-small, options: {upstream_url: "http://@UPSTREAM@/v1/embeddings"}}
plugins:
  - {name: file-log, config: {path: "@LOGS@/lines"}}
  - {name: http-log, config: {http_endpoint: "@SERVER@"}}
"#;

/// The published schema.
pub fn schema() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/generated/log-record.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

/// Panics with what is wrong and the line.
#[track_caller]
pub fn judge(validator: &Validator, record: &Value) {
    let faults: Vec<String> =
        validator.iter_errors(record).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:?}\n{record}");
}

/// Requests of every kind. How many they were.
fn call_all(world: &World, trust: &Certificates) -> usize {
    let keyed = |more: &str| chat("/told?a=1&a=2&flag", "schema", more).header("apikey", "key-alice");
    let mut calls = vec![
        keyed(r#","service_tier":"default""#),
        keyed(r#","stream":true"#),
        chat("/told", "schema", ""),
        chat("/untold", "schema", "").header("x-more", "1").header("x-more", "2"),
        chat("/gone", "schema", ""),
        chat("/lossy", "schema", r#","seed":1,"n":2"#),
        Call::post("/vectors").json(r#"{"input":["a","b"]}"#),
        Call::get("/sim/v1/models"),
        Call::post("/nowhere").json("{}"),
        Call::post("/told").header("apikey", "key-alice").json("{"),
        Call::post("/untold").json(body("x", r#","model":"other""#)),
    ];
    for fault in [
        "status_500",
        "no_choices",
        "truncated_whole",
        "early_close",
        "reset",
        "cut_mid",
        "error_mid",
        "no_usage",
    ] {
        for more in ["", r#","stream":true"#] {
            calls.push(keyed(more).header("x-sim-fault", fault));
            calls.push(chat("/untold", "schema", more).header("x-sim-fault", fault));
        }
    }
    for call in &calls {
        world.send(call);
    }
    let tls = world.gateway.proxy_tls.expect("an address in the ready line");
    keyed("").send_tls(tls, trust).expect(200);
    let long = Call::post("/told").header("apikey", "key-alice").header("x-sim-fault", "stall_mid");
    let mut live = world.open(&long.json(body("words:9", r#","stream":true"#)));
    live.read_until(|text| text.contains("w2")).unwrap();
    live.hang_up();
    calls.len() + 2
}

/// The names of all members that a schema has, with the names above them.
fn members(schema: &Value, above: &str, found: &mut BTreeSet<String>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{above}.{name}");
        members(member, &path, found);
        found.insert(path);
    }
    if schema.get("items").is_some() {
        members(&schema["items"], above, found);
    }
}

/// The same of a line.
fn told(line: &Value, above: &str, found: &mut BTreeSet<String>) {
    match line {
        Value::Object(object) => {
            for (name, member) in object {
                let path = format!("{above}.{name}");
                told(member, &path, found);
                found.insert(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| told(item, above, found)),
        _ => {}
    }
}

#[test]
fn lines_of_every_kind_fit_the_published_schema() {
    let (logs, server, certificates) =
        (tempfile::tempdir().unwrap(), LogServer::start(), Certificates::generate());
    let config = CONFIG.replace("@LOGS@", &logs.path().display().to_string());
    let world = World::start_with(&config.replace("@SERVER@", &server.url("/in")), |builder| {
        builder
            .file("cert.pem", &certificates.certificate_pem)
            .file("key.pem", &certificates.key_pem)
            .arg("--proxy-tls-listen")
            .arg("127.0.0.1:0")
            .arg("--tls-cert")
            .arg("@DIR@/cert.pem")
            .arg("--tls-key")
            .arg("@DIR@/key.pem")
    });
    let count = call_all(&world, &certificates);
    let records = wait_for("all records", || {
        let records = world.gateway.records();
        (records.len() == count).then_some(records)
    });
    let validator = validator();
    let mut seen = BTreeSet::new();
    for record in &records {
        judge(&validator, record);
        told(record, "", &mut seen);
    }
    for record in &server.wait_for_taken(count) {
        judge(&validator, record);
    }
    let lines = wait_for("all lines", || {
        let text = std::fs::read_to_string(logs.path().join("lines")).unwrap_or_default();
        (text.lines().count() == count && text.ends_with('\n')).then_some(text)
    });
    for line in lines.lines() {
        judge(&validator, &serde_json::from_str(line).unwrap());
    }
    // Nothing is promised that no line ever tells.
    let mut promised = BTreeSet::new();
    members(&schema(), "", &mut promised);
    let missing: Vec<_> = promised.difference(&seen).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
