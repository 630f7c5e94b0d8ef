//! The queue before a collector: sizes, delays, retries. Names, bounds and defaults are Kong's (`kong/tools/queue_schema.lua`,
//! 3.15).

use super::{Field, Kind, Record, integer, number};

/// Kong has no upper bound; ours keeps delays within what a timer can hold.
const EVER: f64 = 1_000_000.0;

const DOC: &str = "What waits before it is sent, and how often it is tried again. A full queue loses its oldest \
                   entries, which are counted.";

pub(super) static LINES: Record =
    Record { title: "http-log queue", doc: DOC, entity: false, fields: &fields("1") };

pub(super) static SPANS: Record =
    Record { title: "opentelemetry queue", doc: DOC, entity: false, fields: &fields("200") };

const fn fields(batch: &'static str) -> [Field; 8] {
    [
        integer("max_batch_size", 1, 1_000_000, "Entries that are sent in one request at most.").or(batch),
        number(
            "max_coalescing_delay",
            Some(0.0),
            Some(3600.0),
            "Seconds that the first entry of a batch waits for others; without effect where a batch has one.",
        )
        .or("1"),
        integer("max_entries", 1, 1_000_000, "Entries that may wait.").or("10000"),
        integer(
            "max_bytes",
            1,
            super::MAX_EXACT,
            "Bytes that may wait. 67108864 where nothing is said: Kong has no bound then.",
        ),
        number("initial_retry_delay", Some(0.001), Some(EVER), "Seconds before the first retry of a batch.")
            .or("0.01"),
        number(
            "max_retry_time",
            Some(-1.0),
            Some(EVER),
            "Seconds after which a batch that cannot be sent is given up; -1 is no retry.",
        )
        .or("60"),
        number("max_retry_delay", Some(0.001), Some(EVER), "Seconds between two retries at most.").or("60"),
        Field::new(
            "concurrency_limit",
            Kind::Code(&[1, -1]),
            "Requests at a time: one, or with -1 several, each with one entry.",
        )
        .or("1"),
    ]
}
