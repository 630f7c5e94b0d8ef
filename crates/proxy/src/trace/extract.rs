//! Reads the trace of a caller from its headers, in the formats that Kong knows.
//!
//! <https://www.w3.org/TR/trace-context/>, <https://github.com/openzipkin/b3-propagation>,
//! <https://www.jaegertracing.io/docs/1.76/client-libraries/#propagation-format>, and the pages of AWS X-Ray, Datadog, Google
//! Cloud Trace, Instana and `OpenTracing` on theirs; read in November 2026.

use std::borrow::Cow;

use config::TraceFormat;
use http::header::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use telemetry::otlp::{SpanId, TraceId};

/// Every header that any format uses.
const CARRIERS: [&str; 20] = [
    "b3",
    "ot-tracer-sampled",
    "ot-tracer-spanid",
    "ot-tracer-traceid",
    "traceparent",
    "tracestate",
    "uber-trace-id",
    "x-amzn-trace-id",
    "x-b3-flags",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-cloud-trace-context",
    "x-datadog-parent-id",
    "x-datadog-sampling-priority",
    "x-datadog-trace-id",
    "x-instana-l",
    "x-instana-s",
    "x-instana-t",
];

/// Bytes of `tracestate` that are passed on.
const MAX_STATE: usize = 4096;

/// What a caller tells of its trace.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Found {
    pub trace: Option<TraceId>,
    pub span: Option<SpanId>,
    pub sampled: Option<bool>,
    pub state: Box<str>,
}

impl Found {
    fn new(trace: Option<TraceId>, span: Option<SpanId>, sampled: Option<bool>) -> Option<Self> {
        Some(Self { trace: Some(trace?), span, sampled, state: Box::default() })
    }

    /// A decision without a trace.
    fn decision(sampled: Option<bool>) -> Option<Self> {
        Some(Self { sampled: Some(sampled?), ..Self::default() })
    }
}

/// The headers that carry traces, in memory of their own.
pub fn carriers(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in CARRIERS {
        for value in headers.get_all(name) {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                kept.append(name, value);
            }
        }
    }
    kept
}

/// The first of the formats in which a trace is told, and that format.
pub fn extract(formats: &[TraceFormat], headers: &HeaderMap) -> Option<(Found, TraceFormat)> {
    formats.iter().find_map(|format| {
        let found = match format {
            TraceFormat::W3c => w3c(headers),
            TraceFormat::B3 | TraceFormat::B3Single => {
                return b3_single(headers)
                    .map(|found| (found, TraceFormat::B3Single))
                    .or_else(|| Some((b3(headers)?, TraceFormat::B3)));
            }
            TraceFormat::Jaeger => jaeger(headers),
            TraceFormat::Ot => ot(headers),
            TraceFormat::Datadog => datadog(headers),
            TraceFormat::Aws => aws(headers),
            TraceFormat::Gcp => gcp(headers),
            TraceFormat::Instana => instana(headers),
        };
        Some((found?, *format))
    })
}

/// The value of a header that may occur once only.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok().map(str::trim)
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Up to 32 digits.
fn trace_of(text: &str) -> Option<TraceId> {
    if !is_hex(text) || text.len() > 32 {
        return None;
    }
    TraceId::new(u128::from_str_radix(text, 16).ok()?)
}

/// Up to 16 digits.
fn span_of(text: &str) -> Option<SpanId> {
    if !is_hex(text) || text.len() > 16 {
        return None;
    }
    SpanId::new(u64::from_str_radix(text, 16).ok()?)
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "1" | "true" | "d" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn w3c(headers: &HeaderMap) -> Option<Found> {
    let text = only(headers, "traceparent")?;
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lower = |text: &str, length: usize| {
        text.len() == length && is_hex(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase())
    };
    let legal = lower(version, 2) && lower(trace, 32) && lower(span, 16) && lower(flags, 2);
    // Later versions may say more behind that.
    if !legal || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
    let (trace, span) = (trace_of(trace)?, span_of(span)?);
    Some(Found { state: state(headers), ..Found::new(Some(trace), Some(span), Some(sampled))? })
}

/// `tracestate`, whole or not at all.
fn state(headers: &HeaderMap) -> Box<str> {
    let values = headers.get_all("tracestate").iter().map(HeaderValue::to_str);
    let Ok(values) = values.collect::<Result<Vec<_>, _>>() else { return Box::default() };
    let state = values.join(",");
    if state.len() > MAX_STATE { Box::default() } else { state.into() }
}

fn b3_single(headers: &HeaderMap) -> Option<Found> {
    let text = only(headers, "b3")?;
    if let Some(decision) = flag(text) {
        return Found::decision(Some(decision));
    }
    let mut parts = text.split('-');
    let (trace, span) = (trace_of(parts.next()?)?, span_of(parts.next()?)?);
    Found::new(Some(trace), Some(span), parts.next().and_then(flag))
}

fn b3(headers: &HeaderMap) -> Option<Found> {
    let debug = only(headers, "x-b3-flags") == Some("1");
    let sampled = if debug { Some(true) } else { only(headers, "x-b3-sampled").and_then(flag) };
    let trace = only(headers, "x-b3-traceid").and_then(trace_of);
    let span = only(headers, "x-b3-spanid").and_then(span_of);
    if trace.is_some() && span.is_some() {
        return Found::new(trace, span, sampled);
    }
    Found::decision(sampled)
}

fn jaeger(headers: &HeaderMap) -> Option<Found> {
    let text = percent_decode_str(only(headers, "uber-trace-id")?).decode_utf8().unwrap_or(Cow::Borrowed(""));
    let mut parts = text.split(':');
    let (trace, span) = (trace_of(parts.next()?)?, span_of(parts.next()?)?);
    let flags = parts.nth(1).and_then(|flags| u8::from_str_radix(flags, 16).ok())?;
    Found::new(Some(trace), Some(span), Some(flags & 1 == 1))
}

fn ot(headers: &HeaderMap) -> Option<Found> {
    let trace = trace_of(only(headers, "ot-tracer-traceid")?)?;
    let span = only(headers, "ot-tracer-spanid").and_then(span_of);
    Found::new(Some(trace), span, only(headers, "ot-tracer-sampled").and_then(flag))
}

fn datadog(headers: &HeaderMap) -> Option<Found> {
    let trace = only(headers, "x-datadog-trace-id")?.parse::<u64>().ok()?;
    let span = only(headers, "x-datadog-parent-id").and_then(|span| span.parse().ok()).and_then(SpanId::new);
    let priority = only(headers, "x-datadog-sampling-priority");
    let sampled = priority.and_then(|priority| priority.parse::<i32>().ok()).map(|priority| priority > 0);
    Found::new(TraceId::new(u128::from(trace)), span, sampled)
}

fn aws(headers: &HeaderMap) -> Option<Found> {
    let (mut trace, mut span, mut sampled) = (None, None, None);
    for part in only(headers, "x-amzn-trace-id")?.split(';') {
        let Some((name, value)) = part.trim().split_once('=') else { continue };
        match name {
            "Root" => {
                let mut parts = value.split('-');
                let (version, time, rest) = (parts.next()?, parts.next()?, parts.next()?);
                if version == "1" && time.len() == 8 && rest.len() == 24 {
                    trace = trace_of(&format!("{time}{rest}"));
                }
            }
            "Parent" => span = span_of(value),
            "Sampled" => sampled = flag(value),
            _ => {}
        }
    }
    Found::new(trace, span, sampled)
}

fn gcp(headers: &HeaderMap) -> Option<Found> {
    let text = only(headers, "x-cloud-trace-context")?;
    let (ids, options) = match text.split_once(';') {
        Some((ids, options)) => (ids, options.trim().strip_prefix("o=")),
        None => (text, None),
    };
    let (trace, span) = match ids.split_once('/') {
        Some((trace, span)) => (trace, span.parse().ok().and_then(SpanId::new)),
        None => (ids, None),
    };
    Found::new(trace_of(trace).filter(|_| trace.len() == 32), span, options.and_then(flag))
}

fn instana(headers: &HeaderMap) -> Option<Found> {
    // What may come behind the level is for browsers.
    let level = only(headers, "x-instana-l").and_then(|level| level.split(',').next()).and_then(flag);
    let trace = only(headers, "x-instana-t").and_then(trace_of);
    let span = only(headers, "x-instana-s").and_then(span_of);
    if trace.is_some() && span.is_some() {
        return Found::new(trace, span, level.or(Some(true)));
    }
    Found::decision(level)
}
