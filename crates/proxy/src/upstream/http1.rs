//! HTTP/1.1: one request at a time on a connection that its user drives.

use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use telemetry::GaugeHold;
use tokio::sync::OwnedSemaphorePermit;

use super::bell::Bell;
use super::body::UpstreamBody;
use super::connect::{Connected, connect_with_retries};
use super::{Attempted, Host, Timeouts, UpstreamError};
use crate::idle::IdleTimer;
use crate::segments::Segments;

/// An answer's head may have this many bytes; longer ones are refused.
const MAX_HEAD: usize = 64 * 1024;
/// Bytes that are read at once at most.
const MAX_READ: usize = 128 * 1024;
/// A reused connection that its peer had forgotten says so within this time.
const STALE: Duration = Duration::from_millis(500);
/// Times that a closed connection is looked at for a reset.
const LOOKS: u32 = 20;

/// An open connection and the end by which requests are handed to it.
pub(super) struct Http1 {
    sender: SendRequest<Segments>,
    connection: Pin<Box<Connection<TokioIo<Connected>, Segments>>>,
    /// Rung by `waker`, which the connection has while its answer is awaited.
    bell: Arc<Bell>,
    waker: Waker,
    /// For the time until the head of an answer. It stays set between requests, which costs less than to set it anew.
    timer: Option<IdleTimer>,
    peer: Option<IpAddr>,
    _permit: OwnedSemaphorePermit,
    _counted: GaugeHold,
}

impl Http1 {
    async fn open(
        host: &Arc<Host>,
        timeouts: Timeouts,
        retries: u16,
        attempted: &mut Attempted,
    ) -> Result<Self, UpstreamError> {
        let permit = Arc::clone(&host.open).try_acquire_owned().map_err(|_| UpstreamError::Exhausted)?;
        let io = connect_with_retries(host, timeouts.connect, retries, attempted).await?;
        let peer = io.peer();
        let (sender, connection) = Builder::new()
            .max_buf_size(MAX_READ.max(MAX_HEAD))
            .handshake(TokioIo::new(io))
            .await
            .map_err(|error| UpstreamError::from_hyper(&error))?;
        host.metrics.upstream_opened.add(1);
        let counted = host.metrics.upstream_connections.hold();
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        let connection = Box::pin(connection);
        Ok(Self { sender, connection, bell, waker, timer: None, peer, _permit: permit, _counted: counted })
    }

    /// Moves bytes in both directions; true once the connection has ended.
    pub(super) fn drive(&mut self, context: &mut Context<'_>) -> bool {
        self.connection.as_mut().poll(context).is_ready()
    }

    /// Gives the connection back to its host if it can serve another request.
    pub(super) fn retire(mut self, host: &Host) {
        if self.is_alive() {
            host.put_idle(self);
        }
    }

    /// A connection that its peer closed while it lay idle is found out by driving it once.
    fn is_alive(&mut self) -> bool {
        !self.drive(&mut silent()) && self.sender.is_ready()
    }

    /// Whether the peer, which has closed its end, throws away what was sent to it. That is known when its reset
    /// has come: at once from this machine, after a round trip from elsewhere.
    async fn refusal(self) -> Refusal {
        let io = Pin::into_inner(self.connection).into_parts().io.into_inner();
        for _ in 0..LOOKS {
            if !matches!(io.socket().take_error(), Ok(None)) {
                return Refusal::Closed;
            }
            tokio::time::sleep(STALE / LOOKS).await;
        }
        Refusal::None
    }

    /// The head of the answer, or why there will be none; `None` if nothing comes `within`.
    async fn exchange(
        &mut self,
        request: Request<Segments>,
        within: Duration,
    ) -> Option<Result<Response<Incoming>, Failed>> {
        let timer = self.timer.get_or_insert_with(|| IdleTimer::new(within));
        timer.limit = within;
        timer.read_now();
        let mut answer = pin!(self.sender.try_send_request(request));
        let connection = &mut self.connection;
        // Nothing but driving the connection brings the answer, so it is looked for after each time. What is
        // there already is taken in silence; only a wait needs somebody who wakes.
        let mut look = move |context: &mut Context<'_>| {
            // Without an end of our own: answered by one, a peer that has closed before it read the request would
            // throw it away in silence.
            let ended = connection.poll_without_shutdown(context);
            match answer.as_mut().poll(&mut silent()) {
                Poll::Ready(Ok(response)) => Poll::Ready(Ok(response)),
                Poll::Ready(Err(mut error)) => {
                    Poll::Ready(Err(Failed { unsent: error.take_message(), error: Some(error.into_error()) }))
                }
                // Nobody is left who could bring an answer.
                Poll::Pending if ended.is_ready() => Poll::Ready(Err(Failed { unsent: None, error: None })),
                Poll::Pending => Poll::Pending,
            }
        };
        let (bell, waker) = (&self.bell, &self.waker);
        let mut sent = false;
        poll_fn(move |context| {
            let called = bell.has_rung(context.waker());
            // There can be no answer yet when the request is sent.
            if std::mem::replace(&mut sent, true) {
                if !called {
                    return timer.poll(context, None).map(|_| None);
                }
                if let Poll::Ready(answer) = look(&mut silent()) {
                    return Poll::Ready(Some(answer));
                }
            }
            match look(&mut Context::from_waker(waker)) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending => timer.poll(context, None).map(|_| None),
            }
        })
        .await
    }
}

/// A context that wakes nobody.
///
/// What a connection hands over goes through channels that wake both ends. Here both ends are in one task, which
/// looks at each after driving the other, so such a wake-up would only have it run once more for nothing.
pub(super) fn silent() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

struct Failed {
    /// The request, if no byte of it was written.
    unsent: Option<Request<Segments>>,
    /// None where the connection ended without a word.
    error: Option<hyper::Error>,
}

pub(super) async fn send(
    host: &Arc<Host>,
    request: Request<Segments>,
    timeouts: Timeouts,
    retries: u16,
    attempted: &mut Attempted,
) -> Result<Response<UpstreamBody>, UpstreamError> {
    let mut request = request;
    while let Some(mut connection) = host.take_idle() {
        if !connection.is_alive() {
            continue;
        }
        host.metrics.upstream_reused.add(1);
        attempted.reused = true;
        attempted.peer = connection.peer;
        // The peer may close the connection in the very moment in which it is reused. The copy shares
        // the body's bytes; the head is small.
        let copy = request.clone();
        let sent = Instant::now();
        match answered(&mut connection, request, timeouts).await {
            Ok(response) => return Ok(finish(response, connection, host)),
            Err(Broken::Closed { unsent: Some(unsent), .. }) => request = *unsent,
            Err(Broken::Closed { refusal, .. }) => {
                let soon = sent.elapsed() < STALE;
                let harmless = copy.method().is_idempotent()
                    || match refusal {
                        Refusal::None => connection.refusal().await == Refusal::Closed,
                        Refusal::Closed => true,
                        Refusal::Reset => soon,
                    };
                if !harmless {
                    return Err(UpstreamError::Closed);
                }
                request = copy;
            }
            Err(Broken::Told(error)) => return Err(error),
        }
        break;
    }
    // Boxed, so that most requests have no room for it.
    Box::pin(send_afresh(host, request, timeouts, retries, attempted)).await
}

/// Sends a request over a new connection.
async fn send_afresh(
    host: &Arc<Host>,
    request: Request<Segments>,
    timeouts: Timeouts,
    retries: u16,
    attempted: &mut Attempted,
) -> Result<Response<UpstreamBody>, UpstreamError> {
    attempted.reused = false;
    attempted.peer = None;
    let mut connection = Http1::open(host, timeouts, retries, attempted).await?;
    attempted.peer = connection.peer;
    match answered(&mut connection, request, timeouts).await {
        Ok(response) => Ok(finish(response, connection, host)),
        Err(Broken::Closed { .. }) => Err(UpstreamError::Closed),
        Err(Broken::Told(error)) => Err(error),
    }
}

enum Broken {
    /// The connection ended before the head of the answer came.
    Closed {
        /// The request, if no byte of it was written.
        unsent: Option<Box<Request<Segments>>>,
        refusal: Refusal,
    },
    Told(UpstreamError),
}

async fn answered(
    connection: &mut Http1,
    request: Request<Segments>,
    timeouts: Timeouts,
) -> Result<Response<Incoming>, Broken> {
    match connection.exchange(request, timeouts.read).await {
        None => Err(Broken::Told(UpstreamError::ReadTimeout)),
        Some(Ok(response)) => Ok(response),
        Some(Err(Failed { unsent, error })) => {
            match error.as_ref().map_or(UpstreamError::Closed, UpstreamError::from_hyper) {
                UpstreamError::Closed => {
                    let refusal = error.as_ref().and_then(cause).map_or(Refusal::None, Refusal::of);
                    Err(Broken::Closed { unsent: unsent.map(Box::new), refusal })
                }
                error => Err(Broken::Told(error)),
            }
        }
    }
}

/// How a peer that ended a connection has treated the request on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// It took the request, for all that is known.
    None,
    /// It had closed its end first, and then threw away what came. However late that is noticed here, nobody has
    /// read the request.
    Closed,
    /// It threw everything away at once: a peer that has forgotten the connection, or one that broke down with the
    /// request in its hands. Only the first is quick.
    Reset,
}

impl Refusal {
    fn of(error: &std::io::Error) -> Self {
        match error.kind() {
            // What the system makes of a reset behind the peer's own close.
            ErrorKind::BrokenPipe => Self::Closed,
            ErrorKind::ConnectionReset => Self::Reset,
            _ => Self::None,
        }
    }
}

/// What went wrong with the connection itself.
fn cause(error: &hyper::Error) -> Option<&std::io::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

fn finish(response: Response<Incoming>, connection: Http1, host: &Arc<Host>) -> Response<UpstreamBody> {
    response.map(|incoming| UpstreamBody::http1(incoming, connection, Arc::clone(host)))
}
