//! One client connection from its first byte to its end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::alarm::Alarm;
use super::drain::{Phase, Signal};
use super::patience::Patience;
use super::tls::version_and_cipher;
use crate::Gateway;
use crate::account::record_malformed;
use crate::answer::ClientBody;
use crate::pipeline::{self, Arrived};

/// A request's head must arrive within this time; an idle connection is closed after it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// Longer heads are answered with 431.
const MAX_HEAD: usize = 64 * 1024;
const TLS_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_STREAMS: u32 = 256;
/// A client that takes no bytes for this long is given up.
const WRITE_TIMEOUT: Duration = Duration::from_mins(1);

/// What is known of a connection.
#[derive(Debug)]
pub struct ConnectionInfo {
    pub peer: SocketAddr,
    pub tls: bool,
    /// The TLS server name that the client asked for, lower case.
    pub sni: Option<Box<str>>,
    /// TLS version and cipher suite.
    pub cipher: Option<(&'static str, &'static str)>,
}

impl ConnectionInfo {
    fn plain(peer: SocketAddr) -> Self {
        Self { peer, tls: false, sni: None, cipher: None }
    }
}

pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    gateway: Arc<Gateway>,
    mut signal: Signal,
) {
    let _counted = gateway.metrics.client_connections.hold();
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let opened = tokio::select! {
        opened = open(stream, peer, tls) => opened,
        // Nothing has been asked yet.
        () = signal.reached(Phase::Draining) => return,
    };
    match opened {
        None => {}
        Some((Opened::Plain(stream), http2, info)) => speak(stream, http2, info, gateway, signal).await,
        Some((Opened::Tls(stream), http2, info)) => speak(stream, http2, info, gateway, signal).await,
    }
}

enum Opened {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Waits until it is known what the connection speaks: whether HTTP/2, and who is at the other end.
async fn open(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
) -> Option<(Opened, bool, ConnectionInfo)> {
    let Some(acceptor) = tls else {
        let http2 = tokio::time::timeout(HEAD_TIMEOUT, opens_http2(&stream)).await.ok()?;
        return Some((Opened::Plain(stream), http2, ConnectionInfo::plain(peer)));
    };
    match tokio::time::timeout(TLS_TIMEOUT, acceptor.accept(stream)).await {
        Err(_elapsed) => tracing::debug!("a TLS handshake took too long"),
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Ok(Ok(stream)) => {
            let session = stream.get_ref().1;
            let http2 = session.alpn_protocol() == Some(b"h2");
            let sni = session.server_name().map(|name| name.to_ascii_lowercase().into());
            let info = ConnectionInfo { peer, tls: true, sni, cipher: version_and_cipher(session) };
            return Some((Opened::Tls(Box::new(stream)), http2, info));
        }
    }
    None
}

/// HTTP/2 begins with a preface that no HTTP/1 request begins with.
async fn opens_http2(stream: &TcpStream) -> bool {
    let mut start = [0_u8; 3];
    loop {
        match stream.peek(&mut start).await {
            Ok(0) | Err(_) => return false,
            Ok(count) if !b"PRI".starts_with(start.get(..count).unwrap_or_default()) => return false,
            Ok(3) => return true,
            Ok(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

async fn speak<I>(io: I, http2: bool, info: ConnectionInfo, gateway: Arc<Gateway>, signal: Signal)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let info = Arc::new(info);
    let handler = Handler { gateway: Arc::clone(&gateway), info: Arc::clone(&info), signal: signal.clone() };
    let io = TokioIo::new(Patience::new(io, WRITE_TIMEOUT));
    // Each protocol's state lives in its own allocation: a task is as large as what it runs.
    let outcome = if http2 {
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(64 * 1024)
            .keep_alive_interval(Some(Duration::from_secs(30)))
            .serve_connection(io, handler);
        Box::pin(until_drained(connection, signal, |connection| {
            connection.graceful_shutdown();
        }))
        .await
    } else {
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(Alarm::default())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_header_size(MAX_HEAD)
            .serve_connection(io, handler);
        Box::pin(until_drained(connection, signal, |connection| {
            connection.graceful_shutdown();
        }))
        .await
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a client connection ended early");
        if let Some(status) = answered_with(&error).filter(|_| !http2) {
            record_malformed(&gateway, &info, status);
        }
    }
}

/// The status that hyper has answered with what cannot be read as a request.
fn answered_with(error: &hyper::Error) -> Option<u16> {
    if error.is_parse_too_large() {
        return Some(431);
    }
    (error.is_parse() && !error.is_parse_version_h2()).then_some(400)
}

async fn until_drained<C>(
    connection: C,
    mut signal: Signal,
    shut_down: impl Fn(Pin<&mut C>),
) -> Result<(), hyper::Error>
where
    C: Future<Output = Result<(), hyper::Error>>,
{
    let mut connection = pin!(connection);
    tokio::select! {
        biased;
        outcome = connection.as_mut() => return outcome,
        () = signal.reached(Phase::Draining) => {}
    }
    shut_down(connection.as_mut());
    tokio::select! {
        biased;
        outcome = connection => outcome,
        () = signal.reached(Phase::Ended) => Ok(()),
    }
}

/// Hands the requests of one connection to the gateway.
struct Handler {
    gateway: Arc<Gateway>,
    info: Arc<ConnectionInfo>,
    signal: Signal,
}

impl Service<Request<Incoming>> for Handler {
    type Response = Response<ClientBody>;
    type Error = Infallible;
    // Boxed so that its memory is given back when the answer's head is ready, while the body streams on.
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let gateway = Arc::clone(&self.gateway);
        let info = Arc::clone(&self.info);
        let signal = self.signal.clone();
        // Before anything waits: a client that is gone by then has its record as well.
        let arrived = Arrived::new(&gateway, &info, request);
        Box::pin(async move { Ok(pipeline::handle(&gateway, &info, &signal, arrived).await) })
    }
}
