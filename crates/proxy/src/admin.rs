//! The listeners for operators: `/status`, `/metrics`, and `POST /config`.

use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::Gateway;
use crate::local::is_local;
use crate::sinks::SinkState;

/// Largest configuration that `POST /config` takes, bytes.
const MAX_CONFIG: usize = 16 << 20;

/// Checks a configuration text, compiles it and puts it in place; problems, one a line, if it is not valid.
pub type Apply = Arc<dyn Fn(&str) -> Result<Vec<String>, Vec<String>> + Send + Sync>;

#[derive(Clone)]
struct Admin {
    gateway: Arc<Gateway>,
    apply: Apply,
}

/// `/status` and `/metrics` only.
pub fn status_router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/metrics", get(metrics))
        .fallback(not_found)
        .with_state(gateway)
}

/// Everything, for the listener that only operators reach.
pub fn admin_router(gateway: Arc<Gateway>, apply: Apply) -> Router {
    let config = Router::new()
        .route("/config", post(replace_config).fallback(only_post))
        .layer(DefaultBodyLimit::max(MAX_CONFIG))
        .with_state(Admin { gateway: Arc::clone(&gateway), apply });
    status_router(gateway).merge(config)
}

/// Serves until the task is dropped.
pub async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    axum::serve(listener, router).await
}

/// The state of the gateway, as `/status` tells it.
#[derive(Serialize)]
struct Status {
    #[serde(rename = "status")]
    health: &'static str,
    version: &'static str,
    uptime_seconds: u64,
    requests_in_flight: i64,
    configuration: ConfigurationStatus,
    /// Files and servers of plugins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sinks: Vec<SinkState>,
}

#[derive(Serialize)]
struct ConfigurationStatus {
    services: usize,
    routes: usize,
    plugins: usize,
    consumers: usize,
    /// Whether the last attempt to load one succeeded; if not, the one before is in force.
    last_load_succeeded: bool,
    /// Why it did not, as `check` says it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    last_load_problems: Vec<String>,
    loaded_at: u64,
}

async fn status(State(gateway): State<Arc<Gateway>>) -> Response {
    gateway.ledger.settle();
    let snapshot = gateway.snapshot();
    let (last_load_succeeded, loaded_at) = gateway.metrics.reloads.state();
    axum::Json(Status {
        health: "ok",
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: gateway.started.elapsed().as_secs(),
        requests_in_flight: gateway.metrics.in_flight.value(),
        configuration: ConfigurationStatus {
            services: snapshot.services.len(),
            routes: snapshot.routes.len(),
            plugins: snapshot.plugins.len(),
            consumers: snapshot.consumers.len(),
            last_load_succeeded,
            last_load_problems: Vec::clone(&gateway.problems()),
            loaded_at,
        },
        sinks: gateway.sinks.states(),
    })
    .into_response()
}

async fn metrics(State(gateway): State<Arc<Gateway>>) -> Response {
    let plugin = gateway.snapshot().has_prometheus;
    // Thousands of label sets take a while to write: that must not hold up requests.
    let text = tokio::task::spawn_blocking(move || {
        gateway.ledger.settle();
        gateway.metrics.render(plugin)
    })
    .await;
    match text {
        Ok(text) => ([(header::CONTENT_TYPE, telemetry::EXPOSITION_TYPE)], text).into_response(),
        Err(_) => told(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written", Vec::new()),
    }
}

#[derive(Serialize)]
struct Told {
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

fn told(status: StatusCode, message: impl Into<String>, problems: Vec<String>) -> Response {
    (status, axum::Json(Told { message: message.into(), problems })).into_response()
}

async fn not_found() -> Response {
    told(
        StatusCode::NOT_FOUND,
        "not found: there are /status, /metrics and, on the admin listener, POST /config",
        Vec::new(),
    )
}

/// A page in an operator's browser must not be able to replace the configuration: a foreign site can
/// neither name a loopback host nor send these content types without asking first.
fn refuse_foreign(headers: &HeaderMap) -> Option<Response> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_local(host) {
        return Some(told(
            StatusCode::FORBIDDEN,
            "the Host header must name an IP address or localhost",
            Vec::new(),
        ));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let accepted = ["application/json", "application/yaml", "application/x-yaml", "text/yaml"];
    if accepted.iter().any(|known| known.eq_ignore_ascii_case(media_type)) {
        return None;
    }
    let message = "content-type must be application/json or application/yaml";
    Some(told(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, Vec::new()))
}

async fn only_post() -> Response {
    told(StatusCode::METHOD_NOT_ALLOWED, "the configuration can be replaced by POST only", Vec::new())
}

async fn replace_config(
    State(admin): State<Admin>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if let Some(refused) = refuse_foreign(&headers) {
        return refused;
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("a configuration of more than {} MiB is not taken", MAX_CONFIG >> 20);
            return told(StatusCode::PAYLOAD_TOO_LARGE, message, Vec::new());
        }
        Err(rejection) => return told(rejection.status(), "the body could not be read", Vec::new()),
    };
    let Ok(text) = String::from_utf8(body.to_vec()) else {
        return told(StatusCode::BAD_REQUEST, "the configuration is not UTF-8", Vec::new());
    };
    let apply = Arc::clone(&admin.apply);
    // A large file takes a while to check: that must not hold up requests.
    match tokio::task::spawn_blocking(move || apply(&text)).await {
        Ok(Ok(warnings)) => {
            told(StatusCode::CREATED, "the configuration is in force until the next reload", warnings)
        }
        Ok(Err(problems)) => {
            admin.gateway.refused(&problems);
            told(StatusCode::BAD_REQUEST, "the configuration is not valid, nothing was changed", problems)
        }
        Err(_) => {
            told(StatusCode::INTERNAL_SERVER_ERROR, "the configuration could not be checked", Vec::new())
        }
    }
}

/// Seconds of the epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
