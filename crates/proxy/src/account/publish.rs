//! Gives a record to all that take it: metrics, the record log, files and servers.

use telemetry::Record;

use crate::Gateway;
use crate::bind::Observers;
use crate::snapshot::Snapshot;

/// A record and its line, which is written when the first asks for it.
pub struct RecordLine<'a> {
    pub record: &'a Record<'a>,
    memory: &'a mut Vec<u8>,
    written: bool,
}

impl<'a> RecordLine<'a> {
    /// `memory` is what the line is written in.
    pub fn new(record: &'a Record<'a>, memory: &'a mut Vec<u8>) -> Self {
        Self { record, memory, written: false }
    }

    /// With its line feed.
    pub fn bytes(&mut self) -> &[u8] {
        if !self.written {
            self.memory.clear();
            self.record.write_line(self.memory);
            self.written = true;
        }
        self.memory
    }
}

/// What is not taken is counted where it was to go. `route` is none where no route matched.
pub fn publish(
    gateway: &Gateway,
    snapshot: &Snapshot,
    route: Option<usize>,
    observers: Observers,
    line: &mut RecordLine<'_>,
) {
    let metrics = route.and_then(|index| snapshot.metrics.get(index));
    let metrics = metrics.unwrap_or_else(|| gateway.metrics.unmatched());
    gateway.metrics.observe(metrics, line.record, snapshot.counted(observers));
    if let Some(records) = &gateway.records {
        let _ = records.push(line.bytes());
    }
    for sink in snapshot.sinks(observers) {
        sink.push(line.bytes());
    }
}
