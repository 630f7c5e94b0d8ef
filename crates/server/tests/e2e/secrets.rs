//! No secret is ever told: not in errors, answers, logs, records or metrics.

use testkit::{Answer, Call, LogServer};

use crate::world::{World, body};

const CONFIG: &str = r#"_format_version: "3.0"
consumers:
  - username: somebody
    keyauth_credentials: [{key: CANARY-consumer-key}]
routes:
  - name: header
    paths: [/header]
    plugins:
      - {name: key-auth, config: {key_in_body: true, extensions: {key_in_bearer: true}}}
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {header_name: Authorization, header_value: Bearer sk-sim-CANARY-header}
          model: {provider: openai, name: m, options: {upstream_url: "http://@UPSTREAM@/sim/generic/v1/chat/completions"}}
  - name: query
    paths: [/query]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {param_name: api_key, param_value: sk-sim-CANARY-query, param_location: query}
          model: {provider: openai, name: m, options: {upstream_url: "http://@UPSTREAM@/sim/generic/v1/chat/completions"}}
  - name: body
    paths: [/body]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {param_name: api_key, param_value: sk-sim-CANARY-body, param_location: body}
          model: {provider: openai, name: m, options: {upstream_url: "http://@UPSTREAM@/sim/generic/v1/chat/completions"}}
  - name: env
    paths: [/env]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {header_name: Authorization, header_value: "{vault://env/upstream-header}"}
          model: {provider: openai, name: m, options: {upstream_url: "http://@UPSTREAM@/sim/generic/v1/chat/completions"}}
  - name: gone
    paths: [/gone]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {param_name: api_key, param_value: sk-sim-CANARY-query, param_location: query}
          model: {provider: openai, name: m, options: {upstream_url: "http://127.0.0.1:1/x"}}
plugins:
  - {name: file-log, config: {path: "@LOGS@/lines"}}
  - {name: http-log, config: {http_endpoint: "http://me:CANARY-log@@SERVER@/", headers: {X-Key: CANARY-log}}}
"#;

/// Good answers, errors of every kind, and everything that operators can ask for.
fn everything_that_is_told(world: &World, config: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    let faults = [
        "",
        "status_401",
        "status_500",
        "no_choices",
        "early_close",
        "reset_first",
        "truncated_whole",
        "cut_mid",
    ];
    for path in ["/header?apikey=CANARY-consumer-key", "/query", "/body", "/env", "/gone"] {
        for fault in faults {
            for more in ["", r#","stream":true"#] {
                let told = format!(r#"{more},"user":"CANARY-user""#);
                let call = Call::post(path).header("x-sim-fault", fault).json(body("x", &told));
                answers.push(world.send(&call));
            }
        }
    }
    answers.extend(callers_credentials().iter().map(|call| world.send(call)));
    for path in ["/status", "/metrics"] {
        answers.push(Call::get(path).send(world.gateway.admin));
    }
    let broken = config.replace("provider: openai", "provider: opanai");
    let call = Call::post("/config").header("content-type", "application/yaml").body(broken);
    answers.push(call.send(world.gateway.admin).expect(400));
    answers
}

/// Right ones and wrong ones, in every place where one may stand.
fn callers_credentials() -> Vec<Call> {
    let header = || Call::post("/header");
    vec![
        header().header("apikey", "CANARY-consumer-key").json("{"),
        header().header("authorization", "Bearer CANARY-consumer-key").json(body("x", "")),
        header().json(body("x", r#","apikey":"CANARY-consumer-key""#)),
        header().header("apikey", "CANARY-unknown").json(body("x", "")),
        header().header("cookie", "CANARY=1").header("x-api-key", "CANARY-x").json(body("x", "")),
        Call::post("/header?apikey=CANARY-unknown").json(body("x", "")),
        Call::post("/nowhere?apikey=CANARY-consumer-key").json(body("x", "")),
        Call::post("/query?api_key=CANARY-own").json(body("x", "")),
        Call::post("/header?apikey=CANARY-consumer-key").json(r#"{"CANARY-member":"#),
    ]
}

#[test]
fn canaries_stay_where_they_are() {
    let (logs, server) = (tempfile::tempdir().unwrap(), LogServer::start());
    let config = CONFIG.replace("@LOGS@", &logs.path().display().to_string());
    let config = config.replace("@SERVER@", &server.addr.to_string());
    let mut world = World::start_with(&config, |builder| {
        let builder = builder.arg("--log-level").arg("trace");
        builder.env("UPSTREAM_HEADER", "Bearer sk-sim-CANARY-env")
    });
    let answers = everything_that_is_told(&world, &config);
    for answer in &answers {
        let told = format!("{:?} {}", answer.headers, answer.text());
        assert!(!told.contains("CANARY"), "{told}");
    }
    let last = answers.iter().rev().find_map(|answer| answer.header("x-kong-request-id")).unwrap();
    world.gateway.record(last);
    world.gateway.signal("TERM");
    world.gateway.wait(testkit::PATIENCE);
    let records = world.gateway.record_text();
    assert!(records.lines().count() > 80);
    assert_eq!(line_with_canary(&records), None);
    let lines = std::fs::read_to_string(logs.path().join("lines")).unwrap();
    assert_eq!(lines.lines().count(), records.lines().count());
    assert_eq!(line_with_canary(&lines), None);
    let deliveries = server.deliveries();
    assert_eq!(deliveries.len(), records.lines().count());
    for delivery in deliveries {
        assert_eq!(line_with_canary(&delivery.body), None);
        assert_eq!(delivery.header("x-key"), Some("CANARY-log"));
    }
    assert_eq!(line_with_canary(&world.gateway.output()), None);
    // The simulator did get them, so there was something to leak.
    let seen: Vec<String> = world
        .upstream
        .requests()
        .iter()
        .map(|request| format!("{:?} {} {}", request.headers, request.target, request.text()))
        .collect();
    for secret in ["CANARY-header", "CANARY-query", "CANARY-body", "CANARY-env"] {
        assert!(seen.iter().any(|request| request.contains(secret)), "{secret}");
    }
}

fn line_with_canary(text: &str) -> Option<&str> {
    text.lines().find(|line| line.contains("CANARY"))
}
