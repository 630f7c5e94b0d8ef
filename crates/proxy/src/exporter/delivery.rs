//! Requests to collectors of OpenTelemetry, over HTTP or gRPC
//! (<https://opentelemetry.io/docs/specs/otlp/>, version 1.9).

use std::sync::Arc;

use bytes::Bytes;
use config::{Collector, OpenTelemetry};
use telemetry::otlp::{Scoped, rejected};
use telemetry::{Deliver, Delivered, Delivering, DeliveryError};

use crate::collector::{Answered, CollectorClient, CollectorSettings, UnsendableError};
use crate::segments::Segments;
use crate::upstream::Hosts;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    const fn grpc_method(self) -> &'static str {
        match self {
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        }
    }
}

/// A collector that takes one signal.
pub struct OtlpServer {
    client: CollectorClient,
    scoped: Arc<Scoped>,
    grpc: bool,
}

impl OtlpServer {
    pub fn new(
        hosts: &Hosts,
        settings: &OpenTelemetry,
        collector: &Collector,
        signal: Signal,
        scoped: Arc<Scoped>,
    ) -> Result<Self, UnsendableError> {
        let grpc = collector.grpc;
        let client = CollectorClient::new(
            hosts,
            &CollectorSettings {
                collector,
                method: "POST",
                content_type: if grpc { "application/grpc" } else { "application/x-protobuf" },
                grpc_method: signal.grpc_method(),
                headers: &settings.headers,
                verify: true,
                connect: settings.connect_timeout,
                read: settings.send_timeout.max(settings.read_timeout),
            },
        )?;
        Ok(Self { client, scoped, grpc })
    }

    fn body(&self, entries: &[Bytes]) -> Segments {
        let bytes = entries.iter().map(Bytes::len).sum();
        let head = self.scoped.head(bytes);
        let mut pieces = Vec::with_capacity(entries.len() + 2);
        if self.grpc {
            // Not compressed, and so long. A queue cannot hold what has no room in four bytes.
            let length = u32::try_from(head.len() + bytes).unwrap_or(u32::MAX);
            let [a, b, c, d] = length.to_be_bytes();
            pieces.push(Bytes::copy_from_slice(&[0, a, b, c, d]));
        }
        pieces.push(Bytes::from(head));
        pieces.extend_from_slice(entries);
        Segments::new(pieces)
    }
}

impl Deliver for OtlpServer {
    fn deliver<'a>(&'a self, entries: &'a [Bytes]) -> Delivering<'a> {
        Box::pin(async {
            let answered = self.client.exchange(self.body(entries)).await?;
            judge(&answered, self.grpc)
        })
    }
}

/// What an answer means: which refusals are for good is up to the protocol.
fn judge(answered: &Answered, grpc: bool) -> Result<Delivered, DeliveryError> {
    let Answered { status, grpc_status, retry_after, ref body } = *answered;
    let error = |text: String, again: bool| {
        Err(DeliveryError { text: text.into(), is_final: !again, after: retry_after })
    };
    if !(200..300).contains(&status) {
        return error(format!("answered {status}"), matches!(status, 429 | 502..=504));
    }
    match grpc_status {
        _ if !grpc => Ok(Delivered { rejected: rejected(body) }),
        // The message stands behind a flag and its length.
        Some(0) => Ok(Delivered { rejected: rejected(body.get(5..).unwrap_or_default()) }),
        // Cancelled, deadline, aborted, out of range, unavailable, loss of data. "Exhausted" is mostly said of a message
        // that is too large.
        Some(code) => {
            error(format!("answered gRPC status {code}"), matches!(code, 1 | 4 | 10 | 11 | 14 | 15))
        }
        None => error("answered without a gRPC status".to_owned(), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn judged(status: u16, grpc_status: Option<u16>, grpc: bool) -> Option<bool> {
        let retry_after = Some(Duration::from_secs(2));
        let answered = Answered { status, grpc_status, retry_after, body: Vec::new() };
        let error = judge(&answered, grpc).err()?;
        assert_eq!(error.after, retry_after);
        Some(!error.is_final)
    }

    #[test]
    fn the_protocol_says_what_is_tried_again() {
        assert_eq!(judged(200, None, false), None);
        assert_eq!(judged(202, Some(3), false), None, "means nothing without gRPC");
        for (status, again) in
            [(400, false), (401, false), (404, false), (500, false), (413, false), (302, false)]
        {
            assert_eq!(judged(status, None, false), Some(again), "{status}");
        }
        for status in [429, 502, 503, 504] {
            assert_eq!(judged(status, None, false), Some(true), "{status}");
            assert_eq!(judged(status, None, true), Some(true), "{status}");
        }
        assert_eq!(judged(200, Some(0), true), None);
        assert_eq!(judged(200, Some(14), true), Some(true));
        assert_eq!(judged(200, Some(3), true), Some(false));
        assert_eq!(judged(200, Some(8), true), Some(false));
        assert_eq!(judged(200, None, true), Some(true));
    }

    #[test]
    fn what_a_collector_has_not_kept_is_told() {
        let partial = [0x0a, 2, 0x08, 3];
        let judge = |body: &[u8], grpc| {
            let answered =
                Answered { status: 200, grpc_status: Some(0), retry_after: None, body: body.to_vec() };
            judge(&answered, grpc).unwrap().rejected
        };
        assert_eq!(judge(&partial, false), 3);
        assert_eq!(judge(&[&[0, 0, 0, 0, 4], partial.as_slice()].concat(), true), 3);
        assert_eq!((judge(b"", false), judge(b"", true)), (0, 0));
    }
}
