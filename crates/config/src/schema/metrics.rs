//! Configuration of `prometheus` (Kong 3.15: `kong/plugins/prometheus/schema.lua`).

use super::{Note, Record, boolean};

pub(crate) static PROMETHEUS: Record = Record {
    title: "prometheus",
    doc: "Which of Kong's metrics count a request. Without any instance, requests are counted by status, latency and bytes; \
          with one, requests that no instance applies to are not. [metrics.md](metrics.md) lists them all.",
    entity: false,
    fields: &[
        boolean(
            "ai_metrics",
            "Requests, tokens, cost and latency by provider and model, for targets with `log_statistics`.",
        )
        .or("false"),
        boolean("status_code_metrics", "Requests by status code.").or("false"),
        boolean("latency_metrics", "Latency of the gateway, of upstreams and of both.").or("false"),
        boolean("bandwidth_metrics", "Bytes in and out.").or("false"),
        boolean(
            "upstream_health_metrics",
            "Health of the targets of upstreams, which this gateway does not have yet.",
        )
        .or("false"),
        boolean("per_consumer", "Whether consumers are told apart.").or("false"),
        boolean("wasm_metrics", "Metrics of Wasm filters, which this gateway does not have.")
            .or("false")
            .note(Note::Ignored),
    ],
};
