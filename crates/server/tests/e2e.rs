//! The gateway from end to end: the real program between a client that counts bytes and a strict simulator.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

#[path = "e2e/auth.rs"]
mod auth;
#[path = "e2e/commands.rs"]
mod commands;
#[path = "e2e/counts.rs"]
mod counts;
#[path = "e2e/deviations.rs"]
mod deviations;
#[path = "e2e/disconnects.rs"]
mod disconnects;
#[path = "e2e/early_head.rs"]
mod early_head;
#[path = "e2e/encoding.rs"]
mod encoding;
#[path = "e2e/explain.rs"]
mod explain;
#[path = "e2e/failures.rs"]
mod failures;
#[path = "e2e/forms.rs"]
mod forms;
#[path = "e2e/headers.rs"]
mod headers;
#[path = "e2e/identity.rs"]
mod identity;
#[path = "e2e/keys.rs"]
mod keys;
#[path = "e2e/lifecycle.rs"]
mod lifecycle;
#[path = "e2e/log_schema.rs"]
mod log_schema;
#[path = "e2e/messages_options.rs"]
mod messages_options;
#[path = "e2e/mixed_load.rs"]
mod mixed_load;
#[path = "e2e/model_names.rs"]
mod model_names;
#[path = "e2e/models.rs"]
mod models;
#[path = "e2e/odd_answers.rs"]
mod odd_answers;
#[path = "e2e/opentelemetry.rs"]
mod opentelemetry;
#[path = "e2e/opentelemetry_faults.rs"]
mod opentelemetry_faults;
#[path = "e2e/payloads.rs"]
mod payloads;
#[path = "e2e/pitfalls.rs"]
mod pitfalls;
#[path = "e2e/prices.rs"]
mod prices;
#[path = "e2e/program_log.rs"]
mod program_log;
#[path = "e2e/prometheus.rs"]
mod prometheus;
#[path = "e2e/providers.rs"]
mod providers;
#[path = "e2e/quickstart.rs"]
mod quickstart;
#[path = "e2e/records.rs"]
mod records;
#[path = "e2e/refusals.rs"]
mod refusals;
#[path = "e2e/relay.rs"]
mod relay;
#[path = "e2e/routing.rs"]
mod routing;
#[path = "e2e/scripted.rs"]
mod scripted;
#[path = "e2e/secrets.rs"]
mod secrets;
#[path = "e2e/sink_faults.rs"]
mod sink_faults;
#[path = "e2e/sinks.rs"]
mod sinks;
#[path = "e2e/stream_faults.rs"]
mod stream_faults;
#[path = "e2e/streams.rs"]
mod streams;
#[path = "e2e/tls.rs"]
mod tls;
#[path = "e2e/told_truly.rs"]
mod told_truly;
#[path = "e2e/translation.rs"]
mod translation;
#[path = "e2e/vendor_shapes.rs"]
mod vendor_shapes;
#[path = "e2e/wire.rs"]
mod wire;
#[path = "e2e/world.rs"]
mod world;
