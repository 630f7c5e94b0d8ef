//! What runs: the snapshot in force, and all that outlives it.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use config::Configuration;
use telemetry::{Metrics, RecordWriter};

use crate::admin::now;
use crate::snapshot::{AiProxy, CompileContext, CompileError, Snapshot};
use crate::upstream::Hosts;

/// What the process was told besides its configuration.
pub struct Settings {
    /// Largest request body in bytes, whatever the configuration allows.
    pub max_body_bytes: u64,
    /// Base URL of the built-in simulator, if it runs.
    pub simulator: Option<String>,
}

pub struct Gateway {
    snapshot: ArcSwap<Snapshot>,
    settings: Settings,
    pub hosts: Hosts,
    pub metrics: Arc<Metrics>,
    pub records: Option<RecordWriter>,
    pub started: Instant,
}

impl Gateway {
    /// A gateway with its first configuration.
    pub fn new(
        configuration: Configuration,
        settings: Settings,
        hosts: Hosts,
        metrics: Arc<Metrics>,
        records: Option<RecordWriter>,
    ) -> Result<Self, CompileError> {
        let context =
            CompileContext { hosts: &hosts, metrics: &metrics, simulator: settings.simulator.as_deref() };
        let snapshot = Snapshot::compile(configuration, &context)?;
        metrics.reloads.succeeded(now());
        Ok(Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            settings,
            hosts,
            metrics,
            records,
            started: Instant::now(),
        })
    }

    /// The configuration in force. Who holds it keeps it, whatever is loaded meanwhile.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Compiles a configuration and puts it in force; on an error nothing changes.
    pub fn replace(&self, configuration: Configuration) -> Result<(), CompileError> {
        let context = CompileContext {
            hosts: &self.hosts,
            metrics: &self.metrics,
            simulator: self.settings.simulator.as_deref(),
        };
        let snapshot = Snapshot::compile(configuration, &context)?;
        self.snapshot.store(Arc::new(snapshot));
        self.metrics.reloads.succeeded(now());
        Ok(())
    }

    /// Bytes that a request to this plugin may have: its own limit, below the process's.
    pub fn body_limit(&self, plugin: &AiProxy) -> u64 {
        match plugin.max_request_body_size {
            0 => self.settings.max_body_bytes,
            limit => limit.min(self.settings.max_body_bytes),
        }
    }
}
