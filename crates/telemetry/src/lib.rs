//! The one record of each request, the metrics, and their names.
//!
//! Values only come in through arguments: no clock is read here except by the writer thread's waits, and
//! no label or member can carry what a client sent, save for the redacted URI of a record.

mod batch;
mod metrics;
pub mod names;
mod record;
mod record_sink;
mod writer;

pub use batch::{BatchQueue, Batching, Deliver, Delivering, DeliveryError};
pub use metrics::{
    Counter, Gauge, GaugeHold, Histogram, Metrics, MetricsOptions, ReloadMetrics, RouteMetrics, WriterMetrics,
};
pub use record::{Entity, Latencies, Outcome, Record, RecordTarget, RedactedUri, Redactor, ResponseSource};
pub use record_sink::RecordSink;
pub use writer::{RecordWriter, SendError, Sink};
