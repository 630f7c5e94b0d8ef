//! The data plane: listeners, router, the pipeline of a request, upstream connections, and the live snapshot.
//!
//! [`Gateway`] is what runs: the snapshot of the configuration, which is swapped as a whole, and beside it
//! what outlives a configuration: connections to upstreams, metrics, the record writer, the sinks of plugins.

mod absence;
mod account;
pub mod admin;
mod admit;
mod answer;
mod bind;
mod body;
mod cloud;
mod collector;
mod count;
mod course;
mod deliver;
mod embed;
mod entities;
mod error;
mod explain;
mod exporter;
mod frames;
mod gateway;
mod headers;
mod identify;
mod idle;
mod inflate;
mod ledger;
mod listen;
mod local;
mod models;
mod pipeline;
mod prepare;
mod price;
mod read;
mod render;
mod response_headers;
pub mod router;
mod segments;
mod sign;
mod sinks;
mod snapshot;
mod target;
mod templates;
mod token_calls;
mod tokens_used;
mod trace;
mod translate;
mod turn;
mod upstream;

pub use cloud::identity_defect;
pub use explain::{Example, ExampleError, ExplainError, Explanation, explain};
pub use gateway::{Gateway, Settings};
pub use listen::{CertificateError, ConnectionInfo, Drain, Listener, serve, server_config};
pub use snapshot::{CompileContext, CompileError, Snapshot};
pub use upstream::{Hosts, TlsSettings, TlsSetupError};
