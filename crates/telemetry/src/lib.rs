//! The one record of each request, the metrics, and their names.
//!
//! Values only come in through arguments: no clock is read here except by the writer thread's waits, and
//! no label or member can carry what a client sent, save for the redacted URI of a record, and the name of a model, which is
//! bounded wherever it is a label.

mod batch;
mod catalogue;
mod cost;
mod metrics;
pub mod names;
pub mod otlp;
mod record;
mod record_sink;
mod writer;

pub use batch::{BatchQueue, Batching, Deliver, Delivered, Delivering, DeliveryError};
pub use catalogue::{Catalogue, CatalogueProblem, Entry, Kind, Unit};
pub use cost::{Amount, Cost, PriceSource, cost};
pub use metrics::{
    Counted, Counter, EXPOSITION_TYPE, Gauge, GaugeHold, Histogram, IdentityMetrics, Metrics, MetricsOptions,
    ReloadMetrics, RouteMetrics, WriterMetrics,
};
pub use model::{Price, Prices};
pub use record::{
    Ai, Attempt, Attempts, Disconnect, Entity, Latencies, Mode, Outcome, Payload, Record, RecordTarget,
    RedactedUri, Redactor, ResponseSource, Said, record_schema, write_headers,
};
pub use record_sink::{RecordSink, Remains};
pub use writer::{RecordWriter, SendError, Sink};
