//! The body of an upstream's answer; reading it drives the connection that it comes from.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::http1::Http1;
use super::http2::InFlight;
use super::{Host, UpstreamError};

/// What the body's bytes come over.
enum Source {
    Http1 { connection: Http1, host: Arc<Host> },
    Http2 { _in_flight: InFlight },
    Ended,
}

/// Dropping a body that has not ended closes its connection (or resets its stream), so that the upstream
/// stops generating.
pub struct UpstreamBody {
    incoming: Incoming,
    source: Source,
}

impl UpstreamBody {
    pub(super) fn http1(incoming: Incoming, connection: Http1, host: Arc<Host>) -> Self {
        Self { incoming, source: Source::Http1 { connection, host } }
    }

    pub(super) fn http2(incoming: Incoming, in_flight: InFlight) -> Self {
        Self { incoming, source: Source::Http2 { _in_flight: in_flight } }
    }

    fn poll_incoming(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        Pin::new(&mut self.incoming)
            .poll_frame(context)
            .map(|frame| frame.map(|frame| frame.map_err(|error| UpstreamError::from_hyper(&error))))
    }

    fn end(&mut self, context: &mut Context<'_>) {
        if let Source::Http1 { connection, host } = std::mem::replace(&mut self.source, Source::Ended) {
            connection.retire(&host, context);
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = UpstreamError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        let this = self.get_mut();
        let mut polled = this.poll_incoming(context);
        if polled.is_pending()
            && let Source::Http1 { connection, .. } = &mut this.source
        {
            // Nothing has been read ahead: read now, and look again.
            connection.drive(context);
            polled = this.poll_incoming(context);
        }
        match &polled {
            Poll::Ready(None) => this.end(context),
            Poll::Ready(Some(Err(_))) => this.source = Source::Ended,
            Poll::Ready(Some(Ok(_))) if this.incoming.is_end_stream() => this.end(context),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
