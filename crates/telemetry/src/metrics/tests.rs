//! The exposition as a scraper sees it.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use model::{Told, Usage, UsageSource};

use super::*;
use crate::cost::Cost;
use crate::names::MetricKind;
use crate::record::{Ai, Entity, Latencies, Outcome, Record, Redactor, ResponseSource};

const ALL: Counted = Counted::WITHOUT_PLUGIN;

pub fn named(name: &str) -> Entity {
    Entity::new("id", Some(name))
}

fn record(status: u16, consumer: Option<&Entity>) -> Record<'_> {
    Record {
        request_id: "r",
        started_at: 0,
        client_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        method: "POST",
        uri: Redactor::default().uri("/", None),
        consumer,
        status,
        source: ResponseSource::Upstream,
        request_bytes: 10,
        response_bytes: 20,
        latencies: Latencies {
            total: Duration::from_millis(60),
            gateway: Duration::from_micros(300),
            ..Latencies::default()
        },
        usage: Some((Usage { fresh_input: 5, output: 7, ..Usage::default() }, UsageSource::Reported)),
        outcome: Outcome::Completed,
        ..Record::default()
    }
}

fn value(text: &str, sample: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')).map(str::to_owned)
}

#[test]
fn a_request_is_counted_everywhere() {
    let metrics = Metrics::default();
    let route = metrics.route("llm", "chat");
    route.observe(&record(200, Some(&named("ann"))), ALL);
    route.observe(&record(200, None), ALL);
    route.observe(&record(429, None), ALL);
    metrics.unmatched().observe(&record(404, None), ALL);
    let text = metrics.render(false);
    let sample = |sample: &str| value(&text, sample).unwrap_or_else(|| panic!("{sample} in {text}"));
    let requests = |labels: &str| sample(&format!("kong_http_requests_total{{{labels}}}"));
    let labels =
        |code: u16| format!(r#"service="llm",route="chat",code="{code}",source="upstream",consumer="""#);
    assert_eq!(requests(&labels(200)), "2");
    assert_eq!(requests(&labels(429)), "1");
    assert_eq!(requests(r#"service="",route="",code="404",source="upstream",consumer="""#), "1");
    let route = r#"service="llm",route="chat""#;
    assert_eq!(sample(&format!("kong_kong_latency_ms_bucket{{{route},le=\"1\"}}")), "3");
    assert_eq!(sample(&format!("kong_request_latency_ms_sum{{{route}}}")), "180.000");
    let bandwidth = |direction: &str| {
        sample(&format!("kong_bandwidth_bytes{{{route},direction=\"{direction}\",consumer=\"\"}}"))
    };
    assert_eq!(bandwidth("ingress"), "30");
    assert_eq!(bandwidth("egress"), "60");
    assert_eq!(sample(&format!("ai_proxy_requests_total{{{route},outcome=\"completed\"}}")), "3");
    let tokens =
        |kind: &str| sample(&format!("ai_proxy_tokens_total{{{route},kind=\"{kind}\",source=\"reported\"}}"));
    assert_eq!(tokens("fresh_input"), "15");
    assert_eq!(tokens("output"), "21");
    assert!(!text.contains("kong_upstream_latency_ms_count"), "nothing was observed");
}

#[test]
fn fetches_of_identities_are_counted_by_kind() {
    let metrics = Metrics::default();
    metrics.identities.count("azure_client", true);
    metrics.identities.count("azure_client", false);
    metrics.identities.count("azure_client", false);
    metrics.identities.count("nobody", false);
    let text = metrics.render(false);
    let fetches = |kind: &str, result: &str| {
        value(&text, &format!("ai_proxy_identity_fetches_total{{kind=\"{kind}\",result=\"{result}\"}}"))
    };
    assert_eq!(fetches("azure_client", "success").as_deref(), Some("1"));
    assert_eq!(fetches("azure_client", "failure").as_deref(), Some("2"));
    assert_eq!(fetches("google_machine", "failure").as_deref(), Some("0"));
    assert_eq!(fetches("nobody", "failure"), None);
}

#[test]
fn a_handle_of_the_same_names_goes_on_counting() {
    let metrics = Metrics::default();
    metrics.route("s", "r").observe(&record(200, None), ALL);
    metrics.route("s", "r").observe(&record(200, None), ALL);
    assert!(metrics.render(false).contains("code=\"200\",source=\"upstream\",consumer=\"\"} 2\n"));
}

#[test]
fn label_values_above_the_caps_are_counted_together() {
    let metrics =
        Metrics::new(MetricsOptions { max_routes: 2, max_consumers: 2, ..MetricsOptions::default() });
    for route in ["a", "b", "c", "d"] {
        metrics.route("s", route).observe(&record(200, None), ALL);
    }
    for consumer in ["x", "y", "z", "w", "x"] {
        let counted = Counted { per_consumer: true, ..ALL };
        metrics.route("s", "a").observe(&record(200, Some(&named(consumer))), counted);
    }
    // Who calls without a name is nobody above a cap.
    metrics.route("s", "b").observe(&record(200, None), Counted { per_consumer: true, ..ALL });
    let text = metrics.render(false);
    let requests = |service: &str, route: &str, consumer: &str| {
        let labels = format!(
            r#"service="{service}",route="{route}",code="200",source="upstream",consumer="{consumer}""#
        );
        value(&text, &format!("kong_http_requests_total{{{labels}}}"))
    };
    assert_eq!(requests("other", "other", "").as_deref(), Some("2"));
    assert_eq!(requests("s", "a", "x").as_deref(), Some("2"));
    assert_eq!(requests("s", "a", "y").as_deref(), Some("1"));
    assert_eq!(requests("s", "a", "other").as_deref(), Some("2"));
    assert_eq!(requests("s", "b", "").as_deref(), Some("2"));
    let overflows = |cap: &str| value(&text, &format!("ai_proxy_label_overflows_total{{cap=\"{cap}\"}}"));
    assert_eq!(overflows("routes").as_deref(), Some("2"));
    assert_eq!(overflows("consumers").as_deref(), Some("2"));
    assert_eq!(overflows("models").as_deref(), Some("0"));
    assert_eq!(requests("s", "a", "z"), None);
    assert_eq!(requests("s", "c", ""), None);
}

#[test]
fn a_code_that_is_none_is_other() {
    let metrics = Metrics::default();
    metrics.route("s", "r").observe(&record(999, None), ALL);
    metrics.route("s", "r").observe(&record(0, None), ALL);
    assert!(metrics.render(false).contains("code=\"other\",source=\"upstream\",consumer=\"\"} 2\n"));
}

#[test]
fn a_request_is_counted_in_what_its_plugin_wants() {
    let metrics = Metrics::default();
    let counted = |flags: &str| Counted {
        models: flags.contains('m'),
        status_codes: flags.contains('s'),
        latencies: flags.contains('l'),
        bandwidth: flags.contains('b'),
        per_consumer: flags.contains('c'),
    };
    let families = ["kong_http_requests_total", "kong_request_latency_ms", "kong_bandwidth_bytes"];
    for (flags, expected) in [
        ("", [false; 3]),
        ("s", [true, false, false]),
        ("l", [false, true, false]),
        ("b", [false, false, true]),
    ] {
        let route = metrics.route("s", &format!("r{flags}"));
        metrics.observe(&route, &record(200, Some(&named("ann"))), counted(flags));
        let text = metrics.render(true);
        let samples = |name: &str| {
            let labels = format!("service=\"s\",route=\"r{flags}\"");
            text.lines().any(|line| line.starts_with(name) && line.contains(&labels))
        };
        assert_eq!(families.map(samples), expected, "{flags}: {text}");
        assert!(samples("ai_proxy_requests_total") && samples("ai_proxy_tokens_total"), "{flags}");
    }
    let route = metrics.route("s", "consumers");
    metrics.observe(&route, &record(200, Some(&named("ann"))), counted("sbc"));
    metrics.observe(&route, &record(200, Some(&named("ann"))), counted("s"));
    let text = metrics.render(true);
    let labels = r#"service="s",route="consumers""#;
    let requests = |consumer: &str| {
        let sample = format!(
            r#"kong_http_requests_total{{{labels},code="200",source="service",consumer="{consumer}"}}"#
        );
        value(&text, &sample)
    };
    assert_eq!((requests("ann").as_deref(), requests("").as_deref()), (Some("1"), Some("1")));
    let egress = |consumer: &str| {
        let sample = format!(r#"kong_bandwidth_bytes{{{labels},direction="egress",consumer="{consumer}"}}"#);
        value(&text, &sample)
    };
    assert_eq!((egress("ann").as_deref(), egress("")), (Some("20"), None));
}

#[test]
fn with_a_plugin_words_are_those_of_kong() {
    let metrics =
        Metrics::new(MetricsOptions { node: "n-1".into(), version: "1.2", ..MetricsOptions::default() });
    metrics.route("s", "r").observe(&record(200, None), ALL);
    metrics.unmatched().observe(&Record { source: ResponseSource::Gateway, ..record(404, None) }, ALL);
    let text = metrics.render(true);
    assert!(text.contains("code=\"200\",source=\"service\""), "{text}");
    assert!(text.contains("code=\"404\",source=\"kong\""), "{text}");
    assert_eq!(value(&text, r#"kong_node_info{node_id="n-1",version="1.2"}"#).as_deref(), Some("1"));
    let text = metrics.render(false);
    assert!(text.contains("code=\"200\",source=\"upstream\""), "{text}");
    assert!(text.contains("code=\"404\",source=\"gateway\""), "{text}");
    assert!(!text.contains("kong_node_info"), "{text}");
}

#[test]
fn gauges_and_reloads() {
    let metrics = Metrics::default();
    let held = (metrics.in_flight.hold(), metrics.in_flight.hold());
    drop(held.0);
    metrics.reloads.succeeded(1_760_000_000);
    metrics.reloads.failed();
    let text = metrics.render(false);
    let sample = |sample: &str| value(&text, sample).unwrap();
    assert_eq!(sample("ai_proxy_requests_in_flight"), "1");
    assert_eq!(sample("ai_proxy_configuration_reloads_total{result=\"success\"}"), "1");
    assert_eq!(sample("ai_proxy_configuration_reloads_total{result=\"failure\"}"), "1");
    assert_eq!(sample("ai_proxy_configuration_last_success_timestamp_seconds"), "1760000000");
    assert_eq!(sample("ai_proxy_configuration_last_load_successful"), "0");
    drop(held.1);
    assert_eq!(metrics.in_flight.value(), 0);
}

#[test]
fn every_metric_is_exposed_once_and_only_under_its_name() {
    let metrics = Metrics::default();
    let told = Told::default();
    let counted = Counted { models: true, ..ALL };
    for cost in [Cost::Unknown, models::tests::costs_of_a_thousandth()] {
        let record = Record { ai: Some(Ai { cost, ..models::tests::ai(&told) }), ..record(200, None) };
        metrics.observe(&metrics.route("s", "r"), &record, counted);
    }
    let text = metrics.render(true);
    let mut families = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            families.push(rest.split(' ').next().unwrap());
        } else if !line.starts_with('#') {
            let family = families.last().unwrap();
            let metric = names::ALL.iter().find(|metric| metric.name == *family).unwrap();
            let name = line.split([' ', '{']).next().unwrap();
            let suffix = name.strip_prefix(family).unwrap();
            let suffixes: &[&str] = match metric.kind {
                MetricKind::Histogram => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(suffixes.contains(&suffix), "{line}");
            assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
        }
    }
    let expected: Vec<&str> = names::ALL.iter().map(|metric| metric.name).collect();
    if cfg!(target_os = "linux") {
        assert_eq!(families, expected);
    }
}

#[test]
fn counts_from_many_threads_are_all_there() {
    let metrics = Arc::new(Metrics::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let route = metrics.route("s", "r");
                for index in 0..500_u16 {
                    route.observe(&record(200 + index % 7, None), ALL);
                }
            });
        }
    });
    let text = metrics.render(false);
    assert_eq!(
        value(&text, r#"ai_proxy_requests_total{service="s",route="r",outcome="completed"}"#).as_deref(),
        Some("2000")
    );
    let total: u64 = text
        .lines()
        .filter(|line| line.starts_with("kong_http_requests_total{"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(total, 2000);
}

#[test]
fn sinks_of_plugins_are_told_apart_up_to_a_cap() {
    let metrics = Metrics::default();
    metrics.sink("file-log:a").written.add(3);
    metrics.sink("file-log:a").dropped_full.add(2);
    metrics.sink("http-log:b").failed("answered 500");
    let text = metrics.render(false);
    for line in [
        "ai_proxy_sink_records_total{sink=\"file-log:a\"} 3",
        "ai_proxy_sink_drops_total{sink=\"file-log:a\",reason=\"full\"} 2",
        "ai_proxy_sink_failures_total{sink=\"http-log:b\"} 1",
        "ai_proxy_sink_waiting_records{sink=\"http-log:b\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    for index in 0..2 * MAX_SINKS {
        metrics.sink(&index.to_string()).written.add(1);
    }
    let sinks = metrics.sinks.read().unwrap();
    assert_eq!(sinks.len(), MAX_SINKS + 1);
    assert_eq!(sinks["other"].written.value(), MAX_SINKS as u64 + 2);
}

#[test]
fn the_text_of_an_error_is_bounded() {
    let metrics = Metrics::default();
    let sink = metrics.sink("x");
    sink.failed(&"é".repeat(1000));
    let (failing, text) = sink.state();
    assert!(failing && text.unwrap().len() <= 256);
    sink.succeeded();
    assert!(!sink.state().0);
}
