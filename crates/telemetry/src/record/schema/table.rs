//! The table: every member of a line, with Kong's names where Kong has the member, spec/gateway.md §5.

use model::LossKind;

use super::super::{Disconnect, Mode, Outcome, ResponseSource};
use super::{Kind, Member};
use crate::cost::PriceSource;

/// A member that is always there.
const fn always(name: &'static str, kind: Kind, says: &'static str) -> Member {
    Member { name, kind, always: true, says }
}

/// A member that is left out where there is nothing to say.
const fn maybe(name: &'static str, kind: Kind, says: &'static str) -> Member {
    Member { name, kind, always: false, says }
}

const STATUS: &str = "^[1-5][0-9][0-9]$";
/// Thirty-two hexadecimal digits.
const ID: &str = "^[0-9a-f]{32}$";
const WORD: &str = "^[a-z][a-z0-9_]*$";

pub(super) const RECORD: &[Member] = &[
    always("started_at", Kind::Count, "When the request's head was there, in milliseconds of the epoch."),
    always("client_ip", Kind::Text, "Address of the client's connection."),
    always("request", Kind::Object(REQUEST), "What the client sent."),
    maybe("upstream_uri", Kind::Text, "Path and query of the last call, credentials redacted."),
    maybe("upstream_status", Kind::Form(STATUS), "Status of the last call's answer, as text."),
    always("response", Kind::Object(RESPONSE), "What the client got, or would have got."),
    always("source", Kind::Words(sources), "Who made the answer; `kong` stands for the gateway."),
    always("latencies", Kind::Object(LATENCIES), "How long things took, in milliseconds."),
    always(
        "tries",
        Kind::List(TRY),
        "One entry for each call, and for each connection that could not be made.",
    ),
    always("workspace", Kind::Words(|| vec![""]), "Kong's; there are no workspaces."),
    always("workspace_name", Kind::Words(|| vec!["default"]), "Kong's; there are no workspaces."),
    maybe("route", Kind::Object(NAMED), "The route that the request matched."),
    maybe("service", Kind::Object(NAMED), "The service of the route."),
    maybe("consumer", Kind::Object(CONSUMER), "Who called."),
    maybe("authenticated_entity", Kind::Object(CREDENTIAL), "The key that the consumer showed."),
    always("gateway", Kind::Object(GATEWAY), "What Kong has no names for."),
    maybe("ai", Kind::Object(AI), "What the plugin tells of the model."),
];

const REQUEST: &[Member] = &[
    always("id", Kind::Form(ID), "The request's id, which the client gets as X-Kong-Request-Id."),
    always("method", Kind::Text, "The method; empty where what came could not be read as a request."),
    always("uri", Kind::Text, "Path and query as they came, credentials redacted."),
    always("url", Kind::Text, "The same with scheme, host and port."),
    always(
        "querystring",
        Kind::Arguments,
        "The arguments of the query, decoded; one without a value is true.",
    ),
    maybe("headers", Kind::Headers, "Headers, names in lower case, credentials redacted."),
    maybe("tls", Kind::Object(TLS), "The client's connection, where it is encrypted."),
    always("size", Kind::Count, "Bytes of the body, as far as it was read."),
];

const TLS: &[Member] =
    &[always("version", Kind::Text, "Version of TLS."), always("cipher", Kind::Text, "The cipher suite.")];

const RESPONSE: &[Member] = &[
    always("status", Kind::Count, "The status."),
    maybe("headers", Kind::Headers, "Headers, names in lower case, credentials redacted."),
    always("size", Kind::Count, "Bytes of the body, as sent."),
];

const LATENCIES: &[Member] = &[
    always("request", Kind::Milliseconds, "From the request's first byte to the answer's last."),
    always("kong", Kind::Milliseconds, "Of that, before the request was sent on."),
    maybe("proxy", Kind::Milliseconds, "From sending it to the first byte of the upstream's answer."),
    maybe("receive", Kind::Milliseconds, "From there to the last byte."),
];

const TRY: &[Member] = &[
    always("balancer_start", Kind::Count, "When it began, in milliseconds of the epoch."),
    always("balancer_latency", Kind::Milliseconds, "Until there was a connection."),
    maybe("ip", Kind::Text, "Address of the upstream, where it is known."),
    always("port", Kind::Count, "Port of the upstream."),
    maybe("code", Kind::Count, "Status of the answer."),
    maybe("state", Kind::Words(|| vec!["failed"]), "Told where no answer came."),
];

const NAMED: &[Member] = &[always("id", Kind::Text, "Its id."), maybe("name", Kind::Text, "Its name.")];

const CONSUMER: &[Member] = &[
    always("id", Kind::Text, "Its id."),
    maybe("username", Kind::Text, "Its username."),
    maybe("custom_id", Kind::Text, "What another system calls it."),
];

const CREDENTIAL: &[Member] = &[always("id", Kind::Text, "Its id.")];

const GATEWAY: &[Member] = &[
    always("outcome", Kind::Words(outcomes), "How the request ended."),
    always("stream", Kind::Flag, "Whether the answer was a stream."),
    maybe("error", Kind::Form(WORD), "What went wrong, as the answer's `code` has it."),
    maybe(
        "on_disconnect",
        Kind::Words(disconnects),
        "What became of the upstream's answer, where the client left before its end.",
    ),
    maybe("target", Kind::Object(TARGET), "Where the last call went."),
    maybe("usage", Kind::Object(USAGE), "Tokens."),
    maybe(
        "first_token",
        Kind::Milliseconds,
        "From the request's first byte to the first of a streamed answer.",
    ),
    maybe("losses", Kind::List(LOSS), "What of the request the provider could not be told."),
];

const TARGET: &[Member] = &[
    always("provider", Kind::Text, "The provider."),
    maybe("model", Kind::Text, "The model by the provider's name."),
    always("host", Kind::Text, "Host and port."),
];

const USAGE: &[Member] = &[
    always(
        "source",
        Kind::Words(|| vec!["reported", "estimated"]),
        "Who counted: the provider or the gateway.",
    ),
    always("prompt_tokens", Kind::Count, "Tokens of the input, cached ones included."),
    always("completion_tokens", Kind::Count, "Tokens of the output, reasoning included."),
    always("total_tokens", Kind::Count, "Their sum."),
    always("parts", Kind::Parts, "The same tokens by disjoint parts."),
];

const LOSS: &[Member] = &[
    always("member", Kind::Text, "Path of the member in the client's body."),
    always("kind", Kind::Words(losses), "How it fared."),
];

const AI: &[Member] = &[always(
    "proxy",
    Kind::AtLeastOne(PROXY),
    "Of `ai-proxy`; empty of numbers unless `log_statistics` is set.",
)];

const PROXY: &[Member] = &[
    maybe("meta", Kind::WithSettings(META), "Which model was asked, and how. With `log_statistics`."),
    maybe("usage", Kind::Object(AI_USAGE), "Tokens, times and cost. With `log_statistics`."),
    maybe("tried_targets", Kind::List(TRIED), "One entry for each of `tries`. With `log_statistics`."),
    maybe("payload", Kind::Object(PAYLOAD), "The bodies. With `log_payloads`."),
];

const META: &[Member] = &[
    always("plugin_id", Kind::Text, "Id of the plugin instance."),
    always("provider_name", Kind::Text, "The provider."),
    always(
        "request_model",
        Kind::Text,
        "The model that was asked for; `UNSPECIFIED` where only the path names it.",
    ),
    always("response_model", Kind::Text, "The model that the answer names, else the one that was asked for."),
    always("request_mode", Kind::Words(modes), "How the answer was delivered."),
    always("llm_latency", Kind::Count, "From sending the request to the end of its answer, in milliseconds."),
    maybe("response_id", Kind::Text, "The answer's id."),
    maybe("service_tier", Kind::Text, "The service tier, in the provider's word."),
];

const AI_USAGE: &[Member] = &[
    always("prompt_tokens", Kind::Count, "Tokens of the input."),
    always("prompt_tokens_details", Kind::Object(INPUT), "Parts of the input."),
    always("completion_tokens", Kind::Count, "Tokens of the output."),
    always("completion_tokens_details", Kind::Object(OUTPUT), "Parts of the output."),
    always("total_tokens", Kind::Count, "Their sum."),
    always(
        "time_per_token",
        Kind::Milliseconds,
        "Milliseconds for each token of the output; 0 where there is none.",
    ),
    maybe(
        "time_to_first_token",
        Kind::Count,
        "Milliseconds to the first token of a stream, or to the head of an answer.",
    ),
    always("cost", Kind::Money, "In the unit of the prices; null where no price is known."),
    always("cost_source", Kind::Words(price_sources), "Where the prices come from."),
    always(
        "counts",
        Kind::Words(|| vec!["exact", "estimated", "unknown"]),
        "Whether the numbers are the provider's, the gateway's, or nobody's.",
    ),
];

const INPUT: &[Member] = &[
    always("cached_tokens", Kind::Count, "Read from a prompt cache."),
    always("cache_write_tokens", Kind::Count, "Written to a prompt cache."),
    always("audio_tokens", Kind::Count, "Of sound."),
];

const OUTPUT: &[Member] = &[
    always("reasoning_tokens", Kind::Count, "Of reasoning."),
    always("audio_tokens", Kind::Count, "Of sound."),
    always("accepted_prediction_tokens", Kind::Count, "Of what the caller had predicted."),
    always("rejected_prediction_tokens", Kind::Count, "Of what the caller had predicted in vain."),
];

const TRIED: &[Member] = &[
    always("provider", Kind::Text, "The provider."),
    maybe("model", Kind::Text, "The model by the provider's name."),
    always("route_type", Kind::Text, "The operation."),
    always("upstream_scheme", Kind::Words(|| vec!["http", "https"]), "The scheme."),
    always("host", Kind::Text, "The host without its port."),
    maybe("ip", Kind::Text, "Its address, where it is known."),
    always("port", Kind::Count, "The port."),
    always("upstream_uri", Kind::Text, "Path and query, credentials redacted."),
];

const PAYLOAD: &[Member] = &[
    maybe("request", Kind::Text, "The client's body, with a mark where it was cut."),
    maybe("response", Kind::Text, "The answer's body; a stream as the whole answer that it could have been."),
];

fn outcomes() -> Vec<&'static str> {
    Outcome::ALL.iter().map(|outcome| outcome.name()).collect()
}

fn disconnects() -> Vec<&'static str> {
    Disconnect::ALL.iter().map(|disconnect| disconnect.name()).collect()
}

fn sources() -> Vec<&'static str> {
    [ResponseSource::Upstream, ResponseSource::Gateway].iter().map(|source| source.in_kong()).collect()
}

fn losses() -> Vec<&'static str> {
    LossKind::ALL.iter().map(|kind| kind.name()).collect()
}

fn modes() -> Vec<&'static str> {
    Mode::ALL.iter().map(|mode| mode.name()).collect()
}

fn price_sources() -> Vec<&'static str> {
    PriceSource::ALL.iter().map(|source| source.name()).collect()
}
