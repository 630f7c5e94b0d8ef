//! What an instance of `opentelemetry` sends: spans, metrics and records, each by its own queue.

mod delivery;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use config::{Collector, OpenTelemetry, PushedMetrics};
use telemetry::otlp::{GenAi, MeterOptions, Meters, Scoped, SpanId, TraceId, TracedRequest, write_log};
use telemetry::{Batching, Metrics, Outcome, RecordSink};

use crate::account::RecordLine;
use crate::collector::UnsendableError;
use crate::sinks::batching;
use crate::upstream::Hosts;
use delivery::{OtlpServer, Signal};

/// Bytes of one request to a collector: receivers of gRPC take 4 MiB unless they are told otherwise.
const MAX_REQUEST: usize = 3 << 20;
/// States of the metrics that may wait; each later one has all that an earlier one had.
const MAX_STATES: usize = 4;

/// One instance, as long as a configuration in use names it.
pub struct Exporter {
    pub settings: Box<OpenTelemetry>,
    traces: Option<Arc<RecordSink>>,
    logs: Option<Arc<RecordSink>>,
    metrics: Option<Pushed>,
}

struct Pushed {
    meters: Meters,
    sink: Arc<RecordSink>,
    interval: Duration,
    begun: AtomicBool,
}

/// What an exporter needs besides its settings.
pub struct ExporterWorld<'a> {
    pub hosts: &'a Hosts,
    pub metrics: &'a Metrics,
    pub instance: &'a str,
}

impl Exporter {
    /// `label` names it in metrics and in `/status`; behind it comes what is sent.
    pub fn new(
        settings: Box<OpenTelemetry>,
        label: &str,
        world: &ExporterWorld<'_>,
    ) -> Result<Self, UnsendableError> {
        let version = env!("CARGO_PKG_VERSION");
        let scoped = Arc::new(Scoped::new(&settings.resource_attributes, version, world.instance));
        let sink = |collector: &Collector, signal: Signal, batching: Batching| {
            let server = OtlpServer::new(world.hosts, &settings, collector, signal, Arc::clone(&scoped))?;
            let metrics = world.metrics.sink(&format!("{label}:{}", signal.name()));
            Ok(Arc::new(RecordSink::server(batching, Arc::new(server), metrics)))
        };
        let queued = || Batching { max_batch_bytes: MAX_REQUEST, ..batching(&settings.queue) };
        let traces = settings.traces.as_ref();
        let traces = traces.map(|collector| sink(collector, Signal::Traces, queued())).transpose()?;
        let logs = settings.access_logs.as_ref();
        let logs = logs.map(|collector| sink(collector, Signal::Logs, queued())).transpose()?;
        let metrics = match &settings.metrics {
            None => None,
            Some(pushed) => {
                let limits = Batching {
                    max_batch: 1,
                    linger: Duration::ZERO,
                    max_entries: MAX_STATES,
                    concurrent: false,
                    ..queued()
                };
                Some(Pushed {
                    meters: Meters::new(options(pushed), now()),
                    sink: sink(&pushed.collector, Signal::Metrics, limits)?,
                    interval: pushed.push_interval,
                    begun: AtomicBool::new(false),
                })
            }
        };
        Ok(Self { settings, traces, logs, metrics })
    }

    /// Starts to push metrics, once. To be called on the runtime that they shall be pushed from.
    pub fn begin(self: &Arc<Self>) {
        let Some(pushed) = &self.metrics else { return };
        if pushed.begun.swap(true, Ordering::Relaxed) {
            return;
        }
        let (exporter, interval) = (Arc::downgrade(self), pushed.interval);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(interval).await;
                let Some(exporter) = Weak::upgrade(&exporter) else { return };
                exporter.push_metrics();
            }
        });
    }

    /// The queues, to be begun, told of and closed like all others.
    pub fn sinks(&self) -> impl Iterator<Item = &Arc<RecordSink>> {
        let metrics = self.metrics.as_ref().map(|pushed| &pushed.sink);
        [self.traces.as_ref(), self.logs.as_ref(), metrics].into_iter().flatten()
    }

    /// Whether requests are traced.
    pub fn traces(&self) -> bool {
        self.traces.is_some()
    }

    /// Takes what a request has left. `genai` where a model was asked, `traced` where the request is sampled.
    pub fn observe(
        &self,
        line: &mut RecordLine<'_>,
        genai: Option<&GenAi<'_>>,
        traced: Option<&TracedRequest<'_>>,
        ids: Option<(TraceId, SpanId)>,
    ) {
        let record = line.record;
        if let Some((sink, traced)) = self.traces.as_ref().zip(traced) {
            traced.each_span(record, |span| sink.push_entry(span));
        }
        if let Some(pushed) = &self.metrics {
            pushed.meters.observe(record, genai);
        }
        if let Some(sink) = &self.logs {
            let mut entry = Vec::new();
            let text = String::from_utf8_lossy(line.bytes().trim_ascii_end());
            let failed = !matches!(record.outcome, Outcome::Completed | Outcome::Refused);
            write_log(&text, failed, now(), ids, &mut entry);
            sink.push_entry(&entry);
        }
    }

    /// Hands the state of the metrics over.
    pub fn push_metrics(&self) {
        let Some(pushed) = &self.metrics else { return };
        let mut state = Vec::new();
        if pushed.meters.write(now(), &mut state) {
            pushed.sink.push_entry(&state);
        }
    }
}

impl Drop for Exporter {
    /// What was counted since the last push is not to be lost with a reload.
    fn drop(&mut self) {
        self.push_metrics();
    }
}

fn options(pushed: &PushedMetrics) -> MeterOptions {
    MeterOptions {
        ai: pushed.ai,
        latency: pushed.latency,
        request: pushed.request,
        bandwidth: pushed.bandwidth,
        consumer_attribute: pushed.consumer_attribute,
    }
}

/// Nanoseconds of the epoch.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
