//! Spans, metrics and records as collectors of OpenTelemetry take them: OTLP 1, in protocol buffers.
//!
//! Each span is encoded once, when its request is over, as the field that it is in a request to a collector; a batch is a
//! head and such fields one after another. So nothing is built up in between, and spans wait in the same queues as lines do.
//! Numbers of fields: <https://github.com/open-telemetry/opentelemetry-proto>, release 1.9.

mod genai;
mod histogram;
mod identifier;
mod log;
mod meters;
mod request;
mod resource;
mod response;
mod span;
mod wire;

pub use genai::{AskedParameters, GenAi};
pub use identifier::{SpanId, TraceId};
pub use log::write_log;
pub use meters::{MeterOptions, Meters};
pub use request::{TracedCall, TracedPhase, TracedRequest};
pub use resource::Scoped;
pub use response::rejected;
