//! The body of an upstream's answer; reading it drives the connection that it comes from.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::http1::{Http1, silent};
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

    /// Reads what is there; waits, with the waker of `context`, only where there is nothing.
    fn poll_driven(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        if !matches!(self.source, Source::Http1 { .. }) {
            return self.poll_incoming(context);
        }
        let mut polled = self.poll_incoming(&mut silent());
        for waker in [Waker::noop(), context.waker()] {
            if polled.is_pending()
                && let Source::Http1 { connection, .. } = &mut self.source
            {
                // Nothing has been read ahead: read now, and look again.
                connection.drive(&mut Context::from_waker(waker));
                polled = self.poll_incoming(&mut silent());
            }
        }
        polled
    }

    fn end(&mut self) {
        if let Source::Http1 { connection, host } = std::mem::replace(&mut self.source, Source::Ended) {
            connection.retire(&host);
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
        let polled = this.poll_driven(context);
        match &polled {
            Poll::Ready(None) => this.end(),
            Poll::Ready(Some(Err(_))) => this.source = Source::Ended,
            Poll::Ready(Some(Ok(_))) if this.incoming.is_end_stream() => this.end(),
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
