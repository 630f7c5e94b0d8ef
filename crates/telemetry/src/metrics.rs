//! Counters, gauges and histograms of the process, and their text exposition.
//!
//! A request touches them through handles that were looked up when the configuration was loaded. They live
//! beside the configuration, so a reload keeps the counts.

mod budget;
mod counted;
mod exposition;
mod histogram;
mod models;
mod process;
mod route;
mod writer;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::names::{self, label};
use crate::record::Record;
use budget::Budget;
pub use counted::Counted;
use exposition::Exposition;
pub use histogram::Histogram;
use models::ModelMetrics;
pub use route::RouteMetrics;
pub use writer::WriterMetrics;

/// Content type of an exposition.
pub const EXPOSITION_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that grows and shrinks.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Adds one for as long as the returned value lives.
    pub fn hold(self: &Arc<Self>) -> GaugeHold {
        self.0.fetch_add(1, Ordering::Relaxed);
        GaugeHold(Arc::clone(self))
    }

    pub fn add(&self, amount: i64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One unit of a [`Gauge`], given back when dropped.
#[derive(Debug)]
pub struct GaugeHold(Arc<Gauge>);

impl Drop for GaugeHold {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How loading the configuration went.
#[derive(Debug, Default)]
pub struct ReloadMetrics {
    successes: Counter,
    failures: Counter,
    last_success: AtomicU64,
    successful: AtomicBool,
}

impl ReloadMetrics {
    /// `now`: seconds of the epoch.
    pub fn succeeded(&self, now: u64) {
        self.successes.add(1);
        self.last_success.store(now, Ordering::Relaxed);
        self.successful.store(true, Ordering::Relaxed);
    }

    pub fn failed(&self) {
        self.failures.add(1);
        self.successful.store(false, Ordering::Relaxed);
    }

    /// Whether the last attempt succeeded, and when the last success was (seconds of the epoch, 0 for never).
    pub fn state(&self) -> (bool, u64) {
        (self.successful.load(Ordering::Relaxed), self.last_success.load(Ordering::Relaxed))
    }
}

/// How fetching for cloud identities went: successes and failures, a pair for each of the kinds.
#[derive(Debug, Default)]
pub struct IdentityMetrics([(Counter, Counter); names::IDENTITY_KINDS.len()]);

impl IdentityMetrics {
    /// Counts a fetch. A kind that is not one of [`names::IDENTITY_KINDS`] is not counted.
    pub fn count(&self, kind: &str, succeeded: bool) {
        let mut pairs = names::IDENTITY_KINDS.iter().zip(&self.0);
        if let Some((_, (successes, failures))) = pairs.find(|(known, _)| **known == kind) {
            if succeeded { successes.add(1) } else { failures.add(1) }
        }
    }
}

/// What to export.
#[derive(Debug, Clone)]
pub struct MetricsOptions {
    /// Version of the product, for the build information.
    pub version: &'static str,
    /// What tells this process from others.
    pub node: Box<str>,
    /// Routes that are told apart over the life of the process; later ones are counted together as `other`.
    pub max_routes: usize,
    /// The same for pairs of a route and a consumer.
    pub max_consumers: usize,
    /// The same for models.
    pub max_models: usize,
    /// Of these, models whose names callers chose.
    pub max_chosen_models: usize,
    /// The same for label sets of models: model, mode and consumer.
    pub max_model_sets: usize,
}

impl Default for MetricsOptions {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            node: "".into(),
            max_routes: 5_000,
            max_consumers: 10_000,
            max_models: 2_000,
            max_chosen_models: 500,
            max_model_sets: 5_000,
        }
    }
}

/// Sinks of plugins that are told apart over the life of the process.
const MAX_SINKS: usize = 1_000;

/// All metrics of the process.
#[derive(Debug)]
pub struct Metrics {
    options: MetricsOptions,
    routes: RwLock<BTreeMap<RouteKey, Arc<RouteMetrics>>>,
    routes_left: Budget,
    consumers_left: Arc<Budget>,
    /// Requests that matched no route, with empty labels.
    unmatched: Arc<RouteMetrics>,
    other: Arc<RouteMetrics>,
    models: ModelMetrics,
    pub in_flight: Arc<Gauge>,
    pub client_connections: Arc<Gauge>,
    pub upstream_connections: Arc<Gauge>,
    pub upstream_opened: Counter,
    pub upstream_reused: Counter,
    pub identities: IdentityMetrics,
    /// The process's own log of records.
    pub writer: Arc<WriterMetrics>,
    /// Files and servers of plugins, by label.
    sinks: RwLock<BTreeMap<Box<str>, Arc<WriterMetrics>>>,
    pub reloads: ReloadMetrics,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RouteKey {
    service: Box<str>,
    route: Box<str>,
}

impl Metrics {
    pub fn new(options: MetricsOptions) -> Self {
        let consumers_left = Arc::new(Budget::new(options.max_consumers));
        let route = || Arc::new(RouteMetrics::new(Arc::clone(&consumers_left)));
        Self {
            routes: RwLock::default(),
            routes_left: Budget::new(options.max_routes),
            unmatched: route(),
            other: route(),
            models: ModelMetrics::new(&options),
            options,
            consumers_left,
            in_flight: Arc::default(),
            client_connections: Arc::default(),
            upstream_connections: Arc::default(),
            upstream_opened: Counter::default(),
            upstream_reused: Counter::default(),
            identities: IdentityMetrics::default(),
            writer: Arc::default(),
            sinks: RwLock::default(),
            reloads: ReloadMetrics::default(),
        }
    }

    /// The handle of a route, to be looked up when a configuration is loaded. The labels are names, or ids
    /// where there is no name; a route without service has an empty `service`.
    pub fn route(&self, service: &str, route: &str) -> Arc<RouteMetrics> {
        let key = RouteKey { service: service.into(), route: route.into() };
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = routes.get(&key) {
            return Arc::clone(known);
        }
        if !self.routes_left.take() {
            return Arc::clone(&self.other);
        }
        let created = RouteMetrics::new(Arc::clone(&self.consumers_left));
        Arc::clone(routes.entry(key).or_insert(Arc::new(created)))
    }

    /// The handle for requests that matched no route.
    pub fn unmatched(&self) -> &Arc<RouteMetrics> {
        &self.unmatched
    }

    /// The handle of a file or server that a plugin writes records to. Counts outlive a change of
    /// configuration; above the cap sinks are counted together as `other`.
    pub fn sink(&self, name: &str) -> Arc<WriterMetrics> {
        let mut sinks = self.sinks.write().unwrap_or_else(PoisonError::into_inner);
        let known = sinks.contains_key(name) || sinks.len() < MAX_SINKS;
        let name = if known { name } else { label::OTHER };
        let sink = sinks.entry(name.into()).or_insert_with(|| Arc::new(WriterMetrics::new(name)));
        Arc::clone(sink)
    }

    /// Counts a request that has ended, of this route, wherever it is to be counted.
    pub fn observe(&self, route: &RouteMetrics, record: &Record<'_>, counted: Counted) {
        route.observe(record, counted);
        self.models.observe(record, counted);
    }

    /// The whole exposition, in the Prometheus text format 0.0.4. `plugin`: a `prometheus` plugin is configured, so
    /// values are in Kong's words too.
    pub fn render(&self, plugin: bool) -> String {
        let mut out = Exposition::default();
        self.render_routes(&mut out, plugin);
        self.models.render(&mut out);
        self.render_overflows(&mut out);
        if plugin {
            out.family(&names::NODE_INFO);
            out.sample(&names::NODE_INFO, &[&*self.options.node, self.options.version], 1);
        }
        self.render_gateway(&mut out);
        process::render(&mut out);
        out.into_text()
    }

    fn render_routes(&self, out: &mut Exposition, plugin: bool) {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<(&str, &str, &RouteMetrics)> =
            routes.iter().map(|(key, route)| (&*key.service, &*key.route, &**route)).collect();
        all.push(("", "", &self.unmatched));
        all.push((label::OTHER, label::OTHER, &self.other));
        all.retain(|(_, _, route)| route.is_used());
        route::render(out, &all, plugin);
    }

    fn render_overflows(&self, out: &mut Exposition) {
        let (models, sets) = self.models.overflows();
        let overflows = [self.other.requests(), self.consumers_left.overflows.value(), models, sets];
        out.family(&names::OVERFLOWS);
        for (cap, requests) in names::CAPS.iter().zip(overflows) {
            out.sample(&names::OVERFLOWS, &[cap], requests);
        }
    }

    fn render_gateway(&self, out: &mut Exposition) {
        out.single(&names::IN_FLIGHT, self.in_flight.value());
        out.single(&names::CLIENT_CONNECTIONS, self.client_connections.value());
        out.single(&names::UPSTREAM_CONNECTIONS, self.upstream_connections.value());
        out.family(&names::UPSTREAM_SENDS);
        out.sample(&names::UPSTREAM_SENDS, &["opened"], self.upstream_opened.value());
        out.sample(&names::UPSTREAM_SENDS, &["reused"], self.upstream_reused.value());
        out.family(&names::IDENTITY_FETCHES);
        for (kind, (successes, failures)) in names::IDENTITY_KINDS.iter().zip(&self.identities.0) {
            out.sample(&names::IDENTITY_FETCHES, &[kind, "success"], successes.value());
            out.sample(&names::IDENTITY_FETCHES, &[kind, "failure"], failures.value());
        }
        out.single(&names::RECORDS, self.writer.written.value());
        out.family(&names::RECORD_DROPS);
        for (reason, drops) in [
            ("full", &self.writer.dropped_full),
            ("closed", &self.writer.dropped_closed),
            ("failed", &self.writer.dropped_failed),
        ] {
            out.sample(&names::RECORD_DROPS, &[reason], drops.value());
        }
        let sinks = self.sinks.read().unwrap_or_else(PoisonError::into_inner);
        writer::render(out, &sinks.values().map(|sink| &**sink).collect::<Vec<_>>());
        drop(sinks);
        out.family(&names::RELOADS);
        out.sample(&names::RELOADS, &["success"], self.reloads.successes.value());
        out.sample(&names::RELOADS, &["failure"], self.reloads.failures.value());
        let (successful, last_success) = self.reloads.state();
        out.single(&names::RELOAD_TIME, last_success);
        out.single(&names::RELOAD_STATE, u8::from(successful));
        out.family(&names::BUILD);
        out.sample(&names::BUILD, &[self.options.version], 1);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(MetricsOptions::default())
    }
}

#[cfg(test)]
mod tests;
