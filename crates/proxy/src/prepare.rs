//! From a request to what its target must be sent: parsed, checked, edited, located. Nothing is sent here.

use std::borrow::Cow;

use auth::{ParamLocation, is_client_credential};
use bytes::Bytes;
use config::{StreamingPolicy, UnsupportedPolicy};
use dialect::{Call, Delivery, Head, Quirks, UsageInStream};
use document::{Document, Edits};
use http::{HeaderMap, HeaderName, Method};
use model::{Losses, Operation};
use provider::query;

use crate::Gateway;
use crate::body::Body;
use crate::error::GatewayError;
use crate::headers;
use crate::snapshot::AiProxy;
use crate::target::{Destination, Target};
use crate::templates::Lookup;

/// What of a request the gateway works with once it knows who called and which plugin applies.
pub struct Asked<'a> {
    pub method: &'a Method,
    /// The client's path, escaped as it came.
    pub path: &'a str,
    pub lookup: Lookup<'a>,
    pub body: Bytes,
    /// Members of the body that are keys of callers, and go no further.
    pub hidden_members: &'a [Box<str>],
}

/// A request that can be signed and sent.
pub struct Prepared<'s> {
    pub target: &'s Target,
    pub destination: Destination,
    /// Name that the provider knows the model by.
    pub model: Option<Box<str>>,
    pub quirks: &'static Quirks,
    pub operation: Operation,
    pub delivery: Delivery,
    /// The client asked for the usage of its stream.
    pub usage_asked: bool,
    pub body: Body,
    pub losses: Losses,
    pub method: Method,
}

/// The target that a request selects, and the model as its provider knows it.
struct Selected<'s> {
    target: &'s Target,
    model: Option<Cow<'s, str>>,
}

pub fn prepare<'s>(
    gateway: &Gateway,
    plugin: &'s AiProxy,
    asked: &Asked<'_>,
) -> Result<Prepared<'s>, GatewayError> {
    if plugin.operation == Operation::Preserve {
        prepare_preserved(gateway, plugin, asked)
    } else {
        prepare_object(gateway, plugin, asked)
    }
}

fn prepare_object<'s>(
    gateway: &Gateway,
    plugin: &'s AiProxy,
    asked: &Asked<'_>,
) -> Result<Prepared<'s>, GatewayError> {
    if !headers::is_json(asked.lookup.headers) {
        return Err(GatewayError::ContentType);
    }
    if asked.method != Method::POST && asked.method != Method::GET {
        return Err(GatewayError::Method { method: asked.method.clone(), allowed: "POST, GET" });
    }
    let document = Box::new(Document::parse(asked.body.clone()).map_err(GatewayError::Json)?);
    let envelope = plugin.envelope;
    let head = envelope.head(&document)?;
    envelope.check(&document, plugin.operation)?;
    let delivery = stream_gate(plugin, head.stream)?;
    let Selected { target, model } = select(plugin, &head, &asked.lookup)?;
    if model.as_deref().is_some_and(|model| model.chars().any(char::is_control)) {
        return Err(GatewayError::ModelName);
    }
    let destination = target.locate(model.as_deref(), asked.path, &asked.lookup, &gateway.hosts)?;
    let quirks = target.quirks(model.as_deref(), &destination);
    let mut edits = Box::new(hide(&document, asked.hidden_members));
    let mut losses = Losses::default();
    let call = Call {
        operation: plugin.operation,
        model: model.as_deref(),
        options: &target.options,
        quirks,
        delivery,
        want_usage: target.logging.statistics,
        credential: target.credential.param_name().map(|(_, name)| name),
    };
    envelope.edit(&document, &call, &mut edits, &mut losses)?;
    if plugin.extensions.unsupported == UnsupportedPolicy::Reject && !losses.is_empty() {
        return Err(GatewayError::Unsupported(describe(&losses)));
    }
    Ok(Prepared {
        target,
        destination,
        quirks,
        operation: plugin.operation,
        delivery,
        usage_asked: head.include_usage && head.stream,
        model: model.map(|model| model.into_owned().into()),
        body: Body::Object { document, edits },
        losses,
        method: Method::POST,
    })
}

fn hide(document: &Document, members: &[Box<str>]) -> Edits {
    let mut edits = Edits::default();
    for name in members.iter().filter(|name| document.value(name).is_some()) {
        edits.remove(name.to_string());
    }
    edits
}

fn describe(losses: &Losses) -> String {
    losses.iter().map(|loss| format!("{} ({})", loss.member, loss.kind.name())).collect::<Vec<_>>().join(", ")
}

fn prepare_preserved<'s>(
    gateway: &Gateway,
    plugin: &'s AiProxy,
    asked: &Asked<'_>,
) -> Result<Prepared<'s>, GatewayError> {
    let target = plugin.target.as_ref().ok_or(GatewayError::NoPlugin)?;
    let document = if headers::is_json(asked.lookup.headers) && !asked.body.is_empty() {
        Document::parse(asked.body.clone()).ok()
    } else {
        None
    };
    let configured = match &target.model {
        None => None,
        Some(name) => Some(name.resolve("model.name", &|source, key| asked.lookup.value(source, key))?),
    };
    let head = document.as_ref().and_then(|document| plugin.envelope.head(document).ok()).unwrap_or_default();
    let model = configured.map(Cow::into_owned).or_else(|| head.model.map(Cow::into_owned));
    let delivery = if head.stream { Delivery::Stream } else { Delivery::Whole };
    let destination = target.locate(model.as_deref(), asked.path, &asked.lookup, &gateway.hosts)?;
    Ok(Prepared {
        quirks: &Quirks::NONE,
        target,
        destination,
        operation: Operation::Preserve,
        delivery,
        usage_asked: head.include_usage,
        model: model.map(Into::into),
        body: match document {
            Some(document) => {
                let edits = Box::new(hide(&document, asked.hidden_members));
                Body::Object { document: Box::new(document), edits }
            }
            None => match target.credential.param_name() {
                Some((ParamLocation::Body, name)) => {
                    Body::with_place_for(name, asked.body.clone(), asked.lookup.headers)?
                }
                _ => Body::Opaque(asked.body.clone()),
            },
        },
        losses: Losses::default(),
        method: asked.method.clone(),
    })
}

fn stream_gate(plugin: &AiProxy, wanted: bool) -> Result<Delivery, GatewayError> {
    if !plugin.operation.streams() {
        return Ok(Delivery::Whole);
    }
    match (plugin.streaming, wanted) {
        (StreamingPolicy::Deny, true) => Err(GatewayError::StreamingDenied),
        (StreamingPolicy::Always, _) | (StreamingPolicy::Allow, true) => Ok(Delivery::Stream),
        (StreamingPolicy::Allow | StreamingPolicy::Deny, false) => Ok(Delivery::Whole),
    }
}

/// Chooses the target by the model that the caller names, and applies the own-model rule.
fn select<'s>(
    plugin: &'s AiProxy,
    head: &Head<'_>,
    lookup: &Lookup<'_>,
) -> Result<Selected<'s>, GatewayError> {
    let wanted = head.model.as_deref();
    if let Some((prefix, model)) = wanted.and_then(|wanted| wanted.split_once('/'))
        && let Some(listed) = plugin.models.iter().find(|listed| &*listed.name == prefix)
        && !model.is_empty()
    {
        return Ok(Selected { target: &listed.target, model: Some(Cow::Owned(model.to_owned())) });
    }
    let Some(target) = &plugin.target else {
        return Err(wanted.map_or(GatewayError::NoModel, |wanted| GatewayError::UnknownModel(wanted.into())));
    };
    let configured = match &target.model {
        None => None,
        Some(name) => Some(name.resolve("model.name", &|source, key| lookup.value(source, key))?),
    };
    let model = match (configured, wanted, &target.alias) {
        (None, None, _) if target.path_names_deployment() => None,
        (None, None, _) => return Err(GatewayError::NoModel),
        (None, Some(wanted), _) => Some(Cow::Owned(wanted.to_owned())),
        (Some(configured), None, _) => Some(configured),
        (Some(configured), Some(wanted), _) if wanted == configured => Some(configured),
        (Some(configured), Some(wanted), Some(alias)) if wanted == &**alias => Some(configured),
        (Some(_), Some(_), Some(alias)) => return Err(GatewayError::OwnModel(alias.clone())),
        (Some(configured), Some(_), None) => return Err(GatewayError::OwnModel((*configured).into())),
    };
    Ok(Selected { target, model })
}

impl Prepared<'_> {
    /// The client's query as it goes upstream, before the configured credential is added.
    pub fn query(&self, client: Option<&str>) -> Option<String> {
        let kept = match self.target.credential.param_name() {
            Some((ParamLocation::Query, name)) if !self.target.allow_override => {
                client.map(|client| query::without(client, name))
            }
            _ => client.map(Cow::Borrowed),
        };
        self.destination.endpoint.query(kept.as_deref()).map(Cow::into_owned)
    }

    /// Turns the client's headers into those that go upstream, before the configured credential is added.
    pub fn shape_headers(&self, headers: &mut HeaderMap) {
        let target = self.target;
        let own = target.credential_header.as_ref().map(HeaderName::as_str);
        headers::strip_for_upstream(headers, |name| {
            !target.allow_override && (is_client_credential(name) || own == Some(name))
        });
        for (name, value) in self.destination.headers.iter() {
            headers.insert(name.clone(), value.clone());
        }
    }

    pub fn is_streamed(&self) -> bool {
        self.delivery == Delivery::Stream
    }

    /// Whether the gateway asks the upstream for usage on its own account.
    pub fn usage_added(&self) -> bool {
        !self.usage_asked
            && self.delivery == Delivery::Stream
            && self.target.logging.statistics
            && self.quirks.usage_in_stream == UsageInStream::OnRequest
    }

    /// Tokens of the input, estimated, for a provider that does not tell.
    pub fn input_estimate(&self) -> u64 {
        match &self.body {
            Body::Object { document, .. } => self.target.envelope.estimate_input(document, self.delivery),
            _ => 0,
        }
    }
}
