//! What a record costs the request that leaves it. Run with `cargo bench -p telemetry`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use model::{Losses, Usage, UsageSource};
use telemetry::{
    Entity, Latencies, Metrics, Outcome, Record, RecordTarget, RecordWriter, Redactor, ResponseSource, Sink,
};

fn main() {
    divan::main();
}

fn record<'a>(redactor: &Redactor, losses: &'a Losses) -> Record<'a> {
    Record {
        request_id: "0b9f3c5a7d1e4f60a2c4e6f8091b2d3f",
        started_at: 1_760_000_000_000,
        client_ip: IpAddr::V4(Ipv4Addr::new(192, 168, 17, 23)),
        method: "POST",
        uri: redactor.uri("/openai/v1/chat/completions", Some("trace=1")),
        consumer: Some(Entity { id: "4f4a0a6c-2a3e-5f0e-9a8e-0d5c0b1f1a11", name: Some("team-blue") }),
        route: Some(Entity { id: "4f4a0a6c-2a3e-5f0e-9a8e-0d5c0b1f1a12", name: Some("chat") }),
        service: Some(Entity { id: "4f4a0a6c-2a3e-5f0e-9a8e-0d5c0b1f1a13", name: Some("llm") }),
        target: Some(RecordTarget {
            provider: "openai",
            model: Some("gpt-4o-mini"),
            host: "api.example.com",
            uri: redactor.uri("/v1/chat/completions", None),
        }),
        status: 200,
        upstream_status: Some(200),
        source: ResponseSource::Upstream,
        request_bytes: 1034,
        response_bytes: 921,
        stream: true,
        latencies: Latencies {
            total: Duration::from_micros(918_123),
            gateway: Duration::from_micros(87),
            upstream_first_byte: Some(Duration::from_micros(905_001)),
            first_token: Some(Duration::from_micros(906_500)),
            ..Latencies::default()
        },
        usage: Some((
            Usage { fresh_input: 250, cache_read: 1024, output: 412, ..Usage::default() },
            UsageSource::Reported,
        )),
        losses: Some(losses),
        outcome: Outcome::Completed,
        ..Record::default()
    }
}

#[divan::bench]
fn write_line(bencher: Bencher<'_, '_>) {
    let (redactor, losses) = (Redactor::default(), Losses::default());
    let record = record(&redactor, &losses);
    let mut out = Vec::with_capacity(4096);
    bencher.bench_local(|| {
        out.clear();
        divan::black_box(&record).write_line(&mut out);
    });
}

#[divan::bench]
fn redact_uri(bencher: Bencher<'_, '_>) {
    let redactor = Redactor::new(["apikey"]);
    bencher.bench_local(|| {
        let query = divan::black_box("trace=1&model=gpt");
        redactor.uri("/openai/v1/chat/completions", Some(query)).query().map(str::len)
    });
}

#[divan::bench]
fn observe_metrics(bencher: Bencher<'_, '_>) {
    let (redactor, losses) = (Redactor::default(), Losses::default());
    let record = record(&redactor, &losses);
    let metrics = Metrics::default();
    let route = metrics.route("llm", "chat");
    bencher.bench_local(|| route.observe(divan::black_box(&record)));
}

/// What the sender pays, thread and sink included as far as they take its core.
#[divan::bench]
fn try_send(bencher: Bencher<'_, '_>) {
    let (redactor, losses) = (Redactor::default(), Losses::default());
    let record = record(&redactor, &losses);
    let sink = Sink::Writer(Box::new(std::io::sink()));
    let Ok(writer) = RecordWriter::spawn(sink, Arc::default()) else {
        return;
    };
    bencher.bench_local(|| writer.try_send(divan::black_box(&record)));
}
