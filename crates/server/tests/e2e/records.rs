//! One record for each request, and what the operators' listener tells.

use std::time::Duration;

use serde_json::Value;
use testkit::{Call, Connection};

use crate::world::{MAIN, World, body, chat, one_route};

const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn the_record_of_a_good_request() {
    let world = MAIN.hold();
    let call = chat("/chat?a=1", "record-good", "");
    let answer = world.send(&call).expect(200);
    let record = world.record(&answer);
    assert_eq!(record["request"]["method"], "POST");
    assert_eq!(record["request"]["uri"], "/chat?a=1");
    assert_eq!(record["request"]["size"], call_size("record-good"));
    assert_eq!(record["response"]["status"], 200);
    assert_eq!(record["response"]["size"], answer.body.len());
    assert_eq!(record["upstream_status"], "200");
    assert_eq!(record["gateway"]["outcome"], "completed");
    assert_eq!(record["source"], "upstream");
    assert_eq!(record["gateway"]["stream"], false);
    assert_eq!(record["tries"].as_array().map(Vec::len), Some(1));
    assert_eq!((&record["route"]["name"], &record["service"]["name"]), (&"chat".into(), &"main".into()));
    assert_eq!(
        (&record["gateway"]["target"]["provider"], &record["gateway"]["target"]["model"]),
        (&"openai".into(), &"gpt-4o".into())
    );
    assert_eq!(record["client_ip"], "127.0.0.1");
    let usage = &record["gateway"]["usage"];
    assert_eq!(
        (&usage["prompt_tokens"], &usage["completion_tokens"], &usage["total_tokens"]),
        (&2.into(), &3.into(), &5.into())
    );
    assert_eq!(usage["source"], "reported");
    for name in ["request", "kong", "proxy"] {
        assert!(record["latencies"][name].is_number(), "{name}: {record}");
    }
}

fn call_size(tag: &str) -> usize {
    body(&format!("hello {tag}"), "").len()
}

#[test]
fn the_record_of_a_stream() {
    let world = MAIN.hold();
    let answer = world.send(&chat("/chat", "record-stream", r#","stream":true"#)).expect(200);
    let record = world.record(&answer);
    assert_eq!(record["gateway"]["stream"], true);
    assert_eq!(record["response"]["size"], answer.body.len());
    assert!(record["gateway"]["first_token"].is_number(), "{record}");
}

#[test]
fn the_records_of_refused_requests() {
    let world = MAIN.hold();
    for (call, status) in [
        (Call::post("/nowhere").json("{}"), 404),
        (Call::post("/chat").json("{"), 400),
        (chat("/named", "x", r#","model":"other""#), 400),
        (Call::post("/small").json(body(&"x".repeat(2000), "")), 413),
    ] {
        let answer = world.send(&call).expect(status);
        let record = world.record(&answer);
        assert_eq!(record["gateway"]["outcome"], "refused", "{record}");
        assert_eq!(record["source"], "kong");
        assert_eq!(record["response"]["status"], status);
        assert_eq!(record["tries"].as_array().map(Vec::len), Some(0));
        assert_eq!(record.get("upstream_status"), None);
        assert!(record["gateway"]["error"].is_string(), "{record}");
    }
}

#[test]
fn every_request_leaves_exactly_one_record() {
    let world = World::start(&one_route("gpt-4o"));
    let mut ids = Vec::new();
    for fault in [
        "",
        "status_500",
        "no_choices",
        "truncated_whole",
        "early_close",
        "reset",
        "cut_mid",
        "error_mid",
        "no_done",
        "double_done",
        "drip",
        "gzip",
    ] {
        for more in ["", r#","stream":true"#] {
            let answer = world.send(&chat("/chat", "x", more).header("x-sim-fault", fault));
            ids.push(answer.header("x-kong-request-id").expect(fault).to_owned());
        }
    }
    ids.push(world.send(&Call::get("/nowhere")).header("x-kong-request-id").unwrap().to_owned());
    for id in &ids {
        world.gateway.record(id);
    }
    let records = world.gateway.records();
    assert_eq!(records.len(), ids.len());
    for id in &ids {
        assert_eq!(records.iter().filter(|record| record["request"]["id"] == id.as_str()).count(), 1);
    }

    let metrics = metrics(&world);
    assert_eq!(counted(&metrics), ids.len(), "{metrics}");
    assert!(metrics.contains("ai_proxy_requests_in_flight 0\n"), "{metrics}");
}

/// The server underneath answers what it cannot read, and closes.
#[test]
fn what_cannot_be_read_leaves_a_record() {
    let world = World::start(&one_route("gpt-4o"));
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(70 << 10));
    let cases: [(&[u8], u64); 6] = [
        (b"hello\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400),
        (b"GET /chat HTTP/9.9\r\n\r\n", 400),
        (b"GET /chat HTTP/1.1\r\nCANARY header: CANARY\r\n\r\n", 400),
        (b"POST /chat HTTP/1.1\r\nhost: x\r\ntransfer-encoding: CANARY\r\n\r\n", 400),
        (long.as_bytes(), 431),
    ];
    for (sent, (bytes, status)) in cases.into_iter().enumerate() {
        let mut connection = Connection::open(world.gateway.proxy);
        let _ = connection.write(bytes);
        let answer = connection.try_head(PATIENCE, false).map(testkit::Live::finish).unwrap();
        assert_eq!(u64::from(answer.status), status, "{}", String::from_utf8_lossy(bytes));
        let records = || Some(world.gateway.records()).filter(|records| records.len() == sent + 1);
        let record = testkit::wait_for("the record", records).pop().unwrap();
        assert_eq!(record["response"]["status"], status, "{record}");
        assert_eq!(record["gateway"]["outcome"], "refused", "{record}");
        assert_eq!(record["gateway"]["error"], "malformed_request", "{record}");
        assert_eq!(record["client_ip"], "127.0.0.1");
        assert_eq!(record["source"], "kong");
    }
    // Behind a request that is served, on the same connection.
    let (answer, mut connection) = Connection::open(world.gateway.proxy).call(&chat("/chat", "then", ""));
    assert_eq!(answer.status, 200);
    connection.write(b"hello\r\n\r\n").unwrap();
    assert!(connection.closes_within(PATIENCE));
    let records = || Some(world.gateway.records()).filter(|records| records.len() >= 8);
    testkit::wait_for("both records", records);
    // Nothing was asked by half a head, nor by a connection that is only opened.
    Connection::open(world.gateway.proxy).write(b"GET /chat HTT").unwrap();
    drop(Connection::open(world.gateway.proxy));
    world.send(&chat("/chat", "last", "")).expect(200);
    testkit::wait_for("the last record", || (world.gateway.records().len() == 9).then_some(()));
    assert_eq!(counted(&metrics(&world)), 9);
    assert!(!world.gateway.record_text().contains("CANARY"));
}

fn metrics(world: &World) -> String {
    Call::get("/metrics").send(world.gateway.admin).expect(200).text()
}

/// Requests that the metrics tell of.
fn counted(metrics: &str) -> usize {
    let of_routes = metrics.lines().filter(|line| line.starts_with("ai_proxy_requests_total{"));
    of_routes.map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

/// Records are made many at a time, and none waits for others to come.
#[test]
fn what_is_over_is_counted_and_recorded_at_once() {
    let world = World::start(&one_route("gpt-4o"));
    for sent in 1..=40 {
        let answer = world.send(&chat("/chat", "at-once", "")).expect(200);
        let metrics = metrics(&world);
        assert_eq!(counted(&metrics), sent, "{metrics}");
        if sent % 13 == 0 {
            world.record(&answer);
        }
    }
    for _ in 0..40 {
        world.send(&chat("/chat", "at-once", "")).expect(200);
    }
    let all = || (world.gateway.records().len() == 80).then_some(());
    testkit::wait_for("all records", all);
}

#[test]
fn the_operators_listener() {
    let world = MAIN.hold();
    world.send(&chat("/chat", "metrics", "")).expect(200);
    let status = Call::get("/status").send(world.gateway.admin).expect(200).json();
    assert_eq!(status["status"], "ok");
    assert!(status["configuration"]["routes"].as_u64().unwrap() > 30);
    assert_eq!(status["configuration"]["last_load_succeeded"], true);
    let answer = Call::get("/metrics").send(world.gateway.admin).expect(200);
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    let text = answer.text();
    for name in [
        "kong_http_requests_total",
        "ai_proxy_tokens_total",
        "kong_request_latency_ms_bucket",
        "process_resident_memory_bytes",
    ] {
        assert!(text.contains(name), "{name}: {text}");
    }
    assert!(text.lines().any(|line| {
        line.starts_with("kong_http_requests_total{")
            && line.contains(r#"route="chat""#)
            && line.contains(r#"code="200""#)
    }));
    // Neither path is reachable where callers are.
    for path in ["/status", "/metrics"] {
        world.send(&Call::get(path)).expect(404);
    }
    Call::get("/nowhere").send(world.gateway.admin).expect(404);
}

#[test]
fn records_can_go_to_standard_output() {
    let world = World::start_with(&one_route("gpt-4o"), |builder| builder.arg("--record-log").arg("-"));
    let answer = world.send(&chat("/chat", "x", "")).expect(200);
    let id = answer.header("x-kong-request-id").unwrap();
    world.gateway.wait_for_output(id);
    let line = world
        .gateway
        .output()
        .lines()
        .find(|line| line.contains(id) && line.starts_with('{'))
        .unwrap()
        .to_owned();
    let record: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(record["gateway"]["outcome"], "completed");
}
