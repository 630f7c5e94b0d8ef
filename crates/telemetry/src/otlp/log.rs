//! A record as an entry of a log.

use super::identifier::{SpanId, TraceId};
use super::wire::Message;

/// Severities of OpenTelemetry.
const INFO: (u64, &str) = (9, "INFO");
const ERROR: (u64, &str) = (17, "ERROR");

/// Appends a record, given as its line, as `ScopeLogs.log_records`. `time` is in nanoseconds of the epoch.
pub fn write_log(line: &str, failed: bool, time: u64, trace: Option<(TraceId, SpanId)>, out: &mut Vec<u8>) {
    let (number, word) = if failed { ERROR } else { INFO };
    Message::new(out).message(2, |log| {
        log.fixed64(1, time);
        log.varint(2, number);
        log.text(3, word);
        log.message(5, |any| any.text(1, line));
        if let Some((trace, span)) = trace {
            log.bytes(9, &trace.bytes());
            log.bytes(10, &span.bytes());
        }
        log.fixed64(11, time);
    });
}
