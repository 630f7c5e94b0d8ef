//! Requests to upstreams: pooled HTTP/1.1 connections by default, HTTP/2 where configured.
//!
//! A connection is not a task of its own: whoever waits for its answer drives it. That saves a
//! wake-up a chunk and the memory of a task a stream. An idle connection is not driven at all; whether
//! it is still alive is found out when it is taken from the pool.

mod bell;
mod body;
mod connect;
mod error;
mod host;
mod http1;
mod http2;
mod tls;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, Response};

pub use body::UpstreamBody;
pub use error::UpstreamError;
pub use host::{Host, HostKey, Hosts};
pub use tls::{TlsSettings, TlsSetupError};

use crate::segments::Segments;

/// How long the parts of an exchange may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Name look-up, TCP and TLS together.
    pub connect: Duration,
    /// From the request being sent to its answer's head, and between two reads of its body.
    pub read: Duration,
}

/// How an exchange got its connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempted {
    /// The answer came over a connection that had served before.
    pub reused: bool,
    /// Connections that were tried and failed before the last one that was tried.
    pub failed: Vec<Connect>,
    /// The last one, which worked where there is an answer.
    pub last: Option<Connect>,
    /// The other end of the connection that was used.
    pub peer: Option<IpAddr>,
}

/// A connection that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connect {
    pub at: Instant,
    /// Until there was one, or was known to be none.
    pub took: Duration,
}

/// Sends one request to `host` and waits for the head of its answer.
///
/// A connection that cannot be made is tried again, at most `retries` times and within the connect
/// timeout. A request that met a pooled connection which the peer had just closed is sent once more on
/// a fresh one if it had not been read, or if reading it twice does no harm: an answer may cost money.
pub async fn send(
    host: &Arc<Host>,
    request: Request<Segments>,
    timeouts: Timeouts,
    retries: u16,
    attempted: &mut Attempted,
) -> Result<Response<UpstreamBody>, UpstreamError> {
    if host.key().http2 {
        // Boxed: most hosts speak HTTP/1.1, and their requests have no room for it.
        Box::pin(http2::send(host, request, timeouts, retries, attempted)).await
    } else {
        http1::send(host, request, timeouts, retries, attempted).await
    }
}
