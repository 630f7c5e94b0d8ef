//! The metrics of one route.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use model::{Usage, UsageSource};

use super::exposition::Exposition;
use super::{Budget, Counted, Counter, Histogram};
use crate::names::{self, label};
use crate::record::{Entity, Outcome, Record, ResponseSource, USAGE_PARTS, source_name, usage_parts};

/// Handle of one route's metrics. Cheap to use: a request takes one uncontended read lock and a dozen
/// relaxed additions.
#[derive(Debug)]
pub struct RouteMetrics {
    consumers_left: Arc<Budget>,
    /// By consumer; the key is empty where consumers are not told apart.
    series: RwLock<HashMap<Box<str>, Series>>,
    gateway: Histogram,
    upstream: Histogram,
    request: Histogram,
    outcomes: [Counter; Outcome::ALL.len()],
    reported: [Counter; USAGE_PARTS],
    estimated: [Counter; USAGE_PARTS],
}

/// What is told apart by consumer.
#[derive(Debug, Default)]
struct Series {
    /// Few: a route answers with a handful of codes.
    codes: Vec<(u16, ResponseSource, Counter)>,
    ingress: Counter,
    egress: Counter,
    /// Whether bytes were counted at all.
    weighed: AtomicBool,
}

impl Series {
    /// Whether the code had its counter; if not, nothing was counted.
    fn count(&self, record: &Record<'_>, counted: Counted) -> bool {
        if counted.status_codes {
            let code = (code_of(record), record.source);
            let known = self.codes.iter().find(|(known, from, _)| (*known, *from) == code);
            let Some((_, _, requests)) = known else {
                return false;
            };
            requests.add(1);
        }
        if counted.bandwidth {
            self.ingress.add(record.request_bytes);
            self.egress.add(record.response_bytes);
            if !self.weighed.load(Ordering::Relaxed) {
                self.weighed.store(true, Ordering::Relaxed);
            }
        }
        true
    }
}

fn code_of(record: &Record<'_>) -> u16 {
    match record.status {
        code @ 100..=599 => code,
        _ => OTHER_CODE,
    }
}

/// Not a code: stands for all that HTTP does not have.
const OTHER_CODE: u16 = 0;

impl RouteMetrics {
    pub(super) fn new(consumers_left: Arc<Budget>) -> Self {
        Self {
            consumers_left,
            series: RwLock::default(),
            gateway: Histogram::new(names::GATEWAY_LATENCY.bounds),
            upstream: Histogram::new(names::UPSTREAM_LATENCY.bounds),
            request: Histogram::new(names::REQUEST_LATENCY.bounds),
            outcomes: Default::default(),
            reported: Default::default(),
            estimated: Default::default(),
        }
    }

    pub(super) fn observe(&self, record: &Record<'_>, counted: Counted) {
        if counted.status_codes || counted.bandwidth {
            self.count(record, counted);
        }
        if counted.latencies {
            self.observe_latencies(record);
        }
        let index = Outcome::ALL.iter().position(|outcome| *outcome == record.outcome);
        if let Some(counter) = index.and_then(|index| self.outcomes.get(index)) {
            counter.add(1);
        }
        if let Some((usage, source)) = &record.usage {
            let counters = self.tokens(*source);
            for (counter, (_, tokens)) in counters.iter().zip(usage_parts(usage)) {
                counter.add(tokens);
            }
        }
    }

    fn observe_latencies(&self, record: &Record<'_>) {
        self.request.observe(record.latencies.total);
        self.gateway.observe(record.latencies.gateway);
        if let Some(latency) = record.latencies.upstream_first_byte {
            self.upstream.observe(latency);
        }
    }

    fn tokens(&self, source: UsageSource) -> &[Counter; USAGE_PARTS] {
        match source {
            UsageSource::Reported => &self.reported,
            UsageSource::Estimated => &self.estimated,
        }
    }

    fn count(&self, record: &Record<'_>, counted: Counted) {
        let consumer = match record.consumer {
            Some(consumer) if counted.per_consumer => Entity::label(consumer),
            _ => "",
        };
        {
            let all = self.series.read().unwrap_or_else(PoisonError::into_inner);
            match all.get(consumer) {
                Some(series) if series.count(record, counted) => return,
                None if !consumer.is_empty() && self.consumers_left.is_spent() => {
                    let others = all.get(label::OTHER);
                    if others.is_some_and(|others| others.count(record, counted)) {
                        self.consumers_left.overflows.add(1);
                        return;
                    }
                }
                _ => {}
            }
        }
        let mut all = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let known = consumer.is_empty() || all.contains_key(consumer) || self.consumers_left.take();
        let consumer = if known { consumer } else { label::OTHER };
        if !known {
            self.consumers_left.overflows.add(1);
        }
        let series = all.entry(consumer.into()).or_default();
        if !series.count(record, counted) {
            series.codes.push((code_of(record), record.source, Counter::default()));
            series.count(record, counted);
        }
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.outcomes.iter().map(Counter::value).sum()
    }

    pub(super) fn is_used(&self) -> bool {
        self.requests() > 0
    }
}

/// Writes the families that have a route among their labels.
pub fn render(out: &mut Exposition, routes: &[(&str, &str, &RouteMetrics)], plugin: bool) {
    render_requests(out, routes, if plugin { kong_source } else { ResponseSource::name });
    render_histogram(out, &names::GATEWAY_LATENCY, routes, |route| &route.gateway);
    render_histogram(out, &names::UPSTREAM_LATENCY, routes, |route| &route.upstream);
    render_histogram(out, &names::REQUEST_LATENCY, routes, |route| &route.request);
    render_bandwidth(out, routes);
    out.family(&names::OUTCOMES);
    for (service, name, route) in routes {
        for (outcome, requests) in Outcome::ALL.iter().zip(&route.outcomes) {
            if requests.value() > 0 {
                out.sample(&names::OUTCOMES, &[service, name, outcome.name()], requests.value());
            }
        }
    }
    render_tokens(out, routes);
}

/// Calls `visit` with each consumer of a route, in order of name.
fn each_consumer(route: &RouteMetrics, mut visit: impl FnMut(&str, &Series)) {
    let series = route.series.read().unwrap_or_else(PoisonError::into_inner);
    let mut sorted: Vec<_> = series.iter().collect();
    sorted.sort_unstable_by_key(|(consumer, _)| *consumer);
    for (consumer, series) in sorted {
        visit(consumer, series);
    }
}

/// Kong's words in this metric, which are not those of its records.
const fn kong_source(source: ResponseSource) -> &'static str {
    match source {
        ResponseSource::Upstream => "service",
        ResponseSource::Gateway => "kong",
    }
}

fn render_requests(
    out: &mut Exposition,
    routes: &[(&str, &str, &RouteMetrics)],
    word: fn(ResponseSource) -> &'static str,
) {
    out.family(&names::HTTP_REQUESTS);
    for (service, name, route) in routes {
        each_consumer(route, |consumer, series| {
            for (code, source, requests) in &series.codes {
                let mut number = itoa::Buffer::new();
                let code = match *code {
                    OTHER_CODE => label::OTHER,
                    code => number.format(code),
                };
                let values = [service, name, code, word(*source), consumer];
                out.sample(&names::HTTP_REQUESTS, &values, requests.value());
            }
        });
    }
}

fn render_bandwidth(out: &mut Exposition, routes: &[(&str, &str, &RouteMetrics)]) {
    out.family(&names::BANDWIDTH);
    for (service, name, route) in routes {
        each_consumer(route, |consumer, series| {
            if !series.weighed.load(Ordering::Relaxed) {
                return;
            }
            for (direction, bytes) in [("ingress", &series.ingress), ("egress", &series.egress)] {
                let values = [service, name, direction, consumer];
                out.sample(&names::BANDWIDTH, &values, bytes.value());
            }
        });
    }
}

fn render_histogram(
    out: &mut Exposition,
    metric: &names::MetricName,
    routes: &[(&str, &str, &RouteMetrics)],
    histogram: impl Fn(&RouteMetrics) -> &Histogram,
) {
    out.family(metric);
    for (service, name, route) in routes {
        if histogram(route).count() > 0 {
            histogram(route).render(out, metric, &[service, name]);
        }
    }
}

fn render_tokens(out: &mut Exposition, routes: &[(&str, &str, &RouteMetrics)]) {
    out.family(&names::TOKENS);
    for (service, name, route) in routes {
        for source in [UsageSource::Reported, UsageSource::Estimated] {
            for (counter, (kind, _)) in route.tokens(source).iter().zip(usage_parts(&Usage::default())) {
                if counter.value() > 0 {
                    let values = [service, name, kind, source_name(source)];
                    out.sample(&names::TOKENS, &values, counter.value());
                }
            }
        }
    }
}
