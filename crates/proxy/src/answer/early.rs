//! A stream whose head went out before its upstream answered (`extensions.early_head`): keep-alives, until
//! the rest of the pipeline has an answer.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use dialect::{Envelope, Quirks, Reading, Verdict};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use model::Operation;
use stream::FrameKind;
use tokio::time::{Instant, Sleep};

use super::{ClientBody, Content};
use crate::absence::Running;

/// What is known of a streamed answer before its upstream has said anything.
pub struct Promise {
    pub headers: HeaderMap,
    /// Silence after which a keep-alive is sent.
    pub pause: Duration,
    pub envelope: &'static dyn Envelope,
    pub operation: Operation,
    pub quirks: &'static Quirks,
    /// Whether the head has gone out.
    pub kept: Arc<AtomicBool>,
}

/// The answer that the pipeline still owes.
pub struct Early {
    running: Running,
    promise: Promise,
    tick: Pin<Box<Sleep>>,
}

/// What comes next.
pub(super) enum Next {
    KeepAlive(&'static [u8]),
    Answer(Response<ClientBody>),
}

impl Promise {
    /// The head, and a first keep-alive at once.
    pub fn keep(mut self, running: Running) -> Response<ClientBody> {
        self.kept.store(true, Ordering::Relaxed);
        let mut headers = std::mem::take(&mut self.headers);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        let tick = Box::pin(tokio::time::sleep(Duration::ZERO));
        let content = Content::Early(Box::new(Early { running, promise: self, tick }));
        let mut response = Response::new(ClientBody { content, account: None, sent: 0 });
        *response.headers_mut() = headers;
        response
    }

    /// An answer that is no stream, as the one event that a client takes for an error.
    fn error_event(&self, status: StatusCode, body: &[u8]) -> Bytes {
        let reading = Reading { operation: self.operation, quirks: self.quirks, nonce: "", named: None };
        let mut reader = self.envelope.stream(&reading);
        let kind = reader.frame(None, body);
        if status.as_u16() >= 400 && kind == FrameKind::Error {
            let known = reader.instead();
            return Bytes::from(self.envelope.frame_error(known.as_deref().unwrap_or(body)));
        }
        let message = format!("the upstream answered with status {} and no event stream", status.as_u16());
        Bytes::from(self.envelope.error_frame(&Verdict {
            status: status.as_u16(),
            kind: "api_error",
            code: Some("upstream_error"),
            param: None,
            message: &message,
        }))
    }
}

impl Early {
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Next> {
        if let Poll::Ready(response) = Pin::new(&mut self.running).poll(context) {
            return Poll::Ready(Next::Answer(response));
        }
        std::task::ready!(self.tick.as_mut().poll(context));
        self.tick.as_mut().reset(Instant::now() + self.promise.pause);
        Poll::Ready(Next::KeepAlive(self.promise.envelope.keep_alive()))
    }

    /// What of an answer can follow a head that is out already: a stream as it is, all else as an error.
    pub(super) fn fit(&self, response: Response<ClientBody>) -> ClientBody {
        let (parts, mut body) = response.into_parts();
        if let Some(account) = &mut body.account {
            account.head_was_out(matches!(body.content, Content::Stream(_)));
        }
        if !matches!(body.content, Content::Stream(_)) {
            let whole = match &body.content {
                Content::Whole(Some(bytes)) => bytes.clone(),
                _ => Bytes::new(),
            };
            body.content = Content::Whole(Some(self.promise.error_event(parts.status, &whole)));
        }
        body
    }
}
