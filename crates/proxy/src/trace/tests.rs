//! Traces in and out.

use std::time::Duration;

use config::{Injected, Propagation, Queue};
use proptest::prelude::*;

use super::*;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn settings(extract: &[TraceFormat], inject: &[Injected]) -> OpenTelemetry {
    OpenTelemetry {
        traces: None,
        logs: None,
        access_logs: None,
        metrics: None,
        headers: Vec::new(),
        resource_attributes: Vec::new(),
        propagation: Propagation {
            extract: extract.to_vec(),
            inject: inject.to_vec(),
            clear: vec!["x-cleared".into()],
            default_format: TraceFormat::W3c,
        },
        trace_id_header: Some("x-trace".into()),
        sampling_rate: None,
        sampling: SamplingStrategy::ParentDrop,
        queue: Queue {
            max_batch_size: 1,
            max_coalescing_delay: Duration::ZERO,
            max_entries: 1,
            max_bytes: 1,
            initial_retry_delay: Duration::ZERO,
            max_retry_time: None,
            max_retry_delay: Duration::ZERO,
            concurrent: false,
        },
        connect_timeout: Duration::ZERO,
        send_timeout: Duration::ZERO,
        read_timeout: Duration::ZERO,
    }
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs.iter().map(pair) {
        headers.append(name, value);
    }
    headers
}

fn found(format: TraceFormat, pairs: &[(&'static str, &str)]) -> Option<(String, String, Option<bool>)> {
    let (found, _) = extract(&[format], &headers(pairs))?;
    let text = |id: Option<String>| id.unwrap_or_default();
    Some((
        text(found.trace.map(|id| id.to_string())),
        text(found.span.map(|id| id.to_string())),
        found.sampled,
    ))
}

fn whole(sampled: Option<bool>) -> (String, String, Option<bool>) {
    (TRACE.to_owned(), SPAN.to_owned(), sampled)
}

#[test]
fn traceparent_is_read_as_the_recommendation_says() {
    let read = |value: &str| found(TraceFormat::W3c, &[("traceparent", value)]);
    assert_eq!(read(&format!("00-{TRACE}-{SPAN}-01")), Some(whole(Some(true))));
    assert_eq!(read(&format!("00-{TRACE}-{SPAN}-00")), Some(whole(Some(false))));
    assert_eq!(read(&format!("cc-{TRACE}-{SPAN}-03-more")), Some(whole(Some(true))), "of a later version");
    for wrong in [
        String::new(),
        format!("ff-{TRACE}-{SPAN}-01"),
        format!("00-{TRACE}-{SPAN}-01-more"),
        format!("00-{TRACE}-{SPAN}-1"),
        format!("00-{TRACE}-{SPAN}"),
        format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
        format!("00-{}-{SPAN}-01", "0".repeat(32)),
        format!("00-{TRACE}-{}-01", "0".repeat(16)),
        format!("00-{TRACE}x-{SPAN}-01"),
    ] {
        assert_eq!(read(&wrong), None, "{wrong}");
    }
    let value = format!("00-{TRACE}-{SPAN}-01");
    assert_eq!(found(TraceFormat::W3c, &[("traceparent", &value), ("traceparent", &value)]), None);
}

#[test]
fn other_formats_are_read() {
    use TraceFormat::{Aws, B3, Datadog, Gcp, Instana, Jaeger, Ot};
    let span_number = u64::from_str_radix(SPAN, 16).unwrap().to_string();
    let b3 = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "1")];
    assert_eq!(found(B3, &b3), Some(whole(Some(true))));
    assert_eq!(found(B3, &[("b3", &format!("{TRACE}-{SPAN}-d"))]), Some(whole(Some(true))));
    assert_eq!(found(B3, &[("b3", &format!("{TRACE}-{SPAN}"))]), Some(whole(None)));
    let decision = |sampled| Some((String::new(), String::new(), Some(sampled)));
    assert_eq!(found(B3, &[("b3", "0")]), decision(false));
    assert_eq!(found(B3, &[("x-b3-flags", "1")]), decision(true));
    let short = found(B3, &[("x-b3-traceid", "463ac35c9f6413ad"), ("x-b3-spanid", SPAN)]).unwrap();
    assert_eq!(short.0, "0000000000000000463ac35c9f6413ad");
    assert_eq!(found(Jaeger, &[("uber-trace-id", &format!("{TRACE}:{SPAN}:0:1"))]), Some(whole(Some(true))));
    assert_eq!(
        found(Jaeger, &[("uber-trace-id", &format!("{TRACE}%3A{SPAN}%3A0%3A0"))]),
        Some(whole(Some(false)))
    );
    let ot = [("ot-tracer-traceid", TRACE), ("ot-tracer-spanid", SPAN), ("ot-tracer-sampled", "true")];
    assert_eq!(found(Ot, &ot), Some(whole(Some(true))));
    let aws = format!("Root=1-{}-{};Parent={SPAN};Sampled=0", &TRACE[..8], &TRACE[8..]);
    assert_eq!(found(Aws, &[("x-amzn-trace-id", &aws)]), Some(whole(Some(false))));
    let gcp = format!("{TRACE}/{span_number};o=1");
    assert_eq!(found(Gcp, &[("x-cloud-trace-context", &gcp)]), Some(whole(Some(true))));
    let instana = [("x-instana-t", TRACE), ("x-instana-s", SPAN), ("x-instana-l", "1")];
    assert_eq!(found(Instana, &instana), Some(whole(Some(true))));
    let datadog = [
        ("x-datadog-trace-id", "123"),
        ("x-datadog-parent-id", span_number.as_str()),
        ("x-datadog-sampling-priority", "-1"),
    ];
    let expected = (format!("{:032x}", 123), SPAN.to_owned(), Some(false));
    assert_eq!(found(Datadog, &datadog), Some(expected));
}

#[test]
fn what_is_written_can_be_read() {
    for format in TraceFormat::ALL {
        let settings = settings(&[format], &[Injected::Format(format)]);
        let mut trace = Trace::new(0, &settings, &HeaderMap::new());
        let mut written = headers(&[("x-cleared", "1"), ("x-kept", "1")]);
        trace.inject(&settings, &mut written);
        assert!(!written.contains_key("x-cleared") && written.contains_key("x-kept"));
        let span = trace.take_span().unwrap();
        let (read, as_format) = extract(&[format], &carriers(&written)).unwrap();
        assert_eq!(as_format, format);
        assert_eq!((read.span, read.sampled), (Some(span), Some(true)), "{}", format.name());
        let same = read.trace.unwrap();
        let kept =
            if format == TraceFormat::Datadog { u128::from(trace.id.low()) } else { trace.id.number() };
        assert_eq!(same.number(), kept, "{}", format.name());
    }
}

#[test]
fn a_trace_is_continued_in_its_own_format() {
    let every = [TraceFormat::B3, TraceFormat::W3c];
    let settings = settings(&every, &[Injected::Preserve]);
    let value = format!("{TRACE}-{SPAN}-1");
    let mut trace = Trace::new(0, &settings, &headers(&[("b3", &value)]));
    assert_eq!(
        (trace.id.to_string(), trace.parent.map(|id| id.to_string())),
        (TRACE.into(), Some(SPAN.into()))
    );
    let mut written = HeaderMap::new();
    trace.inject(&settings, &mut written);
    let names: Vec<&str> = written.keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["b3"]);
    let first = trace.take_span();
    trace.inject(&settings, &mut written);
    assert_ne!(first, trace.take_span(), "each call has a span of its own");

    let parent = format!("00-{TRACE}-{SPAN}-01");
    let came = headers(&[("traceparent", &parent), ("tracestate", "a=1"), ("tracestate", "b=2")]);
    let mut trace = Trace::new(0, &settings, &came);
    let mut written = came.clone();
    trace.inject(&settings, &mut written);
    assert_eq!(written.get_all("tracestate").iter().collect::<Vec<_>>(), ["a=1,b=2"]);
    let told = written["traceparent"].to_str().unwrap().to_owned();
    assert!(told.starts_with(&format!("00-{TRACE}-")) && !told.contains(SPAN), "{told}");
}

#[test]
fn a_state_does_not_go_on_with_another_trace() {
    let settings = settings(&[], &[Injected::Preserve]);
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let mut written = headers(&[("traceparent", &parent), ("tracestate", "a=1")]);
    let mut trace = Trace::new(0, &settings, &carriers(&written));
    trace.inject(&settings, &mut written);
    assert!(!written.contains_key("tracestate"));
    assert!(!written["traceparent"].to_str().unwrap().contains(TRACE));
    let (name, value) = trace.header(&settings).unwrap();
    assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-trace", trace.id.to_string().as_str()));
}

#[test]
fn who_decides_what_is_sampled() {
    use SamplingStrategy::{Parent, ParentDrop};
    let id = TraceId::new(1).unwrap();
    let unlucky = TraceId::new(u128::MAX).unwrap();
    let decide = |rate, sampling, told, id| {
        let settings = OpenTelemetry { sampling_rate: rate, sampling, ..settings(&[], &[]) };
        is_sampled(&settings, told, id)
    };
    assert!(decide(None, ParentDrop, None, unlucky));
    assert!(decide(Some(1.0), ParentDrop, None, unlucky));
    assert!(!decide(Some(0.0), ParentDrop, None, id));
    assert!(decide(Some(0.5), ParentDrop, None, id) && !decide(Some(0.5), ParentDrop, None, unlucky));
    assert!(!decide(None, ParentDrop, Some(false), id));
    assert!(!decide(Some(0.5), ParentDrop, Some(true), unlucky), "a yes is not enough");
    assert!(decide(Some(0.0), Parent, Some(true), unlucky));
    assert!(!decide(None, Parent, Some(false), id));
}

proptest! {
    #[test]
    fn nothing_that_comes_is_too_odd(name in prop::sample::select(TraceFormat::ALL.to_vec()), value in "[ -~]{0,80}") {
        for header in ["traceparent", "b3", "uber-trace-id", "x-amzn-trace-id", "x-cloud-trace-context", "x-b3-traceid"] {
            let _ = extract(&[name], &headers(&[(header, &value)]));
        }
    }

    #[test]
    fn the_share_is_what_was_asked_for(rate in 0.05..0.95_f64) {
        let sampled = (0..2000).filter(|_| has_luck(rate, new_trace())).count();
        let share = f64::from(u32::try_from(sampled).unwrap()) / 2000.0;
        prop_assert!((share - rate).abs() < 0.08, "{} of {}", share, rate);
    }
}
