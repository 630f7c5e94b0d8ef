//! Clients that leave: what becomes of the upstream's answer, and what the one record of it says.

use std::time::{Duration, Instant};

use serde_json::Value;
use simulator::Outcome;
use testkit::{Call, wait_for};

use crate::world::{World, body};

const STREAM: &str = r#","stream":true"#;

/// Two routes, one relayed and one translated, for each thing that `extensions` can say.
fn config(extensions: &[(&str, &str)]) -> String {
    let mut text = "_format_version: \"3.0\"\nservices:\n  - name: slow\n    url: http://localhost:1\n    read_timeout: 3000\n    routes:\n".to_owned();
    for (name, extensions) in extensions {
        for (kind, provider, path, more) in [
            ("relay", "openai", "/v1/chat/completions", ""),
            (
                "translate",
                "anthropic",
                "/sim/anthropic/v1/messages",
                "anthropic_version: '2023-06-01', max_tokens: 9000, ",
            ),
        ] {
            let route = format!(
                "      - name: {name}-{kind}\n        paths: [/{name}/{kind}]\n        plugins:\n          - name: ai-proxy\n            config:\n              \
                 route_type: llm/v1/chat\n              logging: {{log_statistics: true}}\n              \
                 auth: {{header_name: Authorization, header_value: Bearer sk-sim-main}}\n              \
                 model: {{provider: {provider}, name: sim-chat, options: {{{more}upstream_url: \"http://@UPSTREAM@{path}\"}}}}\n              \
                 extensions: {extensions}\n"
            );
            text.push_str(&match provider {
                "anthropic" => route.replace(
                    "header_name: Authorization, header_value: Bearer sk-sim-main",
                    "header_name: x-api-key, header_value: sk-sim-main",
                ),
                _ => route,
            });
        }
    }
    text
}

fn world() -> World {
    World::start(&config(&[
        ("cancel", "{on_disconnect: cancel}"),
        ("drain", "{on_disconnect: drain}"),
        ("early", "{on_disconnect: drain, early_head: true, keep_alive_seconds: 1}"),
        ("brief", "{on_disconnect: drain, drain_seconds: 1}"),
    ]))
}

/// A streamed call of so many words, one every so many milliseconds.
fn words(path: &str, tag: &str, number: usize, pause: u64, fault: &str) -> Call {
    Call::post(path)
        .header("x-test", tag)
        .header("x-sim-fault", fault)
        .header("x-sim-delay", &pause.to_string())
        .json(body(&format!("words:{number}"), STREAM))
}

/// Leaves in the middle of a stream.
#[track_caller]
fn leave(world: &World, call: &Call) -> String {
    let mut live = world.open(call);
    let id = live.headers.iter().find(|(name, _)| name == "x-kong-request-id").unwrap().1.clone();
    live.read_until(|text| text.contains("w5")).unwrap();
    live.hang_up();
    id
}

/// The only record of a request.
#[track_caller]
fn only(world: &World, id: &str) -> Value {
    let record = world.gateway.record(id);
    let records = world.gateway.records();
    let same = records.iter().filter(|record| record["request"]["id"] == id).count();
    assert_eq!(same, 1, "records of {id}");
    record
}

/// What a record says of the end: outcome, what became of the upstream, how its tokens were counted.
fn told(record: &Value) -> (&str, &str, &str) {
    let gateway = &record["gateway"];
    (
        gateway["outcome"].as_str().unwrap_or_default(),
        gateway["on_disconnect"].as_str().unwrap_or_default(),
        record["ai"]["proxy"]["usage"]["counts"].as_str().unwrap_or_default(),
    )
}

fn completion(record: &Value) -> u64 {
    record["ai"]["proxy"]["usage"]["completion_tokens"].as_u64().unwrap()
}

#[test]
fn a_stream_is_read_on_for_its_usage() {
    let world = world();
    for (kind, fault) in
        [("relay", "slow"), ("relay", "slow,drip"), ("translate", "slow"), ("translate", "slow,drip")]
    {
        let tag = format!("drain-{kind}-{fault}");
        let id = leave(&world, &words(&format!("/drain/{kind}"), &tag, 60, 10, fault));
        world.upstream.wait_for_outcome(&tag, Outcome::Complete);
        let record = only(&world, &id);
        assert_eq!(told(&record), ("client_disconnected", "drained", "exact"), "{tag}: {record}");
        assert_eq!(completion(&record), 60, "{tag}: {record}");
        assert_eq!(record["gateway"]["usage"]["source"], "reported", "{tag}: {record}");
        assert!(record["response"]["size"].as_u64().unwrap() < 60 * 100, "{tag}: {record}");
    }
}

#[test]
fn a_stream_is_let_go_at_once() {
    let world = world();
    for kind in ["relay", "translate"] {
        let tag = format!("cancel-{kind}");
        let begun = Instant::now();
        let id = leave(&world, &words(&format!("/cancel/{kind}"), &tag, 1000, 20, "slow"));
        world.upstream.wait_for_outcome(&tag, Outcome::ClientGone);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        let record = only(&world, &id);
        assert_eq!(told(&record), ("client_disconnected", "cancelled", "estimated"), "{tag}: {record}");
        assert!((1..100).contains(&completion(&record)), "{tag}: {record}");
    }
}

#[test]
fn an_answer_is_waited_for_as_a_whole() {
    let world = world();
    for (name, stream, outcome) in [
        ("drain", false, Outcome::Complete),
        ("drain", true, Outcome::Complete),
        ("early", true, Outcome::Complete),
        ("cancel", false, Outcome::ClientGone),
    ] {
        let tag = format!("unanswered-{name}-{stream}");
        let path = format!("/{name}/relay?{tag}");
        let more = if stream { STREAM } else { "" };
        let call = Call::post(&path)
            .header("x-test", &tag)
            .header("x-sim-fault", "slow_first,burst")
            .header("x-sim-delay", "1500")
            .json(body("words:12", more));
        let mut connection = testkit::Connection::open(world.gateway.proxy);
        connection.send(&call);
        wait_for("the request upstream", || (!world.upstream.tagged(&tag).is_empty()).then_some(()));
        if name == "early" {
            // Until the head and a keep-alive are out.
            std::thread::sleep(Duration::from_millis(1200));
        }
        drop(connection);
        world.upstream.wait_for_outcome(&tag, outcome);
        let mut records = wait_for(&format!("the record of {tag}"), || {
            let mut records = world.gateway.records();
            records.retain(|record| record["request"]["uri"] == path.as_str());
            (!records.is_empty()).then_some(records)
        });
        assert_eq!(records.len(), 1, "{tag}");
        let record = records.remove(0);
        // Whose head went out early had an answer.
        let status = if name == "early" { 200 } else { 499 };
        assert_eq!(record["response"]["status"], status, "{tag}: {record}");
        if name == "cancel" {
            assert_eq!(told(&record), ("client_disconnected", "cancelled", "unknown"), "{tag}: {record}");
        } else {
            assert_eq!(told(&record), ("client_disconnected", "drained", "exact"), "{tag}: {record}");
            assert_eq!(completion(&record), 12, "{tag}: {record}");
        }
    }
}

#[test]
fn a_drain_ends_in_time() {
    let world = world();
    let begun = Instant::now();
    let id = leave(&world, &words("/brief/relay", "brief", 1000, 20, "slow"));
    world.upstream.wait_for_outcome("brief", Outcome::ClientGone);
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
    let record = only(&world, &id);
    assert_eq!(told(&record), ("client_disconnected", "cancelled", "estimated"), "{record}");

    // An upstream that falls silent is not waited for longer than the read timeout.
    let id = leave(&world, &words("/drain/relay", "silent", 60, 1, "stall_mid"));
    let record = only(&world, &id);
    assert_eq!(told(&record), ("client_disconnected", "cancelled", "estimated"), "{record}");
}

#[test]
fn a_drain_is_bounded_in_bytes() {
    let config =
        config(&[("drain", "{on_disconnect: drain}")]).replace("read_timeout: 3000", "read_timeout: 30000");
    let world = World::start(&config);
    let call = Call::post("/drain/relay").header("x-test", "large").json(body("long:20000", STREAM));
    let mut live = world.open(&call);
    let id = live.headers.iter().find(|(name, _)| name == "x-kong-request-id").unwrap().1.clone();
    live.read_until(|text| text.contains("xxx")).unwrap();
    live.hang_up();
    let request = world.upstream.wait_for_outcome("large", Outcome::ClientGone);
    assert!(request.answered_bytes > 14 << 20, "{} bytes", request.answered_bytes);
    let record = only(&world, &id);
    assert_eq!(told(&record), ("client_disconnected", "cancelled", "estimated"), "{record}");
    assert!(completion(&record) > 3_000_000, "{record}");
}

#[test]
fn a_drain_ends_with_the_process() {
    let mut world = world();
    let id = leave(&world, &words("/drain/relay", "ended", 2000, 20, "slow"));
    std::thread::sleep(Duration::from_millis(300));
    assert!(world.gateway.records().iter().all(|record| record["request"]["id"] != id.as_str()));
    world.gateway.signal("TERM");
    assert!(world.gateway.wait(Duration::from_secs(5)).success());
    let record = only(&world, &id);
    assert_eq!(told(&record), ("client_disconnected", "cancelled", "estimated"), "{record}");
}
