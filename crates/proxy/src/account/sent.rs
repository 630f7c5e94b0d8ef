//! One call to an upstream.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use config::{Logging, Template};
use http::{Method, StatusCode};
use model::Operation;
use model::Settings;
use provider::{Endpoint, Provider};
use telemetry::otlp::SpanId;
use telemetry::{Attempt, Redactor};

use super::whole_milliseconds;
use crate::prepare::Prepared;
use crate::price::TargetPrices;
use crate::upstream::Attempted;

pub struct Sent {
    pub provider: &'static Provider,
    pub model: Option<Box<str>>,
    /// The model's name is the target's, and no caller had a say in it.
    pub model_is_configured: bool,
    pub operation: Operation,
    /// The caller, or the configuration, wants a stream.
    pub streamed: bool,
    pub logging: Logging,
    pub prices: Arc<TargetPrices>,
    pub settings: Arc<Settings>,
    pub endpoint: Arc<Endpoint>,
    pub query: Option<Box<str>>,
    pub method: Method,
    /// What the upstream was told, where the request is traced.
    pub span: Option<SpanId>,
    pub at: Instant,
    /// Milliseconds of the epoch.
    pub started_at: u64,
    pub attempted: Attempted,
    pub status: Option<StatusCode>,
}

impl Sent {
    pub fn of(prepared: &Prepared<'_>, query: Option<&str>, started_at: u64, span: Option<SpanId>) -> Self {
        let destination = &prepared.destination;
        let configured = prepared.target.model.as_ref().and_then(Template::literal);
        Self {
            provider: prepared.target.provider,
            model: prepared.model.clone(),
            model_is_configured: configured.is_some() && configured == prepared.model.as_deref(),
            operation: prepared.operation,
            streamed: prepared.is_streamed(),
            logging: prepared.target.logging,
            prices: Arc::clone(&prepared.target.prices),
            settings: Arc::clone(&destination.settings),
            endpoint: Arc::clone(&destination.endpoint),
            query: query.map(Into::into),
            method: prepared.method.clone(),
            span,
            at: Instant::now(),
            started_at,
            attempted: Attempted::default(),
            status: None,
        }
    }

    /// Gives each connection that could not be made, and then the call itself, which is `attempt`.
    pub fn each(&self, attempt: &Attempt<'_>, visit: &mut dyn FnMut(&Attempt<'_>)) {
        for connect in &self.attempted.failed {
            visit(&Attempt {
                ip: self.address(),
                status: None,
                failed: true,
                started_at: self.epoch(connect.at),
                connect: connect.took,
                ..attempt.clone()
            });
        }
        visit(attempt);
    }

    /// A moment in milliseconds of the epoch.
    fn epoch(&self, at: Instant) -> u64 {
        self.started_at + whole_milliseconds(at.saturating_duration_since(self.at))
    }

    /// The host, where it is an address: what a name stands for is known of connections only that were made.
    fn address(&self) -> Option<IpAddr> {
        self.endpoint.host().parse().ok()
    }

    /// The call itself.
    pub fn attempt<'a>(&'a self, redactor: &Redactor) -> Attempt<'a> {
        Attempt {
            provider: self.provider.id,
            model: self.model.as_deref(),
            route_type: self.operation.route_type(),
            scheme: self.endpoint.scheme().name(),
            host: self.endpoint.host(),
            port: self.endpoint.port(),
            ip: self.attempted.peer.or_else(|| self.address()),
            uri: redactor.uri(self.endpoint.path(), self.query.as_deref()),
            started_at: self.attempted.last.map_or(self.started_at, |last| self.epoch(last.at)),
            connect: self.attempted.last.map(|last| last.took).unwrap_or_default(),
            status: self.status.map(|status| status.as_u16()),
            failed: self.status.is_none(),
        }
    }
}
