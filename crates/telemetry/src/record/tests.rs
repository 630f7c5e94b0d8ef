//! What a record says, and that it is one line of JSON whatever it is given.

use model::{LossKind, Told};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Cost, Price, PriceSource, Prices, cost};

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
        status: 404,
        response_bytes: 55,
        outcome: Outcome::Refused,
        error: Some("no_route"),
        ..Record::default()
    }
}

fn attempt<'a>(redactor: &Redactor, status: Option<u16>) -> Attempt<'a> {
    Attempt {
        provider: "openai",
        model: Some("gpt-4o"),
        route_type: "llm/v1/chat",
        scheme: "https",
        host: "api.example.com",
        port: 443,
        ip: status.map(|_| IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
        uri: redactor.uri("/v1/chat/completions", Some("key=CANARY")),
        started_at: 1_760_000_000_004,
        connect: Duration::from_micros(1_500),
        status,
        failed: status.is_none(),
    }
}

#[test]
fn what_is_absent_is_left_out() {
    let value: Value = serde_json::from_str(&line(&smallest(&Redactor::default()))).unwrap();
    let expected = json!({
        "started_at": 1_760_000_000_000_u64, "client_ip": "127.0.0.1",
        "request": {"id": "r1", "method": "GET", "uri": "/none", "url": "/none", "querystring": {}, "size": 0},
        "response": {"status": 404, "size": 55}, "tries": [], "source": "kong",
        "latencies": {"request": 0, "kong": 0},
        "workspace": "", "workspace_name": "default",
        "gateway": {"outcome": "refused", "stream": false, "error": "no_route"},
    });
    assert_eq!(value, expected);
}

fn told() -> Told {
    Told {
        id: Some("chatcmpl-1".into()),
        model: Some("gpt-4o-2024-08-06".into()),
        service_tier: Some("default".into()),
        finish_reasons: vec![model::FinishReason::Stop],
    }
}

fn prices() -> Prices {
    let price = Price::parse("10").ok();
    Prices { input: price, output: price, ..Prices::default() }
}

fn ai(told: &Told) -> Ai<'_> {
    Ai {
        statistics: true,
        plugin_id: "p-1",
        provider: "openai",
        request_model: Some("gpt-4o"),
        model_is_configured: true,
        told,
        mode: Mode::Stream,
        latency: Duration::from_millis(905),
        first_token: Some(Duration::from_micros(906_500)),
        settings: vec![("azure_instance_id", "east")],
        cost: cost(&prices(), &Usage { fresh_input: 25, output: 12, ..Usage::default() }, None),
        price_source: PriceSource::Configured,
        payload: None,
    }
}

#[test]
fn a_whole_record() {
    let mut losses = Losses::default();
    losses.add("top_k", LossKind::Dropped);
    losses.add("response_format", LossKind::Emulated);
    let (redactor, told) = (Redactor::default(), told());
    let attempts = [attempt(&redactor, None), attempt(&redactor, Some(200))];
    let record = Record {
        method: "POST",
        uri: redactor.uri("/chat", Some("apikey=CANARY&x=1")),
        base: "https://gateway:8443",
        tls: Some(("TLSv1.3", "TLS_AES_128_GCM_SHA256")),
        request_headers: br#"{"accept":"*/*"}"#,
        response_headers: br#"{"content-type":"text/event-stream"}"#,
        consumer: Some(&Entity::consumer("c-1", Some("ann"), Some("c\"7"))),
        credential_id: Some("k-1"),
        route: Some(&Entity::new("ro-1", None)),
        service: Some(&Entity::new("se-1", Some("llm"))),
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
            receive: Some(Duration::from_millis(2)),
            first_token: Some(Duration::from_micros(906_500)),
        },
        usage: Some((
            Usage { fresh_input: 20, cache_read: 5, output: 12, ..Usage::default() },
            UsageSource::Estimated,
        )),
        losses: Some(&losses),
        outcome: Outcome::Completed,
        error: None,
        attempts: &attempts,
        ai: Some(ai(&told)),
        ..smallest(&redactor)
    };
    let text = line(&record);
    assert!(!text.contains("CANARY"), "{text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value, whole());
}

/// What [`a_whole_record`] is to say.
fn whole() -> Value {
    let uri = "/v1/chat/completions?key=REDACTED";
    let tried = json!({"provider": "openai", "model": "gpt-4o", "route_type": "llm/v1/chat",
        "upstream_scheme": "https", "host": "api.example.com", "port": 443, "upstream_uri": uri});
    let mut reached = tried.clone();
    reached["ip"] = "192.0.2.1".into();
    json!({
        "started_at": 1_760_000_000_000_u64, "client_ip": "127.0.0.1",
        "request": {"id": "r1", "method": "POST", "uri": "/chat?apikey=REDACTED&x=1",
            "url": "https://gateway:8443/chat?apikey=REDACTED&x=1",
            "querystring": {"apikey": "REDACTED", "x": "1"}, "headers": {"accept": "*/*"},
            "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256"}, "size": 512},
        "upstream_uri": uri, "upstream_status": "200",
        "response": {"status": 200, "headers": {"content-type": "text/event-stream"}, "size": 733},
        "source": "upstream",
        "latencies": {"request": 918, "kong": 0.087, "proxy": 905, "receive": 2},
        "tries": [
            {"balancer_start": 1_760_000_000_004_u64, "balancer_latency": 1.5, "port": 443, "state": "failed"},
            {"balancer_start": 1_760_000_000_004_u64, "balancer_latency": 1.5, "port": 443, "ip": "192.0.2.1", "code": 200},
        ],
        "workspace": "", "workspace_name": "default",
        "route": {"id": "ro-1"}, "service": {"id": "se-1", "name": "llm"},
        "consumer": {"id": "c-1", "username": "ann", "custom_id": "c\"7"}, "authenticated_entity": {"id": "k-1"},
        "gateway": {"outcome": "completed", "stream": true, "first_token": 906.5,
            "target": {"provider": "openai", "model": "gpt-4o", "host": "api.example.com"},
            "usage": {"source": "estimated", "prompt_tokens": 25, "completion_tokens": 12, "total_tokens": 37,
                "parts": {"fresh_input": 20, "cache_read": 5, "cache_write": 0, "audio_input": 0,
                    "image_input": 0, "tool_input": 0, "output": 12, "reasoning": 0, "audio_output": 0,
                    "image_output": 0}},
            "losses": [
            {"member": "top_k", "kind": "dropped"},
            {"member": "response_format", "kind": "emulated"},
        ]},
        "ai": {"proxy": {
            "meta": {"plugin_id": "p-1", "provider_name": "openai", "request_model": "gpt-4o",
                "response_model": "gpt-4o-2024-08-06", "request_mode": "stream", "llm_latency": 905,
                "response_id": "chatcmpl-1", "service_tier": "default", "azure_instance_id": "east"},
            "usage": {
                "prompt_tokens": 25,
                "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 0, "audio_tokens": 0},
                "completion_tokens": 12,
                "completion_tokens_details": {
                    "reasoning_tokens": 0, "audio_tokens": 0,
                    "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
                },
                "total_tokens": 37, "time_per_token": 75.416, "time_to_first_token": 906, "counts": "estimated",
                "cost": 0.00037, "cost_source": "configured",
            },
            "tried_targets": [tried, reached],
        }},
    })
}

#[test]
fn payloads_can_be_recorded_without_statistics() {
    let (redactor, told) = (Redactor::default(), Told::default());
    let payload = Payload { request: Some(b"{}"), response: Some(Said::Whole(b"[]")), limit: 10 };
    let ai = Ai { statistics: false, payload: Some(payload), request_model: None, ..ai(&told) };
    let record = Record { ai: Some(ai), ..smallest(&redactor) };
    let value: Value = serde_json::from_str(&line(&record)).unwrap();
    assert_eq!(value["ai"], json!({"proxy": {"payload": {"request": "{}", "response": "[]"}}}));
}

#[test]
fn what_is_not_known_is_said_to_be_unknown() {
    let (redactor, told) = (Redactor::default(), Told::default());
    let nobody = (Cost::Unknown, PriceSource::Unknown);
    let ai =
        Ai { request_model: None, mode: Mode::Oneshot, cost: nobody.0, price_source: nobody.1, ..ai(&told) };
    let record = Record { ai: Some(ai), ..smallest(&redactor) };
    let value: Value = serde_json::from_str(&line(&record)).unwrap();
    let proxy = &value["ai"]["proxy"];
    assert_eq!(proxy["meta"]["request_model"], "UNSPECIFIED");
    assert_eq!(proxy["meta"]["response_model"], "UNSPECIFIED");
    assert_eq!((&proxy["usage"]["counts"], &proxy["usage"]["total_tokens"]), (&"unknown".into(), &0.into()));
    assert_eq!(proxy["usage"]["time_per_token"], 0);
    assert_eq!((&proxy["usage"]["cost"], &proxy["usage"]["cost_source"]), (&Value::Null, &"unknown".into()));
}

proptest! {
    #[test]
    fn always_one_line_of_json(
        id in any::<String>(),
        method in any::<String>(),
        path in any::<String>(),
        query in any::<Option<String>>(),
        name in any::<Option<String>>(),
        body in any::<Vec<u8>>(),
    ) {
        let redactor = Redactor::default();
        let told = Told { model: name.clone().map(Into::into), ..Told::default() };
        let payload = Payload { request: Some(&body), response: Some(Said::Stream { text: &path, bytes: 3 }), limit: 99 };
        let record = Record {
            request_id: &id,
            method: &method,
            uri: redactor.uri(&path, query.as_deref()),
            consumer: Some(&Entity::consumer(&id, name.as_deref(), None)),
            ai: Some(Ai { request_model: name.as_deref(), payload: Some(payload), ..ai(&told) }),
            ..smallest(&redactor)
        };
        let text = line(&record);
        prop_assert_eq!(text.find('\n'), Some(text.len() - 1));
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(value["request"]["method"].as_str(), Some(&*method));
        prop_assert_eq!(value["consumer"]["username"].as_str(), name.as_deref());
    }
}
