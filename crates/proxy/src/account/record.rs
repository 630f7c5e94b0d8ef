//! From the facts of an account to its record.

use std::time::Instant;

use model::Usage;
use telemetry::{Ai, Attempt, Attempts, Cost, Latencies, Mode, PriceSource, Record, RecordTarget, cost};

use super::heads::Heads;
use super::sent::Sent;
use super::{Account, End};

/// What was tried to get an answer.
pub(super) struct Tries<'a> {
    account: &'a Account,
    /// Most requests have no other.
    last: Option<(&'a Sent, Attempt<'a>)>,
}

impl<'a> Tries<'a> {
    pub fn of(account: &'a Account) -> Self {
        let last = account.sent.last();
        Self { account, last: last.map(|sent| (sent, sent.attempt(&account.snapshot.redactor))) }
    }
}

impl Attempts for Tries<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Attempt<'_>)) {
        if let Some((_, before)) = self.account.sent.split_last() {
            for sent in before {
                sent.each(&sent.attempt(&self.account.snapshot.redactor), visit);
            }
        }
        if let Some((sent, attempt)) = &self.last {
            sent.each(attempt, visit);
        }
    }
}

pub(super) fn of<'a>(account: &'a Account, tries: &'a Tries<'a>, end: End) -> Record<'a> {
    let now = end.at;
    let snapshot = &*account.snapshot;
    let entities = &snapshot.entities;
    let service = account.route.and_then(|index| snapshot.routes.get(index)?.service);
    let credential = account.credential.and_then(|index| snapshot.credentials.get(index));
    let heads = account.heads.as_ref();
    Record {
        request_id: account.request_id.as_str(),
        started_at: account.started_at,
        client_ip: account.peer,
        method: account.method.as_str(),
        uri: snapshot.redactor.uri(account.uri.path(), account.uri.query()),
        base: heads.map_or("", Heads::base),
        tls: heads.and_then(|heads| heads.tls),
        request_headers: heads.map(Heads::request).unwrap_or_default(),
        response_headers: heads.map(Heads::response).unwrap_or_default(),
        consumer: account.consumer.and_then(|index| entities.consumers.get(index)),
        credential_id: credential.map(|(id, _)| &**id),
        route: account.route.and_then(|index| entities.routes.get(index)),
        service: service.and_then(|index| entities.services.get(index)),
        target: tries.last.as_ref().map(|(sent, attempt)| RecordTarget {
            provider: attempt.provider,
            model: attempt.model,
            host: sent.endpoint.authority(),
            uri: attempt.uri.clone(),
        }),
        status: account.status.as_u16(),
        upstream_status: account.upstream_status.map(|status| status.as_u16()),
        source: account.source,
        request_bytes: account.request_bytes,
        response_bytes: end.response_bytes,
        stream: account.stream,
        latencies: latencies(account, now),
        usage: account.usage,
        losses: Some(&account.losses),
        outcome: account.outcome,
        error: account.error,
        on_disconnect: account.on_disconnect,
        attempts: tries,
        ai: tries.last.as_ref().and_then(|(sent, _)| ai(account, sent, now)),
    }
}

fn latencies(account: &Account, now: Instant) -> Latencies {
    let (before, upstream) = account.latencies_at(now);
    Latencies {
        total: now.duration_since(account.started),
        gateway: before,
        upstream_first_byte: upstream,
        receive: account.upstream_head.map(|head| now.duration_since(head)),
        first_token: account
            .first_bytes
            .filter(|_| account.stream)
            .map(|first| first.duration_since(account.started)),
    }
}

/// What the answer cost. An answer that was none used nothing.
fn priced(account: &Account, sent: &Sent) -> (PriceSource, Cost) {
    let (source, prices) = sent.prices.find(sent.model.as_deref(), account.told.model.as_deref());
    let answered = sent.status.is_none_or(|status| status.is_success());
    let usage = account.usage.map(|(usage, _)| usage).or((!answered).then(Usage::default));
    let cost =
        prices.zip(usage).map(|(prices, usage)| cost(prices, &usage, account.told.service_tier.as_deref()));
    match cost {
        Some(known @ Cost::Known(_)) => (source, known),
        Some(Cost::Unknown) | None => (PriceSource::Unknown, Cost::Unknown),
    }
}

fn ai<'a>(account: &'a Account, sent: &'a Sent, now: Instant) -> Option<Ai<'a>> {
    let payload = account.payload.as_ref().map(|bodies| bodies.payload());
    if !sent.logging.statistics && payload.is_none() {
        return None;
    }
    let plugin = account.plugin.and_then(|index| account.snapshot.plugins.get(index));
    // Of a whole answer, the client has the first token when it has the last one.
    let first = account.first_bytes.or(account.upstream_head.filter(|_| !account.stream));
    let first = first.filter(|_| sent.status.is_some_and(|status| status.is_success()));
    let (price_source, cost) = priced(account, sent);
    let settings = sent.provider.settings.iter();
    let recorded =
        settings.filter_map(|setting| Some((setting.recorded?, sent.settings.value(setting.name)?)));
    Some(Ai {
        statistics: sent.logging.statistics,
        plugin_id: plugin.map_or("", |plugin| &plugin.id),
        provider: sent.provider.id,
        request_model: sent.model.as_deref(),
        model_is_configured: sent.model_is_configured,
        told: &account.told,
        mode: if account.stream || sent.streamed { Mode::Stream } else { Mode::Oneshot },
        latency: now.duration_since(sent.at),
        first_token: first.map(|first| first.saturating_duration_since(sent.at)),
        settings: recorded.collect(),
        cost,
        price_source,
        payload,
    })
}
