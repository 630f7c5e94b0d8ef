//! The metrics of requests to models: by provider, model, mode and consumer.
//!
//! What is not a label of the configuration, a model's name that a caller chose, is cut to [`MAX_NAME`] bytes and has
//! a cap of its own, so that names which callers make up take no room from configured ones.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::exposition::Exposition;
use super::{Budget, Counted, Counter, Histogram, MetricsOptions};
use crate::cost::Amount;
use crate::names::{self, MetricName, label};
use crate::record::{Ai, Entity, Mode, Record};

/// Bytes of a model's name that a label has at most.
const MAX_NAME: usize = 256;

/// The only workspace that there is. Records say the same.
const WORKSPACE: &str = "default";

/// All models that were asked, by provider and name.
#[derive(Debug)]
pub(super) struct ModelMetrics {
    providers: RwLock<Providers>,
    /// Models in all.
    models_left: Budget,
    /// Of these, models whose names callers chose.
    chosen_left: Budget,
    /// Label sets in all.
    sets_left: Budget,
}

type Providers = BTreeMap<Arc<str>, BTreeMap<Arc<str>, Model>>;

/// What is told apart by model.
#[derive(Debug)]
struct Model {
    totals: Arc<Totals>,
    oneshot: Consumers,
    stream: Consumers,
    realtime: Consumers,
}

/// Label sets by consumer; where consumers are not told apart the one key is empty.
type Consumers = BTreeMap<Arc<str>, Arc<Set>>;

/// What a model has whatever the mode.
#[derive(Debug)]
struct Totals {
    unknown_costs: Counter,
    first_token: Histogram,
}

/// What one label set counts.
#[derive(Debug)]
struct Set {
    requests: Counter,
    /// In decimal, like what it is a sum of: no part of it is too small, and no sum too large.
    cost: Mutex<Amount>,
    prompt: Counter,
    completion: Counter,
    total: Counter,
    latency: Histogram,
}

/// Where a request is to be counted.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    provider: &'a str,
    model: &'a str,
    /// The name is the caller's.
    chosen: bool,
    mode: Mode,
    /// None where only what a model has in all counts the request.
    consumer: Option<&'a str>,
}

/// Where it is counted.
struct Found<'m> {
    model: &'m Model,
    set: Option<&'m Arc<Set>>,
    /// It is the place of all models above the cap.
    other_model: bool,
    /// It is the place of all label sets above the cap.
    other_set: bool,
}

impl ModelMetrics {
    pub fn new(options: &MetricsOptions) -> Self {
        Self {
            providers: RwLock::default(),
            models_left: Budget::new(options.max_models),
            chosen_left: Budget::new(options.max_chosen_models.min(options.max_models)),
            sets_left: Budget::new(options.max_model_sets),
        }
    }

    /// Counts a request that has ended. Takes one read lock and a dozen additions where its labels are known, and
    /// nothing where no model was asked or no statistics are wanted of it.
    pub fn observe(&self, record: &Record<'_>, counted: Counted) {
        let Some(ai) = record.ai.as_ref().filter(|ai| ai.statistics) else { return };
        if !counted.models && ai.cost.amount().is_some() {
            return;
        }
        let consumer = record.consumer.filter(|_| counted.per_consumer).map_or("", Entity::label);
        let model = ai.model();
        let wanted = Wanted {
            provider: ai.provider,
            model: model.get(..model.floor_char_boundary(MAX_NAME)).unwrap_or_default(),
            chosen: !ai.model_is_configured,
            mode: ai.mode,
            consumer: counted.models.then_some(consumer),
        };
        {
            let known = self.providers.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = self.find(&known, wanted) {
                self.count(&found, record, ai);
                return;
            }
        }
        let mut known = self.providers.write().unwrap_or_else(PoisonError::into_inner);
        self.admit(&mut known, wanted);
        if let Some(found) = self.find(&known, wanted) {
            self.count(&found, record, ai);
        }
    }

    fn count(&self, found: &Found<'_>, record: &Record<'_>, ai: &Ai<'_>) {
        if found.other_model {
            self.models_left.overflows.add(1);
        }
        if found.other_set {
            self.sets_left.overflows.add(1);
        }
        if ai.cost.amount().is_none() {
            found.model.totals.unknown_costs.add(1);
        }
        let Some(set) = found.set else { return };
        set.count(record, ai);
        if let Some(latency) = ai.first_token.filter(|_| ai.mode == Mode::Stream) {
            found.model.totals.first_token.observe(latency);
        }
    }

    /// The place of a request; above a cap that of all others, and none where its place is still to be made.
    fn find<'m>(&self, known: &'m Providers, wanted: Wanted<'_>) -> Option<Found<'m>> {
        let models = known.get(wanted.provider)?;
        let (model, other_model) = match models.get(wanted.model) {
            Some(model) => (model, false),
            None if self.is_full(wanted.chosen) => (models.get(label::OTHER)?, true),
            None => return None,
        };
        let (set, other_set) = match wanted.consumer {
            None => (None, false),
            Some(consumer) => match model.consumers(wanted.mode).get(consumer) {
                Some(set) => (Some(set), false),
                None if self.sets_left.is_spent() => {
                    let others = models.get(label::OTHER)?.consumers(wanted.mode);
                    (Some(others.get(above_cap(consumer))?), true)
                }
                None => return None,
            },
        };
        Some(Found { model, set, other_model, other_set })
    }

    /// Makes the place of a request, or above a cap that of all others.
    fn admit(&self, known: &mut Providers, wanted: Wanted<'_>) {
        // Providers are a closed set.
        if !known.contains_key(wanted.provider) {
            known.insert(wanted.provider.into(), BTreeMap::new());
        }
        let Some(models) = known.get_mut(wanted.provider) else { return };
        let fits = models.contains_key(wanted.model)
            || ((!wanted.chosen || self.chosen_left.take()) && self.models_left.take());
        let name = if fits { wanted.model } else { label::OTHER };
        let model = models.entry(name.into()).or_default();
        let Some(consumer) = wanted.consumer else { return };
        let consumers = model.consumers_mut(wanted.mode);
        if consumers.contains_key(consumer) {
            return;
        }
        if self.sets_left.take() {
            consumers.insert(consumer.into(), Arc::default());
            return;
        }
        let others = models.entry(label::OTHER.into()).or_default().consumers_mut(wanted.mode);
        others.entry(above_cap(consumer).into()).or_default();
    }

    fn is_full(&self, chosen: bool) -> bool {
        self.models_left.is_spent() || (chosen && self.chosen_left.is_spent())
    }

    /// Requests counted under `other`, because of the cap on models and because of that on label sets.
    pub fn overflows(&self) -> (u64, u64) {
        (self.models_left.overflows.value(), self.sets_left.overflows.value())
    }

    /// Writes the families that have a model among their labels, but for those without a sample.
    pub fn render(&self, out: &mut Exposition) {
        let (sets, totals) = self.known();
        render_sets(out, &names::LLM_REQUESTS, &sets, |set| whole(&set.requests));
        render_sets(out, &names::LLM_COST, &sets, |set| {
            let cost = *set.cost.lock().unwrap_or_else(PoisonError::into_inner);
            (cost > Amount::ZERO).then(|| cost.to_string())
        });
        render_tokens(out, &sets);
        for (labels, set) in &sets {
            out.once(&names::LLM_LATENCY);
            set.latency.render(out, &names::LLM_LATENCY, &labels.values());
        }
        for (provider, model, totals) in &totals {
            if totals.first_token.count() > 0 {
                out.once(&names::FIRST_TOKEN);
                totals.first_token.render(out, &names::FIRST_TOKEN, &[provider, model]);
            }
        }
        for (provider, model, totals) in &totals {
            let unknown = totals.unknown_costs.value();
            if unknown > 0 {
                out.once(&names::COST_UNKNOWN);
                out.sample(&names::COST_UNKNOWN, &[provider, model], unknown);
            }
        }
    }

    /// All that there is, so that nothing is formatted while requests wait.
    fn known(&self) -> (Vec<LabelledSet>, Vec<NamedTotals>) {
        let (mut sets, mut totals) = (Vec::new(), Vec::new());
        let known = self.providers.read().unwrap_or_else(PoisonError::into_inner);
        for (provider, models) in known.iter() {
            for (name, model) in models {
                totals.push((Arc::clone(provider), Arc::clone(name), Arc::clone(&model.totals)));
                for mode in [Mode::Oneshot, Mode::Stream, Mode::Realtime] {
                    for (consumer, set) in model.consumers(mode) {
                        let (provider, model) = (Arc::clone(provider), Arc::clone(name));
                        let labels = Labels { provider, model, mode, consumer: Arc::clone(consumer) };
                        sets.push((labels, Arc::clone(set)));
                    }
                }
            }
        }
        (sets, totals)
    }
}

/// What stands for a consumer above the cap; where consumers are not told apart there is none.
const fn above_cap(consumer: &str) -> &str {
    if consumer.is_empty() { "" } else { label::OTHER }
}

impl Default for Model {
    fn default() -> Self {
        let first_token = Histogram::new(names::FIRST_TOKEN.bounds);
        let totals = Arc::new(Totals { unknown_costs: Counter::default(), first_token });
        let (oneshot, stream, realtime) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { totals, oneshot, stream, realtime }
    }
}

impl Model {
    fn consumers(&self, mode: Mode) -> &Consumers {
        match mode {
            Mode::Oneshot => &self.oneshot,
            Mode::Stream => &self.stream,
            Mode::Realtime => &self.realtime,
        }
    }

    fn consumers_mut(&mut self, mode: Mode) -> &mut Consumers {
        match mode {
            Mode::Oneshot => &mut self.oneshot,
            Mode::Stream => &mut self.stream,
            Mode::Realtime => &mut self.realtime,
        }
    }
}

impl Default for Set {
    fn default() -> Self {
        Self {
            requests: Counter::default(),
            cost: Mutex::default(),
            prompt: Counter::default(),
            completion: Counter::default(),
            total: Counter::default(),
            latency: Histogram::new(names::LLM_LATENCY.bounds),
        }
    }
}

impl Set {
    fn count(&self, record: &Record<'_>, ai: &Ai<'_>) {
        self.requests.add(1);
        self.latency.observe(ai.latency);
        if let Some(cost) = ai.cost.amount() {
            let mut sum = self.cost.lock().unwrap_or_else(PoisonError::into_inner);
            *sum = sum.plus(cost);
        }
        if let Some((usage, _)) = &record.usage {
            self.prompt.add(usage.prompt_tokens());
            self.completion.add(usage.completion_tokens());
            self.total.add(usage.total_tokens());
        }
    }
}

/// The labels of a set.
struct Labels {
    provider: Arc<str>,
    model: Arc<str>,
    mode: Mode,
    consumer: Arc<str>,
}

impl Labels {
    /// In the order of [`names::LLM_REQUESTS`]. There is no cache and nothing that embeds for one, so these are empty.
    fn values(&self) -> [&str; 9] {
        self.with(self.mode.name())
    }

    /// In the order of [`names::LLM_TOKENS`], which has a type of token in place of the mode.
    fn with<'l>(&'l self, seventh: &'l str) -> [&'l str; 9] {
        [&self.provider, &self.model, "", "", "", "", seventh, WORKSPACE, &self.consumer]
    }
}

type LabelledSet = (Labels, Arc<Set>);

/// Provider and model, and what that has.
type NamedTotals = (Arc<str>, Arc<str>, Arc<Totals>);

/// The value of a counter, if it has counted.
fn whole(counter: &Counter) -> Option<String> {
    let value = counter.value();
    (value > 0).then(|| value.to_string())
}

fn render_sets(
    out: &mut Exposition,
    metric: &MetricName,
    sets: &[LabelledSet],
    value: impl Fn(&Set) -> Option<String>,
) {
    for (labels, set) in sets {
        if let Some(value) = value(set) {
            out.once(metric);
            out.sample(metric, &labels.values(), value);
        }
    }
}

/// Tokens are not told apart by mode, so sets that differ in nothing else are counted together.
fn render_tokens(out: &mut Exposition, sets: &[LabelledSet]) {
    let mut sums: BTreeMap<(&str, &str, &str), (&Labels, [u64; 3])> = BTreeMap::new();
    for (labels, set) in sets {
        let key = (&*labels.provider, &*labels.model, &*labels.consumer);
        let (_, sum) = sums.entry(key).or_insert((labels, [0; 3]));
        let counted = [&set.prompt, &set.completion, &set.total];
        for (sum, counter) in sum.iter_mut().zip(counted) {
            *sum += counter.value();
        }
    }
    for (labels, sum) in sums.values() {
        for (kind, tokens) in ["prompt_tokens", "completion_tokens", "total_tokens"].into_iter().zip(sum) {
            if *tokens > 0 {
                out.once(&names::LLM_TOKENS);
                out.sample(&names::LLM_TOKENS, &labels.with(kind), tokens);
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
