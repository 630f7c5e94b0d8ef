//! Every metric and every label of the exposition. Names that Kong has are Kong's.

use std::fmt;

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
    /// When there are samples of it.
    pub when: When,
    /// Upper bounds of a histogram's buckets, in milliseconds, ascending.
    pub bounds: &'static [u32],
}

/// When a metric has samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// Once there is something to count.
    Counted,
    /// For requests whose `prometheus` plugin has this flag; without any such plugin, for all.
    Flag(&'static str),
    /// For requests whose `prometheus` plugin has `ai_metrics` and whose target has `log_statistics`.
    Models,
    /// For requests whose target has `log_statistics`.
    Statistics,
    /// With a `prometheus` plugin.
    Plugin,
    /// With a plugin that writes records.
    Sinks,
    /// Where the system has `/proc`.
    Linux,
}

impl fmt::Display for When {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Always => "always",
            Self::Counted => "once there is something to count",
            Self::Flag(flag) => {
                return write!(
                    formatter,
                    "for requests whose `prometheus` plugin has `{flag}`; without any such plugin, for all"
                );
            }
            Self::Models => {
                "for requests whose `prometheus` plugin has `ai_metrics` and whose target has `log_statistics`"
            }
            Self::Statistics => "for requests whose target has `log_statistics`",
            Self::Plugin => "with a `prometheus` plugin, for whatever it applies to",
            Self::Sinks => "with `file-log` or `http-log`",
            Self::Linux => "on Linux",
        })
    }
}

/// Labels. Their values come from the configuration or from closed sets, but for the names of models that callers
/// choose: these are bounded in length and number.
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
    pub const NODE: &str = "node_id";
    pub const CAP: &str = "cap";
    pub const PROVIDER: &str = "ai_provider";
    pub const MODEL: &str = "ai_model";
    pub const CACHE_STATUS: &str = "cache_status";
    pub const VECTOR_DB: &str = "vector_db";
    pub const EMBEDDINGS_PROVIDER: &str = "embeddings_provider";
    pub const EMBEDDINGS_MODEL: &str = "embeddings_model";
    pub const MODE: &str = "request_mode";
    pub const TOKEN_TYPE: &str = "token_type";
    pub const WORKSPACE: &str = "workspace";
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

/// Caps on label values and label sets: the values of the label of [`OVERFLOWS`].
pub const CAPS: [&str; 4] = ["routes", "consumers", "models", "model_sets"];

const PER_ROUTE: &[&str] = &[label::SERVICE, label::ROUTE];

const PER_MODEL: &[&str] = &[label::PROVIDER, label::MODEL];

/// What Kong tells apart of requests to models.
const MODEL_SET: &[&str] = &[
    label::PROVIDER,
    label::MODEL,
    label::CACHE_STATUS,
    label::VECTOR_DB,
    label::EMBEDDINGS_PROVIDER,
    label::EMBEDDINGS_MODEL,
    label::MODE,
    label::WORKSPACE,
    label::CONSUMER,
];

const GATEWAY_BOUNDS: &[u32] = &[1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000];

const REQUEST_BOUNDS: &[u32] = &[25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000];

const MODEL_BOUNDS: &[u32] =
    &[250, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 10_000, 30_000, 60_000];

const fn first(bounds: &[&'static [u32]]) -> &'static [u32] {
    match bounds {
        [bounds, ..] => bounds,
        [] => &[],
    }
}

macro_rules! metrics {
    ($($ident:ident = $name:literal, $kind:ident $(($bounds:expr))?, $when:expr, $labels:expr, $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $ident: MetricName = MetricName {
                name: $name,
                kind: MetricKind::$kind,
                labels: $labels,
                help: $help,
                when: $when,
                bounds: first(&[$($bounds)?]),
            };
        )+

        /// Every metric, in the order of the exposition.
        pub const ALL: &[MetricName] = &[$($ident),+];
    };
}

metrics! {
    HTTP_REQUESTS = "kong_http_requests_total", Counter, When::Flag("status_code_metrics"),
        &[label::SERVICE, label::ROUTE, label::CODE, label::SOURCE, label::CONSUMER],
        "Requests by status code, and by who made the answer: with a prometheus plugin in Kong's words, service or kong, \
         else upstream or gateway.";
    GATEWAY_LATENCY = "kong_kong_latency_ms", Histogram(GATEWAY_BOUNDS), When::Flag("latency_metrics"), PER_ROUTE,
        "Time spent in the gateway itself, in milliseconds.";
    UPSTREAM_LATENCY = "kong_upstream_latency_ms", Histogram(REQUEST_BOUNDS), When::Flag("latency_metrics"), PER_ROUTE,
        "Time until the first byte of the upstream's answer, in milliseconds.";
    REQUEST_LATENCY = "kong_request_latency_ms", Histogram(REQUEST_BOUNDS), When::Flag("latency_metrics"), PER_ROUTE,
        "Time from the first byte of the request to the last byte of the answer, in milliseconds.";
    BANDWIDTH = "kong_bandwidth_bytes", Counter, When::Flag("bandwidth_metrics"),
        &[label::SERVICE, label::ROUTE, label::DIRECTION, label::CONSUMER],
        "Bytes of request bodies (ingress) and of response bodies (egress).";
    OUTCOMES = "ai_proxy_requests_total", Counter, When::Counted,
        &[label::SERVICE, label::ROUTE, label::OUTCOME],
        "Requests by how they ended.";
    TOKENS = "ai_proxy_tokens_total", Counter, When::Counted,
        &[label::SERVICE, label::ROUTE, label::KIND, label::SOURCE],
        "Tokens by kind, reported by the provider or estimated by the gateway.";
    LLM_REQUESTS = "kong_ai_llm_requests_total", Counter, When::Models, MODEL_SET,
        "Requests to models.";
    LLM_COST = "kong_ai_llm_cost_total", Counter, When::Models, MODEL_SET,
        "What answers of models cost, in the unit of the prices; what is not known is not in it.";
    LLM_TOKENS = "kong_ai_llm_tokens_total", Counter, When::Models,
        &[
            label::PROVIDER,
            label::MODEL,
            label::CACHE_STATUS,
            label::VECTOR_DB,
            label::EMBEDDINGS_PROVIDER,
            label::EMBEDDINGS_MODEL,
            label::TOKEN_TYPE,
            label::WORKSPACE,
            label::CONSUMER,
        ],
        "Tokens of models by type: those of the prompt, those of the completion, and both together as total.";
    LLM_LATENCY = "kong_ai_llm_provider_latency_ms", Histogram(MODEL_BOUNDS), When::Models, MODEL_SET,
        "Time from sending a request to a model until the end of its answer, in milliseconds.";
    FIRST_TOKEN = "ai_proxy_llm_first_token_latency_ms", Histogram(REQUEST_BOUNDS), When::Models, PER_MODEL,
        "Time from sending a request to a model until the first that it generates of its stream, in milliseconds.";
    COST_UNKNOWN = "ai_proxy_llm_cost_unknown_total", Counter, When::Statistics, PER_MODEL,
        "Requests whose cost is not known: there are no prices for the model, or nothing is known of its tokens.";
    OVERFLOWS = "ai_proxy_label_overflows_total", Counter, When::Always, &[label::CAP],
        "Requests that were counted under the label value other, by the cap that was reached.";
    NODE_INFO = "kong_node_info", Gauge, When::Plugin, &[label::NODE, label::VERSION],
        "Always 1; the labels say which process runs, and its version.";
    IN_FLIGHT = "ai_proxy_requests_in_flight", Gauge, When::Always, &[],
        "Requests that have begun and not ended.";
    CLIENT_CONNECTIONS = "ai_proxy_client_connections", Gauge, When::Always, &[],
        "Open connections of clients.";
    UPSTREAM_CONNECTIONS = "ai_proxy_upstream_connections", Gauge, When::Always, &[],
        "Open connections to upstreams.";
    UPSTREAM_SENDS = "ai_proxy_upstream_connection_uses_total", Counter, When::Always, &[label::STATE],
        "Upstream requests by connection: opened for it, or reused.";
    IDENTITY_FETCHES = "ai_proxy_identity_fetches_total", Counter, When::Always, &[label::KIND, label::RESULT],
        "Fetches of keys and tokens of cloud identities, the first ones and refreshes, by kind of identity.";
    RECORDS = "ai_proxy_records_total", Counter, When::Always, &[],
        "Records written.";
    RECORD_DROPS = "ai_proxy_record_drops_total", Counter, When::Always, &[label::REASON],
        "Records lost: the buffer was full, the writer was closed, or the write failed.";
    SINK_RECORDS = "ai_proxy_sink_records_total", Counter, When::Sinks, &[label::SINK],
        "Records that plugins wrote, by plugin and instance.";
    SINK_FAILURES = "ai_proxy_sink_failures_total", Counter, When::Sinks, &[label::SINK],
        "Writes and requests of plugins that failed, retries included.";
    SINK_RETRIES = "ai_proxy_sink_retries_total", Counter, When::Sinks, &[label::SINK],
        "Requests of plugins that were tried again.";
    SINK_WAITING = "ai_proxy_sink_waiting_records", Gauge, When::Sinks, &[label::SINK],
        "Records that are not written and not lost yet.";
    SINK_DROPS = "ai_proxy_sink_drops_total", Counter, When::Sinks, &[label::SINK, label::REASON],
        "Records that plugins lost: the queue was full, the record was too large, the sink was closed, or the write failed.";
    RELOADS = "ai_proxy_configuration_reloads_total", Counter, When::Always, &[label::RESULT],
        "Loads of a configuration, the first one included.";
    RELOAD_TIME = "ai_proxy_configuration_last_success_timestamp_seconds", Gauge, When::Always, &[],
        "When the configuration in force was loaded, in seconds of the epoch.";
    RELOAD_STATE = "ai_proxy_configuration_last_load_successful", Gauge, When::Always, &[],
        "1 where the last attempt to load a configuration succeeded, else 0.";
    BUILD = "ai_proxy_build_info", Gauge, When::Always, &[label::VERSION],
        "Always 1; the label says which version runs.";
    PROCESS_CPU = "process_cpu_seconds_total", Counter, When::Linux, &[],
        "User and system CPU time of the process, in seconds.";
    PROCESS_RESIDENT = "process_resident_memory_bytes", Gauge, When::Linux, &[],
        "Resident memory, in bytes.";
    PROCESS_VIRTUAL = "process_virtual_memory_bytes", Gauge, When::Linux, &[],
        "Virtual memory, in bytes.";
    PROCESS_FDS = "process_open_fds", Gauge, When::Linux, &[],
        "Open file descriptors.";
    PROCESS_MAX_FDS = "process_max_fds", Gauge, When::Linux, &[],
        "Limit of open file descriptors.";
    PROCESS_THREADS = "process_threads", Gauge, When::Linux, &[],
        "Threads of the process.";
    PROCESS_START = "process_start_time_seconds", Gauge, When::Linux, &[],
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
            assert!(!metric.help.contains(['\n', '\\', '|']), "{}", metric.name);
            assert_eq!(metric.kind == MetricKind::Histogram, !metric.bounds.is_empty(), "{}", metric.name);
            assert!(metric.bounds.is_sorted_by(|left, right| left < right), "{}", metric.name);
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
