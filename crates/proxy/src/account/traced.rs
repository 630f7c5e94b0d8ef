//! From an account to its trace: begun when it is known who calls, told to upstreams, sent with the record.

use std::time::Instant;

use config::OpenTelemetry;
use dialect::{read_parameters, tell_answer, tell_messages};
use document::Document;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use model::{ChatRequest, Number, Operation, ResponseFormat};
use telemetry::otlp::{AskedParameters, GenAi, TracedCall, TracedPhase, TracedRequest};
use telemetry::{Record, Said};

use super::publish::RecordLine;
use super::sent::Sent;
use super::{Account, End};
use crate::body::Body;
use crate::exporter::Exporter;
use crate::prepare::Prepared;
use crate::snapshot::AiProxy;
use crate::trace::{Trace, new_span};

/// Bytes of the messages that a span has of each side.
const MAX_CONTENT: usize = 256 << 10;

impl Account {
    /// Finds out whether the request is traced, once; to be called as soon as it is known who calls what.
    pub fn begin_trace(&mut self) {
        let Some(carriers) = self.carriers.take() else { return };
        let plugin = self.observers().opentelemetry;
        let traced = plugin.and_then(|plugin| Some((plugin, self.snapshot.exporter(plugin)?)));
        if let Some((plugin, exporter)) = traced.filter(|(_, exporter)| exporter.traces()) {
            self.trace = Some(Box::new(Trace::new(plugin, &exporter.settings, &carriers)));
        }
    }

    /// The request goes on to the plugin that chooses its target.
    pub fn admitted(&mut self) {
        self.begin_trace();
        if let Some(trace) = &mut self.trace {
            trace.admitted = Some(Instant::now());
        }
    }

    /// The trace with the settings that it goes by, to be told without being sent.
    pub fn trace(&mut self) -> Option<(&mut Trace, &OpenTelemetry)> {
        let trace = self.trace.as_deref_mut()?;
        let exporter = self.snapshot.exporter(trace.plugin)?;
        Some((trace, &exporter.settings))
    }

    /// Tells an upstream of the trace.
    pub fn inject(&mut self, headers: &mut HeaderMap) {
        if let Some(trace) = &mut self.trace
            && let Some(exporter) = self.snapshot.exporter(trace.plugin)
        {
            trace.inject(&exporter.settings, headers);
        }
    }

    /// Keeps what a model is asked for, where that is sent somewhere.
    pub fn asked(&mut self, plugin: &AiProxy, prepared: &Prepared<'_>, body: &bytes::Bytes) {
        let Some(trace) = self.trace.as_mut().filter(|trace| trace.sampled) else { return };
        if plugin.front.chat(prepared.operation).is_none() {
            return;
        }
        let mut request = match &prepared.body {
            Body::Object { document, .. } => read_parameters(document),
            _ => match Document::parse(body.clone()) {
                Ok(document) => read_parameters(&document),
                Err(_) => return,
            },
        };
        request.merge(&prepared.target.options);
        trace.asked = Some(Box::new(parameters(&request)));
    }

    /// The header that tells the client of the trace.
    pub fn trace_header(&self) -> Option<(HeaderName, HeaderValue)> {
        let trace = self.trace.as_ref()?;
        trace.header(&self.snapshot.exporter(trace.plugin)?.settings)
    }

    /// A moment in nanoseconds of the epoch.
    fn nanos(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.started).as_nanos();
        self.started_nanos.saturating_add(u64::try_from(since).unwrap_or(u64::MAX))
    }
}

/// A client's request, where its format has a reader for it.
fn read(plugin: &AiProxy, operation: Operation, body: &bytes::Bytes) -> Option<ChatRequest> {
    let front = plugin.front.chat(operation)?;
    let document = Document::parse(body.clone()).ok()?;
    Some(front.read(&document).ok()?.request)
}

fn parameters(request: &ChatRequest) -> AskedParameters {
    let sampling = &request.sampling;
    let number = |number: &Option<Number>| number.as_ref().and_then(Number::as_f64);
    AskedParameters {
        max_tokens: request.max_tokens,
        temperature: number(&sampling.temperature),
        top_p: number(&sampling.top_p),
        top_k: number(&sampling.top_k),
        frequency_penalty: number(&sampling.frequency_penalty),
        presence_penalty: number(&sampling.presence_penalty),
        choices: sampling.n,
        json: !matches!(request.response_format, ResponseFormat::Text),
    }
}

/// Hands a request that is over to what sends spans and metrics.
pub(super) fn observe(account: &Account, line: &mut RecordLine<'_>, end: End, exporter: &Exporter) {
    let trace = account.trace.as_deref();
    let sampled = trace.filter(|trace| trace.sampled && exporter.traces());
    let mut genai = account.sent.last().and_then(genai);
    let traced = sampled.map(|trace| {
        if let Some(genai) = &mut genai {
            genai.asked = trace.asked.as_deref();
            add_content(account, line.record, genai);
        }
        let end = account.nanos(end.at);
        let phase = |at: Instant| TracedPhase { id: new_span(), start: account.nanos(at) };
        TracedRequest {
            trace: trace.id,
            parent: trace.parent,
            state: &trace.state,
            server: trace.server,
            start: account.started_nanos,
            end,
            route_path: route_path(account),
            plugin: trace.admitted.map(phase),
            model: account.sent.first().map(|sent| phase(sent.at)).zip(genai.clone()),
            calls: calls(account, end),
        }
    });
    let ids = trace.map(|trace| (trace.id, trace.server));
    exporter.observe(line, genai.as_ref(), traced.as_ref(), ids);
}

fn calls(account: &Account, end: u64) -> Vec<TracedCall<'_>> {
    let following = account.sent.iter().skip(1).map(|next| account.nanos(next.at)).chain([end]);
    let calls = account.sent.iter().zip(following);
    calls
        .map(|(sent, end)| TracedCall {
            id: sent.span.unwrap_or_else(new_span),
            start: account.nanos(sent.at),
            end,
            method: sent.method.as_str(),
            attempt: sent.attempt(&account.snapshot.redactor),
            failed_connects: u16::try_from(sent.attempted.failed.len()).unwrap_or(u16::MAX),
        })
        .collect()
}

/// What a model was asked; none where it is not known what was.
fn genai(sent: &Sent) -> Option<GenAi<'_>> {
    // By the conventions, as far as these have a word for it.
    let operation = match sent.operation {
        Operation::Preserve => return None,
        Operation::Chat => "chat",
        Operation::Completions => "text_completion",
        Operation::Embeddings => "embeddings",
        other => other.route_type(),
    };
    Some(GenAi {
        operation,
        provider: sent.provider.convention_name(&sent.settings),
        request_model: sent.model.as_deref(),
        asked: None,
        input: None,
        output: None,
    })
}

/// Adds what was asked and said, where that is recorded.
fn add_content(account: &Account, record: &Record<'_>, genai: &mut GenAi<'_>) {
    let (Some(bodies), Some(ai)) = (&account.payload, &record.ai) else { return };
    let plugin = account.plugin.and_then(|plugin| account.snapshot.ai_proxy(plugin));
    let Some((plugin, sent)) = plugin.zip(account.sent.last()) else { return };
    let text = |json: Vec<u8>| String::from_utf8(json).ok();
    let request = bodies.request().and_then(|body| read(plugin, sent.operation, body));
    genai.input = request.and_then(|request| text(tell_messages(&request, MAX_CONTENT)));
    let finish = ai.told.finish_reasons.first().copied();
    genai.output = match ai.payload.and_then(|payload| payload.response) {
        Some(Said::Whole(body)) if plugin.front.chat(sent.operation).is_some() && record.status < 400 => {
            let mut said = String::new();
            plugin.front.envelope.answered(body, &mut said);
            text(tell_answer(&said, said.len() as u64, finish, MAX_CONTENT))
        }
        Some(Said::Stream { text: said, bytes }) => text(tell_answer(said, bytes, finish, MAX_CONTENT)),
        Some(Said::Whole(_)) | None => None,
    };
}

/// The path of the route that the request's begins with, or the one pattern that it has.
fn route_path(account: &Account) -> Option<&str> {
    let route = account.snapshot.routes.get(account.route?)?;
    let path = account.uri.path();
    let plain = route.paths.iter().filter(|known| !known.starts_with('~') && path.starts_with(&***known));
    let longest = plain.max_by_key(|known| known.len());
    let pattern = || route.paths.iter().find_map(|known| known.strip_prefix('~'));
    longest.map(|known| &**known).or_else(pattern)
}
