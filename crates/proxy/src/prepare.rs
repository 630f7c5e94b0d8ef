//! From a request to what its target must be sent: parsed, checked, edited, located. Nothing is sent here.

use std::borrow::Cow;

use auth::{ParamLocation, is_client_credential};
use bytes::Bytes;
use config::{StreamingPolicy, UnsupportedPolicy};
use dialect::{
    Asides, Call, ChatCall, ChatCodec, Delivery, EmbeddingsCodec, Envelope, Head, Quirks, UsageInStream,
};
use document::{Document, Edits};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use model::{ConfiguredOptions, Losses, Operation};
use provider::{Form, Wire, query};

use crate::Gateway;
use crate::body::Body;
use crate::count::Count;
use crate::embed::{self, Embedding};
use crate::error::GatewayError;
use crate::headers;
use crate::snapshot::AiProxy;
use crate::target::{Destination, Target};
use crate::templates::Lookup;
use crate::translate::{self, Translated, Translation, translate};

/// What of a request the gateway works with once it knows who called and which plugin applies.
pub struct Asked<'a> {
    pub method: &'a Method,
    /// The client's path, escaped as it came.
    pub path: &'a str,
    pub lookup: Lookup<'a>,
    pub body: Bytes,
    /// Members of the body that are keys of callers, and go no further.
    pub hidden_members: &'a [Box<str>],
    pub request_id: &'a str,
}

impl<'a> Asked<'a> {
    fn hidden(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.hidden_members.iter().map(|name| &**name)
    }
}

/// What is spoken on either side of the gateway.
pub enum Plan {
    /// Both sides speak the same: bytes pass.
    Relay(&'static dyn Envelope),
    Translate(Box<Translation>),
    /// Vectors, in one call or several.
    Embed(Box<Embedding>),
    /// Tokens, counted in the provider's format.
    Count(Box<Count>),
}

/// A request that can be signed and sent.
pub struct Prepared<'s> {
    pub target: &'s Target,
    pub destination: Destination,
    /// Name that the provider knows the model by.
    pub model: Option<Box<str>>,
    /// Name that a relayed answer gives the model, where that is not its own.
    pub named: Option<Box<str>>,
    pub quirks: &'static Quirks,
    pub operation: Operation,
    pub delivery: Delivery,
    /// The client asked for the usage of its stream.
    pub usage_asked: bool,
    pub plan: Plan,
    pub body: Body,
    /// Headers of the plan: name in lower case, value.
    pub headers: Vec<(&'static str, String)>,
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
    let document = Box::new(parse(asked)?);
    let envelope = plugin.front.envelope;
    let head = envelope.head(&document)?;
    envelope.check(&document, plugin.operation)?;
    let delivery = stream_gate(plugin, head.stream)?;
    let Selected { target, model } = select(plugin, &head, &asked.lookup)?;
    if model.as_deref().is_some_and(|model| model.chars().any(char::is_control)) {
        return Err(GatewayError::ModelName);
    }
    let form = if delivery == Delivery::Stream { Form::Stream } else { Form::Whole };
    let place = provider::Asked { model: model.as_deref(), path: asked.path, form };
    let destination = target.locate(&place, &asked.lookup, &gateway.hosts)?;
    let quirks = target.quirks(model.as_deref(), &destination);
    let usage_asked = head.include_usage && head.stream;
    let model: Option<Box<str>> = model.map(|model| model.into_owned().into());
    let making = Making {
        plugin,
        target,
        destination: &destination,
        quirks,
        delivery,
        model: model.as_deref(),
        options: &target.options,
        asked,
    };
    let made = match destination.route.wire {
        Wire::Relay(envelope) => making.relayed(envelope, document)?,
        Wire::Chat { relayed: Some((format, envelope)), .. } if format == plugin.format => {
            making.relayed(envelope, document)?
        }
        Wire::Chat { codec, .. } => making.translated(codec, &document)?,
        Wire::Embeddings(codec) => making.embedded(codec, &document)?,
        Wire::Unserved => return Err(GatewayError::Internal("a route is not served")),
    };
    refuse_losses(plugin, &made.losses)?;
    let Made { plan, body, headers, losses, named } = made;
    Ok(Prepared {
        target,
        destination,
        quirks,
        operation: plugin.operation,
        delivery,
        usage_asked,
        model,
        named,
        plan,
        body,
        headers,
        losses,
        method: Method::POST,
    })
}

fn parse(asked: &Asked<'_>) -> Result<Document, GatewayError> {
    if !headers::is_json(asked.lookup.headers) {
        return Err(GatewayError::ContentType);
    }
    if asked.method != Method::POST && asked.method != Method::GET {
        return Err(GatewayError::Method { method: asked.method.clone(), allowed: "POST, GET" });
    }
    Document::parse(asked.body.clone()).map_err(GatewayError::Json)
}

/// How the tokens of a request are counted.
pub enum Counting<'s> {
    /// By the provider.
    Asked(Box<Prepared<'s>>),
    /// By the gateway, which estimates.
    Estimated(Vec<u8>),
}

/// Prepares a request to count tokens: it goes to providers that count for clients of this format.
pub fn prepare_count<'s>(
    gateway: &Gateway,
    plugin: &'s AiProxy,
    asides: &'static dyn Asides,
    asked: &Asked<'_>,
) -> Result<Counting<'s>, GatewayError> {
    let document = Box::new(parse(asked)?);
    let head = plugin.front.envelope.head(&document)?;
    let estimated = asides.count(&document)?;
    let Selected { target, model } = select(plugin, &head, &asked.lookup)?;
    let model: Option<Box<str>> = model.map(|model| model.into_owned().into());
    let place = provider::Asked { model: model.as_deref(), path: asked.path, form: Form::Count };
    let destination = target.locate(&place, &asked.lookup, &gateway.hosts)?;
    let Wire::Chat { relayed, codec } = destination.route.wire else {
        return Ok(Counting::Estimated(estimated));
    };
    if !destination.endpoint.counts() {
        return Ok(Counting::Estimated(estimated));
    }
    let relayed = relayed.filter(|(format, _)| *format == plugin.format).map(|(_, envelope)| envelope);
    let made = match (relayed, destination.route.count_codec) {
        (Some(envelope), None) => {
            let mut edits = Box::new(hide(&document, asked.hidden()));
            asides.edit_count(model.as_deref(), &mut edits);
            let body = Body::Object { document, edits };
            let (headers, losses) = (Vec::new(), Losses::default());
            Made { plan: Plan::Relay(envelope), body, headers, losses, named: None }
        }
        (None, None) => return Ok(Counting::Estimated(estimated)),
        (relayed, Some(counter)) => {
            let making = Making {
                plugin,
                target,
                destination: &destination,
                quirks: target.quirks(model.as_deref(), &destination),
                delivery: Delivery::Whole,
                model: model.as_deref(),
                // They limit and shape the answer, of which there is none.
                options: &ConfiguredOptions::default(),
                asked,
            };
            let made = match relayed {
                Some(envelope) => making.relayed(envelope, document)?,
                None => making.translated(codec, &document)?,
            };
            refuse_losses(plugin, &made.losses)?;
            let named = destination.route.named(model.as_deref().unwrap_or_default(), Form::Count);
            let body = made.body.map_object(|whole| counter.ask(whole, &named.name))?;
            Made { plan: Plan::Count(Box::new(Count { asides, counter, codec, estimated })), body, ..made }
        }
    };
    let Made { plan, body, headers, losses, .. } = made;
    Ok(Counting::Asked(Box::new(Prepared {
        target,
        destination,
        quirks: &Quirks::NONE,
        // The answer is no answer to the request that is counted.
        operation: Operation::Preserve,
        delivery: Delivery::Whole,
        usage_asked: false,
        model,
        named: None,
        plan,
        body,
        headers,
        losses,
        method: Method::POST,
    })))
}

fn refuse_losses(plugin: &AiProxy, losses: &Losses) -> Result<(), GatewayError> {
    if plugin.extensions.unsupported == UnsupportedPolicy::Reject && !losses.is_empty() {
        return Err(GatewayError::Unsupported(describe(losses)));
    }
    Ok(())
}

/// Everything that is known when the body is made.
struct Making<'a, 's> {
    plugin: &'s AiProxy,
    target: &'s Target,
    destination: &'a Destination,
    quirks: &'static Quirks,
    delivery: Delivery,
    model: Option<&'a str>,
    options: &'a ConfiguredOptions,
    asked: &'a Asked<'a>,
}

/// A body and what belongs to it.
struct Made {
    plan: Plan,
    body: Body,
    headers: Vec<(&'static str, String)>,
    losses: Losses,
    named: Option<Box<str>>,
}

impl Making<'_, '_> {
    fn relayed(
        &self,
        envelope: &'static dyn Envelope,
        document: Box<Document>,
    ) -> Result<Made, GatewayError> {
        let mut edits = Box::new(hide(&document, self.asked.hidden()));
        let mut losses = Losses::default();
        let all = |name: Option<&str>| {
            let values = name.into_iter().flat_map(|name| self.asked.lookup.headers.get_all(name));
            values.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",")
        };
        let (betas, version) = (all(self.plugin.front.beta_header), all(self.plugin.front.version_header));
        let spoken = self.spoken();
        let call = Call {
            operation: self.plugin.operation,
            model: spoken.as_deref(),
            options: self.options,
            family: self.target.family(self.model),
            settings: &self.destination.settings,
            quirks: self.quirks,
            delivery: self.delivery,
            want_usage: self.target.logging.statistics,
            credential: self.target.credential.param_name().map(|(_, name)| name),
            betas: &betas,
            version: &version,
        };
        envelope.edit(&document, &call, &mut edits, &mut losses)?;
        let named = envelope.named(&document, &call).map(|name| name.as_ref().into());
        Ok(Made {
            plan: Plan::Relay(envelope),
            body: Body::Object { document, edits },
            headers: envelope.headers(&call),
            losses,
            named,
        })
    }

    fn translated(&self, codec: &'static dyn ChatCodec, document: &Document) -> Result<Made, GatewayError> {
        let front = self.plugin.front;
        let reader = front
            .chat(self.plugin.operation)
            .ok_or(GatewayError::Internal("a client format lacks an operation"))?;
        let spoken = self.spoken();
        let call = ChatCall {
            model: spoken.as_deref().unwrap_or_default(),
            family: self.target.family(self.model),
            quirks: self.quirks,
            settings: &self.destination.settings,
            delivery: self.delivery,
            want_usage: self.target.logging.statistics,
            nonce: self.asked.request_id,
        };
        let shown = self.without_hidden(document)?;
        let estimate = front.envelope.estimate_input(document, self.delivery);
        let told = self.asked.lookup.headers;
        let identity = translate::identity(self.asked.request_id, self.model.unwrap_or_default(), estimate);
        let translated = translate(codec, reader, &shown, &call, self.options, told, identity)?;
        let Translated { translation, body, headers, losses } = translated;
        Ok(Made {
            plan: Plan::Translate(Box::new(translation)),
            body: Body::written(body),
            headers,
            losses,
            named: None,
        })
    }

    fn embedded(
        &self,
        codec: &'static dyn EmbeddingsCodec,
        document: &Document,
    ) -> Result<Made, GatewayError> {
        let front = self
            .plugin
            .front
            .embeddings()
            .ok_or(GatewayError::Internal("a client format lacks an operation"))?;
        let shown = self.without_hidden(document)?;
        let mut request = front.read(&shown)?;
        request.merge(&self.target.options);
        let identity = translate::identity(
            self.asked.request_id,
            self.model.unwrap_or_default(),
            self.plugin.front.envelope.estimate_input(document, self.delivery),
        );
        let mut embedding = Embedding::new(codec, front, request, identity);
        let first = embedding
            .next(&self.destination.settings)?
            .ok_or(GatewayError::Request(dialect::RequestError::NoPrompt))?;
        let embed::Batch { body, headers, losses } = first;
        Ok(Made {
            plan: Plan::Embed(Box::new(embedding)),
            body: Body::written(body),
            headers,
            losses,
            named: None,
        })
    }

    /// The model as a body names it.
    fn spoken(&self) -> Option<Cow<'_, str>> {
        self.model.map(|model| self.destination.route.named(model, Form::Whole).name)
    }

    /// The body without the keys of callers, which no target is sent.
    fn without_hidden<'d>(&self, document: &'d Document) -> Result<Cow<'d, Document>, GatewayError> {
        if self.asked.hidden().all(|name| document.value(name).is_none()) {
            return Ok(Cow::Borrowed(document));
        }
        let edited = document.apply(&hide(document, self.asked.hidden())).to_bytes();
        Document::parse(edited).map(Cow::Owned).map_err(GatewayError::Json)
    }
}

/// Takes members out of a body.
pub fn hide<'n>(document: &Document, members: impl IntoIterator<Item = &'n str>) -> Edits {
    let mut edits = Edits::default();
    for name in members.into_iter().filter(|name| document.value(name).is_some()) {
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
    let envelope = plugin.front.envelope;
    let head = document.as_ref().and_then(|document| envelope.head(document).ok()).unwrap_or_default();
    let model = configured.map(Cow::into_owned).or_else(|| head.model.map(Cow::into_owned));
    let delivery = if head.stream { Delivery::Stream } else { Delivery::Whole };
    let place = provider::Asked { model: model.as_deref(), path: asked.path, form: Form::Whole };
    let destination = target.locate(&place, &asked.lookup, &gateway.hosts)?;
    Ok(Prepared {
        plan: Plan::Relay(envelope),
        headers: Vec::new(),
        quirks: &Quirks::NONE,
        target,
        destination,
        operation: Operation::Preserve,
        delivery,
        usage_asked: head.include_usage,
        model: model.map(Into::into),
        named: None,
        body: match document {
            Some(document) => {
                let edits = Box::new(hide(&document, asked.hidden()));
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
    if let Some(listed) = wanted.and_then(|wanted| plugin.listed(wanted)) {
        let (target, model) = listed;
        return Ok(Selected { target, model: Some(Cow::Owned(model.to_owned())) });
    }
    let Some(target) = &plugin.target else {
        if let Some(default) = &plugin.extensions.default_model {
            return by_default(plugin, default, wanted);
        }
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

/// The entry, or entry and model, that stands in for models that no entry has.
fn by_default<'s>(
    plugin: &'s AiProxy,
    default: &'s str,
    wanted: Option<&str>,
) -> Result<Selected<'s>, GatewayError> {
    if let Some((target, model)) = plugin.listed(default) {
        return Ok(Selected { target, model: Some(Cow::Borrowed(model)) });
    }
    let wanted = wanted.ok_or(GatewayError::NoModel)?;
    let entry = plugin.models.iter().find(|listed| &*listed.name == default);
    let listed = entry.ok_or(GatewayError::Internal("a default model names no entry"))?;
    Ok(Selected { target: &listed.target, model: Some(Cow::Owned(wanted.to_owned())) })
}

impl Prepared<'_> {
    /// The client's query as it goes upstream, before the configured credential is added.
    pub fn query(&self, client: Option<&str>) -> Option<String> {
        // What a client tells the provider whose format it speaks means nothing to another one.
        let client = client.filter(|_| matches!(self.plan, Plan::Relay(_)) || !self.target.is_native());
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
        let relayed = matches!(self.plan, Plan::Relay(_));
        if !relayed {
            headers::strip_dialect(headers);
        }
        for (name, value) in self.destination.headers.iter() {
            // A client that speaks the provider's own format says what version of it.
            let own = relayed && self.target.is_native() && dialect::is_format_header(name.as_str());
            if !(own && headers.contains_key(name)) {
                headers.insert(name.clone(), value.clone());
            }
        }
        for (name, value) in &self.headers {
            if value.is_empty() {
                headers.remove(*name);
            } else if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }

    /// Whether the answer to the next call is the last one.
    pub fn is_last_call(&self) -> bool {
        match &self.plan {
            Plan::Embed(embedding) => embedding.is_last(),
            Plan::Relay(_) | Plan::Translate(_) | Plan::Count(_) => true,
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
}
