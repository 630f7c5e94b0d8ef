//! Configuration of `opentelemetry` (Kong 3.15: `kong/plugins/opentelemetry/schema.lua` and the reference of its
//! plugins).

use super::queue::SPANS;
use super::{Field, Kind, MAX_INTEGER, Note, Record, boolean, choice, integer, number, record, word};

const EXTRACTED: &[&str] = &["aws", "b3", "datadog", "gcp", "instana", "jaeger", "ot", "w3c"];
const INJECTED: &[&str] =
    &["aws", "b3", "b3-single", "datadog", "gcp", "instana", "jaeger", "ot", "preserve", "w3c"];
const FORMATS: &[&str] = &["aws", "b3", "b3-single", "datadog", "gcp", "instana", "jaeger", "ot", "w3c"];
const HEADER_TYPES: &[&str] =
    &["aws", "b3", "b3-single", "datadog", "gcp", "ignore", "instana", "jaeger", "ot", "preserve", "w3c"];

pub(crate) static OPENTELEMETRY: Record = Record {
    title: "opentelemetry",
    doc: "Sends traces, metrics and records of requests to a collector by OTLP: protocol buffers over HTTP, or gRPC where the \
          URL begins with `grpc://` or `grpcs://`.",
    entity: false,
    fields: &[
        word("traces_endpoint", "URL that traces are sent to.").secret(),
        word("endpoint", "URL that traces are sent to.")
            .secret()
            .note(Note::Deprecated("write 'traces_endpoint'")),
        word("logs_endpoint", "URL that the gateway's own log is sent to.").secret(),
        record("access_logs", &ACCESS_LOGS, "Records of requests as logs."),
        record("metrics", &METRICS, "Metrics that are pushed."),
        Field::new("headers", Kind::Map(&Kind::Text(0)), "Headers to send besides, such as a token.")
            .secret(),
        Field::new(
            "resource_attributes",
            Kind::Map(&Kind::Text(1)),
            "Attributes of the resource, such as `service.name`.",
        ),
        record("propagation", &PROPAGATION, "Which headers carry the trace, in and out."),
        choice(
            "header_type",
            HEADER_TYPES,
            "Headers that carry the trace, where `propagation` says nothing.",
        )
        .note(Note::Deprecated("write 'propagation'")),
        word("http_response_header_for_traceid", "Header of answers that tells callers the trace's id."),
        number(
            "sampling_rate",
            Some(0.0),
            Some(1.0),
            "Share of the requests that are traced. All where absent.",
        ),
        choice(
            "sampling_strategy",
            &["parent_drop_probability_fallback", "parent_probability_fallback"],
            "Whether a caller's sampling flag counts only where it says no, or always.",
        )
        .or("\"parent_drop_probability_fallback\""),
        record("queue", &SPANS, "What waits before it is sent."),
        integer("batch_span_count", 1, 1_000_000, "Spans a request.")
            .note(Note::Deprecated("write 'queue.max_batch_size'")),
        integer("batch_flush_delay", 0, 3600, "Seconds that a span waits for others.")
            .note(Note::Deprecated("write 'queue.max_coalescing_delay'")),
        integer("connect_timeout", 0, MAX_INTEGER, "Milliseconds to connect; 0 is a minute.").or("1000"),
        integer("send_timeout", 0, MAX_INTEGER, "Milliseconds between two writes; 0 is a minute.").or("5000"),
        integer("read_timeout", 0, MAX_INTEGER, "Milliseconds between two reads; 0 is a minute.").or("5000"),
    ],
};

static ACCESS_LOGS: Record = Record {
    title: "opentelemetry access_logs",
    doc: "Records of requests as logs.",
    entity: false,
    fields: &[
        word("endpoint", "URL that records of requests are sent to.").secret(),
        Field::new("custom_attributes_by_lua", Kind::Map(&Kind::Text(0)), "Code for more attributes.").note(
            Note::Refused("this gateway runs no Lua: add or drop attributes where the records are collected"),
        ),
    ],
};

static METRICS: Record = Record {
    title: "opentelemetry metrics",
    doc: "Metrics that are pushed.",
    entity: false,
    fields: &[
        word("endpoint", "URL that metrics are sent to.").secret(),
        number("push_interval", Some(0.1), Some(86_400.0), "Seconds between two pushes.").or("60"),
        boolean("enable_ai_metrics", "Requests, tokens and cost by provider and model.").or("false"),
        boolean("enable_latency_metrics", "Latency.").or("false"),
        boolean("enable_request_metrics", "Requests by status; errors by type.").or("false"),
        boolean("enable_bandwidth_metrics", "Sizes of requests and answers.").or("false"),
        boolean("enable_consumer_attribute", "Whether consumers are told apart.").or("false"),
        boolean("enable_upstream_health_metrics", "Health of the targets of upstreams.").or("false"),
    ],
};

static PROPAGATION: Record = Record {
    title: "opentelemetry propagation",
    doc: "Which headers carry the trace, in and out. Where nothing but `default_format` is given, all formats are read and \
          the one that was found is written.",
    entity: false,
    fields: &[
        Field::new(
            "extract",
            Kind::List(&Kind::Choice(EXTRACTED), 0),
            "Formats that are read, the first found counts.",
        ),
        Field::new(
            "inject",
            Kind::List(&Kind::Choice(INJECTED), 0),
            "Formats that are written; `preserve` is the one that was read.",
        ),
        Field::new("clear", Kind::List(&Kind::Text(1), 0), "Headers that go no further."),
        choice("default_format", FORMATS, "What `preserve` writes where nothing was read.").or("\"w3c\""),
    ],
};
