//! What a request is counted in.

/// Which metrics of requests count one: what the `prometheus` plugin that applies to it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "they are Kong's switches")]
pub struct Counted {
    /// Requests, tokens, cost and latency by model.
    pub models: bool,
    pub status_codes: bool,
    pub latencies: bool,
    pub bandwidth: bool,
    /// Consumers are told apart; else their label is empty.
    pub per_consumer: bool,
}

impl Counted {
    /// No plugin applies, but there are some: only what is the gateway's own.
    pub const NONE: Self =
        Self { models: false, status_codes: false, latencies: false, bandwidth: false, per_consumer: false };

    /// There is no plugin at all.
    pub const WITHOUT_PLUGIN: Self =
        Self { status_codes: true, latencies: true, bandwidth: true, ..Self::NONE };
}
