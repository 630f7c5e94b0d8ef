//! The account of a request while it runs: facts are noted as they become known, and become one record.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dialect::WholeAnswer;
use http::{Method, StatusCode, Uri};
use model::{LossKind, Losses, Usage, UsageSource};
use provider::Endpoint;
use stream::{StreamEnd, StreamFault, Summary};
use telemetry::{Entity, GaugeHold, Latencies, Outcome, Record, RecordTarget, ResponseSource};

use crate::Gateway;
use crate::error::{Blame, GatewayError};
use crate::listen::ConnectionInfo;
use crate::prepare::Prepared;
use crate::snapshot::Snapshot;
use crate::upstream::UpstreamError;

/// Thirty-two hexadecimal digits, as Kong has them.
#[derive(Clone, Copy)]
pub struct RequestId([u8; 32]);

impl RequestId {
    fn new() -> Self {
        let mut digits = [0; 32];
        let mut number = fastrand::u128(..);
        for digit in &mut digits {
            *digit = b"0123456789abcdef".get((number & 0xf) as usize).copied().unwrap_or(b'0');
            number >>= 4;
        }
        Self(digits)
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Path and query in memory of their own: a [`Uri`] would keep the connection's read buffer alive.
struct OwnUri {
    path: Box<str>,
    query: Option<Box<str>>,
}

impl OwnUri {
    fn of(uri: &Uri) -> Self {
        Self { path: uri.path().into(), query: uri.query().map(Into::into) }
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }
}

/// Where the last attempt went.
struct Sent {
    provider: &'static str,
    model: Option<Box<str>>,
    endpoint: Arc<Endpoint>,
    query: Option<Box<str>>,
    at: Instant,
}

pub struct Account {
    gateway: Arc<Gateway>,
    snapshot: Arc<Snapshot>,
    request_id: RequestId,
    started: Instant,
    started_at: u64,
    peer: std::net::IpAddr,
    method: Method,
    uri: OwnUri,
    pub route: Option<usize>,
    pub consumer: Option<usize>,
    pub plugin: Option<usize>,
    pub request_bytes: u64,
    sent: Option<Sent>,
    tries: u32,
    upstream_head: Option<Instant>,
    first_bytes: Option<Instant>,
    pub stream: bool,
    status: StatusCode,
    upstream_status: Option<StatusCode>,
    source: ResponseSource,
    usage: Option<(Usage, UsageSource)>,
    losses: Losses,
    outcome: Outcome,
    error: Option<&'static str>,
    closed: bool,
    _in_flight: GaugeHold,
}

impl Account {
    pub fn open(
        gateway: &Arc<Gateway>,
        snapshot: &Arc<Snapshot>,
        info: &ConnectionInfo,
        method: &Method,
        uri: &Uri,
    ) -> Box<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Box::new(Self {
            gateway: Arc::clone(gateway),
            snapshot: Arc::clone(snapshot),
            request_id: RequestId::new(),
            started: Instant::now(),
            started_at: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            peer: info.peer.ip(),
            method: method.clone(),
            uri: OwnUri::of(uri),
            route: None,
            consumer: None,
            plugin: None,
            request_bytes: 0,
            sent: None,
            tries: 0,
            upstream_head: None,
            first_bytes: None,
            stream: false,
            status: StatusCode::OK,
            upstream_status: None,
            source: ResponseSource::Gateway,
            usage: None,
            losses: Losses::default(),
            outcome: Outcome::Completed,
            error: None,
            closed: false,
            _in_flight: gateway.metrics.in_flight.hold(),
        })
    }

    pub fn request_id(&self) -> RequestId {
        self.request_id
    }

    pub fn request_id_text(&self) -> &str {
        self.request_id.as_str()
    }

    /// The request is about to be sent.
    pub fn sending(&mut self, prepared: &mut Prepared<'_>, query: Option<&str>) {
        if self.tries == 0 {
            self.losses = std::mem::take(&mut prepared.losses);
        }
        self.sent = Some(Sent {
            provider: prepared.target.provider.id,
            model: prepared.model.clone(),
            endpoint: Arc::clone(&prepared.destination.endpoint),
            query: query.map(Into::into),
            at: Instant::now(),
        });
        self.tries = 1;
    }

    /// So many connections could not be made before one could, or it was given up.
    pub fn connected(&mut self, failed: u16) {
        self.tries += u32::from(failed);
    }

    /// The head of the upstream's answer came.
    pub fn answered(&mut self, status: StatusCode) {
        self.upstream_head = Some(Instant::now());
        self.upstream_status = Some(status);
        self.status = status;
        self.source = ResponseSource::Upstream;
        if !status.is_success() {
            self.outcome = Outcome::UpstreamError;
        }
    }

    /// The gateway answers for itself.
    pub fn failed(&mut self, error: &GatewayError) {
        let meaning = error.meaning();
        self.status = meaning.status;
        self.source = ResponseSource::Gateway;
        self.error = Some(meaning.code);
        self.outcome = match (error, meaning.blame) {
            (
                GatewayError::Upstream(UpstreamError::ConnectTimeout | UpstreamError::ReadTimeout)
                | GatewayError::BodyTimeout,
                _,
            ) => Outcome::Timeout,
            (GatewayError::AnswerTruncated | GatewayError::ErrorTruncated(_), _) => Outcome::Truncated,
            (_, Blame::Caller) => Outcome::Refused,
            (_, Blame::Upstream | Blame::Gateway) => Outcome::GatewayError,
        };
    }

    /// The first event of the stream was an error that became the answer.
    pub fn error_first(&mut self, status: StatusCode) {
        self.status = status;
        self.outcome = Outcome::UpstreamError;
    }

    /// The answer is the gateway's own and not an error.
    pub fn answered_here(&mut self) {
        self.status = StatusCode::OK;
    }

    /// The answer is a count of tokens that the gateway has estimated.
    pub fn estimated_count(&mut self) {
        self.answered_here();
        self.source = ResponseSource::Gateway;
        self.outcome = Outcome::Completed;
        self.losses.add("input_tokens", LossKind::Approximated);
    }

    /// A whole answer was read; `estimated` is the input to assume where the upstream told no usage.
    pub fn whole(&mut self, answer: &WholeAnswer, estimated: impl FnOnce() -> u64) {
        self.used(if let Some(usage) = answer.usage {
            (usage, UsageSource::Reported)
        } else {
            let output = answer.output_bytes.div_ceil(4);
            (Usage { fresh_input: estimated(), output, ..Usage::default() }, UsageSource::Estimated)
        });
    }

    /// What the answer used.
    pub fn used(&mut self, usage: (Usage, UsageSource)) {
        self.usage = Some(usage);
    }

    /// A stream has ended, or was left by its client.
    pub fn streamed(&mut self, summary: &Summary) {
        self.usage = summary.usage;
        let (outcome, error) = match summary.end {
            StreamEnd::Complete => return,
            StreamEnd::Truncated(StreamFault::TimedOut | StreamFault::Deadline) => {
                (Outcome::Timeout, "upstream_timeout")
            }
            StreamEnd::Truncated(_) => (Outcome::Truncated, "upstream_truncated"),
            StreamEnd::UpstreamError => (Outcome::UpstreamError, "upstream_error_in_stream"),
            StreamEnd::Fault(StreamFault::FrameTooLong { .. }) => (Outcome::GatewayError, "frame_too_long"),
            StreamEnd::Fault(_) => (Outcome::GatewayError, "upstream_invalid"),
            StreamEnd::Abandoned => (Outcome::ClientDisconnected, "client_disconnected"),
        };
        self.outcome = outcome;
        self.error = Some(error);
    }

    /// The client had its 200 before anything was known of the answer; `stream`: which is one now.
    pub fn head_was_out(&mut self, stream: bool) {
        self.status = StatusCode::OK;
        self.stream = true;
        if !stream && self.outcome == Outcome::Completed {
            self.outcome = Outcome::GatewayError;
            self.error = Some("transformation_failed");
        }
    }

    /// A whole body was not taken.
    pub fn left_untaken(&mut self) {
        // That of an answer to HEAD is not asked for.
        if self.method != Method::HEAD {
            self.client_left();
        }
    }

    pub fn client_left(&mut self) {
        self.outcome = Outcome::ClientDisconnected;
        self.error = Some("client_disconnected");
    }

    pub fn upstream_truncated(&mut self) {
        self.outcome = Outcome::Truncated;
        self.error = Some("upstream_truncated");
    }

    pub fn first_bytes_sent(&mut self) {
        self.first_bytes.get_or_insert_with(Instant::now);
    }

    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Time from accepting the request to sending it on, and from there to the upstream's head.
    pub fn latencies_so_far(&self) -> (Duration, Option<Duration>) {
        let sent = self.sent.as_ref().map(|sent| sent.at);
        let before = sent.unwrap_or_else(Instant::now).duration_since(self.started);
        let upstream = sent.zip(self.upstream_head).map(|(sent, head)| head.duration_since(sent));
        (before, upstream)
    }

    fn record(&self, response_bytes: u64) -> Record<'_> {
        let snapshot = &*self.snapshot;
        let route = self.route.and_then(|index| snapshot.routes.get(index));
        let service = route.and_then(|route| route.service).and_then(|index| snapshot.services.get(index));
        let consumer = self.consumer.and_then(|index| snapshot.consumers.get(index));
        let plugin = self.plugin.and_then(|index| snapshot.plugins.get(index));
        let (before, upstream) = self.latencies_so_far();
        Record {
            request_id: self.request_id.as_str(),
            started_at: self.started_at,
            client_ip: self.peer,
            method: self.method.as_str(),
            uri: snapshot.redactor.uri(self.uri.path(), self.uri.query()),
            consumer: consumer.map(|consumer| Entity {
                id: &consumer.id,
                name: consumer.username.as_deref().or(consumer.custom_id.as_deref()),
            }),
            route: route.map(|route| Entity { id: &route.id, name: route.name.as_deref() }),
            service: service.map(|service| Entity { id: &service.id, name: service.name.as_deref() }),
            plugin_id: plugin.map(|plugin| &*plugin.id),
            target: self.sent.as_ref().map(|sent| RecordTarget {
                provider: sent.provider,
                model: sent.model.as_deref(),
                host: sent.endpoint.authority(),
                uri: snapshot.redactor.uri(sent.endpoint.path(), sent.query.as_deref()),
            }),
            status: self.status.as_u16(),
            upstream_status: self.upstream_status.map(|status| status.as_u16()),
            source: self.source,
            request_bytes: self.request_bytes,
            response_bytes,
            stream: self.stream,
            latencies: Latencies {
                total: self.started.elapsed(),
                gateway: before,
                upstream_first_byte: upstream,
                first_token: self
                    .first_bytes
                    .filter(|_| self.stream)
                    .map(|first| first.duration_since(self.started)),
            },
            usage: self.usage,
            losses: Some(&self.losses),
            outcome: self.outcome,
            error: self.error,
            tries: self.tries,
        }
    }

    /// Writes the record; nothing is known that is not known by now.
    pub fn close(mut self: Box<Self>, response_bytes: u64) {
        self.write(response_bytes);
    }

    fn write(&mut self, response_bytes: u64) {
        self.closed = true;
        let record = self.record(response_bytes);
        let metrics = self
            .route
            .and_then(|index| self.snapshot.metrics.get(index))
            .unwrap_or_else(|| self.gateway.metrics.unmatched());
        metrics.observe(&record);
        if let Some(records) = &self.gateway.records {
            // What is not taken is counted by the writer.
            let _ = records.try_send(&record);
        }
    }
}

impl Drop for Account {
    /// A request whose client leaves before the head of its answer is dropped as it stands.
    fn drop(&mut self) {
        if !self.closed {
            self.client_left();
            self.write(0);
        }
    }
}
