//! `prometheus`.

use super::Builder;
use crate::view::View;
use crate::{PluginConfig, Prometheus};

#[allow(clippy::unnecessary_wraps)] // The shape that every plugin has.
pub(crate) fn prometheus(builder: &mut Builder<'_>, view: &View<'_>, enabled: bool) -> Option<PluginConfig> {
    if enabled && view.boolean("upstream_health_metrics") {
        let place = view.spot("upstream_health_metrics");
        builder.warning(place.place(), "has no effect: the gateway has no upstreams whose health it watches");
    }
    Some(PluginConfig::Prometheus(Box::new(Prometheus {
        ai_metrics: view.boolean("ai_metrics"),
        status_code_metrics: view.boolean("status_code_metrics"),
        latency_metrics: view.boolean("latency_metrics"),
        bandwidth_metrics: view.boolean("bandwidth_metrics"),
        upstream_health_metrics: view.boolean("upstream_health_metrics"),
        per_consumer: view.boolean("per_consumer"),
    })))
}
