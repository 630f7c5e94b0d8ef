//! Start, reload, drain.

use std::net::TcpStream;
use std::time::Duration;

use testkit::{Answer, Call, Gateway, content_of, wait_for};

use crate::world::{World, body, builder, chat, one_route};

fn model(answer: &Answer) -> String {
    answer.header("x-kong-llm-model").unwrap_or_default().to_owned()
}

fn post_config(gateway: &Gateway, kind: &str, text: &str) -> Answer {
    Call::post("/config").header("content-type", kind).body(text).send(gateway.admin)
}

fn upstream_of(world: &World, text: &str) -> String {
    text.replace("@UPSTREAM@", &world.upstream.addr.to_string())
}

#[test]
fn it_is_ready_quickly_and_needs_no_folder_of_its_own() {
    let world = World::start(&one_route("first"));
    assert!(world.gateway.ready_after < Duration::from_secs(2), "{:?}", world.gateway.ready_after);
    assert_eq!(model(&world.send(&chat("/chat", "x", ""))), "openai/first");
    let mut files: Vec<String> = std::fs::read_dir(world.gateway.dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, ["kong.yaml", "records.jsonl"]);
}

#[test]
fn a_configuration_with_faults_is_not_served() {
    let upstream = testkit::Upstream::start();
    let wrong = one_route("m").replace("route_type: llm/v1/chat", "route_typ: llm/v1/chat");
    let output = builder().config(&wrong, upstream.addr).try_start().err().unwrap();
    assert!(output.contains("route_typ") && output.contains("did you mean"), "{output}");
    assert!(output.contains("kong.yaml"), "{output}");
    let unserved = one_route("m").replace("llm/v1/chat", "llm/v1/files");
    let output = builder().config(&unserved, upstream.addr).try_start().err().unwrap();
    assert!(output.contains("llm/v1/files") && output.contains("not served yet"), "{output}");
    let output = builder().config("services: [", upstream.addr).try_start().err().unwrap();
    assert!(!output.contains("panicked"), "{output}");
}

#[test]
fn post_config_replaces_what_is_in_force() {
    let world = World::start(&one_route("first"));
    let admin = &world.gateway;
    let next = upstream_of(&world, &one_route("second"));
    assert_eq!(post_config(admin, "application/yaml", &next).status, 201);
    assert_eq!(model(&world.send(&chat("/chat", "x", ""))), "openai/second");

    let wrong = next.replace("second", "third").replace("route_type", "rout_type");
    let refused = post_config(admin, "application/yaml", &wrong).expect(400);
    assert!(refused.text().contains("rout_type"), "{}", refused.text());
    assert_eq!(model(&world.send(&chat("/chat", "x", ""))), "openai/second", "a bad file changes nothing");
    let status = Call::get("/status").send(admin.admin).expect(200).json();
    assert_eq!(status["configuration"]["last_load_succeeded"], false);
    assert_eq!(status["configuration"]["last_load_problems"], refused.json()["problems"]);
    let metrics = Call::get("/metrics").send(admin.admin).text();
    assert!(metrics.contains("ai_proxy_configuration_last_load_successful 0"), "{metrics}");

    let json = format!(
        r#"{{"_format_version":"3.0","routes":[{{"name":"chat","paths":["/chat"],"plugins":[{{"name":"ai-proxy","config":{{
        "route_type":"llm/v1/chat","auth":{{"header_name":"Authorization","header_value":"Bearer sk-sim"}},
        "model":{{"provider":"openai","name":"fourth","options":{{"upstream_url":"http://{}/v1/chat/completions"}}}}}}}}]}}]}}"#,
        world.upstream.addr
    );
    assert_eq!(post_config(admin, "application/json", &json).status, 201);
    assert_eq!(model(&world.send(&chat("/chat", "x", ""))), "openai/fourth");
    let status = Call::get("/status").send(admin.admin).expect(200).json();
    assert_eq!(status["configuration"]["last_load_succeeded"], true);
    assert_eq!(status["configuration"].get("last_load_problems"), None);

    // What a page in a browser could send is not taken.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let refused = post_config(admin, kind, &next);
        assert!((400..500).contains(&refused.status), "{kind}: {}", refused.status);
    }
    let foreign = Call::post("/config")
        .header("host", "evil.example.com")
        .header("content-type", "application/json")
        .body(&json)
        .send(admin.admin);
    assert!((400..500).contains(&foreign.status), "{}", foreign.status);
    assert_eq!(model(&world.send(&chat("/chat", "x", ""))), "openai/fourth");
    // Neither is there a way to do so from where the callers are.
    world.send(&Call::post("/config").header("content-type", "application/yaml").body(&next)).expect(404);
}

#[test]
fn a_hangup_reads_the_file_again() {
    let world = World::start(&one_route("first"));
    world.gateway.rewrite_config(&one_route("second"), world.upstream.addr);
    assert_eq!(model(&world.send(&chat("/chat", "x", ""))), "openai/first");
    world.gateway.signal("HUP");
    wait_for("the second configuration", || {
        (model(&world.send(&chat("/chat", "x", ""))) == "openai/second").then_some(())
    });
    let wrong = one_route("third").replace("route_type", "rout_type").replace("sk-sim-main", "CANARY-header");
    let many = format!("{wrong}{}", "  - nam: x\n".repeat(30));
    world.gateway.rewrite_config(&many, world.upstream.addr);
    world.gateway.signal("HUP");
    let problems = wait_for("the failure in the status", || {
        let mut status = Call::get("/status").send(world.gateway.admin).json();
        let failed = status["configuration"]["last_load_succeeded"] == false;
        failed.then(|| status["configuration"]["last_load_problems"].take())
    });
    let problems: Vec<&str> =
        problems.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert!(problems[0].contains("kong.yaml") && problems[0].contains("rout_type"), "{problems:?}");
    assert_eq!(problems.len(), 21, "{problems:?}");
    assert!(problems[20].starts_with("and ") && problems[20].ends_with(" more"), "{problems:?}");
    assert!(!problems.concat().contains("CANARY"), "{problems:?}");
    assert_eq!(model(&world.send(&chat("/chat", "x", ""))), "openai/second");
}

#[test]
fn a_watched_file_is_read_when_it_changes() {
    let world = World::start_with(&one_route("first"), |builder| builder.arg("--watch"));
    world.gateway.rewrite_config(&one_route("second"), world.upstream.addr);
    wait_for("the second configuration", || {
        (model(&world.send(&chat("/chat", "x", ""))) == "openai/second").then_some(())
    });
}

#[test]
fn a_stream_survives_a_reload() {
    let world = World::start(&one_route("first"));
    let call = Call::post("/chat").json(body("words:20", r#","stream":true"#));
    let mut live = world.open(&call.header("x-sim-fault", "slow"));
    live.read_until(|text| text.contains("w2")).unwrap();
    let next = upstream_of(&world, &one_route("second"));
    assert_eq!(post_config(&world.gateway, "application/yaml", &next).status, 201);
    let answer = live.finish();
    assert_eq!(content_of(&answer.events()).split(' ').count(), 20);
    assert!(answer.text().contains(r#""model":"first""#));
    assert_eq!(model(&world.send(&chat("/chat", "x", ""))), "openai/second");
}

#[test]
fn termination_lets_streams_finish() {
    let mut world = World::start(&one_route("first"));
    let call = Call::post("/chat").json(body("words:30", r#","stream":true"#));
    let mut live = world.open(&call.header("x-sim-fault", "slow"));
    live.read_until(|text| text.contains("w2")).unwrap();
    let idle = testkit::Connection::open(world.gateway.proxy);
    world.gateway.signal("TERM");
    wait_for("the listener to close", || {
        TcpStream::connect_timeout(&world.gateway.proxy, Duration::from_millis(200)).is_err().then_some(())
    });
    assert!(world.gateway.is_running());
    let answer = live.finish();
    assert!(answer.end.is_complete());
    assert_eq!(content_of(&answer.events()).split(' ').count(), 30);
    let status = world.gateway.wait(Duration::from_secs(5));
    assert!(status.success(), "{status}");
    drop(idle);
    assert_eq!(world.gateway.records().len(), 1);
    assert_eq!(world.gateway.records()[0]["gateway"]["outcome"], "completed");
}

#[test]
fn termination_does_not_wait_for_ever() {
    let mut world = World::start_with(&one_route("first"), |builder| builder.arg("--drain-seconds").arg("1"));
    let call =
        Call::post("/chat").header("x-sim-fault", "stall_mid").json(body("words:30", r#","stream":true"#));
    let mut live = world.open(&call);
    live.read_until(|text| text.contains("w2")).unwrap();
    world.gateway.signal("TERM");
    world.gateway.wait(Duration::from_secs(5));
    let answer = live.finish();
    assert!(!answer.text().contains("[DONE]"));
    let records = world.gateway.records();
    assert_eq!(records.len(), 1, "{records:?}");
    assert_ne!(records[0]["gateway"]["outcome"], "completed");
}

#[test]
fn an_idle_gateway_ends_at_once() {
    for signal in ["TERM", "INT"] {
        let mut world = World::start(&one_route("first"));
        world.gateway.signal(signal);
        let status = world.gateway.wait(Duration::from_secs(3));
        assert!(status.success(), "{signal}: {status}");
    }
}

#[test]
fn a_status_listener_of_its_own() {
    let world =
        World::start_with(&one_route("first"), |builder| builder.arg("--status-listen").arg("127.0.0.1:0"));
    let status = world.gateway.status.expect("an address in the ready line");
    Call::get("/status").send(status).expect(200);
    Call::get("/metrics").send(status).expect(200);
    let refused = Call::post("/config").header("content-type", "application/yaml").body("x").send(status);
    assert!([404, 405].contains(&refused.status), "{}", refused.status);
}
