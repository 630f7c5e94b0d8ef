//! Listeners: accepted connections, TLS, HTTP/1.1 or HTTP/2, and a graceful end.

mod alarm;
mod connection;
mod drain;
mod patience;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

pub use connection::ConnectionInfo;
pub use drain::{Drain, Phase, Signal};
pub use tls::{CertificateError, server_config};

use crate::Gateway;

/// Client connections that may be open at once on one listener; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 65_536;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4_096;

/// One address that callers connect to.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Binds `address`; with `tls` the listener speaks HTTPS only.
    pub fn bind(address: SocketAddr, tls: Option<Arc<rustls::ServerConfig>>) -> io::Result<Self> {
        let socket = if address.is_ipv6() {
            tokio::net::TcpSocket::new_v6()?
        } else {
            tokio::net::TcpSocket::new_v4()?
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self { tcp: socket.listen(BACKLOG)?, tls: tls.map(TlsAcceptor::from) })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// Accepts connections until the drain begins.
pub async fn serve(listener: Listener, gateway: Arc<Gateway>, mut signal: Signal) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = listener.tcp.accept() => accepted,
            () = signal.reached(Phase::Draining) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let gateway = Arc::clone(&gateway);
                let tls = listener.tls.clone();
                let signal = signal.clone();
                tokio::spawn(async move {
                    connection::serve(stream, peer, tls, gateway, signal).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Usually the limit of open files: give running requests time to close some.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
