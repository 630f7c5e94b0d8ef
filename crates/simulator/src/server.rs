//! The listener: accepts, serves HTTP/1.1 and HTTP/2 on each connection, stops gracefully.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::control::Control;
use crate::recording::{Recorded, Recording};
use crate::service;
use crate::socket::{Link, Socket};

/// How many connections are served at a time; more wait in the listener's queue.
const MAX_CONNECTIONS: usize = 8192;
/// How long `stop` waits for answers under way.
const STOP_DEADLINE: Duration = Duration::from_secs(2);

/// How a simulator behaves where a request does not say.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whose rules judge paths that do not name a provider.
    pub default_provider: String,
    /// Keys that are accepted beside every key that starts with `sk-sim`.
    pub keys: Vec<String>,
    /// Accepts requests without any key, whoever the provider is.
    pub keyless: bool,
    /// Names that `GET /v1/models` lists first.
    pub models: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { default_provider: "openai".to_owned(), keys: Vec::new(), keyless: false, models: Vec::new() }
    }
}

/// What all connections use.
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) recording: Recording,
    pub(crate) control: Control,
}

/// A running simulator. Dropping it ends it at once; `stop` lets answers under way finish.
pub struct Simulator {
    /// Where it listens.
    pub addr: SocketAddr,
    core: Arc<Core>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Simulator {
    /// Listens on `addr` and serves on the caller's runtime. Fails where the address cannot be bound.
    pub async fn bind(addr: SocketAddr) -> io::Result<Self> {
        Self::bind_with(addr, Options::default()).await
    }

    /// As `bind`, with options. Fails also where the default provider is not known.
    pub async fn bind_with(addr: SocketAddr, options: Options) -> io::Result<Self> {
        if crate::provider::find(&options.default_provider).is_none() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("no provider is called `{}`", options.default_provider),
            ));
        }
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let core = Arc::new(Core { options, recording: Recording::new(), control: Control::default() });
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&core), stopped));
        Ok(Self { addr, core, stop, accepting })
    }

    /// Every request that is still kept, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.core.recording.all()
    }

    /// Forgets the requests so far.
    pub fn clear(&self) {
        self.core.recording.clear();
    }

    /// Stops accepting, waits up to two seconds for answers under way, then ends.
    pub async fn stop(mut self) {
        // Fails only where the task is gone already.
        let _ = self.stop.send(true);
        let _ = tokio::time::timeout(STOP_DEADLINE, &mut self.accepting).await;
    }

    /// Serves until the task ends, which it does not do by itself.
    pub async fn join(mut self) {
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves on `addr` until the future is dropped; `ready` is told the address that was bound.
pub async fn run(addr: SocketAddr, options: Options, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let simulator = Simulator::bind_with(addr, options).await?;
    ready(simulator.addr);
    simulator.join().await;
    Ok(())
}

async fn accept(listener: TcpListener, core: Arc<Core>, mut stopped: watch::Receiver<bool>) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let counter = AtomicU64::new(0);
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
        };
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely: give others time to close.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if core.control.take_closed_connection() {
            continue;
        }
        let link = Link::new(counter.fetch_add(1, Ordering::Relaxed) + 1);
        let core = Arc::clone(&core);
        let stopped = stopped.clone();
        connections.spawn(async move {
            serve(stream, link, core, stopped).await;
            drop(permit);
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(stream: TcpStream, link: Arc<Link>, core: Arc<Core>, mut stopped: watch::Receiver<bool>) {
    // Without it small chunks would wait for acknowledgements; where it fails they do.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Socket::new(stream, Arc::clone(&link)));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(1 << 20).timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let for_requests = Arc::clone(&link);
    let handler =
        service_fn(move |request| service::serve(Arc::clone(&core), Arc::clone(&for_requests), request));
    let connection = builder.serve_connection(io, handler);
    tokio::pin!(connection);
    loop {
        tokio::select! {
            // Clients that go away and faults end connections with errors: both are recorded with the request.
            _ = connection.as_mut() => return,
            () = link.closed() => connection.as_mut().graceful_shutdown(),
            told = stopped.changed() => match told {
                Ok(()) => connection.as_mut().graceful_shutdown(),
                // The simulator itself is gone.
                Err(_) => return,
            },
        }
    }
}
