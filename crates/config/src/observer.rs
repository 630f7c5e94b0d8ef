//! The checked configuration of the plugins that only look on: `file-log`, `http-log`, `prometheus`, `opentelemetry`.

use std::time::Duration;

use auth::Secret;

/// `file-log`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileLog {
    pub path: Box<str>,
    /// The file is opened anew for each write.
    pub reopen: bool,
}

/// Where logs, spans or metrics are sent to.
#[derive(PartialEq, Eq)]
pub struct Collector {
    pub tls: bool,
    /// Speaks gRPC, over HTTP/2; else plain requests over HTTP/1.1.
    pub grpc: bool,
    /// Lower case; an IPv6 address without its brackets.
    pub host: Box<str>,
    pub port: u16,
    /// Host and port as the URL gives them, without user and password.
    pub authority: Box<str>,
    /// Path and query, which may hold a token.
    pub target: Secret,
    /// Value of an `Authorization` header, made of the user and the password in the URL.
    pub authorization: Option<Secret>,
}

/// What waits before it is sent, and how often it is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Entries of one request; at least 1.
    pub max_batch_size: usize,
    /// How long the first entry of a batch waits for others.
    pub max_coalescing_delay: Duration,
    pub max_entries: usize,
    pub max_bytes: usize,
    pub initial_retry_delay: Duration,
    /// Since the first attempt; none for no retry.
    pub max_retry_time: Option<Duration>,
    pub max_retry_delay: Duration,
    /// Several requests at a time, each with one entry (Kong's `concurrency_limit: -1`).
    pub concurrent: bool,
}

/// Headers to send, as they were written.
pub type SentHeaders = Vec<(Box<str>, Secret)>;

/// `http-log`.
#[derive(PartialEq, Eq)]
pub struct HttpLog {
    pub collector: Collector,
    /// `POST`, `PUT` or `PATCH`.
    pub method: Box<str>,
    pub content_type: Box<str>,
    /// To connect, and from there to the answer.
    pub timeout: Duration,
    /// Neither `Host` nor `Content-*`.
    pub headers: SentHeaders,
    pub verify: bool,
    pub queue: Queue,
}

/// `prometheus`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // They are Kong's switches.
pub struct Prometheus {
    pub ai_metrics: bool,
    pub status_code_metrics: bool,
    pub latency_metrics: bool,
    pub bandwidth_metrics: bool,
    pub upstream_health_metrics: bool,
    pub per_consumer: bool,
}

/// `opentelemetry`.
#[derive(PartialEq)]
pub struct OpenTelemetry {
    /// At least one of the four is there: traces, the gateway's own log, records of requests, metrics.
    pub traces: Option<Collector>,
    pub logs: Option<Collector>,
    pub access_logs: Option<Collector>,
    pub metrics: Option<PushedMetrics>,
    pub headers: SentHeaders,
    /// In the order of the file.
    pub resource_attributes: Vec<(Box<str>, Box<str>)>,
    pub propagation: Propagation,
    /// Header of answers with the trace's id.
    pub trace_id_header: Option<Box<str>>,
    /// From 0 to 1.
    pub sampling_rate: Option<f64>,
    pub sampling: SamplingStrategy,
    pub queue: Queue,
    pub connect_timeout: Duration,
    pub send_timeout: Duration,
    pub read_timeout: Duration,
}

/// `metrics` of `opentelemetry`, where it has an endpoint.
#[derive(PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // They are Kong's switches.
pub struct PushedMetrics {
    pub collector: Collector,
    pub push_interval: Duration,
    pub ai: bool,
    pub latency: bool,
    pub request: bool,
    pub bandwidth: bool,
    pub consumer_attribute: bool,
    pub upstream_health: bool,
}

/// Kong's `sampling_strategy`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SamplingStrategy {
    /// The caller's flag counts where it says no; else the rate decides.
    #[default]
    ParentDrop,
    /// The caller's flag counts; without one the rate decides.
    Parent,
}

/// Headers in which a trace is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceFormat {
    Aws,
    B3,
    B3Single,
    Datadog,
    Gcp,
    Instana,
    Jaeger,
    Ot,
    W3c,
}

impl TraceFormat {
    pub const ALL: [Self; 9] = [
        Self::Aws,
        Self::B3,
        Self::B3Single,
        Self::Datadog,
        Self::Gcp,
        Self::Instana,
        Self::Jaeger,
        Self::Ot,
        Self::W3c,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::B3 => "b3",
            Self::B3Single => "b3-single",
            Self::Datadog => "datadog",
            Self::Gcp => "gcp",
            Self::Instana => "instana",
            Self::Jaeger => "jaeger",
            Self::Ot => "ot",
            Self::W3c => "w3c",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// What is written to the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Injected {
    /// The format that was read, else the default one.
    Preserve,
    Format(TraceFormat),
}

/// How a trace goes in and out; `header_type` is resolved into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagation {
    /// The first that is found counts; without any no caller's trace is continued. [`TraceFormat::B3`] reads
    /// both of its forms.
    pub extract: Vec<TraceFormat>,
    /// All of these are written.
    pub inject: Vec<Injected>,
    /// Lower case names of headers that go no further.
    pub clear: Vec<Box<str>>,
    pub default_format: TraceFormat,
}
