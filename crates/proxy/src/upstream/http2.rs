//! HTTP/2 to upstreams that are configured for it: a few connections a host, the least busy one serves.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::body::UpstreamBody;
use super::connect::connect_with_retries;
use super::host::lock;
use super::{Attempted, Host, Timeouts, UpstreamError};
use crate::segments::Segments;

/// Connections a host.
const MAX_SHARDS: usize = 8;
/// Streams on one connection before another is opened; many servers allow 100.
const STREAMS_PER_SHARD: usize = 64;

struct Shard {
    sender: SendRequest<Segments>,
    peer: Option<IpAddr>,
    streams: Arc<AtomicUsize>,
}

/// A connection for one request.
struct Chosen {
    sender: SendRequest<Segments>,
    peer: Option<IpAddr>,
    in_flight: InFlight,
}

/// The open HTTP/2 connections of one host.
#[derive(Default)]
pub(super) struct Shards(Mutex<Vec<Shard>>);

/// One stream that is in use; the shard is relieved when it is dropped.
pub(super) struct InFlight(Arc<AtomicUsize>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shards {
    /// The least busy connection, unless another should be opened first.
    fn choose(&self) -> Option<Chosen> {
        let mut shards = lock(&self.0);
        shards.retain(|shard| !shard.sender.is_closed());
        let full = shards.len() >= MAX_SHARDS;
        let shard = shards.iter().min_by_key(|shard| shard.streams.load(Ordering::Relaxed))?;
        if !full && shard.streams.load(Ordering::Relaxed) >= STREAMS_PER_SHARD {
            return None;
        }
        shard.streams.fetch_add(1, Ordering::Relaxed);
        let in_flight = InFlight(Arc::clone(&shard.streams));
        Some(Chosen { sender: shard.sender.clone(), peer: shard.peer, in_flight })
    }

    fn add(&self, sender: SendRequest<Segments>, peer: Option<IpAddr>) -> Chosen {
        let streams = Arc::new(AtomicUsize::new(1));
        lock(&self.0).push(Shard { sender: sender.clone(), peer, streams: Arc::clone(&streams) });
        Chosen { sender, peer, in_flight: InFlight(streams) }
    }
}

pub(super) async fn send(
    host: &Arc<Host>,
    request: Request<Segments>,
    timeouts: Timeouts,
    retries: u16,
    attempted: &mut Attempted,
) -> Result<Response<UpstreamBody>, UpstreamError> {
    let chosen = if let Some(chosen) = host.shards.choose() {
        attempted.reused = true;
        host.metrics.upstream_reused.add(1);
        chosen
    } else {
        let (sender, peer) = open(host, timeouts, retries, attempted).await?;
        host.shards.add(sender, peer)
    };
    attempted.peer = chosen.peer;
    let Chosen { mut sender, in_flight, .. } = chosen;
    let exchange = async {
        sender.ready().await?;
        sender.send_request(request).await
    };
    match tokio::time::timeout(timeouts.read, exchange).await {
        Err(_elapsed) => Err(UpstreamError::ReadTimeout),
        Ok(Err(error)) => Err(UpstreamError::from_hyper(&error)),
        Ok(Ok(response)) => Ok(response.map(|incoming| UpstreamBody::http2(incoming, in_flight))),
    }
}

async fn open(
    host: &Arc<Host>,
    timeouts: Timeouts,
    retries: u16,
    attempted: &mut Attempted,
) -> Result<(SendRequest<Segments>, Option<IpAddr>), UpstreamError> {
    let permit = Arc::clone(&host.open).try_acquire_owned().map_err(|_| UpstreamError::Exhausted)?;
    let io = connect_with_retries(host, timeouts.connect, retries, attempted).await?;
    let peer = io.peer();
    let (sender, connection) = Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(io))
        .await
        .map_err(|error| UpstreamError::from_hyper(&error))?;
    host.metrics.upstream_opened.add(1);
    let counted = host.metrics.upstream_connections.hold();
    tokio::spawn(async move {
        // How it ends is told to each of its streams.
        let _ = connection.await;
        drop((permit, counted));
    });
    Ok((sender, peer))
}
