//! The files and servers of `file-log`, `http-log` and `opentelemetry`.
//!
//! They live beside the configuration, by their settings: instances with the same ones share one, and a reload keeps
//! what it does not change, with what waits there. One that no configuration in use names any more is let go: it writes
//! what it has, and ends. The end of the process waits for these as well.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use config::{FileLog, HttpLog, OpenTelemetry, Queue};
use serde::Serialize;
use telemetry::{Batching, Deliver, Delivering, Metrics, RecordSink, Remains};
use tokio::task::JoinSet;

use crate::collector::{CollectorClient, CollectorSettings, UnsendableError};
use crate::exporter::{Exporter, ExporterWorld};
use crate::segments::Segments;
use crate::upstream::Hosts;

pub struct Sinks {
    hosts: Arc<Hosts>,
    metrics: Arc<Metrics>,
    open: Mutex<Vec<Entry>>,
    exporters: Mutex<Vec<Weak<Exporter>>>,
    /// Of all that have something to write, or may have.
    remains: Mutex<Vec<Remains>>,
    /// Tells this process from others of its service.
    instance: Box<str>,
}

struct Entry {
    settings: Settings,
    sink: Weak<RecordSink>,
}

enum Settings {
    File(FileLog),
    Server(Box<HttpLog>),
}

/// The state of one sink, as `/status` tells it.
#[derive(Serialize)]
pub struct SinkState {
    sink: Box<str>,
    written: u64,
    /// For whatever reason; the metrics tell them apart.
    lost: u64,
    waiting: i64,
    /// Whether the last attempt to write failed.
    failing: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<Box<str>>,
}

impl Sinks {
    pub fn new(hosts: Arc<Hosts>, metrics: Arc<Metrics>) -> Self {
        let instance = format!("{:032x}", fastrand::u128(..)).into();
        Self {
            hosts,
            metrics,
            open: Mutex::default(),
            exporters: Mutex::default(),
            remains: Mutex::default(),
            instance,
        }
    }

    /// What sends spans and metrics by these settings.
    pub fn exporter(
        &self,
        settings: Box<OpenTelemetry>,
        label: &str,
    ) -> Result<Arc<Exporter>, UnsendableError> {
        let mut exporters = self.exporters();
        let known = exporters.iter().filter_map(Weak::upgrade).find(|known| *known.settings == *settings);
        if let Some(exporter) = known {
            return Ok(exporter);
        }
        let world = ExporterWorld { hosts: &self.hosts, metrics: &self.metrics, instance: &self.instance };
        let exporter = Arc::new(Exporter::new(settings, label, &world)?);
        self.remember(exporter.sinks().map(|sink| sink.remains()));
        exporters.retain(|exporter| exporter.strong_count() > 0);
        exporters.push(Arc::downgrade(&exporter));
        Ok(exporter)
    }

    /// The file of these settings. `label` names it in metrics and in `/status` for as long as it is open.
    pub fn file(&self, settings: FileLog, label: &str) -> Arc<RecordSink> {
        let mut open = self.open();
        let known = |other: &Settings| matches!(other, Settings::File(other) if *other == settings);
        if let Some(sink) = find(&open, known) {
            return sink;
        }
        let sink = RecordSink::file(&settings.path, settings.reopen, self.metrics.sink(label));
        self.remember([sink.remains()]);
        add(&mut open, Settings::File(settings), sink)
    }

    /// The server of these settings, with its queue.
    pub fn server(&self, settings: Box<HttpLog>, label: &str) -> Result<Arc<RecordSink>, UnsendableError> {
        let mut open = self.open();
        let known = |other: &Settings| matches!(other, Settings::Server(other) if *other == settings);
        if let Some(sink) = find(&open, known) {
            return Ok(sink);
        }
        let server = HttpLogServer::new(&self.hosts, &settings)?;
        let sink = RecordSink::server(batching(&settings.queue), Arc::new(server), self.metrics.sink(label));
        self.remember([sink.remains()]);
        Ok(add(&mut open, Settings::Server(settings), sink))
    }

    /// Starts those that have not begun. To be called on the runtime that servers shall be sent to from.
    pub fn begin(&self) {
        for sink in self.in_use() {
            sink.begin();
        }
        for exporter in self.exporters().iter().filter_map(Weak::upgrade) {
            exporter.begin();
        }
    }

    /// Lets rotated files go.
    pub fn reopen(&self) {
        for sink in self.in_use() {
            sink.reopen();
        }
    }

    /// Takes no more records, and waits until `deadline` from now for what is there to be written, also by those that
    /// were let go. False where something was lost by that.
    pub async fn close(&self, deadline: Duration) -> bool {
        for exporter in self.exporters().iter().filter_map(Weak::upgrade) {
            exporter.push_metrics();
        }
        let remains = std::mem::take(&mut *self.remains());
        let closing: JoinSet<bool> = remains.into_iter().map(|remains| remains.close(deadline)).collect();
        closing.join_all().await.into_iter().all(|written| written)
    }

    /// Of those in use, by label.
    pub fn states(&self) -> Vec<SinkState> {
        let mut states: Vec<SinkState> = self.in_use().iter().map(|sink| state(sink)).collect();
        states.sort_by(|one, other| one.sink.cmp(&other.sink));
        states
    }

    fn in_use(&self) -> Vec<Arc<RecordSink>> {
        let mut sinks: Vec<_> = self.open().iter().filter_map(|entry| entry.sink.upgrade()).collect();
        for exporter in self.exporters().iter().filter_map(Weak::upgrade) {
            sinks.extend(exporter.sinks().cloned());
        }
        sinks
    }

    fn remember(&self, new: impl IntoIterator<Item = Remains>) {
        let mut remains = self.remains();
        remains.retain(|remains| !remains.are_none());
        remains.extend(new);
    }

    fn remains(&self) -> MutexGuard<'_, Vec<Remains>> {
        self.remains.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exporters(&self) -> MutexGuard<'_, Vec<Weak<Exporter>>> {
        self.exporters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(open: &[Entry], known: impl Fn(&Settings) -> bool) -> Option<Arc<RecordSink>> {
    open.iter().filter(|entry| known(&entry.settings)).find_map(|entry| entry.sink.upgrade())
}

fn add(open: &mut Vec<Entry>, settings: Settings, sink: RecordSink) -> Arc<RecordSink> {
    let sink = Arc::new(sink);
    open.retain(|entry| entry.sink.strong_count() > 0);
    open.push(Entry { settings, sink: Arc::downgrade(&sink) });
    sink
}

fn state(sink: &RecordSink) -> SinkState {
    let metrics = sink.metrics();
    let (failing, last_error) = metrics.state();
    SinkState {
        sink: metrics.label().into(),
        written: metrics.written.value(),
        lost: metrics.lost(),
        waiting: metrics.waiting.value(),
        failing,
        last_error,
    }
}

/// What a configured queue means.
pub fn batching(queue: &Queue) -> Batching {
    Batching {
        max_batch: queue.max_batch_size,
        max_batch_bytes: usize::MAX,
        linger: queue.max_coalescing_delay,
        max_entries: queue.max_entries,
        max_bytes: queue.max_bytes,
        first_retry: queue.initial_retry_delay,
        give_up_after: queue.max_retry_time,
        max_retry: queue.max_retry_delay,
        concurrent: queue.concurrent,
    }
}

/// Sends records as `http-log` does: one is an object, several are an array.
struct HttpLogServer {
    client: CollectorClient,
    /// Also a batch of one is an array.
    arrays: bool,
}

impl HttpLogServer {
    fn new(hosts: &Hosts, settings: &HttpLog) -> Result<Self, UnsendableError> {
        let client = CollectorClient::new(
            hosts,
            &CollectorSettings {
                collector: &settings.collector,
                method: &settings.method,
                content_type: &settings.content_type,
                grpc_method: "",
                headers: &settings.headers,
                verify: settings.verify,
                connect: settings.timeout,
                read: settings.timeout,
            },
        )?;
        Ok(Self { client, arrays: settings.queue.max_batch_size > 1 })
    }

    fn body(&self, entries: &[Bytes]) -> Segments {
        if !self.arrays {
            return Segments::new(entries.to_vec());
        }
        let mut pieces = Vec::with_capacity(entries.len() * 2 + 1);
        for (index, entry) in entries.iter().enumerate() {
            pieces.push(Bytes::from_static(if index == 0 { b"[" } else { b"," }));
            pieces.push(entry.clone());
        }
        pieces.push(Bytes::from_static(b"]"));
        Segments::new(pieces)
    }
}

impl Deliver for HttpLogServer {
    fn deliver<'a>(&'a self, entries: &'a [Bytes]) -> Delivering<'a> {
        Box::pin(self.client.send(self.body(entries)))
    }
}
