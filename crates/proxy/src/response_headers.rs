//! Headers that the gateway adds to the answers of upstreams.

use dialect::Envelope;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use model::{Losses, UpstreamError};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::account::Account;
use crate::deliver::Delivering;
use crate::prepare::Plan;
use crate::render::{REQUEST_ID, milliseconds};

const MODEL: HeaderName = HeaderName::from_static("x-kong-llm-model");
const UPSTREAM_LATENCY: HeaderName = HeaderName::from_static("x-kong-upstream-latency");
const PROXY_LATENCY: HeaderName = HeaderName::from_static("x-kong-proxy-latency");
const LOSSES: HeaderName = HeaderName::from_static("x-ai-proxy-losses");
const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What providers call the id of a request; names that only one provider has come before the one that anything on the
/// way may have added.
const PROVIDER_IDS: [HeaderName; 4] = [
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-amzn-requestid"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("apim-request-id"),
];

/// Longest id of a request that is taken from a body, bytes.
const MAX_ID: usize = 256;
/// Longest value of `X-AI-Proxy-Losses`, bytes.
const MAX_LOSSES: usize = 1024;
/// What would break the list apart, or a header.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b',').add(b';').add(b'=').add(b'%');

pub fn add(delivering: &Delivering<'_, '_>, headers: &mut HeaderMap, account: &Account) {
    let prepared = &*delivering.prepared;
    if let Some(model) = &prepared.model
        && (delivering.plugin.model_name_header || delivering.debug)
        && let Some(value) = prepared.target.model_header(model)
    {
        headers.insert(MODEL, value);
    }
    let (before, upstream) = account.latencies_so_far();
    headers.insert(PROXY_LATENCY, milliseconds(before));
    if let Some(upstream) = upstream {
        headers.insert(UPSTREAM_LATENCY, milliseconds(upstream));
    }
    if let Ok(value) = HeaderValue::from_str(account.request_id().as_str()) {
        headers.insert(REQUEST_ID, value);
    }
    let provided = PROVIDER_IDS.iter().find_map(|name| headers.get(name)).cloned();
    if let Some(id) = provided {
        headers.insert(UPSTREAM_REQUEST_ID, id);
    }
    let envelope = delivering.plugin.front.envelope;
    // In a relay this is the provider's own header. Else anything on the way may have added it, and the id that the
    // provider goes by counts.
    if !matches!(prepared.plan, Plan::Relay(_)) && headers.contains_key(UPSTREAM_REQUEST_ID) {
        headers.remove(envelope.request_id_header());
    }
    add_request_id(headers, envelope);
    tell_losses(account.losses(), headers);
}

/// Gives the provider's id of a request that only the body of an error has told.
pub fn add_told_id(error: &UpstreamError, headers: &mut HeaderMap, envelope: &dyn Envelope) {
    let id = error.request_id.as_deref().filter(|id| id.len() <= MAX_ID);
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(id).ok())
        && !headers.contains_key(UPSTREAM_REQUEST_ID)
        // Where the provider told none, whoever has read the error has found ours.
        && headers.get(REQUEST_ID) != Some(&id)
    {
        headers.insert(UPSTREAM_REQUEST_ID, id.clone());
        headers.insert(envelope.request_id_header(), id);
    }
}

/// Says what a request's provider was not told, or told in another way.
pub fn tell_losses(told: &Losses, headers: &mut HeaderMap) {
    if let Some(value) = losses(told) {
        headers.insert(LOSSES, value);
    }
}

/// Gives the id of the request where clients of a format look for it, if it is not there: the provider's, else the
/// gateway's.
pub fn add_request_id(headers: &mut HeaderMap, envelope: &dyn Envelope) {
    let id = headers.get(UPSTREAM_REQUEST_ID).or_else(|| headers.get(REQUEST_ID));
    if let Some(id) = id.cloned() {
        headers.entry(envelope.request_id_header()).or_insert(id);
    }
}

/// A stream must reach the client as it comes, past any cache or buffer in between.
pub fn add_for_stream(headers: &mut HeaderMap) {
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
}

/// `member=dropped, member=emulated`, as much as has room.
fn losses(losses: &Losses) -> Option<HeaderValue> {
    let mut text = String::new();
    for loss in losses.iter() {
        let entry = format!("{}={}", utf8_percent_encode(&loss.member, ESCAPED), loss.kind.name());
        if text.len() + entry.len() + 2 > MAX_LOSSES {
            break;
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&entry);
    }
    if text.is_empty() { None } else { HeaderValue::from_str(&text).ok() }
}
