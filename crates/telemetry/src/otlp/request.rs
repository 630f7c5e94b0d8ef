//! The spans of one request, made when its record is.

use std::borrow::Cow;

use super::genai::GenAi;
use super::identifier::{SpanId, TraceId};
use super::span::{Span, SpanKind};
use super::wire::{Attributes, Value};
use crate::record::{Attempt, Outcome, Record, RedactedUri};

/// A request that is traced; its times are nanoseconds of the epoch.
#[derive(Debug)]
pub struct TracedRequest<'a> {
    pub trace: TraceId,
    /// The caller's span, where the request came with one.
    pub parent: Option<SpanId>,
    /// `tracestate`; mostly empty.
    pub state: &'a str,
    pub server: SpanId,
    pub start: u64,
    pub end: u64,
    /// The path by which the route was found.
    pub route_path: Option<&'a str>,
    /// Since the plugin that chose the target.
    pub plugin: Option<TracedPhase>,
    /// The work of the model, from the first call on.
    pub model: Option<(TracedPhase, GenAi<'a>)>,
    pub calls: Vec<TracedCall<'a>>,
}

/// A part of a request that lasts until its end.
#[derive(Debug, Clone, Copy)]
pub struct TracedPhase {
    pub id: SpanId,
    pub start: u64,
}

/// One call to an upstream.
#[derive(Debug)]
pub struct TracedCall<'a> {
    /// What the upstream was told.
    pub id: SpanId,
    pub start: u64,
    pub end: u64,
    pub method: &'a str,
    pub attempt: Attempt<'a>,
    /// Connections that could not be made before.
    pub failed_connects: u16,
}

/// What all spans of a request have in common.
struct Common<'a> {
    trace: TraceId,
    state: &'a str,
    end: u64,
}

impl<'a> Common<'a> {
    fn span(&self, id: SpanId, parent: Option<SpanId>, name: &'a str, start: u64) -> Span<'a> {
        let Self { trace, state, end } = *self;
        let (kind, attributes) = (SpanKind::Internal, Attributes::new());
        Span { trace, id, parent, remote: false, state, name, kind, start, end, attributes, error: None }
    }
}

impl TracedRequest<'_> {
    /// Gives each span as it is sent, parents first. All of them are over.
    pub fn each_span(&self, record: &Record<'_>, mut give: impl FnMut(&[u8])) {
        let mut out = Vec::with_capacity(1024);
        let mut give = |span: &Span<'_>| {
            out.clear();
            span.write(&mut out);
            give(&out);
        };
        let common = Common { trace: self.trace, state: self.state, end: self.end };
        let method = known_method(record.method);
        let name = match self.route_path {
            Some(path) => format!("{} {path}", method.unwrap_or("HTTP")),
            None => method.unwrap_or("HTTP").to_owned(),
        };
        let failure = failure(record);
        give(&Span {
            remote: self.parent.is_some(),
            kind: SpanKind::Server,
            attributes: self.server_attributes(record),
            error: failure.as_deref().filter(|_| is_ours(record)),
            ..common.span(self.server, self.parent, &name, self.start)
        });
        let mut parent = self.server;
        if let Some(plugin) = self.plugin {
            give(&Span {
                error: failure.as_deref(),
                ..common.span(plugin.id, Some(parent), "kong.access.plugin.ai-proxy", plugin.start)
            });
            parent = plugin.id;
        }
        if let Some((model, genai)) = &self.model {
            let mut attributes = genai.attributes(record);
            attributes.extend(failure.as_deref().map(|failure| ("error.type", Value::Text(failure))));
            give(&Span {
                kind: SpanKind::Client,
                attributes,
                error: failure.as_deref(),
                ..common.span(model.id, Some(parent), "kong.gen_ai", model.start)
            });
            parent = model.id;
        }
        for (index, call) in self.calls.iter().enumerate() {
            let status = call.attempt.status.filter(|status| *status >= 400).map(|status| status.to_string());
            let error =
                status.as_deref().or(call.attempt.failed.then(|| record.error.unwrap_or("no_answer")));
            give(&Span {
                kind: SpanKind::Client,
                end: call.end,
                attributes: call.attributes(index, error),
                error,
                ..common.span(call.id, Some(parent), call.method, call.start)
            });
        }
    }

    fn server_attributes<'r>(&'r self, record: &'r Record<'_>) -> Attributes<'r> {
        let mut attributes = vec![("url.path", Value::Text(record.uri.path()))];
        match known_method(record.method) {
            Some(method) => attributes.push(("http.request.method", Value::Text(method))),
            None => attributes.push(("http.request.method", Value::Text("_OTHER"))),
        }
        attributes.extend([
            ("http.response.status_code", Value::Int(u64::from(record.status))),
            ("http.request.body.size", Value::Int(record.request_bytes)),
            ("http.response.body.size", Value::Int(record.response_bytes)),
            ("client.address", Value::Owned(record.client_ip.to_string())),
            ("kong.request.id", Value::Text(record.request_id)),
            ("kong.response.source", Value::Text(record.source.in_kong())),
            ("kong.request.outcome", Value::Text(record.outcome.name())),
        ]);
        if let Some((scheme, authority)) = record.base.split_once("://") {
            let (address, port) = address_of(scheme, authority);
            attributes.push(("url.scheme", Value::Text(scheme)));
            attributes.push(("server.address", Value::Text(address)));
            attributes.extend(port.map(|port| ("server.port", Value::Int(port))));
        }
        attributes.extend(record.uri.query().map(|query| ("url.query", Value::Text(query))));
        attributes.extend(self.route_path.map(|path| ("http.route", Value::Text(path))));
        let entities = [
            ("kong.service.name", record.service),
            ("kong.route.name", record.route),
            ("kong.auth.consumer.name", record.consumer),
        ];
        for (name, entity) in entities {
            attributes.extend(entity.map(|entity| (name, Value::Text(entity.label()))));
        }
        if is_ours(record)
            && let Some(failure) = failure(record)
        {
            attributes.push(("error.type", Value::Owned(failure.into_owned())));
        }
        attributes
    }
}

impl TracedCall<'_> {
    fn attributes<'r>(&'r self, index: usize, error: Option<&'r str>) -> Attributes<'r> {
        let attempt = &self.attempt;
        let mut attributes = vec![
            ("http.request.method", Value::Text(self.method)),
            ("server.address", Value::Text(attempt.host)),
            ("server.port", Value::Int(u64::from(attempt.port))),
            ("url.full", Value::Owned(full_url(attempt.scheme, attempt.host, attempt.port, &attempt.uri))),
        ];
        if let Some(ip) = attempt.ip {
            attributes.push(("network.peer.address", Value::Owned(ip.to_string())));
        }
        if let Some(status) = attempt.status {
            attributes.push(("http.response.status_code", Value::Int(u64::from(status))));
        }
        if index > 0 {
            attributes.push(("kong.call.index", Value::Int(index as u64)));
        }
        if self.failed_connects > 0 {
            attributes.push(("kong.failed_connects", Value::Int(u64::from(self.failed_connects))));
        }
        attributes.extend(error.map(|error| ("error.type", Value::Text(error))));
        attributes
    }
}

/// What went wrong, in a word: the gateway's, or the status of the upstream.
pub(super) fn failure<'r>(record: &'r Record<'_>) -> Option<Cow<'r, str>> {
    if let Some(error) = record.error {
        return Some(Cow::Borrowed(error));
    }
    match record.outcome {
        Outcome::Completed => None,
        Outcome::UpstreamError => {
            let status = record.upstream_status.filter(|status| *status >= 400).unwrap_or(record.status);
            Some(Cow::Owned(status.to_string()))
        }
        outcome => Some(Cow::Borrowed(outcome.name())),
    }
}

/// Whether a failure is one of the server, by the conventions for HTTP: a client's mistake is none. An answer that broke
/// off is one whatever its status was.
fn is_ours(record: &Record<'_>) -> bool {
    record.status >= 500
        || (record.status < 400 && !matches!(record.outcome, Outcome::Completed | Outcome::Refused))
}

/// Methods that are told by their names; what else a client sends could be anything.
pub(super) fn known_method(method: &str) -> Option<&'static str> {
    const KNOWN: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method)
}

/// Host and port of an authority.
fn address_of<'a>(scheme: &str, authority: &'a str) -> (&'a str, Option<u64>) {
    let default = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok().or(default)),
        _ => (authority, default),
    }
}

fn full_url(scheme: &str, host: &str, port: u16, uri: &RedactedUri<'_>) -> String {
    let bracketed = host.contains(':') && !host.starts_with('[');
    let (open, close) = if bracketed { ("[", "]") } else { ("", "") };
    let mut url = match (scheme, port) {
        ("http", 80) | ("https", 443) => format!("{scheme}://{open}{host}{close}"),
        _ => format!("{scheme}://{open}{host}{close}:{port}"),
    };
    url.push_str(uri.path());
    if let Some(query) = uri.query() {
        url.extend(["?", query]);
    }
    url
}

#[cfg(test)]
mod tests;
