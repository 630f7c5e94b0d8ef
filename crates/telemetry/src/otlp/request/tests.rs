//! Which spans a request has. What is in them is asked of the official receiver, and of the gateway as a whole.

use super::*;
use crate::record::Redactor;

fn phase(id: u64, start: u64) -> TracedPhase {
    TracedPhase { id: SpanId::new(id).unwrap(), start }
}

fn attempt(status: Option<u16>) -> Attempt<'static> {
    Attempt {
        provider: "openai",
        model: Some("m"),
        route_type: "llm/v1/chat",
        scheme: "https",
        host: "h",
        port: 443,
        ip: None,
        uri: Redactor::default().uri("/v1/chat", Some("key=CANARY&a=1")),
        started_at: 0,
        connect: std::time::Duration::ZERO,
        status,
        failed: status.is_none(),
    }
}

fn traced() -> TracedRequest<'static> {
    let genai = GenAi {
        operation: "chat",
        provider: "openai",
        request_model: Some("m"),
        asked: None,
        input: None,
        output: None,
    };
    let call = |id| TracedCall {
        id: SpanId::new(id).unwrap(),
        start: 30,
        end: 30,
        method: "POST",
        attempt: attempt(Some(200)),
        failed_connects: 0,
    };
    TracedRequest {
        trace: TraceId::new(1).unwrap(),
        parent: SpanId::new(9),
        state: "",
        server: SpanId::new(1).unwrap(),
        start: 10,
        end: 50,
        route_path: Some("/chat"),
        plugin: Some(phase(2, 20)),
        model: Some((phase(3, 30), genai)),
        calls: vec![call(4), call(5)],
    }
}

fn written(traced: &TracedRequest<'_>, record: &Record<'_>) -> Vec<String> {
    let mut spans = Vec::new();
    traced.each_span(record, |span| spans.push(String::from_utf8_lossy(span).into_owned()));
    spans
}

#[test]
fn each_part_has_a_span_and_no_credential() {
    let record = Record { method: "POST", status: 200, outcome: Outcome::Completed, ..Record::default() };
    let spans = written(&traced(), &record);
    let names =
        ["POST /chat", "kong.access.plugin.ai-proxy", "kong.gen_ai", "https://h/v1/chat", "kong.call.index"];
    assert_eq!(spans.len(), names.len());
    for (span, name) in spans.iter().zip(names) {
        assert!(span.contains(name) && !span.contains("CANARY"), "{span}");
    }
    assert!(!spans.concat().contains("error.type"));
}

#[test]
fn a_refusal_is_the_callers_and_a_failure_ours() {
    let failed = |status, outcome, error| {
        let record = Record { method: "POST", status, outcome, error, ..Record::default() };
        written(&TracedRequest { model: None, calls: Vec::new(), ..traced() }, &record)
    };
    let refused = failed(400, Outcome::Refused, Some("bad_json"));
    assert!(!refused[0].contains("bad_json") && refused[1].contains("bad_json"), "{refused:?}");
    for (status, outcome) in [(502, Outcome::GatewayError), (200, Outcome::ClientDisconnected)] {
        let ours = failed(status, outcome, Some("gone"));
        assert!(ours[0].contains("error.type") && ours[0].contains("gone"), "{ours:?}");
    }
}

#[test]
fn a_strange_method_is_not_told() {
    let record = Record { method: "BREW", status: 405, ..Record::default() };
    let spans = written(&traced(), &record);
    assert!(spans[0].contains("HTTP /chat") && spans[0].contains("_OTHER") && !spans[0].contains("BREW"));
}

#[test]
fn authorities_have_a_host_and_a_port() {
    assert_eq!(address_of("http", "a:1"), ("a", Some(1)));
    assert_eq!(address_of("https", "a"), ("a", Some(443)));
    assert_eq!(address_of("http", "[::1]:8000"), ("[::1]", Some(8000)));
    assert_eq!(address_of("http", "[::1]"), ("[::1]", Some(80)));
}
