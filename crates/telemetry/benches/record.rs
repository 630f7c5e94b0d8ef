//! What a record costs the request that leaves it. Run with `cargo bench -p telemetry`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use model::{Losses, Price, Prices, Told, Usage, UsageSource};
use telemetry::{
    Ai, Counted, Entity, Latencies, Metrics, Mode, Outcome, PriceSource, Record, RecordTarget, RecordWriter,
    Redactor, ResponseSource, Sink, cost,
};

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

struct Entities {
    consumer: Entity,
    route: Entity,
    service: Entity,
}

impl Default for Entities {
    fn default() -> Self {
        let id = "4f4a0a6c-2a3e-5f0e-9a8e-0d5c0b1f1a11";
        Self {
            consumer: Entity::consumer(id, Some("team-blue"), None),
            route: Entity::new(id, Some("chat")),
            service: Entity::new(id, Some("llm")),
        }
    }
}

fn record<'a>(entities: &'a Entities, redactor: &Redactor, losses: &'a Losses) -> Record<'a> {
    Record {
        request_id: "0b9f3c5a7d1e4f60a2c4e6f8091b2d3f",
        started_at: 1_760_000_000_000,
        client_ip: IpAddr::V4(Ipv4Addr::new(192, 168, 17, 23)),
        method: "POST",
        uri: redactor.uri("/openai/v1/chat/completions", Some("trace=1")),
        consumer: Some(&entities.consumer),
        route: Some(&entities.route),
        service: Some(&entities.service),
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

/// The same with what statistics tell of the model.
fn with_model<'a>(
    entities: &'a Entities,
    redactor: &Redactor,
    losses: &'a Losses,
    told: &'a Told,
) -> Record<'a> {
    let prices = Prices { input: Some(Price::ONE), output: Some(Price::ONE), ..Prices::default() };
    let usage = Usage { fresh_input: 250, cache_read: 1024, output: 412, ..Usage::default() };
    Record {
        ai: Some(Ai {
            statistics: true,
            plugin_id: "4f4a0a6c-2a3e-5f0e-9a8e-0d5c0b1f1a14",
            provider: "openai",
            request_model: Some("gpt-4o-mini"),
            model_is_configured: true,
            told,
            mode: Mode::Stream,
            latency: Duration::from_micros(905_001),
            first_token: Some(Duration::from_micros(90_500)),
            settings: Vec::new(),
            cost: cost(&prices, &usage, None),
            price_source: PriceSource::Configured,
            payload: None,
        }),
        ..record(entities, redactor, losses)
    }
}

#[divan::bench]
fn write_line(bencher: Bencher<'_, '_>) {
    let (entities, redactor, losses) = (Entities::default(), Redactor::default(), Losses::default());
    let record = record(&entities, &redactor, &losses);
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
    let (entities, redactor, losses) = (Entities::default(), Redactor::default(), Losses::default());
    let record = record(&entities, &redactor, &losses);
    let metrics = Metrics::default();
    let route = metrics.route("llm", "chat");
    bencher.bench_local(|| metrics.observe(&route, divan::black_box(&record), Counted::WITHOUT_PLUGIN));
}

/// With a `prometheus` plugin that wants everything.
#[divan::bench]
fn observe_all_metrics(bencher: Bencher<'_, '_>) {
    let (entities, redactor) = (Entities::default(), Redactor::default());
    let (losses, told) = (Losses::default(), Told::default());
    let record = with_model(&entities, &redactor, &losses, &told);
    let metrics = Metrics::default();
    let route = metrics.route("llm", "chat");
    let counted = Counted { models: true, per_consumer: true, ..Counted::WITHOUT_PLUGIN };
    bencher.bench_local(|| metrics.observe(&route, divan::black_box(&record), counted));
}

/// What a scrape of as many label sets as there may be costs.
#[divan::bench]
fn render_all_label_sets(bencher: Bencher<'_, '_>) {
    let (entities, redactor) = (Entities::default(), Redactor::default());
    let (losses, told) = (Losses::default(), Told::default());
    let metrics = Metrics::default();
    let route = metrics.route("llm", "chat");
    let counted = Counted { models: true, per_consumer: true, ..Counted::WITHOUT_PLUGIN };
    for index in 0..6_000 {
        let name = format!("consumer-{index}");
        let consumer = Entity::new("id", Some(&name));
        let consumer = Some(&consumer);
        metrics.observe(
            &route,
            &Record { consumer, ..with_model(&entities, &redactor, &losses, &told) },
            counted,
        );
    }
    bencher.bench_local(|| metrics.render(true).len());
}

/// What the sender pays, thread and sink included as far as they take its core.
#[divan::bench]
fn push(bencher: Bencher<'_, '_>) {
    let (entities, redactor, losses) = (Entities::default(), Redactor::default(), Losses::default());
    let mut line = Vec::new();
    record(&entities, &redactor, &losses).write_line(&mut line);
    let sink = Sink::Writer(Box::new(std::io::sink()));
    let Ok(writer) = RecordWriter::spawn(sink, Arc::default()) else {
        return;
    };
    bencher.bench_local(|| writer.push(divan::black_box(&line)));
}
