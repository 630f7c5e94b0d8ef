//! What an upstream would be told of the request's trace. Of ids that each request has anew, it shows that they are.

use http::HeaderMap;

use crate::account::Account;

const TRACE_ID: &str = "(trace id, new for each request)";
const SPAN_ID: &str = "(span id, new for each request)";
const PARENT_ID: &str = "(parent id, new for each request)";

/// The trace that would be told on.
pub struct Traced {
    /// The caller has begun it.
    pub continued: bool,
    pub sampled: Sampled,
    /// What stands in headers, and what is shown instead.
    anew: Vec<(String, &'static str)>,
}

/// Whether the trace would be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampled {
    Yes,
    No,
    /// This share of traces would; the headers shown are theirs.
    Share(f64),
}

/// Puts the trace into the headers for an upstream, as it is done for a request; none where none is told.
pub fn tell(account: &mut Account, headers: &mut HeaderMap) -> Option<Traced> {
    account.begin_trace();
    let (trace, settings) = account.trace()?;
    let sampled = match trace.rate(settings) {
        Some(rate) if rate > 0.0 && rate < 1.0 => {
            trace.sampled = true;
            Sampled::Share(rate)
        }
        _ if trace.sampled => Sampled::Yes,
        _ => Sampled::No,
    };
    trace.inject(settings, headers);
    let mut anew = Vec::new();
    if !trace.continued {
        let id = trace.id.to_string();
        let (time, rest) = id.split_at_checked(8).unwrap_or_default();
        // As AWS writes it, and Datadog.
        anew.push((format!("1-{time}-{rest}"), TRACE_ID));
        anew.push((trace.id.low().to_string(), TRACE_ID));
        anew.push((id, TRACE_ID));
    }
    if let Some(span) = trace.take_span() {
        anew.push((span.to_string(), SPAN_ID));
        anew.push((span.number().to_string(), SPAN_ID));
    }
    anew.push((trace.server.to_string(), PARENT_ID));
    Some(Traced { continued: trace.continued, sampled, anew })
}

impl Traced {
    /// A header's value, as it is shown.
    pub fn shown(&self, value: &str) -> String {
        self.anew.iter().fold(value.to_owned(), |value, (id, shown)| value.replace(id, shown))
    }
}
