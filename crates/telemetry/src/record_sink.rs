//! One file or server that instances of plugins hand records to.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::batch::{self, BatchQueue, Batching, Deliver};
use crate::metrics::WriterMetrics;
use crate::writer::{self, RecordWriter, Sink};

/// Takes records and never makes who hands them over wait. What it loses it counts. Dropped, it takes no
/// more, and writes what it has for a bounded time.
pub struct RecordSink {
    kind: Kind,
    metrics: Arc<WriterMetrics>,
}

enum Kind {
    File(RecordWriter),
    Server(BatchQueue),
}

impl RecordSink {
    /// A file that is appended to; made with mode 0644 where it does not exist. The names of standard output
    /// and standard error mean these, also where the system cannot open them by name.
    ///
    /// `each_time`: the file is opened anew for each write.
    pub fn file(path: &str, each_time: bool, metrics: Arc<WriterMetrics>) -> Self {
        let sink = match path {
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => Sink::Stdout,
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => Sink::Stderr,
            path => Sink::File(PathBuf::from(path)),
        };
        let writer = RecordWriter::new(sink, each_time, Arc::clone(&metrics));
        Self { kind: Kind::File(writer), metrics }
    }

    pub fn server(batching: Batching, deliver: Arc<dyn Deliver>, metrics: Arc<WriterMetrics>) -> Self {
        Self { kind: Kind::Server(BatchQueue::new(batching, deliver, Arc::clone(&metrics))), metrics }
    }

    /// Starts to write, once; before that records only wait. To be called on the runtime that servers shall be
    /// sent to from.
    pub fn begin(&self) {
        match &self.kind {
            Kind::File(writer) => {
                if let Err(error) = writer.begin() {
                    self.metrics.failed(&error.to_string());
                }
            }
            Kind::Server(queue) => queue.begin(),
        }
    }

    /// Hands a line over, with its line feed.
    pub fn push(&self, line: &[u8]) {
        match &self.kind {
            // What is not taken is counted by the writer.
            Kind::File(writer) => drop(writer.push(line)),
            Kind::Server(queue) => queue.push(line.strip_suffix(b"\n").unwrap_or(line)),
        }
    }

    /// Hands an entry over that is no line.
    pub fn push_entry(&self, entry: &[u8]) {
        match &self.kind {
            Kind::File(writer) => drop(writer.push(entry)),
            Kind::Server(queue) => queue.push(entry),
        }
    }

    /// Lets a rotated file go.
    pub fn reopen(&self) {
        if let Kind::File(writer) = &self.kind {
            writer.reopen();
        }
    }

    /// What is to be waited for before the process ends, also once the sink is gone.
    pub fn remains(&self) -> Remains {
        Remains(match &self.kind {
            Kind::File(writer) => Left::Lines(Arc::downgrade(writer.queue())),
            Kind::Server(queue) => Left::Entries(Arc::downgrade(queue.queue())),
        })
    }

    pub fn metrics(&self) -> &Arc<WriterMetrics> {
        &self.metrics
    }
}

/// What a sink has taken and not written yet. It does not keep the sink.
#[derive(Clone)]
pub struct Remains(Left);

#[derive(Clone)]
enum Left {
    Lines(Weak<writer::Queue>),
    Entries(Weak<batch::Queue>),
}

impl Remains {
    /// Whether the sink is gone and has written what it took.
    pub fn are_none(&self) -> bool {
        match &self.0 {
            Left::Lines(queue) => queue.strong_count() == 0,
            Left::Entries(queue) => queue.strong_count() == 0,
        }
    }

    /// The sink takes no more records; waits until what is there is written, until `deadline` from now. True when
    /// everything was; else what is left is counted as dropped.
    pub async fn close(self, deadline: Duration) -> bool {
        match self.0 {
            Left::Lines(queue) => {
                let Some(queue) = queue.upgrade() else { return true };
                tokio::task::spawn_blocking(move || queue.close(deadline)).await.unwrap_or(false)
            }
            Left::Entries(queue) => match queue.upgrade() {
                Some(queue) => queue.close(deadline).await,
                None => true,
            },
        }
    }
}
