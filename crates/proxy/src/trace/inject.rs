//! Writes a trace into the headers for an upstream, in the formats that Kong knows.

use config::TraceFormat;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use telemetry::otlp::SpanId;

use super::Trace;

/// Tells of `span` of the trace, in one format.
pub fn inject(format: TraceFormat, trace: &Trace, span: SpanId, headers: &mut HeaderMap) {
    let mut set = |name: &'static str, value: String| {
        // Digits and punctuation are always values of headers.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let Trace { id, sampled, .. } = *trace;
    let bit = u8::from(sampled);
    match format {
        TraceFormat::W3c => {
            set("traceparent", format!("00-{id}-{span}-{bit:02x}"));
            headers.remove("tracestate");
            if let Ok(state) = HeaderValue::from_str(&trace.state)
                && !trace.state.is_empty()
            {
                headers.insert("tracestate", state);
            }
        }
        TraceFormat::B3 => {
            set("x-b3-traceid", id.to_string());
            set("x-b3-spanid", span.to_string());
            set("x-b3-parentspanid", trace.server.to_string());
            set("x-b3-sampled", bit.to_string());
            // It says that all of the trace is to be kept, which `sampled` says as well.
            headers.remove("x-b3-flags");
        }
        TraceFormat::B3Single => set("b3", format!("{id}-{span}-{bit}-{}", trace.server)),
        TraceFormat::Jaeger => set("uber-trace-id", format!("{id}:{span}:{}:{bit:02x}", trace.server)),
        TraceFormat::Ot => {
            set("ot-tracer-traceid", id.to_string());
            set("ot-tracer-spanid", span.to_string());
            set("ot-tracer-sampled", bit.to_string());
        }
        TraceFormat::Datadog => {
            set("x-datadog-trace-id", id.low().to_string());
            set("x-datadog-parent-id", span.number().to_string());
            set("x-datadog-sampling-priority", bit.to_string());
        }
        TraceFormat::Aws => {
            let digits = id.to_string();
            let (time, rest) = digits.split_at_checked(8).unwrap_or_default();
            set("x-amzn-trace-id", format!("Root=1-{time}-{rest};Parent={span};Sampled={bit}"));
        }
        TraceFormat::Gcp => set("x-cloud-trace-context", format!("{id}/{};o={bit}", span.number())),
        TraceFormat::Instana => {
            set("x-instana-t", id.to_string());
            set("x-instana-s", span.to_string());
            set("x-instana-l", bit.to_string());
        }
    }
}
