//! The control paths: what came in, and which faults come next.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fault::{Fault, Faults};
use crate::recording::Recorded;
use crate::server::Core;

#[derive(Default)]
struct Pending {
    faults: Faults,
    /// How many more requests get them.
    requests: u64,
    /// How many more connections are closed as soon as they are accepted.
    connections: u64,
}

/// Orders that hold for requests to come.
#[derive(Default)]
pub(crate) struct Control {
    pending: Mutex<Pending>,
}

impl Control {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults for the next request, which count as used.
    pub(crate) fn take_faults(&self) -> Faults {
        let mut pending = self.lock();
        if pending.requests == 0 {
            return Faults::default();
        }
        pending.requests -= 1;
        pending.faults.clone()
    }

    /// Whether the next connection is closed at once, which counts as done.
    pub(crate) fn take_closed_connection(&self) -> bool {
        let mut pending = self.lock();
        let closed = pending.connections > 0;
        pending.connections = pending.connections.saturating_sub(1);
        closed
    }
}

/// Whether a path is for the simulator itself.
pub(crate) fn owns(path: &str) -> bool {
    matches!(path, "/sim" | "/sim/" | "/sim/requests" | "/sim/faults" | "/sim/connections")
}

/// Answers a control call.
pub(crate) fn answer(core: &Core, method: &Method, path: &str, body: &[u8]) -> (StatusCode, Value) {
    match (method.as_str(), path) {
        ("GET", "/sim" | "/sim/") => (StatusCode::OK, overview()),
        ("GET", "/sim/requests") => {
            let list: Vec<Value> = core.recording.all().iter().map(told).collect();
            (StatusCode::OK, json!({"requests": list}))
        }
        ("DELETE", "/sim/requests") => {
            core.recording.clear();
            (StatusCode::OK, json!({}))
        }
        ("POST", "/sim/faults") => order_faults(core, body),
        ("DELETE", "/sim/faults") => {
            *core.control.lock() = Pending::default();
            (StatusCode::OK, json!({}))
        }
        ("POST", "/sim/connections") => {
            let order: Value = serde_json::from_slice(body).unwrap_or_default();
            let Some(number) = order["close"].as_u64() else {
                return wrong("`close` must be a number");
            };
            core.control.lock().connections = number;
            (StatusCode::OK, json!({"close": number}))
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, json!({"error": {"message": "no such control call"}})),
    }
}

fn wrong(message: &str) -> (StatusCode, Value) {
    (StatusCode::BAD_REQUEST, json!({"error": {"message": message}}))
}

fn order_faults(core: &Core, body: &[u8]) -> (StatusCode, Value) {
    let order: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(names) = order["faults"].as_str() else {
        return wrong("`faults` must be a string");
    };
    let mut faults = match Faults::parse(names) {
        Ok(faults) => faults,
        Err(unknown) => return wrong(&unknown.to_string()),
    };
    faults.delay = order["delay"].as_u64();
    faults.size = order["size"].as_u64().and_then(|size| usize::try_from(size).ok());
    let requests = order["times"].as_u64().unwrap_or(1);
    let mut pending = core.control.lock();
    pending.faults = faults;
    pending.requests = requests;
    (StatusCode::OK, json!({"faults": names, "times": requests}))
}

fn overview() -> Value {
    let faults: Vec<Value> =
        Fault::ALL.iter().map(|(_, name, what)| json!({"name": name, "does": what})).collect();
    json!({"providers": crate::provider::ids().collect::<Vec<_>>(), "faults": faults})
}

fn told(request: &Recorded) -> Value {
    json!({
        "sequence": request.sequence,
        "connection": request.connection,
        "at_ms": u64::try_from(request.at.as_millis()).unwrap_or(u64::MAX),
        "version": request.version,
        "method": request.method,
        "target": request.target,
        "provider": request.provider,
        "headers": request.headers,
        "body_base64": STANDARD.encode(&request.body),
        "body": request.text(),
        "outcome": request.outcome.name(),
        "status": request.status,
        "answered_bytes": request.answered_bytes,
    })
}
