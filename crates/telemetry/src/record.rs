//! The one account of a request, as one line of JSON.
//!
//! A record only borrows: it is put together when everything is known, written at once, and nothing of it is
//! kept. Header values are not in it at all, and a URI only comes in redacted.

mod line;
mod redact;

use std::net::IpAddr;
use std::time::Duration;

use model::{Losses, Usage, UsageSource};

use line::Line;
pub use redact::{RedactedUri, Redactor};

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

/// Who made the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResponseSource {
    Upstream,
    Gateway,
}

impl ResponseSource {
    /// The word in records and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Gateway => "gateway",
        }
    }
}

/// A route, a service or a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entity<'a> {
    pub id: &'a str,
    /// Name of a route or a service, username of a consumer.
    pub name: Option<&'a str>,
}

impl<'a> Entity<'a> {
    /// The name, or the id where there is none.
    pub fn label(&self) -> &'a str {
        self.name.unwrap_or(self.id)
    }
}

/// Where the last attempt went.
#[derive(Debug, Clone)]
pub struct RecordTarget<'a> {
    pub provider: &'a str,
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
    /// From the request's first byte to the first token of a stream.
    pub first_token: Option<Duration>,
}

/// The one account of a request.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    pub request_id: &'a str,
    /// Milliseconds of the epoch.
    pub started_at: u64,
    pub client_ip: IpAddr,
    pub method: &'a str,
    pub uri: RedactedUri<'a>,
    pub consumer: Option<Entity<'a>>,
    pub route: Option<Entity<'a>>,
    pub service: Option<Entity<'a>>,
    /// Id of the plugin instance that chose the target.
    pub plugin_id: Option<&'a str>,
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
    /// Attempts that were sent upstream.
    pub tries: u32,
}

impl Record<'_> {
    /// Appends the record as one JSON object and a line feed.
    pub fn write_line(&self, out: &mut Vec<u8>) {
        out.reserve(1024);
        let mut line = Line::new(out);
        self.write_request(&mut line);
        self.write_target(&mut line);
        self.write_answer(&mut line);
        self.write_entities(&mut line);
        if let Some((usage, source)) = &self.usage {
            write_usage(&mut line, usage, *source);
        }
        if let Some(losses) = self.losses.filter(|losses| !losses.is_empty()) {
            write_losses(&mut line, losses);
        }
        line.raw("}\n");
    }

    fn write_request(&self, line: &mut Line<'_>) {
        line.raw("{\"started_at\":").number(self.started_at);
        line.raw(",\"client_ip\":\"").address(self.client_ip);
        line.raw("\",\"request\":{\"id\":\"").text(self.request_id);
        line.raw("\",\"method\":\"").text(self.method);
        line.raw("\",\"uri\":\"").uri(&self.uri);
        line.raw("\",\"size\":").number(self.request_bytes);
        if self.stream {
            line.raw("},\"stream\":true,\"tries\":");
        } else {
            line.raw("},\"stream\":false,\"tries\":");
        }
        line.number(u64::from(self.tries));
    }

    fn write_target(&self, line: &mut Line<'_>) {
        line.optional_text(",\"plugin_id\":\"", self.plugin_id);
        let Some(target) = &self.target else {
            return;
        };
        line.raw(",\"target\":{\"provider\":\"").text(target.provider);
        if let Some(model) = target.model {
            line.raw("\",\"model\":\"").text(model);
        }
        line.raw("\",\"host\":\"").text(target.host);
        line.raw("\"},\"upstream_uri\":\"").uri(&target.uri).raw("\"");
    }

    fn write_answer(&self, line: &mut Line<'_>) {
        if let Some(status) = self.upstream_status {
            // Text, as in Kong, where it lists the statuses of all attempts.
            line.raw(",\"upstream_status\":\"").number(u64::from(status));
            line.raw("\",\"response\":{\"status\":");
        } else {
            line.raw(",\"response\":{\"status\":");
        }
        line.number(u64::from(self.status));
        line.raw(",\"size\":").number(self.response_bytes);
        line.raw("},\"source\":\"").word(self.source.name());
        line.raw("\",\"outcome\":\"").word(self.outcome.name()).raw("\"");
        line.optional_text(",\"error\":\"", self.error);
        line.raw(",\"latencies\":{\"request\":").milliseconds(self.latencies.total);
        line.raw(",\"kong\":").milliseconds(self.latencies.gateway);
        if let Some(latency) = self.latencies.upstream_first_byte {
            line.raw(",\"proxy\":").milliseconds(latency);
        }
        if let Some(latency) = self.latencies.first_token {
            line.raw(",\"first_token\":").milliseconds(latency);
        }
        line.raw("}");
    }

    fn write_entities(&self, line: &mut Line<'_>) {
        line.entity(",\"route\":{\"id\":\"", "\",\"name\":\"", self.route);
        line.entity(",\"service\":{\"id\":\"", "\",\"name\":\"", self.service);
        line.entity(",\"consumer\":{\"id\":\"", "\",\"username\":\"", self.consumer);
    }
}

fn write_usage(line: &mut Line<'_>, usage: &Usage, source: UsageSource) {
    line.raw(",\"usage\":{\"source\":\"").word(source_name(source));
    line.raw("\",\"prompt_tokens\":").number(usage.prompt_tokens());
    line.raw(",\"completion_tokens\":").number(usage.completion_tokens());
    line.raw(",\"total_tokens\":").number(usage.total_tokens());
    // The words of `usage_parts`, as constants.
    line.raw(",\"parts\":{\"fresh_input\":").number(usage.fresh_input);
    line.raw(",\"cache_read\":").number(usage.cache_read);
    line.raw(",\"cache_write\":").number(usage.cache_writes());
    line.raw(",\"audio_input\":").number(usage.audio_input);
    line.raw(",\"output\":").number(usage.output);
    line.raw(",\"reasoning\":").number(usage.reasoning);
    line.raw(",\"audio_output\":").number(usage.audio_output);
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
pub(crate) const USAGE_PARTS: usize = 7;

/// The disjoint parts of a usage and their words.
pub(crate) const fn usage_parts(usage: &Usage) -> [(&'static str, u64); USAGE_PARTS] {
    [
        ("fresh_input", usage.fresh_input),
        ("cache_read", usage.cache_read),
        ("cache_write", usage.cache_writes()),
        ("audio_input", usage.audio_input),
        ("output", usage.output),
        ("reasoning", usage.reasoning),
        ("audio_output", usage.audio_output),
    ]
}

#[cfg(test)]
mod tests;
