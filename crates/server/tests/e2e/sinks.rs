//! `file-log` and `http-log`: which requests they see, what they write, rotation and reloads.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{Answer, Call, Certificates, LogServer, Reception, TlsFront, wait_for};

use crate::world::{World, body, builder, chat, one_route};

/// Two services; `alice` and `bob` call with keys, bob is in a group. Files are called after their scopes.
const SCOPES: &str = r#"_format_version: "3.0"
consumer_groups: [{name: staff}]
consumers:
  - username: alice
    keyauth_credentials: [{key: key-alice}]
  - username: bob
    keyauth_credentials: [{key: key-bob}]
    groups: [{name: staff}]
services:
  - name: one
    url: http://127.0.0.1:1
    routes:
      - name: plain
        paths: [/plain]
        plugins: [@AI@]
      - name: own
        paths: [/own]
        plugins:
          - @AI@
          - {name: file-log, config: {path: "@LOGS@/route"}}
      - name: keyed
        paths: [/keyed]
        plugins:
          - @AI@
          - {name: key-auth}
    plugins:
      - {name: file-log, config: {path: "@LOGS@/service"}}
routes:
  - name: free
    paths: [/free]
    plugins: [@AI@, {name: key-auth, config: {anonymous: nobody}}]
  - {name: off, paths: [/off], plugins: [@AI@, {name: file-log, enabled: false, config: {path: "@LOGS@/off"}}]}
plugins:
  - {name: file-log, instance_name: everything, config: {path: "@LOGS@/global"}}
  - {name: file-log, consumer: alice, config: {path: "@LOGS@/alice"}}
  - {name: file-log, consumer: alice, route: keyed, config: {path: "@LOGS@/alice-keyed"}}
  - {name: file-log, consumer_group: staff, config: {path: "@LOGS@/staff"}}
"#;

const AI: &str = r#"{name: ai-proxy, config: {route_type: llm/v1/chat, auth: {header_name: Authorization,
          header_value: Bearer sk-sim-main}, model: {provider: openai, name: m, options: {upstream_url:
          "http://@UPSTREAM@/v1/chat/completions"}}}}"#;

/// A folder for logs, which outlives its gateway.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn start(config: &str, logs: &Path) -> World {
    World::start(&config.replace("@AI@", AI).replace("@LOGS@", &logs.display().to_string()))
}

/// `one_route`, with these plugins for everything.
fn with_plugins(plugins: &str) -> String {
    format!("{}plugins:\n{plugins}", one_route("m"))
}

/// Sends requests, each of which must be answered, and soon.
pub fn keep_flowing(world: &World, count: usize) {
    for _ in 0..count {
        let begun = Instant::now();
        world.send(&chat("/chat", "flow", "")).expect(200);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

/// The value of the first sample that begins so.
pub fn metric(world: &World, start: &str) -> u64 {
    let text = Call::get("/metrics").send(world.gateway.admin).expect(200).text();
    let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

pub fn id(answer: &Answer) -> String {
    answer.header("x-kong-request-id").expect("a request id").to_owned()
}

/// The ids of the records of a file, in order. Panics where a line is not JSON.
pub fn logged(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let id = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        record["request"]["id"].as_str().unwrap().to_owned()
    };
    text[..text.rfind('\n').map_or(0, |end| end + 1)].lines().map(id).collect()
}

#[track_caller]
pub fn wait_for_ids(path: &Path, ids: &[String]) {
    wait_for(&format!("{} records in {}", ids.len(), path.display()), || {
        let found = logged(path);
        ids.iter().all(|id| found.contains(id)).then_some(())
    });
}

/// One sink of `/status`.
pub fn sink(world: &World, name: &str) -> Value {
    let status = Call::get("/status").send(world.gateway.admin).expect(200).json();
    let sinks = status["sinks"].as_array().cloned().unwrap_or_default();
    let found = sinks.into_iter().find(|sink| sink["sink"] == name);
    found.unwrap_or_else(|| panic!("no sink {name}: {status}"))
}

#[test]
fn the_most_specific_file_takes_the_record() {
    let logs = folder();
    let world = start(SCOPES, logs.path());
    let keyed = |path: &str, key: &str| chat(path, "scopes", "").header("apikey", key);
    let cases = [
        (chat("/plain", "scopes", ""), "service"),
        (chat("/own", "scopes", ""), "route"),
        (keyed("/keyed", "key-alice"), "alice-keyed"),
        (keyed("/keyed", "key-bob"), "staff"),
        // Nobody is known yet when a key is refused.
        (keyed("/keyed", "wrong"), "service"),
        (keyed("/free", "key-alice"), "alice"),
        (keyed("/free", "key-bob"), "staff"),
        (chat("/off", "scopes", ""), "global"),
        (Call::post("/nowhere").json("{}"), "global"),
        (Call::get("/"), "global"),
    ];
    let mut expected: Vec<(&str, String)> = Vec::new();
    for (call, file) in cases {
        expected.push((file, id(&world.send(&call))));
    }
    for file in ["service", "route", "alice-keyed", "alice", "staff", "global", "off"] {
        let ids: Vec<String> =
            expected.iter().filter(|(name, _)| *name == file).map(|(_, id)| id.clone()).collect();
        let path = logs.path().join(file);
        wait_for_ids(&path, &ids);
        assert_eq!(logged(&path), ids, "{file}");
    }
    wait_for("the process's own log to have them all", || {
        (world.gateway.records().len() == expected.len()).then_some(())
    });
}

#[test]
fn a_line_is_the_record_in_every_sink() {
    let logs = folder();
    let server = LogServer::start();
    let path = logs.path().join("requests.jsonl");
    let world = World::start(&with_plugins(&format!(
        "- {{name: file-log, config: {{path: \"{}\"}}}}\n- {{name: http-log, config: {{http_endpoint: \"{}\"}}}}\n",
        path.display(),
        server.url("/in")
    )));
    let answer = world.send(&chat("/chat", "line", "")).expect(200);
    wait_for_ids(&path, &[id(&answer)]);
    let line = std::fs::read_to_string(&path).unwrap();
    let record = world.record(&answer);
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), record);
    assert_eq!(server.wait_for_taken(1), [record]);
    assert_eq!(server.deliveries()[0].body, line.trim_end());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777 & !0o644, 0, "{mode:o}");
}

#[test]
fn requests_to_a_log_server_are_as_configured() {
    let server = LogServer::start();
    let plugin = format!(
        "- name: http-log\n  config:\n    http_endpoint: \"http://me:p%40ss@{}/logs/in?source=gateway\"\n    method: PUT\n    \
         content_type: application/json; charset=utf-8\n    headers: {{x-team: blue, X-Token: \"{{vault://env/log-token}}\"}}\n",
        server.addr
    );
    let world = World::start_with(&with_plugins(&plugin), |builder| builder.env("LOG_TOKEN", "CANARY-token"));
    for _ in 0..3 {
        world.send(&chat("/chat", "head", "")).expect(200);
    }
    server.wait_for_taken(3);
    let delivery = server.deliveries().remove(0);
    assert_eq!((delivery.method.as_str(), delivery.target.as_str()), ("PUT", "/logs/in?source=gateway"));
    assert_eq!(delivery.header("host"), Some(server.addr.to_string().as_str()));
    assert_eq!(delivery.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(delivery.header("content-length"), Some(delivery.body.len().to_string().as_str()));
    assert_eq!((delivery.header("x-team"), delivery.header("x-token")), (Some("blue"), Some("CANARY-token")));
    assert_eq!(delivery.header("authorization"), Some("Basic bWU6cEBzcw=="));
    assert_eq!(server.connections(), 1, "the connection is used again");
}

#[test]
fn the_certificate_of_a_log_server_is_verified() {
    let certificates = Certificates::generate();
    let server = LogServer::start();
    let front = TlsFront::start(&certificates, server.addr);
    let plugin = |more: &str| {
        let url = format!("https://localhost:{}/", front.addr.port());
        with_plugins(&format!("- {{name: http-log, config: {{http_endpoint: \"{url}\"{more}}}}}\n"))
    };
    let distrustful = World::start(&plugin(", queue: {max_retry_time: -1}"));
    distrustful.send(&chat("/chat", "x", "")).expect(200);
    let state = wait_for("the failure", || {
        let state = sink_named(&distrustful, "http-log:");
        (state["lost"] == 1).then_some(state)
    });
    assert!(state["last_error"].as_str().unwrap().contains("TLS handshake"), "{state}");
    assert!(server.deliveries().is_empty());
    let careless = World::start(&plugin(", ssl_verify: false"));
    careless.send(&chat("/chat", "x", "")).expect(200);
    server.wait_for_taken(1);
    let trusting = World::start_with(&plugin(""), |builder| {
        builder.file("ca.pem", &certificates.certificate_pem).arg("--upstream-ca").arg("@DIR@/ca.pem")
    });
    trusting.send(&chat("/chat", "x", "")).expect(200);
    server.wait_for_taken(2);
}

#[test]
fn batches_are_arrays() {
    let server = LogServer::start();
    let plugin = format!(
        "- name: http-log\n  config: {{http_endpoint: \"{}\", queue: {{max_batch_size: 4, max_coalescing_delay: 0.3}}}}\n",
        server.url("/")
    );
    let world = World::start(&with_plugins(&plugin));
    let ids: Vec<String> = (0..6).map(|_| id(&world.send(&chat("/chat", "batch", "")))).collect();
    let taken = server.wait_for_taken(6);
    let found: Vec<&str> = taken.iter().map(|record| record["request"]["id"].as_str().unwrap()).collect();
    assert_eq!(found, ids);
    let deliveries = server.deliveries();
    assert!(deliveries.len() < 6, "{deliveries:?}");
    assert!(
        deliveries.iter().all(|delivery| delivery.body.starts_with('[') && delivery.records().len() <= 4)
    );
}

#[test]
fn signals_let_rotated_files_go() {
    let logs = folder();
    let path = logs.path().join("log");
    let reopened = logs.path().join("reopened");
    let plugins = format!(
        "- {{name: file-log, config: {{path: \"{}\"}}}}\n- {{name: file-log, route: chat, config: {{path: \"{}\", reopen: true}}}}\n",
        path.display(),
        reopened.display()
    );
    let world = World::start(&with_plugins(&plugins));
    let missing = || id(&world.send(&Call::get("/nowhere")));
    let mut before = vec![missing()];
    wait_for_ids(&path, &before);
    for (index, signal) in ["USR1", "HUP"].into_iter().enumerate() {
        let rotated = logs.path().join(format!("log.{index}"));
        std::fs::rename(&path, &rotated).unwrap();
        let late = missing();
        wait_for_ids(&rotated, std::slice::from_ref(&late));
        before.push(late);
        world.gateway.signal(signal);
        wait_for("the new file", || path.exists().then_some(()));
        let next = vec![missing()];
        wait_for_ids(&path, &next);
        assert_eq!(logged(&rotated), before);
        assert_eq!(logged(&path), next);
        before = next;
    }
    // With `reopen`, no signal is needed.
    for index in 0..2 {
        let id = id(&world.send(&chat("/chat", "reopen", "")));
        wait_for_ids(&reopened, &[id]);
        std::fs::rename(&reopened, logs.path().join(format!("reopened.{index}"))).unwrap();
    }
    assert_eq!(logged(&logs.path().join("reopened.1")).len(), 1);
}

#[test]
fn standard_output_is_a_file_as_well() {
    let world = World::start(&with_plugins("- {name: file-log, config: {path: /dev/stdout}}\n"));
    let id = id(&world.send(&chat("/chat", "x", "")));
    world.gateway.wait_for_output(&id);
    let output = world.gateway.output();
    let line = output.lines().find(|line| line.contains(&id)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(line).unwrap()["response"]["status"], 200);
}

#[test]
fn a_reload_keeps_what_it_does_not_change() {
    let logs = folder();
    let server = LogServer::start();
    let plugins = |file: &str| {
        format!(
            "- {{name: file-log, instance_name: file, config: {{path: \"{}\"}}}}\n- name: http-log\n  instance_name: server\n  \
             config: {{http_endpoint: \"{}\", queue: {{max_batch_size: 100, max_coalescing_delay: 600}}}}\n",
            logs.path().join(file).display(),
            server.url("/")
        )
    };
    let world = World::start(&with_plugins(&plugins("first")));
    let first = id(&world.send(&chat("/chat", "x", "")));
    wait_for_ids(&logs.path().join("first"), std::slice::from_ref(&first));
    let next = with_plugins(&plugins("second")).replace("@UPSTREAM@", &world.upstream.addr.to_string());
    Call::post("/config")
        .header("content-type", "application/yaml")
        .body(&next)
        .send(world.gateway.admin)
        .expect(201);
    let second = id(&world.send(&chat("/chat", "x", "")));
    wait_for_ids(&logs.path().join("second"), std::slice::from_ref(&second));
    assert_eq!(logged(&logs.path().join("first")), [first.as_str()]);
    // The server's queue lived on, with what waited in it.
    wait_for("what waits", || (sink(&world, "http-log:server")["waiting"] == 2).then_some(()));
    assert!(server.taken().is_empty());
    wait_for("counts to go on", || (sink(&world, "file-log:file")["written"] == 2).then_some(()));
    // A server that is not wanted any more is sent what it has still to get.
    let none = one_route("m").replace("@UPSTREAM@", &world.upstream.addr.to_string());
    Call::post("/config")
        .header("content-type", "application/yaml")
        .body(&none)
        .send(world.gateway.admin)
        .expect(201);
    let taken = server.wait_for_taken(2);
    assert_eq!(taken.len(), 2);
    let status = Call::get("/status").send(world.gateway.admin).json();
    assert_eq!(status.get("sinks"), None, "{status}");
    let metrics = Call::get("/metrics").send(world.gateway.admin).text();
    assert!(metrics.contains("ai_proxy_sink_records_total{sink=\"http-log:server\"} 2"), "{metrics}");
}

#[test]
fn the_end_of_the_process_writes_what_waits() {
    let logs = folder();
    let server = LogServer::start();
    let path = logs.path().join("log");
    let plugins = format!(
        "- {{name: file-log, config: {{path: \"{}\"}}}}\n- name: http-log\n  config: {{http_endpoint: \"{}\", queue: \
         {{max_batch_size: 100, max_coalescing_delay: 600}}}}\n",
        path.display(),
        server.url("/")
    );
    let mut world = World::start(&with_plugins(&plugins));
    let ids: Vec<String> = (0..5).map(|_| id(&world.send(&chat("/chat", "x", "")))).collect();
    assert!(server.taken().is_empty());
    world.gateway.signal("TERM");
    assert!(world.gateway.wait(testkit::PATIENCE).success());
    assert_eq!(logged(&path), ids);
    assert_eq!(server.taken().len(), 5);
}

/// A file and a server that hold their lines up, and are taken out of the configuration directly before the end.
#[test]
fn the_end_of_the_process_waits_for_what_a_reload_let_go() {
    let logs = folder();
    let server = LogServer::start();
    server.behave(Reception::Status(503));
    let pipe = logs.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let plugins = format!(
        "- {{name: file-log, config: {{path: \"{}\"}}}}\n- {{name: http-log, config: {{http_endpoint: \"{}\"}}}}\n",
        pipe.display(),
        server.url("/")
    );
    let mut world = World::start(&with_plugins(&plugins));
    let mut ids: Vec<String> = (0..3).map(|_| id(&world.send(&chat("/chat", "x", "")))).collect();
    wait_for("what waits", || (sink_named(&world, "file-log:")["waiting"] == 3).then_some(()));
    wait_for("an attempt", || (!server.deliveries().is_empty()).then_some(()));
    let none = one_route("m").replace("@UPSTREAM@", &world.upstream.addr.to_string());
    let load = Call::post("/config").header("content-type", "application/yaml").body(&none);
    load.send(world.gateway.admin).expect(201);
    world.gateway.signal("TERM");
    world.gateway.wait_for_output("ending: running requests may finish");
    // Nothing but these lines keeps the process.
    std::thread::sleep(Duration::from_millis(300));
    assert!(world.gateway.is_running());
    server.behave(Reception::Status(200));
    let text = std::fs::read_to_string(&pipe).unwrap();
    assert!(world.gateway.wait(testkit::PATIENCE).success());
    let copy = logs.path().join("copy");
    std::fs::write(&copy, text).unwrap();
    assert_eq!(logged(&copy), ids);
    let mut taken: Vec<String> =
        server.taken().iter().map(|record| record["request"]["id"].as_str().unwrap().to_owned()).collect();
    taken.sort();
    ids.sort();
    assert_eq!(taken, ids);
    let output = world.gateway.output();
    assert!(!output.contains("could not be written in time"), "{output}");
}

/// Nor does one that was let go hold up the end for longer than is allowed.
#[test]
fn the_end_of_the_process_waits_no_longer_for_it_than_for_others() {
    let server = LogServer::start();
    server.behave(Reception::Status(503));
    let plugin = format!("- {{name: http-log, config: {{http_endpoint: \"{}\"}}}}\n", server.url("/"));
    let mut world =
        World::start_with(&with_plugins(&plugin), |builder| builder.arg("--drain-seconds").arg("1"));
    keep_flowing(&world, 1);
    wait_for("an attempt", || (!server.deliveries().is_empty()).then_some(()));
    let none = one_route("m").replace("@UPSTREAM@", &world.upstream.addr.to_string());
    let load = Call::post("/config").header("content-type", "application/yaml").body(&none);
    load.send(world.gateway.admin).expect(201);
    world.gateway.signal("TERM");
    assert!(world.gateway.wait(testkit::PATIENCE).success());
    let output = world.gateway.output();
    assert!(output.contains("some records of plugins could not be written in time"), "{output}");
    assert!(server.taken().is_empty());
}

#[test]
fn instances_with_the_same_settings_share_one_queue() {
    let server = LogServer::start();
    let instance = format!("{{name: http-log, config: {{http_endpoint: \"{}\"}}}}", server.url("/"));
    let config = one_route("m").replace("    plugins:\n", &format!("    plugins:\n      - {instance}\n"));
    let world = World::start(&format!("{config}plugins:\n- {instance}\n"));
    world.send(&chat("/chat", "x", "")).expect(200);
    world.send(&Call::get("/nowhere")).expect(404);
    server.wait_for_taken(2);
    let status = Call::get("/status").send(world.gateway.admin).json();
    assert_eq!(status["sinks"].as_array().unwrap().len(), 1, "{status}");
}

#[test]
fn no_secret_is_in_a_line_or_told_of_a_sink() {
    let logs = folder();
    let server = LogServer::start();
    let path = logs.path().join("log");
    let config = format!(
        r#"_format_version: "3.0"
consumers: [{{username: u, keyauth_credentials: [{{key: CANARY-consumer}}]}}]
routes:
  - name: header
    paths: [/header]
    plugins:
      - {{name: key-auth, config: {{extensions: {{key_in_bearer: true}}}}}}
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {{header_name: Authorization, header_value: Bearer sk-sim-CANARY-header}}
          model: {{provider: openai, name: m, options: {{upstream_url: "http://@UPSTREAM@/sim/generic/v1/chat/completions"}}}}
  - name: query
    paths: [/query]
    plugins:
      - name: ai-proxy
        config:
          route_type: llm/v1/chat
          auth: {{param_name: api_key, param_value: sk-sim-CANARY-query, param_location: query}}
          model: {{provider: openai, name: m, options: {{upstream_url: "http://@UPSTREAM@/sim/generic/v1/chat/completions"}}}}
plugins:
  - {{name: file-log, config: {{path: "{}"}}}}
  - {{name: http-log, config: {{http_endpoint: "http://CANARY-user:CANARY-password@{}/CANARY-path?token=CANARY-token",
      headers: {{x-token: CANARY-value}}, queue: {{max_retry_time: -1}}}}}}
"#,
        path.display(),
        server.addr
    );
    let world = World::start(&config);
    let mut count = 0;
    for path in [
        "/header?apikey=CANARY-consumer",
        "/query",
        "/query?api_key=CANARY-mine",
        "/nowhere?apikey=CANARY-consumer",
    ] {
        for fault in ["", "status_401", "status_500", "reset", "truncated_whole"] {
            let call = Call::post(path).header("x-sim-fault", fault).json(body("x", ""));
            world.send(&call.header("authorization", "Bearer CANARY-consumer"));
            count += 1;
        }
    }
    let taken = server.wait_for_taken(count);
    server.behave(Reception::Status(500));
    world.send(&Call::get("/nowhere"));
    wait_for("the failure", || (sink_named(&world, "http-log:")["failing"] == true).then_some(()));
    let mut told =
        vec![std::fs::read_to_string(&path).unwrap(), world.gateway.output(), world.gateway.record_text()];
    told.extend(taken.iter().map(Value::to_string));
    for path in ["/status", "/metrics"] {
        told.push(Call::get(path).send(world.gateway.admin).text());
    }
    for text in told {
        assert!(!text.contains("CANARY"), "{text}");
    }
}

/// The only sink of `/status` whose name begins so.
pub fn sink_named(world: &World, start: &str) -> Value {
    let status = Call::get("/status").send(world.gateway.admin).expect(200).json();
    let sinks = status["sinks"].as_array().cloned().unwrap_or_default();
    let mut found: Vec<Value> =
        sinks.into_iter().filter(|sink| sink["sink"].as_str().unwrap().starts_with(start)).collect();
    assert_eq!(found.len(), 1, "{status}");
    found.remove(0)
}

#[test]
fn lua_is_refused_with_a_reason() {
    let upstream = testkit::Upstream::start();
    for plugin in ["file-log, config: {path: /x/y", "http-log, config: {http_endpoint: 'http://a'"] {
        let config =
            with_plugins(&format!("- {{name: {plugin}, custom_fields_by_lua: {{a: return 1}}}}}}\n"));
        let output = builder().config(&config, upstream.addr).try_start().err().unwrap();
        assert!(
            output.contains("custom_fields_by_lua: is not supported") && output.contains("no Lua"),
            "{output}"
        );
    }
}
