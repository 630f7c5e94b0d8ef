//! What became of the records that were handed to one writer: a file, standard output or a server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::exposition::Exposition;
use super::{Counter, Gauge};
use crate::names;

/// Bytes of an error's text that are kept.
const MAX_ERROR: usize = 256;

/// What a writer of records did.
#[derive(Debug, Default)]
pub struct WriterMetrics {
    /// What the writer is called; empty for the process's own.
    label: Box<str>,
    pub written: Counter,
    /// Records that found the buffer full, or that made room for later ones.
    pub dropped_full: Counter,
    /// Records that are larger than the whole buffer may be.
    pub dropped_large: Counter,
    /// Records that came after the writer was closed, or were left when its deadline passed.
    pub dropped_closed: Counter,
    /// Records that were in a write that failed for good.
    pub dropped_failed: Counter,
    /// Writes that failed, retries included.
    pub failures: Counter,
    /// Writes that were tried again.
    pub retries: Counter,
    /// Records that are not written and not lost yet.
    pub waiting: Gauge,
    failing: AtomicBool,
    last_error: Mutex<Option<Box<str>>>,
}

impl WriterMetrics {
    pub(crate) fn new(label: &str) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    pub fn label(&self) -> &str {
        &self.label
    }

    /// A write failed; `error` holds nothing secret. Told in the log at the first of several.
    pub fn failed(&self, error: &str) {
        self.failures.add(1);
        let kept = error.get(..error.floor_char_boundary(MAX_ERROR)).unwrap_or_default();
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept.into());
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(sink = self.name(), error = kept, "records cannot be written");
        }
    }

    /// A write succeeded.
    pub fn succeeded(&self) {
        if self.failing.load(Ordering::Relaxed) && self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!(sink = self.name(), lost = self.lost(), "records are written again");
        }
    }

    /// So many records wait no more.
    pub(crate) fn left(&self, records: u64) {
        self.waiting.add(-i64::try_from(records).unwrap_or(i64::MAX));
    }

    /// Whether the last write failed, and the text of the last error since the process began.
    pub fn state(&self) -> (bool, Option<Box<str>>) {
        let last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        (self.failing.load(Ordering::Relaxed), last.clone())
    }

    /// Records that were lost, for whatever reason.
    pub fn lost(&self) -> u64 {
        self.drops().iter().map(|(_, drops)| drops).sum()
    }

    /// Losses by reason.
    pub fn drops(&self) -> [(&'static str, u64); 4] {
        [
            ("full", self.dropped_full.value()),
            ("large", self.dropped_large.value()),
            ("closed", self.dropped_closed.value()),
            ("failed", self.dropped_failed.value()),
        ]
    }

    fn name(&self) -> &str {
        if self.label.is_empty() { "record-log" } else { &self.label }
    }
}

type Count = fn(&WriterMetrics) -> u64;

/// Samples of all sinks of plugins.
pub(super) fn render(out: &mut Exposition, sinks: &[&WriterMetrics]) {
    let counters: [(_, Count); 3] = [
        (&names::SINK_RECORDS, |sink| sink.written.value()),
        (&names::SINK_FAILURES, |sink| sink.failures.value()),
        (&names::SINK_RETRIES, |sink| sink.retries.value()),
    ];
    for (name, value) in counters {
        out.family(name);
        for sink in sinks {
            out.sample(name, &[sink.label()], value(sink));
        }
    }
    out.family(&names::SINK_WAITING);
    for sink in sinks {
        out.sample(&names::SINK_WAITING, &[sink.label()], sink.waiting.value());
    }
    out.family(&names::SINK_DROPS);
    for sink in sinks {
        for (reason, drops) in sink.drops() {
            out.sample(&names::SINK_DROPS, &[sink.label(), reason], drops);
        }
    }
}
