//! `early_head`: the head of a stream goes out while its upstream still thinks.

use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{Answer, Call, content_of};

use crate::world::{World, chat, said};

const KEEP_ALIVE: &str = ": keep-alive\n\n";
const STREAM: &str = r#","stream":true"#;

const CONFIG: &str = r#"_format_version: "3.0"
services:
  - name: slow
    url: http://localhost:1
    read_timeout: 3000
    routes:
      - name: chat
        paths: [/chat]
        plugins:
          - name: ai-proxy
            config:
              route_type: llm/v1/chat
              logging: {log_statistics: true}
              auth: {header_name: Authorization, header_value: Bearer sk-sim-main}
              model:
                provider: openai
                name: sim-early
                options: {upstream_url: "http://@UPSTREAM@/v1/chat/completions"}
              extensions: {early_head: true, keep_alive_seconds: 1}
"#;

/// A streamed call whose upstream says nothing for so many milliseconds, and then does `fault`.
fn slow(tag: &str, delay: u64, fault: &str) -> Call {
    chat("/chat", tag, STREAM)
        .header("x-sim-fault", &format!("slow_first{fault}"))
        .header("x-sim-delay", &delay.to_string())
}

/// The one event behind the keep-alives, which must be an error and the end.
#[track_caller]
fn error_of(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200);
    let text = answer.text();
    let events = text.trim_start_matches(KEEP_ALIVE);
    assert!(events.len() < text.len() && !text.contains("[DONE]"), "{text}");
    let data: Vec<&str> = events.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(events.matches("\n\n").count(), 1, "{text}");
    serde_json::from_str::<Value>(&data.concat()).unwrap()["error"].take()
}

#[test]
fn keep_alives_come_before_the_upstreams_head() {
    let world = World::start(CONFIG);
    let begun = Instant::now();
    let mut live = world.open(&slow("early", 2500, ",burst"));
    live.read_until(|text| text.contains(KEEP_ALIVE)).unwrap();
    let first = begun.elapsed();
    assert!(first > Duration::from_millis(900) && first < Duration::from_millis(2200), "{first:?}");
    let answer = live.finish().expect(200);
    assert!(begun.elapsed() >= Duration::from_millis(2500));
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("x-kong-llm-model"), Some("openai/sim-early"));
    let text = answer.text();
    assert!(text.starts_with(&format!("{KEEP_ALIVE}{KEEP_ALIVE}data: ")), "{text}");
    assert_eq!((text.matches(KEEP_ALIVE).count(), text.matches("[DONE]").count()), (2, 1), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"));
    assert_eq!(content_of(&answer.events()), said("early"));
    let record = world.record(&answer);
    assert_eq!(
        (&record["gateway"]["outcome"], &record["gateway"]["stream"]),
        (&"completed".into(), &true.into()),
        "{record}"
    );
    assert_eq!(record["response"]["size"], answer.body.len(), "{record}");
    assert_eq!(record["gateway"]["usage"]["source"], "reported", "{record}");
    assert!(record["gateway"]["first_token"].as_f64().unwrap() >= 2400.0, "{record}");
}

#[test]
fn what_goes_wrong_behind_the_head_is_told_in_the_stream() {
    let world = World::start(CONFIG);
    let refused = world.send(&slow("refused", 1500, ",status_429"));
    let error = error_of(&refused);
    let direct = chat("/v1/chat/completions", "direct", "").header("x-sim-fault", "status_429");
    assert_eq!(error, direct.send(world.upstream.addr).expect(429).json()["error"]);
    let record = world.record(&refused);
    let got = (&record["gateway"]["outcome"], &record["upstream_status"], &record["response"]["status"]);
    assert_eq!(got, (&"upstream_error".into(), &"429".into(), &200.into()), "{record}");

    let page = world.send(&slow("page", 1500, ",status_500_html"));
    assert!(error_of(&page)["message"].as_str().unwrap().contains("status 500"), "{}", page.text());
    assert_eq!(world.record(&page)["gateway"]["outcome"], "upstream_error");

    let html = world.send(&slow("html", 1500, ",html_200"));
    assert!(error_of(&html)["message"].as_str().unwrap().contains("not an event stream"), "{}", html.text());
    assert_eq!(world.record(&html)["gateway"]["outcome"], "gateway_error");

    let silent = world.send(&chat("/chat", "silent", STREAM).header("x-sim-fault", "stall"));
    assert_eq!(error_of(&silent)["code"], "upstream_timeout");
    assert_eq!(silent.text().matches(KEEP_ALIVE).count(), 2, "{}", silent.text());
    let record = world.record(&silent);
    assert_eq!(
        (&record["gateway"]["outcome"], &record["response"]["status"]),
        (&"timeout".into(), &200.into()),
        "{record}"
    );
}

#[test]
fn what_is_known_in_time_has_its_own_head() {
    let world = World::start(CONFIG);
    let quick = world.send(&slow("quick", 200, "")).expect(200);
    assert!(!quick.text().contains(KEEP_ALIVE));
    let refused = world.send(&slow("quick-refused", 200, ",status_429")).expect(429);
    assert_eq!(refused.header("content-type"), Some("application/json"));
    world.send(&Call::post("/chat").json("{")).expect(400);
    // Who did not ask for a stream gets none.
    let whole = chat("/chat", "whole", "").header("x-sim-fault", "slow_first").header("x-sim-delay", "1500");
    assert!(world.send(&whole).expect(200).json()["choices"].is_array());
}

#[test]
fn a_client_that_leaves_meanwhile_ends_the_request() {
    let world = World::start(CONFIG);
    let mut live = world.open(&chat("/chat", "left", STREAM).header("x-sim-fault", "stall"));
    live.read_until(|text| text.contains(KEEP_ALIVE)).unwrap();
    let (_, id) = live.headers.iter().find(|(name, _)| name == "x-kong-request-id").unwrap().clone();
    live.hang_up();
    world.upstream.wait_for_outcome("left", simulator::Outcome::ClientGone);
    assert_eq!(world.gateway.record(&id)["gateway"]["outcome"], "client_disconnected");
}
