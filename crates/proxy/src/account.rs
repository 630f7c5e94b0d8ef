//! The account of a request while it runs: facts are noted as they become known, and become one record.

mod bodies;
mod heads;
mod malformed;
mod publish;
mod record;
mod sent;
mod shown;
mod traced;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use auth::Secret;
use bytes::Bytes;
use config::Protocol;
use dialect::WholeAnswer;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use model::{LossKind, Losses, Told, Usage, UsageSource};
use stream::{StreamEnd, StreamFault, Summary};
use telemetry::{Disconnect, GaugeHold, Outcome, ResponseSource};

use crate::Gateway;
use crate::absence::Absence;
use crate::bind::{Caller, Observers};
use crate::error::{Blame, GatewayError};
use crate::listen::ConnectionInfo;
use crate::prepare::Prepared;
use crate::segments::Segments;
use crate::snapshot::Snapshot;
use crate::trace::{Trace, carriers};
use crate::upstream::{Attempted, UpstreamError};
use bodies::Bodies;
use heads::Heads;
pub use malformed::record_malformed;
pub use publish::RecordLine;
use publish::publish;
use record::Tries;
use sent::Sent;
use shown::{credentials, without_members};

/// The status in records of requests whose client left before it had an answer.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Thirty-two hexadecimal digits, as Kong has them.
#[derive(Clone, Copy)]
pub struct RequestId([u8; 32]);

impl RequestId {
    /// That of a request which is not served but explained.
    pub const NONE: Self = Self([b'0'; 32]);

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

pub struct Account {
    gateway: Arc<Gateway>,
    snapshot: Arc<Snapshot>,
    request_id: RequestId,
    started: Instant,
    started_at: u64,
    /// The same in nanoseconds.
    started_nanos: u64,
    peer: std::net::IpAddr,
    protocol: Protocol,
    method: Method,
    uri: OwnUri,
    pub route: Option<usize>,
    pub consumer: Option<usize>,
    /// The key that the consumer showed.
    pub credential: Option<usize>,
    pub plugin: Option<usize>,
    pub request_bytes: u64,
    /// Calls to the upstream, in their order; most requests are one.
    sent: Vec<Sent>,
    heads: Option<Heads>,
    /// The trace that the request belongs to, where it is traced.
    trace: Option<Box<Trace>>,
    /// The client's headers that may tell of one, until it is known whether anybody wants to know.
    carriers: Option<Box<HeaderMap>>,
    /// The bodies, where they are recorded.
    payload: Option<Box<Bodies>>,
    upstream_head: Option<Instant>,
    /// When the first that a model generated went out, of whole answers all of it.
    first_bytes: Option<Instant>,
    pub stream: bool,
    status: StatusCode,
    upstream_status: Option<StatusCode>,
    source: ResponseSource,
    usage: Option<(Usage, UsageSource)>,
    told: Told,
    losses: Losses,
    outcome: Outcome,
    error: Option<&'static str>,
    /// Where answers may be read on without their clients.
    absence: Option<Arc<Absence>>,
    /// Whether a head has gone out ahead of the answer, where that may be.
    head_is_out: Option<Arc<AtomicBool>>,
    on_disconnect: Option<Disconnect>,
    ended: Option<End>,
    in_flight: Option<GaugeHold>,
}

/// When a request was over, and the bytes of the answer's body that its client got.
#[derive(Clone, Copy)]
struct End {
    at: Instant,
    response_bytes: u64,
}

impl End {
    fn now(response_bytes: u64) -> Self {
        Self { at: Instant::now(), response_bytes }
    }
}

impl Account {
    pub fn open(
        gateway: &Arc<Gateway>,
        snapshot: &Arc<Snapshot>,
        info: &ConnectionInfo,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Box<Self> {
        let recorded = gateway.records.is_some() || snapshot.has_sinks;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Box::new(Self {
            gateway: Arc::clone(gateway),
            snapshot: Arc::clone(snapshot),
            request_id: RequestId::new(),
            started: Instant::now(),
            started_at: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            started_nanos: u64::try_from(now.as_nanos()).unwrap_or(u64::MAX),
            peer: info.peer.ip(),
            protocol: protocol_of(info),
            method: method.clone(),
            uri: OwnUri::of(uri),
            route: None,
            consumer: None,
            credential: None,
            plugin: None,
            request_bytes: 0,
            sent: Vec::new(),
            heads: recorded.then(|| Heads::of(info, &snapshot.redactor, uri, headers)),
            trace: None,
            carriers: snapshot.has_traces.then(|| Box::new(carriers(headers))),
            payload: None,
            upstream_head: None,
            first_bytes: None,
            stream: false,
            status: StatusCode::OK,
            upstream_status: None,
            source: ResponseSource::Gateway,
            usage: None,
            told: Told::default(),
            losses: Losses::default(),
            outcome: Outcome::Completed,
            error: None,
            absence: None,
            head_is_out: None,
            on_disconnect: None,
            ended: None,
            in_flight: Some(gateway.metrics.in_flight.hold()),
        })
    }

    /// The request is not served: nothing is to be recorded.
    pub fn forget(mut self: Box<Self>) {
        self.ended = Some(End::now(0));
    }

    /// The configuration that the request began with.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    pub fn method(&self) -> &Method {
        &self.method
    }

    pub fn request_id(&self) -> RequestId {
        self.request_id
    }

    pub fn request_id_text(&self) -> &str {
        self.request_id.as_str()
    }

    /// The request is about to be sent.
    pub fn sending(&mut self, prepared: &mut Prepared<'_>, query: Option<&str>) {
        if self.sent.is_empty() {
            self.losses = std::mem::take(&mut prepared.losses);
        }
        let started_at = self.started_at + whole_milliseconds(self.started.elapsed());
        let span = self.trace.as_mut().and_then(|trace| trace.take_span());
        // Few requests are sent again.
        self.sent.reserve_exact(1);
        self.sent.push(Sent::of(prepared, query, started_at, span));
    }

    /// How the last request was sent, whether it was answered or not.
    pub fn attempted(&mut self, attempted: &Attempted) {
        if let Some(sent) = self.sent.last_mut() {
            sent.attempted.clone_from(attempted);
        }
    }

    /// The head of the upstream's answer came.
    pub fn answered(&mut self, status: StatusCode) {
        self.upstream_head = Some(Instant::now());
        self.upstream_status = Some(status);
        if let Some(sent) = self.sent.last_mut() {
            sent.status = Some(status);
        }
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

    /// A whole answer was read; `estimated` is the usage to assume where the upstream told none.
    pub fn whole(&mut self, answer: WholeAnswer, estimated: impl FnOnce() -> Usage) {
        self.told = answer.told;
        self.used(match answer.usage {
            Some(usage) => (usage, UsageSource::Reported),
            None => (estimated(), UsageSource::Estimated),
        });
    }

    /// What the answer used.
    pub fn used(&mut self, usage: (Usage, UsageSource)) {
        self.usage = Some(usage);
    }

    /// What the answer has told of itself.
    pub fn told(&mut self, told: Told) {
        self.told = told;
    }

    /// A stream has ended, or was left by its client.
    pub fn streamed(&mut self, summary: &mut Summary) {
        self.usage = summary.usage;
        self.told = std::mem::take(&mut summary.told);
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
        if outcome != Outcome::ClientDisconnected {
            tracing::warn!(request_id = self.request_id.as_str(), error, "a stream did not come to its end");
        }
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
            self.got_no_head();
            if self.absence.as_ref().is_some_and(|absence| absence.has_begun()) && !self.sent.is_empty() {
                self.left_behind(Disconnect::Drained);
            }
            self.client_left();
        }
    }

    /// The head may go out ahead of the answer; `head_is_out` says when it has.
    pub fn may_begin_early(&mut self, head_is_out: Arc<AtomicBool>) {
        self.head_is_out = Some(head_is_out);
    }

    /// The client has left before it got any head, for which Kong's server has a status.
    fn got_no_head(&mut self) {
        if !self.head_is_out.as_ref().is_some_and(|out| out.load(Ordering::Relaxed)) {
            self.status = StatusCode::from_u16(CLIENT_CLOSED_REQUEST).unwrap_or(self.status);
        }
    }

    /// Should the client leave, what is done then is decided here.
    pub fn may_be_left(&mut self, absence: Arc<Absence>) {
        self.absence = Some(absence);
    }

    /// For how long the answer to the request is read on after its client has left; none where it is not. Of an answer
    /// that passes unread nothing would be learnt.
    pub fn outlasts_client(&self, patience: Option<Duration>) {
        if let (Some(absence), Some(patience)) = (&self.absence, patience) {
            absence.allow(patience);
        }
    }

    pub fn absence(&self) -> Option<Arc<Absence>> {
        self.absence.clone().filter(|absence| absence.is_allowed())
    }

    /// The client has left while the upstream's answer was under way, and this became of it.
    pub fn left_behind(&mut self, disconnect: Disconnect) {
        self.on_disconnect = Some(disconnect);
    }

    pub fn client_left(&mut self) {
        self.outcome = Outcome::ClientDisconnected;
        self.error = Some("client_disconnected");
    }

    pub fn upstream_truncated(&mut self) {
        self.outcome = Outcome::Truncated;
        self.error = Some("upstream_truncated");
    }

    /// The head of the answer as the client gets it.
    pub fn answering(&mut self, headers: &HeaderMap) {
        if self.absence.as_ref().is_some_and(|absence| absence.has_begun()) {
            self.got_no_head();
        }
        if let Some(heads) = &mut self.heads {
            heads.answer(&self.snapshot.redactor, headers);
        }
    }

    /// The bodies of this exchange are to be recorded; `body` is the client's, and may hold `credentials` that only a
    /// reader of JSON finds.
    pub fn keep_bodies(&mut self, body: Bytes, credentials: bool, limit: usize) {
        if self.heads.is_some() {
            let shown = without_members(body, &self.snapshot.redactor, credentials);
            self.payload = Some(Box::new(Bodies::new(shown, limit)));
        }
    }

    /// The request as it is sent: what it says of the caller or of us is not to be recorded when an answer repeats it.
    pub fn guard(&mut self, prepared: &Prepared<'_>, request: &Request<Segments>) {
        if let Some(bodies) = &mut self.payload {
            let mut secrets = credentials(&self.snapshot.redactor, request.headers(), request.uri().query());
            let own = prepared.destination.credential(prepared.target).ok().and_then(|bound| bound.param());
            secrets.extend(own.map(|(_, _, secret)| Secret::new(secret.expose())));
            bodies.guard(secrets);
        }
    }

    pub fn bodies(&mut self) -> Option<&mut Bodies> {
        self.payload.as_deref_mut()
    }

    pub fn first_bytes_sent(&mut self) {
        self.first_bytes.get_or_insert_with(Instant::now);
    }

    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Time from accepting the request to sending it on, and from there to the upstream's head.
    pub fn latencies_so_far(&self) -> (Duration, Option<Duration>) {
        self.latencies_at(Instant::now())
    }

    fn latencies_at(&self, now: Instant) -> (Duration, Option<Duration>) {
        let sent = self.sent.last().map(|sent| sent.at);
        let before = sent.unwrap_or(now).duration_since(self.started);
        let upstream = sent.zip(self.upstream_head).map(|(sent, head)| head.duration_since(sent));
        (before, upstream)
    }

    /// The instances of plugins that look on at this request.
    pub fn observers(&self) -> Observers {
        let consumer = self.consumer.and_then(|index| self.snapshot.consumers.get(index));
        let groups = consumer.map(|consumer| &*consumer.groups).unwrap_or_default();
        let caller = Caller { consumer: self.consumer, groups };
        self.snapshot.bindings.observers(self.route, self.protocol, caller)
    }

    /// The request is over: nothing is known that is not known by now. Its record follows.
    pub fn close(mut self: Box<Self>, response_bytes: u64) {
        self.end(response_bytes);
        // Bodies are not kept for longer than they must be.
        if self.payload.is_some() {
            self.settle(&mut Vec::new());
        } else {
            let gateway = Arc::clone(&self.gateway);
            gateway.ledger.enter(self);
        }
    }

    fn end(&mut self, response_bytes: u64) {
        self.ended = Some(End::now(response_bytes));
        self.in_flight = None;
        tracing::debug!(
            request_id = self.request_id.as_str(),
            status = self.status.as_u16(),
            outcome = self.outcome.name(),
            error = self.error,
            "a request has ended"
        );
    }

    /// Writes the record of a request that is over. `memory` is what its line is written in.
    pub fn settle(mut self: Box<Self>, memory: &mut Vec<u8>) {
        self.write(memory);
    }

    fn write(&mut self, memory: &mut Vec<u8>) {
        let Some(end) = self.ended else { return };
        self.begin_trace();
        let tries = Tries::of(self);
        let record = record::of(self, &tries, end);
        let mut line = RecordLine::new(&record, memory);
        let observers = self.observers();
        publish(&self.gateway, &self.snapshot, self.route, observers, &mut line);
        if let Some(exporter) = observers.opentelemetry.and_then(|plugin| self.snapshot.exporter(plugin)) {
            traced::observe(self, &mut line, end, exporter);
        }
    }
}

fn protocol_of(info: &ConnectionInfo) -> Protocol {
    if info.tls { Protocol::Https } else { Protocol::Http }
}

fn whole_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Drop for Account {
    /// A request whose client leaves before the head of its answer is dropped as it stands.
    fn drop(&mut self) {
        if self.ended.is_none() {
            if !self.sent.is_empty() {
                self.left_behind(Disconnect::Cancelled);
            }
            self.client_left();
            self.got_no_head();
            self.end(0);
            self.write(&mut Vec::new());
        }
    }
}
