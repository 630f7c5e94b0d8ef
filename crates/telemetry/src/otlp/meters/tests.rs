//! What is counted by which attributes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::{Told, Usage, UsageSource};

use super::*;
use crate::cost::PriceSource;
use crate::record::Latencies;

const ALL: MeterOptions =
    MeterOptions { ai: true, latency: true, request: true, bandwidth: true, consumer_attribute: true };

fn told() -> Told {
    Told { model: Some("m-1".into()), ..Told::default() }
}

fn ai(told: &Told, mode: Mode) -> Ai<'_> {
    Ai {
        statistics: true,
        plugin_id: "p",
        provider: "openai",
        request_model: Some("m"),
        model_is_configured: true,
        told,
        mode,
        latency: Duration::from_millis(900),
        first_token: Some(Duration::from_millis(100)),
        settings: Vec::new(),
        cost: Cost::Unknown,
        price_source: PriceSource::Unknown,
        payload: None,
    }
}

static EVE: LazyLock<Entity> = LazyLock::new(|| Entity::consumer("1", Some("eve"), None));
static CHAT: LazyLock<Entity> = LazyLock::new(|| Entity::new("2", Some("chat")));

fn record(told: &Told, mode: Mode) -> Record<'_> {
    Record {
        method: "POST",
        status: 200,
        outcome: Outcome::Completed,
        request_bytes: 10,
        response_bytes: 20,
        consumer: Some(&EVE),
        route: Some(&CHAT),
        latencies: Latencies {
            total: Duration::from_secs(1),
            gateway: Duration::from_millis(2),
            upstream_first_byte: Some(Duration::from_millis(100)),
            ..Latencies::default()
        },
        usage: Some((Usage { fresh_input: 5, output: 9, ..Usage::default() }, UsageSource::Reported)),
        ai: Some(ai(told, mode)),
        ..Record::default()
    }
}

fn genai() -> GenAi<'static> {
    GenAi {
        operation: "chat",
        provider: "openai",
        request_model: Some("m"),
        asked: None,
        input: None,
        output: None,
    }
}

/// Sums by the name of the instrument and its attributes, written as `name=value` and joined.
fn counted(meters: &Meters) -> BTreeMap<(&'static str, String), f64> {
    let mut sums = BTreeMap::new();
    for (instrument, name) in meters.lock().iter().zip(names::ALL) {
        assert!(instrument.is(name));
        for (labels, point) in &instrument.points {
            let label = |(name, value): &(&str, Attribute)| match value {
                Attribute::Text(text) => format!("{name}={text}"),
                Attribute::Int(number) => format!("{name}={number}"),
            };
            sums.insert((name.text, labels.iter().map(label).collect::<Vec<_>>().join(",")), point.sum);
        }
    }
    sums
}

const MODEL: &str = "gen_ai.provider.name=openai,gen_ai.request.model=m,gen_ai.response.model=m-1,\
                     gen_ai.operation.name=chat,kong.workspace.name=default,kong.gen_ai.request.mode=stream,\
                     kong.auth.consumer.name=eve";

#[test]
fn a_stream_is_counted_by_all_instruments_but_the_cost() {
    let (meters, told) = (Meters::new(ALL, 1), told());
    meters.observe(&record(&told, Mode::Stream), Some(&genai()));
    let counted = counted(&meters);
    let place = "kong.workspace.name=default,kong.route.name=chat";
    let by_consumer = format!("{place},kong.auth.consumer.name=eve");
    let token = |kind: &str| format!("{MODEL},gen_ai.token.type={kind}");
    let request = format!(
        "{by_consumer},kong.response.source=kong,http.request.method=POST,kong.response.status_code=200"
    );
    let expected = [
        ("gen_ai.client.operation.duration", MODEL.to_owned(), 1.0),
        ("gen_ai.server.request.duration", MODEL.to_owned(), 0.9),
        ("gen_ai.client.token.usage", token("input"), 5.0),
        ("gen_ai.client.token.usage", token("output"), 9.0),
        ("gen_ai.client.token.usage", token("total"), 14.0),
        ("gen_ai.server.time_to_first_token", MODEL.to_owned(), 0.1),
        ("gen_ai.server.time_per_output_token", MODEL.to_owned(), 0.1),
        ("http.server.request.count", request, 1.0),
        ("kong.latency.total", place.to_owned(), 1.0),
        ("kong.latency.internal", place.to_owned(), 0.002),
        ("kong.latency.upstream", place.to_owned(), 0.1),
        ("http.server.request.size", by_consumer.clone(), 10.0),
        ("http.server.response.size", by_consumer, 20.0),
    ];
    for (name, labels, sum) in &expected {
        let found =
            counted.get(&(name, labels.clone())).unwrap_or_else(|| panic!("{name} {labels}: {counted:#?}"));
        assert!((found - sum).abs() < 1e-9, "{name}: {found}");
    }
    assert_eq!(counted.len(), expected.len());
}

#[test]
fn switches_switch() {
    let told = told();
    let names = |options: MeterOptions| {
        let meters = Meters::new(options, 1);
        meters.observe(&record(&told, Mode::Oneshot), Some(&genai()));
        counted(&meters).into_keys().collect::<Vec<_>>()
    };
    let none = MeterOptions::default();
    assert_eq!(names(none), []);
    let ai = names(MeterOptions { ai: true, ..none });
    assert!(
        ai.iter().all(|(name, labels)| name.starts_with("gen_ai.") && !labels.contains("consumer")),
        "{ai:?}"
    );
    assert!(!ai.iter().any(|(name, _)| *name == "gen_ai.server.request.duration"));
    let requests = names(MeterOptions { request: true, ..none });
    assert!(requests.iter().all(|(name, _)| *name == "http.server.request.count"), "{requests:?}");
    assert_eq!(names(MeterOptions { latency: true, ..none }).len(), 3);
    assert_eq!(names(MeterOptions { bandwidth: true, ..none }).len(), 2);
}

#[test]
fn an_error_has_its_word_and_no_times_of_tokens() {
    let (meters, told) = (Meters::new(ALL, 1), told());
    let mut failed = record(&told, Mode::Oneshot);
    (failed.outcome, failed.status, failed.upstream_status) = (Outcome::UpstreamError, 429, Some(429));
    failed.usage = None;
    meters.observe(&failed, Some(&genai()));
    let counted = counted(&meters);
    let of = |name: &str| counted.keys().filter(|(known, _)| *known == name).collect::<Vec<_>>();
    assert!(of("gen_ai.client.operation.duration")[0].1.ends_with("error.type=429"));
    assert!(of("gen_ai.server.time_to_first_token").is_empty());
    assert!(of("gen_ai.client.token.usage").is_empty());
}

#[test]
fn without_statistics_no_model_is_counted() {
    let (meters, told) = (Meters::new(ALL, 1), told());
    let mut quiet = record(&told, Mode::Oneshot);
    if let Some(ai) = &mut quiet.ai {
        ai.statistics = false;
    }
    meters.observe(&quiet, Some(&genai()));
    assert!(counted(&meters).keys().all(|(name, _)| !name.starts_with("gen_ai.")));
}

#[test]
fn what_a_provider_invents_cannot_fill_the_memory() {
    let meters = Meters::with_limit(ALL, 1, 10);
    for index in 0..100 {
        let told = Told { model: Some(format!("{index}{}", "x".repeat(10_000)).into()), ..Told::default() };
        meters.observe(&record(&told, Mode::Oneshot), Some(&genai()));
    }
    let instruments = meters.lock();
    let operation = instruments.iter().find(|known| known.is(&names::OPERATION)).unwrap();
    assert_eq!((operation.points.len(), operation.overflow.count), (10, 90));
    let longest =
        operation.points.keys().flatten().map(|(_, value)| format!("{value:?}").len()).max().unwrap();
    assert!(longest <= MAX_NAME + 10, "{longest}");
    drop(instruments);
    let mut out = Vec::new();
    assert!(meters.write(2, &mut out));
    assert!(String::from_utf8_lossy(&out).contains("otel.metric.overflow"));
}

#[test]
fn callers_that_invent_models_leave_room_for_configured_ones() {
    let (meters, told) = (Meters::with_limit(ALL, 1, 10), Told::default());
    let count = |name: &str, configured| {
        let mut record = record(&told, Mode::Oneshot);
        if let Some(ai) = &mut record.ai {
            ai.model_is_configured = configured;
        }
        meters.observe(&record, Some(&GenAi { request_model: Some(name), ..genai() }));
    };
    for index in 0..100 {
        count(&format!("invented-{index}"), false);
    }
    count("configured", true);
    let operations = counted(&meters);
    let operations = operations.keys().filter(|(name, _)| *name == "gen_ai.client.operation.duration");
    let models: Vec<&str> = operations.map(|(_, labels)| labels.as_str()).collect();
    assert_eq!(models.len(), 6, "{models:?}");
    assert!(models.iter().any(|labels| labels.contains("=configured")), "{models:?}");
}

#[test]
fn nothing_is_written_where_nothing_was_counted() {
    let mut out = Vec::new();
    assert!(!Meters::new(ALL, 1).write(2, &mut out));
    assert!(out.is_empty());
}
