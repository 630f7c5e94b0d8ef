//! `opentelemetry`.

use auth::is_token;

use super::Builder;
use super::collector::{OldNames, timeout};
use crate::problem::Place;
use crate::view::View;
use crate::{
    Collector, Injected, OpenTelemetry, PluginConfig, Propagation, PushedMetrics, SamplingStrategy,
    TraceFormat,
};

/// What is read where only a deprecated `header_type` says that something is, in Kong's order.
const EVERY_FORMAT: [TraceFormat; 8] = [
    TraceFormat::B3,
    TraceFormat::W3c,
    TraceFormat::Jaeger,
    TraceFormat::Ot,
    TraceFormat::Datadog,
    TraceFormat::Aws,
    TraceFormat::Gcp,
    TraceFormat::Instana,
];

#[allow(clippy::unnecessary_wraps)] // The shape that every plugin has.
pub(crate) fn opentelemetry(
    builder: &mut Builder<'_>,
    view: &View<'_>,
    _enabled: bool,
) -> Option<PluginConfig> {
    let traces = builder.traces(view);
    let logs = builder.otlp_collector(view, "logs_endpoint");
    let access_logs = builder.otlp_collector(&view.below("access_logs"), "endpoint");
    let metrics = builder.pushed_metrics(&view.below("metrics"));
    let given = ["traces_endpoint", "endpoint", "logs_endpoint"].iter().any(|name| view.has(name))
        || ["access_logs", "metrics"].iter().any(|name| view.below(name).has("endpoint"));
    if !given {
        let message = "at least one of these fields must be set: 'traces_endpoint', 'logs_endpoint', \
                       'metrics.endpoint', 'access_logs.endpoint'";
        builder.error(view.spot("traces_endpoint").place(), message);
    }
    if logs.is_some() {
        builder.without_effect("logs_endpoint of opentelemetry", view.spot("logs_endpoint").place());
    }
    let trace_id_header = view.text("http_response_header_for_traceid");
    if trace_id_header.is_some_and(|name| !name.is_empty() && !is_token(name)) {
        builder.error(view.spot("http_response_header_for_traceid").place(), "is not a header name");
    }
    let old = OldNames { batch: ("batch_span_count", 200.0), delay: ("batch_flush_delay", 3.0) };
    Some(PluginConfig::OpenTelemetry(Box::new(OpenTelemetry {
        traces,
        logs,
        access_logs,
        metrics,
        headers: builder.sent_headers(view, &["content-type"]),
        resource_attributes: builder.attributes(view),
        propagation: builder.propagation(view),
        trace_id_header: trace_id_header.map(Into::into),
        sampling_rate: view.float("sampling_rate"),
        sampling: match view.text("sampling_strategy") {
            Some("parent_probability_fallback") => SamplingStrategy::Parent,
            _ => SamplingStrategy::ParentDrop,
        },
        queue: Builder::queue(view, &old),
        connect_timeout: timeout(view, "connect_timeout"),
        send_timeout: timeout(view, "send_timeout"),
        read_timeout: timeout(view, "read_timeout"),
    })))
}

impl Builder<'_> {
    /// `traces_endpoint`, or `endpoint` as it was called before.
    fn traces(&mut self, view: &View<'_>) -> Option<Collector> {
        let old = self.otlp_collector(view, "endpoint");
        let new = self.otlp_collector(view, "traces_endpoint");
        if view.has("traces_endpoint") && view.has("endpoint") && old != new {
            let message = "is another URL than 'traces_endpoint', whose old name it is";
            self.error(view.spot("endpoint").place(), message);
        }
        new.or(old)
    }

    fn pushed_metrics(&mut self, view: &View<'_>) -> Option<PushedMetrics> {
        Some(PushedMetrics {
            collector: self.otlp_collector(view, "endpoint")?,
            push_interval: view.seconds("push_interval").unwrap_or_default(),
            ai: view.boolean("enable_ai_metrics"),
            latency: view.boolean("enable_latency_metrics"),
            request: view.boolean("enable_request_metrics"),
            bandwidth: view.boolean("enable_bandwidth_metrics"),
            consumer_attribute: view.boolean("enable_consumer_attribute"),
            upstream_health: view.boolean("enable_upstream_health_metrics"),
        })
    }

    fn attributes(&self, view: &View<'_>) -> Vec<(Box<str>, Box<str>)> {
        let members = view.members("resource_attributes").iter();
        members
            .filter_map(|member| {
                Some((self.tree.key(*member)?.into(), self.tree.scalar(*member)?.text.clone()))
            })
            .collect()
    }

    /// As Kong resolves it: `header_type` counts where `propagation` has nothing but a default format.
    fn propagation(&mut self, view: &View<'_>) -> Propagation {
        let given = view.below("propagation");
        for item in given.items("clear") {
            let name = self.tree.scalar(*item).map_or("", |scalar| &*scalar.text);
            if !name.is_empty() && !is_token(name) {
                self.error(Place::Value(*item), "is not a header name");
            }
        }
        let format = |name: &&str| TraceFormat::from_name(name);
        let default_format =
            given.text("default_format").as_ref().and_then(format).unwrap_or(TraceFormat::W3c);
        let injected = |name: &&str| match *name {
            "preserve" => Some(Injected::Preserve),
            name => TraceFormat::from_name(name).map(Injected::Format),
        };
        if ["extract", "inject", "clear"].iter().any(|name| given.has(name)) {
            return Propagation {
                extract: given.texts("extract").iter().filter_map(format).collect(),
                inject: given.texts("inject").iter().filter_map(injected).collect(),
                clear: given.texts("clear").iter().map(|name| name.to_ascii_lowercase().into()).collect(),
                default_format,
            };
        }
        let header_type = view.text("header_type").unwrap_or("preserve");
        let (extract, inject) = match header_type {
            "ignore" => (Vec::new(), vec![Injected::Format(default_format)]),
            "preserve" => (EVERY_FORMAT.to_vec(), vec![Injected::Preserve]),
            name => {
                let also = TraceFormat::from_name(name).map(Injected::Format);
                (EVERY_FORMAT.to_vec(), [Injected::Preserve].into_iter().chain(also).collect())
            }
        };
        Propagation { extract, inject, clear: Vec::new(), default_format }
    }
}
