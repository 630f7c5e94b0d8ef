//! One upstream host: its idle connections and how many may be open at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use telemetry::Metrics;
use tokio::sync::Semaphore;

use super::http1::Http1;
use super::http2::Shards;
use super::tls::TlsSettings;

/// Connections to one host that may be open at the same time.
const MAX_CONNECTIONS: usize = 16_384;
/// Idle connections that are kept for reuse.
const MAX_IDLE: usize = 4_096;
/// Servers commonly close idle connections after 60 s and more; ours go first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(55);
/// Hosts that may be known at once; only templated hosts can bring new ones at run time.
const MAX_HOSTS: usize = 4_096;

/// What tells one pool of connections from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostKey {
    /// Lower case name or IP address, without brackets.
    pub name: Box<str>,
    pub port: u16,
    pub tls: bool,
    /// Verify the certificate of the peer.
    pub verify: bool,
    pub http2: bool,
}

struct Idle {
    connection: Http1,
    since: Instant,
}

/// One upstream host.
pub struct Host {
    key: HostKey,
    pub(super) tls: Arc<TlsSettings>,
    idle: Mutex<Vec<Idle>>,
    pub(super) open: Arc<Semaphore>,
    pub(super) shards: Shards,
    pub(super) metrics: Arc<Metrics>,
}

impl Host {
    fn new(key: HostKey, tls: Arc<TlsSettings>, metrics: Arc<Metrics>) -> Self {
        Self {
            key,
            tls,
            idle: Mutex::new(Vec::new()),
            open: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            shards: Shards::default(),
            metrics,
        }
    }

    pub fn key(&self) -> &HostKey {
        &self.key
    }

    /// The connection that was used last, if it is young enough.
    pub(super) fn take_idle(&self) -> Option<Http1> {
        let newest = lock(&self.idle).pop()?;
        (newest.since.elapsed() < IDLE_TIMEOUT).then_some(newest.connection)
    }

    pub(super) fn put_idle(&self, connection: Http1) {
        let mut idle = lock(&self.idle);
        if idle.len() < MAX_IDLE {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    fn drop_expired(&self) {
        let mut idle = lock(&self.idle);
        let expired: Vec<Idle> = idle.extract_if(.., |entry| entry.since.elapsed() >= IDLE_TIMEOUT).collect();
        if idle.is_empty() {
            idle.shrink_to_fit();
        }
        drop(idle);
        // Sockets are closed after the lock is gone.
        drop(expired);
    }
}

/// All hosts that the gateway has spoken to; they outlive a change of configuration.
pub struct Hosts {
    tls: Arc<TlsSettings>,
    metrics: Arc<Metrics>,
    known: Mutex<HashMap<HostKey, Arc<Host>>>,
}

impl Hosts {
    pub fn new(tls: Arc<TlsSettings>, metrics: Arc<Metrics>) -> Self {
        Self { tls, metrics, known: Mutex::new(HashMap::new()) }
    }

    /// The host of this key; known hosts keep their connections.
    pub fn host(&self, key: &HostKey) -> Arc<Host> {
        let mut known = lock(&self.known);
        if let Some(host) = known.get(key) {
            return Arc::clone(host);
        }
        if known.len() >= MAX_HOSTS {
            known.retain(|_, host| Arc::strong_count(host) > 1);
        }
        let host = Arc::new(Host::new(key.clone(), Arc::clone(&self.tls), Arc::clone(&self.metrics)));
        known.insert(key.clone(), Arc::clone(&host));
        host
    }

    /// Closes idle connections as they grow old; never ends.
    pub async fn sweep(&self) {
        let mut ticks = tokio::time::interval(Duration::from_secs(10));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let hosts: Vec<Arc<Host>> = lock(&self.known).values().cloned().collect();
            for host in hosts {
                host.drop_expired();
            }
        }
    }
}

/// The data behind these locks stays whole at every step, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
