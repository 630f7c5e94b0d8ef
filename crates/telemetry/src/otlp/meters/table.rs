//! The instruments: names, units, bounds.

/// What is counted, and how.
#[derive(Debug, PartialEq)]
pub struct InstrumentName {
    pub text: &'static str,
    pub unit: &'static str,
    pub description: &'static str,
    /// Of a histogram; none for a sum.
    pub bounds: Option<&'static [f64]>,
    /// A sum of whole numbers.
    pub whole: bool,
}

const fn sum(name: &'static str, unit: &'static str, description: &'static str) -> InstrumentName {
    InstrumentName { text: name, unit, description, bounds: None, whole: true }
}

const fn seconds(name: &'static str, bounds: &'static [f64], description: &'static str) -> InstrumentName {
    InstrumentName { text: name, unit: "s", description, bounds: Some(bounds), whole: false }
}

/// The bounds that the conventions advise for operations of models.
const OPERATION_BOUNDS: &[f64] =
    &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/// … for the time to the first token.
const FIRST_TOKEN_BOUNDS: &[f64] =
    &[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// … for the time of a token.
const TOKEN_BOUNDS: &[f64] = &[0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5];
/// … for requests of HTTP, and two more, since models take longer.
const REQUEST_BOUNDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0];
/// What the gateway itself takes is less.
const GATEWAY_BOUNDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

pub static OPERATION: InstrumentName = seconds(
    "gen_ai.client.operation.duration",
    OPERATION_BOUNDS,
    "From the first byte of a request for a model to the last byte of its answer.",
);
pub static SERVER_REQUEST: InstrumentName = seconds(
    "gen_ai.server.request.duration",
    OPERATION_BOUNDS,
    "From sending a request to the provider to the end of its answer.",
);
pub static TOKENS: InstrumentName =
    sum("gen_ai.client.token.usage", "{token}", "Tokens of requests and of answers.");
pub static FIRST_TOKEN: InstrumentName = seconds(
    "gen_ai.server.time_to_first_token",
    FIRST_TOKEN_BOUNDS,
    "From sending a request to the provider to the first token of a stream, or to the head of a whole answer.",
);
pub static PER_TOKEN: InstrumentName = seconds(
    "gen_ai.server.time_per_output_token",
    TOKEN_BOUNDS,
    "Time for each token of an answer; in streams for each one behind the first.",
);
pub static COST: InstrumentName = InstrumentName {
    whole: false,
    ..sum("kong.gen_ai.llm.cost", "{cost}", "Cost of answers, in the unit of the prices.")
};
pub static REQUESTS: InstrumentName = sum("http.server.request.count", "{request}", "Requests.");
pub static LATENCY_TOTAL: InstrumentName = seconds(
    "kong.latency.total",
    REQUEST_BOUNDS,
    "From the first byte of a request to the last byte of its answer.",
);
pub static LATENCY_INTERNAL: InstrumentName = seconds(
    "kong.latency.internal",
    GATEWAY_BOUNDS,
    "What the gateway itself takes before a request is sent on.",
);
pub static LATENCY_UPSTREAM: InstrumentName = seconds(
    "kong.latency.upstream",
    REQUEST_BOUNDS,
    "From sending a request to the upstream to the first byte of its answer.",
);
pub static REQUEST_SIZE: InstrumentName =
    sum("http.server.request.size", "By", "Bytes of the bodies of requests.");
pub static RESPONSE_SIZE: InstrumentName =
    sum("http.server.response.size", "By", "Bytes of the bodies of answers.");

/// Every instrument, in the order in which they are sent.
pub static ALL: [&InstrumentName; 12] = [
    &OPERATION,
    &SERVER_REQUEST,
    &TOKENS,
    &FIRST_TOKEN,
    &PER_TOKEN,
    &COST,
    &REQUESTS,
    &LATENCY_TOTAL,
    &LATENCY_INTERNAL,
    &LATENCY_UPSTREAM,
    &REQUEST_SIZE,
    &RESPONSE_SIZE,
];

/// Attributes of the cost that tell of caches.
pub const CACHE: [&str; 4] = [
    "kong.gen_ai.cache.status",
    "kong.gen_ai.vector_db",
    "kong.gen_ai.embeddings.provider",
    "kong.gen_ai.embeddings.model",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_bounds_ascend() {
        for (index, name) in ALL.iter().enumerate() {
            assert_eq!(ALL.iter().position(|other| other.text == name.text), Some(index));
            assert!(name.bounds.is_none_or(|bounds| bounds.is_sorted_by(|one, next| one < next)), "{name:?}");
        }
    }
}
