//! The one account of a request, as one line of JSON with Kong's names.
//!
//! A record only borrows: it is put together when everything is known, written at once, and nothing of it is
//! kept. Headers and URIs only come in redacted.

mod ai;
mod attempt;
mod entity;
mod headers;
mod line;
mod payload;
mod querystring;
mod redact;
mod schema;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use model::{Losses, Usage, UsageSource};

pub use ai::{Ai, Mode};
pub use attempt::{Attempt, Attempts};
pub use entity::Entity;
pub use headers::write_headers;
use line::Line;
pub use payload::{Payload, Said};
pub use redact::{RedactedUri, Redactor};
pub use schema::record_schema;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The client got all that the upstream sent.
    Completed,
    /// The upstream broke off, and the client was told.
    Truncated,
    /// The upstream answered with an error.
    UpstreamError,
    /// The client went away first.
    ClientDisconnected,
    /// The gateway turned the request down: a wrong key, a wrong body, no such route.
    Refused,
    /// The gateway failed: no connection, an answer that cannot be read.
    GatewayError,
    /// The upstream took too long.
    Timeout,
}

impl Outcome {
    pub const ALL: [Self; 7] = [
        Self::Completed,
        Self::Truncated,
        Self::UpstreamError,
        Self::ClientDisconnected,
        Self::Refused,
        Self::GatewayError,
        Self::Timeout,
    ];

    /// The word in records and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Truncated => "truncated",
            Self::UpstreamError => "upstream_error",
            Self::ClientDisconnected => "client_disconnected",
            Self::Refused => "refused",
            Self::GatewayError => "gateway_error",
            Self::Timeout => "timeout",
        }
    }
}

/// What became of an upstream's answer whose client left while it was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disconnect {
    /// The connection to the upstream was closed before its answer had ended.
    Cancelled,
    /// The answer was read on to its end.
    Drained,
}

impl Disconnect {
    pub const ALL: [Self; 2] = [Self::Cancelled, Self::Drained];

    /// The word in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Drained => "drained",
        }
    }
}

/// Who made the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResponseSource {
    Upstream,
    Gateway,
}

impl ResponseSource {
    /// The word in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Gateway => "gateway",
        }
    }

    /// The word in records, which is Kong's.
    pub const fn in_kong(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Gateway => "kong",
        }
    }
}

/// Where the last attempt went.
#[derive(Debug, Clone)]
pub struct RecordTarget<'a> {
    pub provider: &'static str,
    pub model: Option<&'a str>,
    pub host: &'a str,
    pub uri: RedactedUri<'a>,
}

/// How long things took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latencies {
    /// From the request's first byte to the answer's last.
    pub total: Duration,
    /// Of that, what the gateway itself spent.
    pub gateway: Duration,
    /// From sending to the first byte of the upstream's answer.
    pub upstream_first_byte: Option<Duration>,
    /// From there to the last byte.
    pub receive: Option<Duration>,
    /// From the request's first byte to the first that a model generated of a stream.
    pub first_token: Option<Duration>,
}

/// The one account of a request.
#[derive(Clone)]
pub struct Record<'a> {
    pub request_id: &'a str,
    /// Milliseconds of the epoch.
    pub started_at: u64,
    pub client_ip: IpAddr,
    pub method: &'a str,
    pub uri: RedactedUri<'a>,
    /// Scheme, host and port that the client called, such as `https://gateway:8443`; empty where unknown.
    pub base: &'a str,
    /// TLS version and cipher suite of the client's connection.
    pub tls: Option<(&'a str, &'a str)>,
    /// Headers as [`write_headers`] has written them; empty where they are not recorded.
    pub request_headers: &'a [u8],
    pub response_headers: &'a [u8],
    pub consumer: Option<&'a Entity>,
    /// Id of the key that the consumer showed.
    pub credential_id: Option<&'a str>,
    pub route: Option<&'a Entity>,
    pub service: Option<&'a Entity>,
    pub target: Option<RecordTarget<'a>>,
    /// What the client got, or would have got.
    pub status: u16,
    pub upstream_status: Option<u16>,
    pub source: ResponseSource,
    /// Bytes of the request's body, as received.
    pub request_bytes: u64,
    /// Bytes of the response's body, as sent.
    pub response_bytes: u64,
    pub stream: bool,
    pub latencies: Latencies,
    pub usage: Option<(Usage, UsageSource)>,
    pub losses: Option<&'a Losses>,
    pub outcome: Outcome,
    /// A word from the gateway's list of error kinds.
    pub error: Option<&'static str>,
    /// Only where the client left while the upstream's answer was under way.
    pub on_disconnect: Option<Disconnect>,
    pub attempts: &'a dyn Attempts,
    /// What the model was asked and has said, where the plugin wants it recorded.
    pub ai: Option<Ai<'a>>,
}

/// A request of which nothing is known.
impl Default for Record<'_> {
    fn default() -> Self {
        Self {
            request_id: "",
            started_at: 0,
            client_ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            method: "",
            uri: RedactedUri::default(),
            base: "",
            tls: None,
            request_headers: b"",
            response_headers: b"",
            consumer: None,
            credential_id: None,
            route: None,
            service: None,
            target: None,
            status: 0,
            upstream_status: None,
            source: ResponseSource::Gateway,
            request_bytes: 0,
            response_bytes: 0,
            stream: false,
            latencies: Latencies::default(),
            usage: None,
            losses: None,
            outcome: Outcome::GatewayError,
            error: None,
            on_disconnect: None,
            attempts: const { &[] as &[Attempt<'_>; 0] },
            ai: None,
        }
    }
}

impl Record<'_> {
    /// Appends the record as one JSON object and a line feed.
    pub fn write_line(&self, out: &mut Vec<u8>) {
        out.reserve(2048);
        let mut line = Line::new(out);
        self.write_request(&mut line);
        self.write_answer(&mut line);
        self.write_attempts(&mut line);
        self.write_entities(&mut line);
        self.write_gateway(&mut line);
        if let Some(ai) = &self.ai {
            ai.write(self, &mut line);
        }
        line.raw("}\n");
    }

    fn write_request(&self, line: &mut Line<'_>) {
        line.raw("{\"started_at\":").number(self.started_at);
        line.raw(",\"client_ip\":\"").address(self.client_ip);
        line.raw("\",\"request\":{\"id\":\"").text(self.request_id);
        line.raw("\",\"method\":\"").text(self.method);
        line.raw("\",\"uri\":\"").uri(&self.uri);
        line.raw("\",\"url\":\"").text(self.base).uri(&self.uri);
        line.raw("\",\"querystring\":");
        querystring::write(self.uri.query(), line);
        if !self.request_headers.is_empty() {
            line.raw(",\"headers\":").json(self.request_headers);
        }
        if let Some((version, cipher)) = self.tls {
            line.raw(",\"tls\":{\"version\":\"").text(version);
            line.raw("\",\"cipher\":\"").text(cipher).raw("\"}");
        }
        line.raw(",\"size\":").number(self.request_bytes).raw("}");
    }

    fn write_answer(&self, line: &mut Line<'_>) {
        if let Some(target) = &self.target {
            line.raw(",\"upstream_uri\":\"").uri(&target.uri).raw("\"");
        }
        if let Some(status) = self.upstream_status {
            // Text, as in Kong, where it lists the statuses of all attempts.
            line.raw(",\"upstream_status\":\"").number(u64::from(status)).raw("\"");
        }
        line.raw(",\"response\":{\"status\":").number(u64::from(self.status));
        if !self.response_headers.is_empty() {
            line.raw(",\"headers\":").json(self.response_headers);
        }
        line.raw(",\"size\":").number(self.response_bytes);
        line.raw("},\"source\":\"").word(self.source.in_kong());
        line.raw("\",\"latencies\":{\"request\":").milliseconds(self.latencies.total);
        line.raw(",\"kong\":").milliseconds(self.latencies.gateway);
        if let Some(latency) = self.latencies.upstream_first_byte {
            line.raw(",\"proxy\":").milliseconds(latency);
        }
        if let Some(latency) = self.latencies.receive {
            line.raw(",\"receive\":").milliseconds(latency);
        }
        line.raw("}");
    }

    fn write_attempts(&self, line: &mut Line<'_>) {
        line.raw(",\"tries\":[");
        let mut first = true;
        self.attempts.each(&mut |attempt| {
            if !std::mem::take(&mut first) {
                line.raw(",");
            }
            attempt.write_try(line);
        });
        line.raw("]");
    }

    fn write_entities(&self, line: &mut Line<'_>) {
        line.raw(",\"workspace\":\"\",\"workspace_name\":\"default\"");
        if let Some(route) = self.route {
            line.raw(",\"route\":").json(route.json().as_bytes());
        }
        if let Some(service) = self.service {
            line.raw(",\"service\":").json(service.json().as_bytes());
        }
        if let Some(consumer) = self.consumer {
            line.raw(",\"consumer\":").json(consumer.json().as_bytes());
        }
        if let Some(id) = self.credential_id {
            line.raw(",\"authenticated_entity\":{\"id\":\"").text(id).raw("\"}");
        }
    }

    /// What Kong has no names for.
    fn write_gateway(&self, line: &mut Line<'_>) {
        line.raw(",\"gateway\":{\"outcome\":\"").word(self.outcome.name());
        line.raw(if self.stream { "\",\"stream\":true" } else { "\",\"stream\":false" });
        line.optional_text(",\"error\":\"", self.error);
        line.optional_text(",\"on_disconnect\":\"", self.on_disconnect.map(Disconnect::name));
        if let Some(target) = &self.target {
            line.raw(",\"target\":{\"provider\":\"").word(target.provider).raw("\"");
            line.optional_text(",\"model\":\"", target.model);
            line.raw(",\"host\":\"").text(target.host).raw("\"}");
        }
        if let Some((usage, source)) = &self.usage {
            write_usage(line, usage, *source);
        }
        if let Some(latency) = self.latencies.first_token {
            line.raw(",\"first_token\":").milliseconds(latency);
        }
        if let Some(losses) = self.losses.filter(|losses| !losses.is_empty()) {
            write_losses(line, losses);
        }
        line.raw("}");
    }
}

fn write_usage(line: &mut Line<'_>, usage: &Usage, source: UsageSource) {
    line.raw(",\"usage\":{\"source\":\"").word(source_name(source));
    line.raw("\",\"prompt_tokens\":").number(usage.prompt_tokens());
    line.raw(",\"completion_tokens\":").number(usage.completion_tokens());
    line.raw(",\"total_tokens\":").number(usage.total_tokens());
    // The words of `usage_parts`, one by one: constants are cheaper to write.
    line.raw(",\"parts\":{\"fresh_input\":").number(usage.fresh_input);
    line.raw(",\"cache_read\":").number(usage.cache_read);
    line.raw(",\"cache_write\":").number(usage.cache_writes());
    line.raw(",\"audio_input\":").number(usage.audio_input);
    line.raw(",\"image_input\":").number(usage.image_input);
    line.raw(",\"tool_input\":").number(usage.tool_input);
    line.raw(",\"output\":").number(usage.output);
    line.raw(",\"reasoning\":").number(usage.reasoning);
    line.raw(",\"audio_output\":").number(usage.audio_output);
    line.raw(",\"image_output\":").number(usage.image_output);
    line.raw("}}");
}

fn write_losses(line: &mut Line<'_>, losses: &Losses) {
    for (index, loss) in losses.iter().enumerate() {
        if index == 0 {
            line.raw(",\"losses\":[{\"member\":\"");
        } else {
            line.raw(",{\"member\":\"");
        }
        line.text(&loss.member);
        line.raw("\",\"kind\":\"").word(loss.kind.name()).raw("\"}");
    }
    line.raw("]");
}

/// The word for where counts come from.
pub(crate) const fn source_name(source: UsageSource) -> &'static str {
    match source {
        UsageSource::Reported => "reported",
        UsageSource::Estimated => "estimated",
    }
}

/// Number of disjoint parts of a usage.
pub(crate) const USAGE_PARTS: usize = 10;

/// The disjoint parts of a usage and their words.
pub(crate) const fn usage_parts(usage: &Usage) -> [(&'static str, u64); USAGE_PARTS] {
    [
        ("fresh_input", usage.fresh_input),
        ("cache_read", usage.cache_read),
        ("cache_write", usage.cache_writes()),
        ("audio_input", usage.audio_input),
        ("image_input", usage.image_input),
        ("tool_input", usage.tool_input),
        ("output", usage.output),
        ("reasoning", usage.reasoning),
        ("audio_output", usage.audio_output),
        ("image_output", usage.image_output),
    ]
}

#[cfg(test)]
mod tests;
