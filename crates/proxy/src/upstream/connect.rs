//! A new connection to an upstream: name look-up, TCP, TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;

use super::{Attempted, Connect, Host, UpstreamError};

/// A connection that is ready for HTTP.
pub(super) enum Connected {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connected {
    pub(super) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl Connected {
    pub(super) fn peer(&self) -> Option<IpAddr> {
        self.socket().peer_addr().ok().map(|address| address.ip())
    }
}

/// Connects, and tries again when the connection fails: at most `retries` times, all within `within`. Notes each try.
pub(super) async fn connect_with_retries(
    host: &Host,
    within: Duration,
    retries: u16,
    attempted: &mut Attempted,
) -> Result<Connected, UpstreamError> {
    let deadline = Instant::now() + within;
    loop {
        let began = Instant::now();
        let outcome = timeout_at(deadline, connect(host)).await.unwrap_or(Err(UpstreamError::ConnectTimeout));
        let tried = Connect { at: began.into_std(), took: began.elapsed() };
        attempted.last = Some(tried);
        let failures = attempted.failed.len();
        match outcome {
            Err(UpstreamError::Connect(_) | UpstreamError::Resolve) if failures < usize::from(retries) => {}
            outcome => return outcome,
        }
        // A peer that restarts is away for a moment: each try waits a little longer than the one before.
        let pause = Duration::from_millis(10).saturating_mul(u32::try_from(failures + 1).unwrap_or(u32::MAX));
        if timeout_at(deadline, tokio::time::sleep(pause)).await.is_err() {
            return Err(UpstreamError::ConnectTimeout);
        }
        attempted.failed.push(tried);
    }
}

async fn connect(host: &Host) -> Result<Connected, UpstreamError> {
    let tcp = connect_tcp(host).await?;
    tcp.set_nodelay(true).map_err(|error| UpstreamError::Connect(error.kind()))?;
    if !host.key().tls {
        return Ok(Connected::Plain(tcp));
    }
    let connector = host.tls.connector(host.key()).map_err(|error| UpstreamError::Tls(error.to_string()))?;
    let name = rustls::pki_types::ServerName::try_from(host.key().name.to_string())
        .map_err(|_| UpstreamError::Resolve)?;
    match connector.connect(name, tcp).await {
        Ok(stream) => Ok(Connected::Tls(Box::new(stream))),
        Err(error) => Err(UpstreamError::Tls(error.to_string())),
    }
}

async fn connect_tcp(host: &Host) -> Result<TcpStream, UpstreamError> {
    let key = host.key();
    if let Ok(address) = key.name.parse::<IpAddr>() {
        return TcpStream::connect(SocketAddr::new(address, key.port))
            .await
            .map_err(|error| UpstreamError::Connect(error.kind()));
    }
    let addresses =
        tokio::net::lookup_host((&*key.name, key.port)).await.map_err(|_| UpstreamError::Resolve)?;
    let mut last = UpstreamError::Resolve;
    for address in addresses {
        // One address that does not answer must not use up the time of all others.
        match tokio::time::timeout(Duration::from_secs(5), TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = UpstreamError::Connect(error.kind()),
            Err(_elapsed) => last = UpstreamError::Connect(io::ErrorKind::TimedOut),
        }
    }
    Err(last)
}

impl AsyncRead for Connected {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connected {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
