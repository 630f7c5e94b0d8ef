//! The trace that a request belongs to: continued where its caller has one, else begun here, and told to the upstream.

mod extract;
mod inject;

use std::time::Instant;

use config::{OpenTelemetry, SamplingStrategy, TraceFormat};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use telemetry::otlp::{AskedParameters, SpanId, TraceId};

pub use extract::carriers;
use extract::{Found, extract};
use inject::inject;

/// The trace of one request.
pub struct Trace {
    /// Index of the plugin instance that has it traced.
    pub plugin: usize,
    pub id: TraceId,
    /// The caller's span.
    pub parent: Option<SpanId>,
    /// `tracestate` as it came.
    pub state: Box<str>,
    /// Spans are sent, and whoever comes after us is told so.
    pub sampled: bool,
    /// The format that the caller's trace came in.
    found: Option<TraceFormat>,
    /// The id is the caller's.
    pub continued: bool,
    /// What the caller said of sampling.
    told: Option<bool>,
    pub server: SpanId,
    /// When it was known who calls and what for.
    pub admitted: Option<Instant>,
    pub asked: Option<Box<AskedParameters>>,
    /// What the next call is told.
    next: Option<SpanId>,
}

impl Trace {
    /// `headers` are the client's.
    pub fn new(plugin: usize, settings: &OpenTelemetry, headers: &HeaderMap) -> Self {
        let (found, format) = match extract(&settings.propagation.extract, headers) {
            Some((found, format)) => (found, Some(format)),
            None => (Found::default(), None),
        };
        let id = found.trace.unwrap_or_else(new_trace);
        Self {
            plugin,
            id,
            parent: found.span.filter(|_| found.trace.is_some()),
            state: found.state,
            sampled: is_sampled(settings, found.sampled, id),
            found: format,
            continued: found.trace.is_some(),
            told: found.sampled,
            server: new_span(),
            admitted: None,
            asked: None,
            next: None,
        }
    }

    /// The share of traces that is sampled, where that decides.
    pub fn rate(&self, settings: &OpenTelemetry) -> Option<f64> {
        settings.sampling_rate.filter(|_| decided(settings, self.told).is_none())
    }

    /// Tells an upstream of the trace; `headers` are those that it gets.
    pub fn inject(&mut self, settings: &OpenTelemetry, headers: &mut HeaderMap) {
        let span = *self.next.insert(new_span());
        let propagation = &settings.propagation;
        for name in &propagation.clear {
            headers.remove(&**name);
        }
        let preserved = self.found.unwrap_or(propagation.default_format);
        for wanted in &propagation.inject {
            let format = match wanted {
                config::Injected::Preserve => preserved,
                config::Injected::Format(format) => *format,
            };
            inject(format, self, span, headers);
        }
    }

    /// The span that the call was told of which is about to be sent.
    pub fn take_span(&mut self) -> Option<SpanId> {
        self.next.take()
    }

    /// The header that tells the client of the trace.
    pub fn header(&self, settings: &OpenTelemetry) -> Option<(HeaderName, HeaderValue)> {
        let name = settings.trace_id_header.as_deref().filter(|name| !name.is_empty())?;
        let value = HeaderValue::from_str(&self.id.to_string()).ok()?;
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
    }
}

/// Whether a trace is sent: the share that is wanted is chosen by the id, so that all that see a trace choose alike.
fn is_sampled(settings: &OpenTelemetry, told: Option<bool>, id: TraceId) -> bool {
    let chosen = || settings.sampling_rate.is_none_or(|rate| has_luck(rate, id));
    decided(settings, told).unwrap_or_else(chosen)
}

/// What the caller's word on sampling decides; none where the rate does.
const fn decided(settings: &OpenTelemetry, told: Option<bool>) -> Option<bool> {
    match (settings.sampling, told) {
        (SamplingStrategy::Parent, told) => told,
        (SamplingStrategy::ParentDrop, Some(false)) => Some(false),
        _ => None,
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn has_luck(rate: f64, id: TraceId) -> bool {
    const WHOLE: u64 = 1 << 53;
    // As many bits as a double can tell apart; a share of 1 is above all of them.
    (id.low() >> 11) < (rate * WHOLE as f64) as u64
}

fn new_trace() -> TraceId {
    loop {
        if let Some(id) = TraceId::new(fastrand::u128(..)) {
            return id;
        }
    }
}

pub fn new_span() -> SpanId {
    loop {
        if let Some(id) = SpanId::new(fastrand::u64(..)) {
            return id;
        }
    }
}

#[cfg(test)]
mod tests;
