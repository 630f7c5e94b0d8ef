//! What cannot be read as a request is answered by the server underneath, and leaves a record as well.

use std::time::{SystemTime, UNIX_EPOCH};

use telemetry::{Outcome, Record};

use super::publish::{RecordLine, publish};
use super::{RequestId, protocol_of, whole_milliseconds};
use crate::Gateway;
use crate::bind::Caller;
use crate::listen::ConnectionInfo;

/// The word for it in records.
const ERROR: &str = "malformed_request";

/// Records that the connection's last request was answered with `status`, and nothing is known of it.
pub fn record_malformed(gateway: &Gateway, info: &ConnectionInfo, status: u16) {
    let id = RequestId::new();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let record = Record {
        request_id: id.as_str(),
        started_at: whole_milliseconds(now),
        client_ip: info.peer.ip(),
        tls: info.cipher,
        status,
        outcome: Outcome::Refused,
        error: Some(ERROR),
        ..Record::default()
    };
    tracing::debug!(request_id = id.as_str(), status, error = ERROR, "a request could not be read");
    let snapshot = gateway.snapshot();
    let observers = snapshot.bindings.observers(None, protocol_of(info), Caller::default());
    let mut memory = Vec::new();
    let mut line = RecordLine::new(&record, &mut memory);
    publish(gateway, &snapshot, None, observers, &mut line);
    if let Some(exporter) = observers.opentelemetry.and_then(|plugin| snapshot.exporter(plugin)) {
        exporter.observe(&mut line, None, None, None);
    }
}
