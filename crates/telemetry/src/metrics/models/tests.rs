//! Models as a scraper sees them.

use std::time::Duration;

use model::{Price, Prices, Told, Usage, UsageSource};

use super::super::{Metrics, MetricsOptions};
use super::*;
use crate::cost::{Cost, PriceSource, cost};
use crate::metrics::tests::named;

const WANTED: Counted = Counted { models: true, ..Counted::NONE };
const PER_CONSUMER: Counted = Counted { per_consumer: true, ..WANTED };

pub fn costs_of_a_thousandth() -> Cost {
    let prices = Prices { input: Some(Price::ONE), output: Some(Price::ONE), ..Prices::default() };
    cost(&prices, &Usage { fresh_input: 1000, ..Usage::default() }, None)
}

pub fn ai(told: &Told) -> Ai<'_> {
    Ai {
        statistics: true,
        plugin_id: "",
        provider: "openai",
        request_model: Some("gpt-4o"),
        model_is_configured: true,
        told,
        mode: Mode::Stream,
        latency: Duration::from_millis(900),
        first_token: Some(Duration::from_millis(90)),
        settings: Vec::new(),
        cost: costs_of_a_thousandth(),
        price_source: PriceSource::Configured,
        payload: None,
    }
}

fn record<'a>(ai: Ai<'a>, consumer: Option<&'a Entity>) -> Record<'a> {
    Record {
        consumer,
        usage: Some((Usage { fresh_input: 25, output: 12, ..Usage::default() }, UsageSource::Reported)),
        ai: Some(ai),
        ..Record::default()
    }
}

fn small(max_models: usize, max_chosen_models: usize, max_model_sets: usize) -> Metrics {
    Metrics::new(MetricsOptions {
        max_models,
        max_chosen_models,
        max_model_sets,
        ..MetricsOptions::default()
    })
}

fn observe(metrics: &Metrics, record: &Record<'_>, counted: Counted) {
    metrics.observe(metrics.unmatched(), record, counted);
}

/// Samples of one metric, without its name.
fn samples(metrics: &Metrics, name: &str) -> Vec<String> {
    let text = metrics.render(true);
    text.lines().filter_map(|line| line.strip_prefix(name)).map(str::to_owned).collect()
}

/// Requests by model, mode and consumer.
fn requests(metrics: &Metrics) -> Vec<String> {
    let labelled = |line: &String, label: &str| {
        line.split_once(&format!("{label}=\"")).unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    let line = |line: &String| {
        let value = line.rsplit(' ').next().unwrap();
        let [model, mode, consumer] =
            ["ai_model", "request_mode", "consumer"].map(|label| labelled(line, label));
        format!("{model}/{mode}/{consumer} {value}")
    };
    samples(metrics, "kong_ai_llm_requests_total{").iter().map(line).collect()
}

#[test]
fn samples_are_as_kong_has_them() {
    let metrics = Metrics::default();
    let told = Told::default();
    observe(&metrics, &record(ai(&told), Some(&named("ann"))), PER_CONSUMER);
    observe(&metrics, &record(ai(&told), Some(&named("ann"))), PER_CONSUMER);
    let text = metrics.render(true);
    let cache = r#"cache_status="",vector_db="",embeddings_provider="",embeddings_model="""#;
    let model = format!(r#"ai_provider="openai",ai_model="gpt-4o",{cache}"#);
    let all = format!(r#"{model},request_mode="stream",workspace="default",consumer="ann""#);
    let tokens = |kind: &str| {
        format!(
            r#"kong_ai_llm_tokens_total{{{model},token_type="{kind}",workspace="default",consumer="ann"}}"#
        )
    };
    for line in [
        format!("kong_ai_llm_requests_total{{{all}}} 2"),
        format!("kong_ai_llm_cost_total{{{all}}} 0.002"),
        format!("{} 50", tokens("prompt_tokens")),
        format!("{} 24", tokens("completion_tokens")),
        format!("{} 74", tokens("total_tokens")),
        format!("kong_ai_llm_provider_latency_ms_bucket{{{all},le=\"500\"}} 0"),
        format!("kong_ai_llm_provider_latency_ms_bucket{{{all},le=\"1000\"}} 2"),
        format!("kong_ai_llm_provider_latency_ms_bucket{{{all},le=\"+Inf\"}} 2"),
        format!("kong_ai_llm_provider_latency_ms_sum{{{all}}} 1800.000"),
        format!("kong_ai_llm_provider_latency_ms_count{{{all}}} 2"),
        r#"ai_proxy_llm_first_token_latency_ms_bucket{ai_provider="openai",ai_model="gpt-4o",le="100"} 2"#
            .to_owned(),
        "# TYPE kong_ai_llm_requests_total counter".to_owned(),
        "# TYPE kong_ai_llm_cost_total counter".to_owned(),
        "# TYPE kong_ai_llm_tokens_total counter".to_owned(),
        "# TYPE kong_ai_llm_provider_latency_ms histogram".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    let buckets = samples(&metrics, "kong_ai_llm_provider_latency_ms_bucket{");
    assert_eq!(buckets.len(), names::LLM_LATENCY.bounds.len() + 1);
    assert!(!text.contains("ai_proxy_llm_cost_unknown_total"), "{text}");
}

#[test]
fn modes_share_their_tokens() {
    let metrics = Metrics::default();
    let told = Told::default();
    for mode in [Mode::Oneshot, Mode::Stream] {
        observe(&metrics, &record(Ai { mode, ..ai(&told) }, None), WANTED);
    }
    assert_eq!(requests(&metrics), ["gpt-4o/oneshot/ 1", "gpt-4o/stream/ 1"]);
    let tokens = samples(&metrics, "kong_ai_llm_tokens_total{");
    assert_eq!(tokens.len(), 3, "{tokens:?}");
    assert!(tokens[2].ends_with("token_type=\"total_tokens\",workspace=\"default\",consumer=\"\"} 74"));
    let first = samples(&metrics, "ai_proxy_llm_first_token_latency_ms_count{");
    assert_eq!(first, ["ai_provider=\"openai\",ai_model=\"gpt-4o\"} 1"], "whole answers have no first token");
}

#[test]
fn what_is_nothing_has_no_sample() {
    let metrics = Metrics::default();
    let told = Told::default();
    let free = Cost::Known(crate::cost::Amount::ZERO);
    let record = Record { usage: None, ..record(Ai { cost: free, ..ai(&told) }, None) };
    observe(&metrics, &record, WANTED);
    let text = metrics.render(true);
    assert!(text.contains("kong_ai_llm_requests_total{"), "{text}");
    for absent in ["kong_ai_llm_cost_total", "kong_ai_llm_tokens_total", "ai_proxy_llm_cost_unknown_total"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}

#[test]
fn a_cost_that_nobody_knows_is_counted_as_such() {
    let metrics = Metrics::default();
    let told = Told::default();
    let unknown = || Ai { cost: Cost::Unknown, price_source: PriceSource::Unknown, ..ai(&told) };
    // Whether a plugin wants the rest or not.
    observe(&metrics, &record(unknown(), None), Counted::WITHOUT_PLUGIN);
    observe(&metrics, &record(unknown(), None), Counted::NONE);
    assert!(requests(&metrics).is_empty());
    observe(&metrics, &record(unknown(), None), WANTED);
    observe(&metrics, &record(ai(&told), None), WANTED);
    observe(&metrics, &record(Ai { statistics: false, ..unknown() }, None), WANTED);
    let unknown = samples(&metrics, "ai_proxy_llm_cost_unknown_total{");
    assert_eq!(unknown, ["ai_provider=\"openai\",ai_model=\"gpt-4o\"} 3"]);
    assert_eq!(requests(&metrics), ["gpt-4o/stream/ 2"]);
    let cost = samples(&metrics, "kong_ai_llm_cost_total{");
    assert!(cost.len() == 1 && cost[0].ends_with("} 0.001"), "{cost:?}");
}

#[test]
fn nothing_is_counted_that_nobody_wants() {
    let metrics = Metrics::default();
    let told = Told::default();
    observe(&metrics, &record(ai(&told), None), Counted::NONE);
    observe(&metrics, &record(ai(&told), None), Counted::WITHOUT_PLUGIN);
    observe(&metrics, &record(Ai { statistics: false, ..ai(&told) }, None), WANTED);
    observe(&metrics, &Record { ai: None, ..record(ai(&told), None) }, WANTED);
    let text = metrics.render(true);
    assert!(!text.contains("ai_llm"), "{text}");
    // Consumers are told apart where that is wanted only.
    observe(&metrics, &record(ai(&told), Some(&named("ann"))), WANTED);
    assert_eq!(requests(&metrics), ["gpt-4o/stream/ 1"]);
}

#[test]
fn callers_cannot_take_the_room_of_configured_models() {
    let metrics = small(10, 2, 100);
    let told = Told::default();
    let chosen = |name| Ai { request_model: Some(name), model_is_configured: false, ..ai(&told) };
    for name in ["a", "b", "c", "d", "a"] {
        observe(&metrics, &record(chosen(name), None), WANTED);
    }
    observe(&metrics, &record(ai(&told), None), WANTED);
    assert_eq!(requests(&metrics), ["a/stream/ 2", "b/stream/ 1", "gpt-4o/stream/ 1", "other/stream/ 2"]);
    assert_eq!(metrics.models.overflows(), (2, 0));
    // A configured name is one, whoever says it.
    observe(&metrics, &record(chosen("gpt-4o"), None), WANTED);
    assert!(requests(&metrics).contains(&"gpt-4o/stream/ 2".to_owned()));
}

#[test]
fn label_sets_above_the_cap_are_counted_together() {
    let metrics = small(10, 10, 3);
    let told = Told::default();
    for consumer in ["x", "y", "z", "w", "v", "x"] {
        observe(&metrics, &record(ai(&told), Some(&named(consumer))), PER_CONSUMER);
    }
    observe(&metrics, &record(ai(&told), None), WANTED);
    observe(&metrics, &record(Ai { mode: Mode::Oneshot, ..ai(&told) }, Some(&named("x"))), PER_CONSUMER);
    let expected = [
        "gpt-4o/stream/x 2",
        "gpt-4o/stream/y 1",
        "gpt-4o/stream/z 1",
        "other/oneshot/other 1",
        "other/stream/ 1",
        "other/stream/other 2",
    ];
    assert_eq!(requests(&metrics), expected);
    assert_eq!(metrics.models.overflows(), (0, 4));
    let cap = samples(&metrics, "ai_proxy_label_overflows_total{cap=\"model_sets\"} ");
    assert_eq!(cap, ["4"]);
}

#[test]
fn whatever_callers_name_there_is_an_end_to_it() {
    let metrics = small(50, 20, 30);
    let told = Told::default();
    for index in 0..1000 {
        let (model, consumer) = (format!("m{index}"), format!("c{}", index % 7));
        for provider in ["openai", "anthropic"] {
            let ai = Ai {
                provider,
                request_model: Some(&model),
                model_is_configured: index % 3 == 0,
                mode: if index % 2 == 0 { Mode::Stream } else { Mode::Oneshot },
                ..ai(&told)
            };
            observe(&metrics, &record(ai, Some(&named(&consumer))), PER_CONSUMER);
        }
    }
    let found = requests(&metrics);
    // The cap, and of each of two providers what stands for the rest: in two modes.
    assert!(found.len() <= 30 + 4, "{}", found.len());
    let total: u64 = found.iter().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(total, 2000);
}

#[test]
fn long_names_are_cut() {
    let metrics = Metrics::default();
    let told = Told::default();
    let name = "é".repeat(10_000);
    observe(&metrics, &record(Ai { request_model: Some(&name), ..ai(&told) }, None), WANTED);
    let name = "é".repeat(MAX_NAME / 2);
    assert_eq!(requests(&metrics), [format!("{name}/stream/ 1")]);
}

#[test]
fn a_model_that_nobody_names_is_unspecified() {
    let metrics = Metrics::default();
    let told = Told::default();
    observe(&metrics, &record(Ai { request_model: None, ..ai(&told) }, None), WANTED);
    assert_eq!(requests(&metrics), ["UNSPECIFIED/stream/ 1"]);
}

#[test]
fn requests_from_many_threads_are_all_there() {
    let metrics = small(8, 8, 20);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let metrics = &metrics;
            scope.spawn(move || {
                let told = Told::default();
                for index in 0..500 {
                    let model = format!("m{}", (index + thread) % 20);
                    let consumer = format!("c{}", index % 5);
                    let ai = Ai { request_model: Some(&model), ..ai(&told) };
                    observe(metrics, &record(ai, Some(&named(&consumer))), PER_CONSUMER);
                }
            });
        }
    });
    let found = requests(&metrics);
    let total: u64 = found.iter().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(total, 2000, "{found:?}");
}
