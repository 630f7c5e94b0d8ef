//! What a record says, and that it is one line of JSON whatever it is given.

use std::net::Ipv4Addr;

use model::LossKind;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn line(record: &Record<'_>) -> String {
    let mut out = b"before\n".to_vec();
    record.write_line(&mut out);
    let text = String::from_utf8(out).unwrap();
    text.strip_prefix("before\n").unwrap().to_owned()
}

fn smallest<'a>(redactor: &Redactor) -> Record<'a> {
    Record {
        request_id: "r1",
        started_at: 1_760_000_000_000,
        client_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        method: "GET",
        uri: redactor.uri("/none", None),
        consumer: None,
        route: None,
        service: None,
        plugin_id: None,
        target: None,
        status: 404,
        upstream_status: None,
        source: ResponseSource::Gateway,
        request_bytes: 0,
        response_bytes: 55,
        stream: false,
        latencies: Latencies::default(),
        usage: None,
        losses: None,
        outcome: Outcome::Refused,
        error: Some("no_route"),
        tries: 0,
    }
}

#[test]
fn what_is_absent_is_left_out() {
    let value: Value = serde_json::from_str(&line(&smallest(&Redactor::default()))).unwrap();
    let expected = json!({
        "started_at": 1_760_000_000_000_u64, "client_ip": "127.0.0.1",
        "request": {"id": "r1", "method": "GET", "uri": "/none", "size": 0},
        "stream": false, "tries": 0,
        "response": {"status": 404, "size": 55},
        "source": "gateway", "outcome": "refused", "error": "no_route",
        "latencies": {"request": 0, "kong": 0},
    });
    assert_eq!(value, expected);
}

#[test]
fn a_whole_record() {
    let mut losses = Losses::default();
    losses.add("top_k", LossKind::Dropped);
    losses.add("response_format", LossKind::Emulated);
    let redactor = Redactor::default();
    let record = Record {
        method: "POST",
        uri: redactor.uri("/chat", Some("apikey=CANARY&x=1")),
        consumer: Some(Entity { id: "c-1", name: Some("ann") }),
        route: Some(Entity { id: "ro-1", name: None }),
        service: Some(Entity { id: "se-1", name: Some("llm") }),
        plugin_id: Some("p-1"),
        target: Some(RecordTarget {
            provider: "openai",
            model: Some("gpt-4o"),
            host: "api.example.com",
            uri: redactor.uri("/v1/chat/completions", Some("key=CANARY")),
        }),
        status: 200,
        upstream_status: Some(200),
        source: ResponseSource::Upstream,
        request_bytes: 512,
        response_bytes: 733,
        stream: true,
        latencies: Latencies {
            total: Duration::from_millis(918),
            gateway: Duration::from_micros(87),
            upstream_first_byte: Some(Duration::from_millis(905)),
            first_token: Some(Duration::from_micros(906_500)),
        },
        usage: Some((
            Usage { fresh_input: 20, cache_read: 5, output: 12, ..Usage::default() },
            UsageSource::Estimated,
        )),
        losses: Some(&losses),
        outcome: Outcome::Completed,
        error: None,
        tries: 2,
        ..smallest(&redactor)
    };
    let text = line(&record);
    assert!(!text.contains("CANARY"), "{text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    let expected = json!({
        "started_at": 1_760_000_000_000_u64, "client_ip": "127.0.0.1",
        "request": {"id": "r1", "method": "POST", "uri": "/chat?apikey=REDACTED&x=1", "size": 512},
        "stream": true, "tries": 2,
        "target": {"provider": "openai", "model": "gpt-4o", "host": "api.example.com"},
        "plugin_id": "p-1",
        "upstream_uri": "/v1/chat/completions?key=REDACTED", "upstream_status": "200",
        "response": {"status": 200, "size": 733},
        "source": "upstream", "outcome": "completed",
        "latencies": {"request": 918, "kong": 0.087, "proxy": 905, "first_token": 906.5},
        "route": {"id": "ro-1"}, "service": {"id": "se-1", "name": "llm"},
        "consumer": {"id": "c-1", "username": "ann"},
        "usage": {
            "source": "estimated", "prompt_tokens": 25, "completion_tokens": 12, "total_tokens": 37,
            "parts": {"fresh_input": 20, "cache_read": 5, "cache_write": 0, "audio_input": 0,
                "output": 12, "reasoning": 0, "audio_output": 0},
        },
        "losses": [
            {"member": "top_k", "kind": "dropped"},
            {"member": "response_format", "kind": "emulated"},
        ],
    });
    assert_eq!(value, expected);
}

proptest! {
    #[test]
    fn always_one_line_of_json(
        id in any::<String>(),
        method in any::<String>(),
        path in any::<String>(),
        query in any::<Option<String>>(),
        name in any::<Option<String>>(),
    ) {
        let redactor = Redactor::default();
        let record = Record {
            request_id: &id,
            method: &method,
            uri: redactor.uri(&path, query.as_deref()),
            consumer: Some(Entity { id: &id, name: name.as_deref() }),
            ..smallest(&redactor)
        };
        let text = line(&record);
        prop_assert_eq!(text.find('\n'), Some(text.len() - 1));
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(value["request"]["method"].as_str(), Some(&*method));
        prop_assert_eq!(value["consumer"]["username"].as_str(), name.as_deref());
    }
}
