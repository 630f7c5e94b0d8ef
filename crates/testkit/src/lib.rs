//! Drives the real gateway from tests: starts it, talks to it byte by byte, reads its records.
//!
//! For tests only. Every wait has an end, and only processes that were started here are ended.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot set up its world has failed"
)]

mod answer;
mod call;
mod connection;
mod end;
mod events;
mod gateway;
mod grpc;
mod h2;
mod identity_provider;
mod lease;
mod log_server;
mod otlp;
mod ready;
mod records;
mod run;
mod tls;
mod upstream;

pub use answer::Answer;
pub use call::Call;
pub use connection::{Connection, Live};
pub use end::End;
pub use events::{Event, content_of, events};
pub use gateway::{Gateway, GatewayBuilder};
pub use grpc::GrpcCollector;
pub use h2::{H2Answer, h2_call};
pub use identity_provider::{IdentityProvider, Manner, TokenCall, service_account};
pub use lease::Shared;
pub use log_server::{Delivery, LogServer, Reception};
pub use otlp::{Metric, Span, logs, metrics, spans};
pub use ready::Ready;
pub use run::{Finished, run};
pub use tls::{Certificates, TlsFront};
pub use upstream::Upstream;

use std::time::{Duration, Instant};

/// The longest that any single wait of a test lasts; long enough for a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is a value. Panics with `what` after `PATIENCE`.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = look() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Compresses with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Compresses with what HTTP calls deflate.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Undoes gzip, over all members. An error where the bytes are no complete gzip stream.
pub fn gunzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain)?;
    Ok(plain)
}
