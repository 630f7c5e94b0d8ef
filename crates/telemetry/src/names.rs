//! Every metric and every label of the exposition. Names that Kong has are Kong's.

/// What a metric's samples mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

impl MetricKind {
    /// The word of the `# TYPE` line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One metric: what the exposition and the documentation say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricName {
    pub name: &'static str,
    pub kind: MetricKind,
    /// In the order of the exposition.
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

/// Labels. Their values come from the configuration or from closed sets.
pub mod label {
    pub const SERVICE: &str = "service";
    pub const ROUTE: &str = "route";
    pub const CODE: &str = "code";
    pub const SOURCE: &str = "source";
    pub const CONSUMER: &str = "consumer";
    pub const DIRECTION: &str = "direction";
    pub const OUTCOME: &str = "outcome";
    pub const KIND: &str = "kind";
    pub const REASON: &str = "reason";
    pub const RESULT: &str = "result";
    pub const SINK: &str = "sink";
    pub const STATE: &str = "state";
    pub const VERSION: &str = "version";
    /// Upper bound of a histogram's bucket.
    pub const BOUND: &str = "le";

    /// Value that stands for everything above the cap on label values.
    pub const OTHER: &str = "other";
}

/// Kinds of cloud identities: the values of the label of [`IDENTITY_FETCHES`].
pub const IDENTITY_KINDS: [&str; 7] = [
    "aws_keys",
    "aws_role",
    "azure_client",
    "azure_workload",
    "azure_managed",
    "google_service_account",
    "google_machine",
];

const PER_ROUTE: &[&str] = &[label::SERVICE, label::ROUTE];

macro_rules! metrics {
    ($($ident:ident = $name:literal, $kind:ident, $labels:expr, $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $ident: MetricName = MetricName {
                name: $name,
                kind: MetricKind::$kind,
                labels: $labels,
                help: $help,
            };
        )+

        /// Every metric, in the order of the exposition.
        pub const ALL: &[MetricName] = &[$($ident),+];
    };
}

metrics! {
    HTTP_REQUESTS = "kong_http_requests_total", Counter,
        &[label::SERVICE, label::ROUTE, label::CODE, label::SOURCE, label::CONSUMER],
        "Requests by status code, and by who made the answer: upstream or gateway.";
    GATEWAY_LATENCY = "kong_kong_latency_ms", Histogram, PER_ROUTE,
        "Time spent in the gateway itself, in milliseconds.";
    UPSTREAM_LATENCY = "kong_upstream_latency_ms", Histogram, PER_ROUTE,
        "Time until the first byte of the upstream's answer, in milliseconds.";
    REQUEST_LATENCY = "kong_request_latency_ms", Histogram, PER_ROUTE,
        "Time from the first byte of the request to the last byte of the answer, in milliseconds.";
    BANDWIDTH = "kong_bandwidth_bytes", Counter,
        &[label::SERVICE, label::ROUTE, label::DIRECTION, label::CONSUMER],
        "Bytes of request bodies (ingress) and of response bodies (egress).";
    OUTCOMES = "ai_proxy_requests_total", Counter,
        &[label::SERVICE, label::ROUTE, label::OUTCOME],
        "Requests by how they ended.";
    TOKENS = "ai_proxy_tokens_total", Counter,
        &[label::SERVICE, label::ROUTE, label::KIND, label::SOURCE],
        "Tokens by kind, reported by the provider or estimated by the gateway.";
    IN_FLIGHT = "ai_proxy_requests_in_flight", Gauge, &[],
        "Requests that have begun and not ended.";
    CLIENT_CONNECTIONS = "ai_proxy_client_connections", Gauge, &[],
        "Open connections of clients.";
    UPSTREAM_CONNECTIONS = "ai_proxy_upstream_connections", Gauge, &[],
        "Open connections to upstreams.";
    UPSTREAM_SENDS = "ai_proxy_upstream_connection_uses_total", Counter, &[label::STATE],
        "Upstream requests by connection: opened for it, or reused.";
    IDENTITY_FETCHES = "ai_proxy_identity_fetches_total", Counter, &[label::KIND, label::RESULT],
        "Fetches of keys and tokens of cloud identities, the first ones and refreshes, by kind of identity.";
    RECORDS = "ai_proxy_records_total", Counter, &[],
        "Records written.";
    RECORD_DROPS = "ai_proxy_record_drops_total", Counter, &[label::REASON],
        "Records lost: the buffer was full, the writer was closed, or the write failed.";
    SINK_RECORDS = "ai_proxy_sink_records_total", Counter, &[label::SINK],
        "Records that plugins wrote, by plugin and instance.";
    SINK_FAILURES = "ai_proxy_sink_failures_total", Counter, &[label::SINK],
        "Writes and requests of plugins that failed, retries included.";
    SINK_RETRIES = "ai_proxy_sink_retries_total", Counter, &[label::SINK],
        "Requests of plugins that were tried again.";
    SINK_WAITING = "ai_proxy_sink_waiting_records", Gauge, &[label::SINK],
        "Records that are not written and not lost yet.";
    SINK_DROPS = "ai_proxy_sink_drops_total", Counter, &[label::SINK, label::REASON],
        "Records that plugins lost: the queue was full, the record was too large, the sink was closed, or the write failed.";
    RELOADS = "ai_proxy_configuration_reloads_total", Counter, &[label::RESULT],
        "Loads of a configuration, the first one included.";
    RELOAD_TIME = "ai_proxy_configuration_last_success_timestamp_seconds", Gauge, &[],
        "When the configuration in force was loaded, in seconds of the epoch.";
    RELOAD_STATE = "ai_proxy_configuration_last_load_successful", Gauge, &[],
        "1 where the last attempt to load a configuration succeeded, else 0.";
    BUILD = "ai_proxy_build_info", Gauge, &[label::VERSION],
        "Always 1; the label says which version runs.";
    PROCESS_CPU = "process_cpu_seconds_total", Counter, &[],
        "User and system CPU time of the process, in seconds.";
    PROCESS_RESIDENT = "process_resident_memory_bytes", Gauge, &[],
        "Resident memory, in bytes.";
    PROCESS_VIRTUAL = "process_virtual_memory_bytes", Gauge, &[],
        "Virtual memory, in bytes.";
    PROCESS_FDS = "process_open_fds", Gauge, &[],
        "Open file descriptors.";
    PROCESS_MAX_FDS = "process_max_fds", Gauge, &[],
        "Limit of open file descriptors.";
    PROCESS_THREADS = "process_threads", Gauge, &[],
        "Threads of the process.";
    PROCESS_START = "process_start_time_seconds", Gauge, &[],
        "When the process started, in seconds of the epoch.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_well_formed() {
        let legal = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        for (index, metric) in ALL.iter().enumerate() {
            assert!(legal(metric.name), "{}", metric.name);
            assert!(metric.labels.iter().all(|label| legal(label)), "{}", metric.name);
            assert!(!metric.help.contains('\n'));
            assert_eq!(
                metric.kind == MetricKind::Counter,
                metric.name.ends_with("_total") || metric.name == "kong_bandwidth_bytes",
                "{}",
                metric.name
            );
            let again = ALL.iter().filter(|other| other.name == metric.name).count();
            assert_eq!(again, 1, "entry {index}");
        }
    }
}
