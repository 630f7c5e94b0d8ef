//! What runs: the snapshot in force, and all that outlives it.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use config::Configuration;
use http::request::Parts;
use identity::{Environment, Identities};
use telemetry::{Catalogue, Metrics, RecordWriter};

use crate::admin::now;
use crate::ledger::Ledger;
use crate::local::is_for_local;
use crate::sinks::Sinks;
use crate::snapshot::{AiProxy, CompileContext, CompileError, Snapshot};
use crate::token_calls::TokenCalls;
use crate::upstream::Hosts;

/// What the process was told besides its configuration.
pub struct Settings {
    /// Largest request body in bytes, whatever the configuration allows.
    pub max_body_bytes: u64,
    /// Base URL of the built-in simulator, if it runs.
    pub simulator: Option<String>,
    /// Callers must name this machine by an IP address or as `localhost`.
    pub local_names_only: bool,
}

/// Problems of a configuration that `/status` tells, and the bytes that it tells of each.
const MAX_PROBLEMS: usize = 20;
const MAX_PROBLEM: usize = 1024;

pub struct Gateway {
    snapshot: ArcSwap<Snapshot>,
    /// Why the last configuration was not loaded; empty if it was.
    problems: ArcSwap<Vec<String>>,
    settings: Settings,
    pub hosts: Arc<Hosts>,
    pub identities: Identities,
    pub metrics: Arc<Metrics>,
    /// What is over and not yet recorded.
    pub ledger: Arc<Ledger>,
    /// The process's own log of records.
    pub records: Option<RecordWriter>,
    /// Files and servers of plugins.
    pub sinks: Sinks,
    pub started: Instant,
}

impl Gateway {
    /// A gateway with its first configuration, and prices for it.
    pub fn new(
        configuration: Configuration,
        catalogue: &Arc<Catalogue>,
        settings: Settings,
        hosts: Hosts,
        metrics: Arc<Metrics>,
        records: Option<RecordWriter>,
    ) -> Result<Self, CompileError> {
        let hosts = Arc::new(hosts);
        let calls = Arc::new(TokenCalls { hosts: Arc::clone(&hosts), metrics: Arc::clone(&metrics) });
        let identities = Identities::new(calls, Environment::of_process());
        let sinks = Sinks::new(Arc::clone(&hosts), Arc::clone(&metrics));
        let context = CompileContext {
            hosts: &hosts,
            identities: &identities,
            metrics: &metrics,
            catalogue,
            sinks: &sinks,
            simulator: settings.simulator.as_deref(),
        };
        let snapshot = Snapshot::compile(configuration, &context)?;
        metrics.reloads.succeeded(now());
        Ok(Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            problems: ArcSwap::default(),
            settings,
            hosts,
            identities,
            metrics,
            ledger: Arc::default(),
            records,
            sinks,
            started: Instant::now(),
        })
    }

    /// The configuration in force. Who holds it keeps it, whatever is loaded meanwhile.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Compiles a configuration with prices and puts it in force; on an error nothing changes. To be called on the runtime
    /// that identities shall be fetched on.
    pub fn replace(
        &self,
        configuration: Configuration,
        catalogue: &Arc<Catalogue>,
    ) -> Result<(), CompileError> {
        let context = CompileContext {
            hosts: &self.hosts,
            identities: &self.identities,
            metrics: &self.metrics,
            catalogue,
            sinks: &self.sinks,
            simulator: self.settings.simulator.as_deref(),
        };
        let snapshot = Snapshot::compile(configuration, &context)?;
        self.snapshot.store(Arc::new(snapshot));
        self.problems.store(Arc::default());
        self.begin();
        self.metrics.reloads.succeeded(now());
        Ok(())
    }

    /// Starts what runs beside requests: settling accounts, fetching identities, writing records. To be called once on the
    /// runtime that it shall run on.
    pub fn begin(&self) {
        self.ledger.begin();
        self.identities.begin();
        self.sinks.begin();
    }

    /// Lets rotated files go.
    pub fn reopen_files(&self) {
        if let Some(records) = &self.records {
            records.reopen();
        }
        self.sinks.reopen();
    }

    /// Notes that a configuration was not loaded, and why, one problem a text.
    pub fn refused(&self, problems: &[String]) {
        let mut told: Vec<String> =
            problems.iter().take(MAX_PROBLEMS).map(|problem| shortened(problem)).collect();
        if let Some(more) = problems.len().checked_sub(MAX_PROBLEMS).filter(|more| *more > 0) {
            told.push(format!("and {more} more"));
        }
        self.problems.store(Arc::new(told));
        self.metrics.reloads.failed();
    }

    /// Why the last configuration was not loaded; empty if it was.
    pub fn problems(&self) -> Arc<Vec<String>> {
        self.problems.load_full()
    }

    /// Whether a request names this machine in a way that is good enough here.
    pub fn goes_by(&self, parts: &Parts) -> bool {
        !self.settings.local_names_only || is_for_local(parts)
    }

    /// Bytes that a request to this plugin may have: its own limit, below the process's.
    pub fn body_limit(&self, plugin: &AiProxy) -> u64 {
        match plugin.max_request_body_size {
            0 => self.settings.max_body_bytes,
            limit => limit.min(self.settings.max_body_bytes),
        }
    }
}

fn shortened(problem: &str) -> String {
    match problem.get(..problem.floor_char_boundary(MAX_PROBLEM)) {
        Some(start) if start.len() < problem.len() => format!("{start}…"),
        _ => problem.to_owned(),
    }
}
