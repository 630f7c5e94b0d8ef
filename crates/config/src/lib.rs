//! What was written, and what it means: Kong's declarative format in, a checked [`Configuration`] out.

mod build;
mod check;
mod entity;
mod json_schema;
mod load;
mod manual;
mod observer;
mod problem;
mod schema;
mod secrets;
mod suggest;
mod target;
mod template;
mod tree;
mod view;

pub use entity::{
    Configuration, Consumer, ConsumerGroup, HeaderMatch, KeyAuth, KeyCredential, Plugin, PluginConfig,
    Protocol, Route, Scope, Service,
};
pub use json_schema::schema;
pub use load::{IdentityDefect, LoadOptions, Loaded, load};
pub use manual::reference;
pub use observer::{
    Collector, FileLog, HttpLog, Injected, OpenTelemetry, Prometheus, Propagation, PushedMetrics, Queue,
    SamplingStrategy, SentHeaders, TraceFormat,
};
pub use problem::{Position, Problem, Severity};
pub use schema::has_no_statistics;
pub use target::{
    AiProxy, Extensions, Logging, ModelList, StreamingPolicy, Target, UnsupportedPolicy, UpstreamAuth,
};
pub use template::{Source, Template, TemplateError};
