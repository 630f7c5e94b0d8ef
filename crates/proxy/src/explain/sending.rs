//! The request that would be sent, without its secrets.

use auth::{MASK, ParamLocation, is_redacted};
use bytes::Bytes;
use dialect::Aside;
use document::{Document, Edits, quote};
use http::Request;
use model::{Loss, Price, Usage};
use telemetry::{Amount, Redactor, cost};

use super::traced::Traced;
use crate::admit::Admitted;
use crate::body::Body;
use crate::prepare::{Plan, Prepared};
use crate::segments::Segments;

/// Everything about the call, or the first of several.
pub struct Sending {
    pub provider: &'static str,
    /// None where only the path names it.
    pub model: Option<Box<str>>,
    pub operation: &'static str,
    pub streamed: bool,
    pub plan: &'static str,
    /// Calls, and inputs in all of them, where a request may become several.
    pub calls: Option<(usize, usize)>,
    /// What signs the request, in words.
    pub auth: Vec<String>,
    pub losses: Vec<Loss>,
    /// None where nothing is bought, or the body is not looked into.
    pub estimate: Option<Estimate>,
    pub method: String,
    pub url: String,
    /// What the provider would be told of the request's trace; none where nothing is.
    pub trace: Option<Traced>,
    /// In the order of their names.
    pub headers: Vec<(String, String)>,
    pub body: Shown,
}

/// What is known of the price before there is an answer.
pub struct Estimate {
    pub input_tokens: u64,
    pub source: &'static str,
    /// What the input costs, and what a million tokens of output do.
    pub prices: Option<(Amount, Price)>,
}

/// A body as it can be shown.
pub enum Shown {
    Text(String),
    /// No text, or a form, which may hold a credential.
    Bytes(usize),
}

impl Sending {
    /// What is known before the credential goes in.
    pub fn of(prepared: &Prepared<'_>, admitted: &Admitted<'_>, path: &str) -> Self {
        let plugin = admitted.plugin;
        let counts = matches!(plugin.aside(path), Some((_, Aside::Count)));
        let (plan, calls) = match &prepared.plan {
            Plan::Relay(_) => ("relay", None),
            Plan::Translate(_) => ("translate", None),
            Plan::Count(_) => ("count", None),
            Plan::Embed(embedding) => ("embed", Some(embedding.calls(&prepared.destination.settings))),
        };
        Self {
            provider: prepared.target.provider.id,
            model: prepared.model.clone(),
            operation: if counts { "count_tokens" } else { plugin.operation.route_type() },
            streamed: prepared.is_streamed(),
            plan,
            calls,
            auth: signed_by(prepared),
            losses: prepared.losses.iter().cloned().collect(),
            estimate: estimate(prepared).filter(|_| !counts),
            method: String::new(),
            url: String::new(),
            trace: None,
            headers: Vec::new(),
            body: shown(prepared, admitted),
        }
    }

    /// Adds what is known of the request that is complete.
    pub fn complete(&mut self, redactor: &Redactor, prepared: &Prepared<'_>, request: &Request<Segments>) {
        let endpoint = &prepared.destination.endpoint;
        let uri = redacted(redactor, endpoint.path(), request.uri().query());
        self.method = request.method().to_string();
        self.url = format!("{}://{}{uri}", endpoint.scheme().name(), endpoint.authority());
        let headers = request.headers().iter().map(|(name, value)| {
            let secret = value.is_sensitive()
                || is_redacted(name.as_str())
                || prepared.target.credential_header.as_ref() == Some(name);
            let text = if secret { MASK.into() } else { String::from_utf8_lossy(value.as_bytes()) };
            let text = match &self.trace {
                Some(trace) => trace.shown(&text),
                None => text.into_owned(),
            };
            (name.as_str().to_owned(), text)
        });
        self.headers = headers.collect();
        // Their order means nothing, so they have one that a comparison can rely on.
        self.headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
}

/// Path and query without credentials.
pub fn redacted(redactor: &Redactor, path: &str, query: Option<&str>) -> String {
    let uri = redactor.uri(path, query);
    match uri.query() {
        Some(query) => format!("{}?{query}", uri.path()),
        None => uri.path().to_owned(),
    }
}

fn signed_by(prepared: &Prepared<'_>) -> Vec<String> {
    let credential = &prepared.target.credential;
    let header = credential.header_name().map(|name| format!("header {name}"));
    let param = credential.param_name().map(|(location, name)| match location {
        ParamLocation::Query => format!("query {name}"),
        ParamLocation::Body => format!("body {name}"),
    });
    let cloud = prepared.target.cloud.as_ref().map(|signer| format!("identity {}", signer.name()));
    header.into_iter().chain(param).chain(cloud).collect()
}

fn estimate(prepared: &Prepared<'_>) -> Option<Estimate> {
    let input_tokens = match &prepared.plan {
        Plan::Relay(_) => prepared.input_estimate(),
        Plan::Translate(translation) => translation.input_estimate(),
        Plan::Embed(embedding) => embedding.input_estimate(),
        Plan::Count(_) => return None,
    };
    if input_tokens == 0 {
        return None;
    }
    let (source, prices) = prepared.target.price(prepared.model.as_deref(), None);
    let usage = Usage { fresh_input: input_tokens, ..Usage::default() };
    let known = prices.and_then(|prices| Some((cost(prices, &usage, None).amount()?, prices.output?)));
    Some(Estimate { input_tokens, source: source.name(), prices: known })
}

/// The body before the credential goes in, with a mask over what may be a key of the caller's.
fn shown(prepared: &Prepared<'_>, admitted: &Admitted<'_>) -> Shown {
    let body = Bytes::from(prepared.body.pieces().concat());
    let own = match prepared.target.credential.param_name() {
        Some((ParamLocation::Body, name)) => Some(name),
        Some((ParamLocation::Query, _)) | None => None,
    };
    let secret: Vec<&str> = admitted.key_members.iter().map(|name| &**name).chain(own).collect();
    // Where a field of a form is to be the credential, what the caller has in it is none of the reader's business.
    let is_form = matches!(prepared.body, Body::Form(_) | Body::Arguments(_));
    let masked = if is_form {
        Some(body.clone()).filter(|_| !own.is_some_and(|name| prepared.body.has(name)))
    } else if secret.is_empty() || body.is_empty() {
        Some(body.clone())
    } else {
        masked(body.clone(), &secret)
    };
    match masked.and_then(|text| String::from_utf8(text.to_vec()).ok()) {
        Some(text) => Shown::Text(text),
        None => Shown::Bytes(body.len()),
    }
}

/// None where it cannot be told which members these are.
fn masked(body: Bytes, names: &[&str]) -> Option<Bytes> {
    let document = Document::parse(body).ok()?;
    let mut edits = Edits::default();
    for name in names.iter().filter(|name| document.value(name).is_some()) {
        edits.set((*name).to_owned(), quote(MASK));
    }
    Some(document.apply(&edits).to_bytes())
}
