//! The metrics of one route.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use model::{Usage, UsageSource};

use super::exposition::Exposition;
use super::histogram::{GATEWAY_BOUNDS, REQUEST_BOUNDS};
use super::{Budget, Counter, Histogram};
use crate::names::{self, label};
use crate::record::{Entity, Outcome, Record, ResponseSource, USAGE_PARTS, source_name, usage_parts};

/// Handle of one route's metrics. Cheap to use: a request takes one uncontended read lock and a dozen
/// relaxed additions.
#[derive(Debug)]
pub struct RouteMetrics {
    per_consumer: bool,
    consumers_left: Arc<Budget>,
    /// By consumer; without `per_consumer` the one key is empty.
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
}

impl Series {
    /// Whether the code had its counter.
    fn count(&self, code: u16, source: ResponseSource, ingress: u64, egress: u64) -> bool {
        let known = self.codes.iter().find(|(known, from, _)| (*known, *from) == (code, source));
        let Some((_, _, requests)) = known else {
            return false;
        };
        requests.add(1);
        self.ingress.add(ingress);
        self.egress.add(egress);
        true
    }
}

/// Not a code: stands for all that HTTP does not have.
const OTHER_CODE: u16 = 0;

impl RouteMetrics {
    pub(super) fn new(per_consumer: bool, consumers_left: Arc<Budget>) -> Self {
        Self {
            per_consumer,
            consumers_left,
            series: RwLock::default(),
            gateway: Histogram::new(GATEWAY_BOUNDS),
            upstream: Histogram::new(REQUEST_BOUNDS),
            request: Histogram::new(REQUEST_BOUNDS),
            outcomes: Default::default(),
            reported: Default::default(),
            estimated: Default::default(),
        }
    }

    /// Counts a request that has ended.
    pub fn observe(&self, record: &Record<'_>) {
        self.count(record);
        self.observe_latencies(record);
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

    fn count(&self, record: &Record<'_>) {
        let consumer = match &record.consumer {
            Some(consumer) if self.per_consumer => Entity::label(consumer),
            _ => "",
        };
        let code = match record.status {
            code @ 100..=599 => code,
            _ => OTHER_CODE,
        };
        let (ingress, egress) = (record.request_bytes, record.response_bytes);
        let counted = |series: &Series| series.count(code, record.source, ingress, egress);
        {
            let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
            let overflow = || self.consumers_left.is_spent().then(|| series.get(label::OTHER));
            let found = series.get(consumer).or_else(|| overflow().flatten());
            if found.is_some_and(counted) {
                return;
            }
        }
        let mut all = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let known = consumer.is_empty() || all.contains_key(consumer) || self.consumers_left.take();
        let consumer = if known { consumer } else { label::OTHER };
        let series = all.entry(consumer.into()).or_default();
        if !counted(series) {
            series.codes.push((code, record.source, Counter::default()));
            counted(series);
        }
    }

    pub(super) fn is_used(&self) -> bool {
        self.request.count() > 0
    }
}

/// Writes the families that have a route among their labels.
pub fn render(out: &mut Exposition, routes: &[(&str, &str, &RouteMetrics)]) {
    render_requests(out, routes);
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

fn render_requests(out: &mut Exposition, routes: &[(&str, &str, &RouteMetrics)]) {
    out.family(&names::HTTP_REQUESTS);
    for (service, name, route) in routes {
        each_consumer(route, |consumer, series| {
            for (code, source, requests) in &series.codes {
                let mut number = itoa::Buffer::new();
                let code = match *code {
                    OTHER_CODE => label::OTHER,
                    code => number.format(code),
                };
                let values = [service, name, code, source.name(), consumer];
                out.sample(&names::HTTP_REQUESTS, &values, requests.value());
            }
        });
    }
}

fn render_bandwidth(out: &mut Exposition, routes: &[(&str, &str, &RouteMetrics)]) {
    out.family(&names::BANDWIDTH);
    for (service, name, route) in routes {
        each_consumer(route, |consumer, series| {
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
