//! Metrics that are pushed to a collector: names, units and attributes are Kong's (3.14, its pages "OpenTelemetry metrics"
//! and "Gen AI OpenTelemetry metrics", read in November 2026).

mod instrument;
mod table;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::genai::GenAi;
use super::request::{failure, known_method};
use super::wire::Message;
use crate::cost::{Amount, Cost};
use crate::record::{Ai, Entity, Mode, Outcome, Record};
use instrument::{Attribute, Instrument, Labels};
use table as names;

/// Which metrics are counted: Kong's switches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MeterOptions {
    pub ai: bool,
    pub latency: bool,
    pub request: bool,
    pub bandwidth: bool,
    pub consumer_attribute: bool,
}

/// Sets of attributes that an instrument tells apart; what comes later is counted in one set of its own.
const MAX_POINTS: usize = 2_000;
/// Bytes of a name that a provider tells.
const MAX_NAME: usize = 128;

/// All instruments of one plugin. Counts since `since`, which is in nanoseconds of the epoch.
#[derive(Debug)]
pub struct Meters {
    options: MeterOptions,
    since: u64,
    instruments: Mutex<Vec<Instrument>>,
}

impl Meters {
    pub fn new(options: MeterOptions, since: u64) -> Self {
        Self::with_limit(options, since, MAX_POINTS)
    }

    fn with_limit(options: MeterOptions, since: u64, limit: usize) -> Self {
        let instruments = names::ALL.iter().map(|name| Instrument::new(name, limit)).collect();
        Self { options, since, instruments: Mutex::new(instruments) }
    }

    /// Counts a request. `genai` where a model was asked.
    pub fn observe(&self, record: &Record<'_>, genai: Option<&GenAi<'_>>) {
        let mut tally =
            Tally { options: self.options, record, counted: Vec::with_capacity(16), chosen: false };
        tally.requests();
        let ai = record.ai.as_ref().filter(|ai| ai.statistics && self.options.ai);
        if let Some((ai, genai)) = ai.zip(genai) {
            tally.models(ai, genai);
        }
        // The lock is held for nothing but this.
        let mut instruments = self.lock();
        for (name, labels, amount, chosen) in tally.counted {
            if let Some(instrument) = instruments.iter_mut().find(|known| known.is(name)) {
                instrument.add(labels, amount, chosen);
            }
        }
    }

    /// Appends everything that was counted so far as `ScopeMetrics.metrics`. `now` is in nanoseconds of the epoch. False
    /// where there is nothing.
    pub fn write(&self, now: u64, out: &mut Vec<u8>) -> bool {
        let before = out.len();
        let mut message = Message::new(out);
        for instrument in self.lock().iter() {
            instrument.write(self.since, now, &mut message);
        }
        out.len() > before
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Instrument>> {
        self.instruments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request, being counted.
struct Tally<'r> {
    options: MeterOptions,
    record: &'r Record<'r>,
    counted: Vec<(&'static names::InstrumentName, Labels, f64, bool)>,
    /// The caller has chosen by what it is counted from now on.
    chosen: bool,
}

impl Tally<'_> {
    fn count(&mut self, name: &'static names::InstrumentName, labels: Labels, amount: f64) {
        self.counted.push((name, labels, amount, self.chosen));
    }

    fn time(&mut self, name: &'static names::InstrumentName, labels: Labels, duration: Duration) {
        self.count(name, labels, duration.as_secs_f64());
    }

    fn requests(&mut self) {
        let record = self.record;
        let mut place = vec![("kong.workspace.name", Attribute::text("default"))];
        for (name, entity) in [("kong.service.name", record.service), ("kong.route.name", record.route)] {
            place.extend(entity.map(|entity| (name, Attribute::text(entity.label()))));
        }
        if self.options.latency {
            let latencies = &record.latencies;
            self.time(&names::LATENCY_TOTAL, place.clone(), latencies.total);
            self.time(&names::LATENCY_INTERNAL, place.clone(), latencies.gateway);
            if let Some(first_byte) = latencies.upstream_first_byte {
                self.time(&names::LATENCY_UPSTREAM, place.clone(), first_byte);
            }
        }
        self.add_consumer(&mut place);
        if self.options.bandwidth {
            self.count(&names::REQUEST_SIZE, place.clone(), as_double(record.request_bytes));
            self.count(&names::RESPONSE_SIZE, place.clone(), as_double(record.response_bytes));
        }
        if self.options.request {
            place.extend([
                ("kong.response.source", Attribute::text(record.source.in_kong())),
                ("http.request.method", Attribute::text(known_method(record.method).unwrap_or("_OTHER"))),
                ("kong.response.status_code", Attribute::Int(u64::from(record.status))),
            ]);
            self.count(&names::REQUESTS, place, 1.0);
        }
    }

    fn models(&mut self, ai: &Ai<'_>, genai: &GenAi<'_>) {
        let record = self.record;
        self.chosen = !ai.model_is_configured;
        let labels = self.model_labels(ai, genai);
        let mut with_error = labels.clone();
        if self.options.request
            && let Some(failure) = failure(record)
        {
            with_error.push(("error.type", Attribute::text(&failure)));
        }
        self.time(&names::OPERATION, with_error.clone(), record.latencies.total);
        if self.options.latency {
            self.time(&names::SERVER_REQUEST, with_error, ai.latency);
        }
        let answered = matches!(record.outcome, Outcome::Completed | Outcome::ClientDisconnected);
        let usage = record.usage.map(|(usage, _)| usage).unwrap_or_default();
        if let Some(first) = ai.first_token.filter(|_| answered) {
            self.time(&names::FIRST_TOKEN, labels.clone(), first);
            if let Some(each) = per_token(ai, first, usage.completion_tokens()) {
                self.time(&names::PER_TOKEN, labels.clone(), each);
            }
        }
        let tokens = [
            ("input", usage.prompt_tokens()),
            ("output", usage.completion_tokens()),
            ("total", usage.total_tokens()),
        ];
        for (kind, tokens) in tokens.into_iter().filter(|(_, tokens)| *tokens > 0) {
            let mut labels = labels.clone();
            labels.push(("gen_ai.token.type", Attribute::text(kind)));
            self.count(&names::TOKENS, labels, as_double(tokens));
        }
        if let Cost::Known(amount) = ai.cost
            && amount > Amount::ZERO
        {
            let mut labels = labels;
            // Of plugins that this gateway does not have; Kong has them empty then.
            labels.extend(names::CACHE.map(|name| (name, Attribute::text(""))));
            self.count(&names::COST, labels, amount.to_f64());
        }
    }

    /// The attributes that all metrics of models have.
    fn model_labels(&self, ai: &Ai<'_>, genai: &GenAi<'_>) -> Labels {
        let request_model = genai.request_model.unwrap_or("UNSPECIFIED");
        let answered = ai.told.model.as_deref().unwrap_or(request_model);
        let answered = answered.get(..answered.floor_char_boundary(MAX_NAME)).unwrap_or_default();
        let requested = request_model.get(..request_model.floor_char_boundary(MAX_NAME)).unwrap_or_default();
        let mut labels = vec![
            ("gen_ai.provider.name", Attribute::text(genai.provider)),
            ("gen_ai.request.model", Attribute::text(requested)),
            ("gen_ai.response.model", Attribute::text(answered)),
            ("gen_ai.operation.name", Attribute::text(genai.operation)),
            ("kong.workspace.name", Attribute::text("default")),
            ("kong.gen_ai.request.mode", Attribute::text(ai.mode.name())),
        ];
        self.add_consumer(&mut labels);
        labels
    }

    fn add_consumer(&self, labels: &mut Labels) {
        if self.options.consumer_attribute {
            let name = self.record.consumer.map_or("", Entity::label);
            labels.push(("kong.auth.consumer.name", Attribute::text(name)));
        }
    }
}

/// Time for each token behind the first of a stream, or for each one of an answer that came whole.
fn per_token(ai: &Ai<'_>, first: Duration, tokens: u64) -> Option<Duration> {
    let (time, tokens) = match ai.mode {
        Mode::Stream | Mode::Realtime => (ai.latency.saturating_sub(first), tokens.saturating_sub(1)),
        Mode::Oneshot => (ai.latency, tokens),
    };
    time.checked_div(u32::try_from(tokens).unwrap_or(u32::MAX))
}

/// Exact up to 2⁵³, which is more than any count of ours.
#[allow(clippy::cast_precision_loss)]
fn as_double(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
