//! A target, compiled: what can be known before a request is, and the rest from the request.

use std::sync::Arc;

use auth::{Credential, HostBinding, Secret};
use bytes::Bytes;
use config::{Logging, Template, TemplateError};
use dialect::{Family, Quirks};
use http::Uri;
use http::header::{HeaderName, HeaderValue};
use identity::Identities;
use model::{ClientFormat, ConfiguredOptions, Operation, Prices};
use provider::{Asked, Endpoint, Form, Location, Provider, Route, Settings, encode_segment};
use telemetry::{Catalogue, PriceSource};
use thiserror::Error;

use crate::cloud::{self, CloudSigner};
use crate::error::GatewayError;
use crate::price::TargetPrices;
use crate::templates::Lookup;
use crate::upstream::{Host, HostKey, Hosts};

/// Why a target cannot be compiled. `config` finds these first; the texts name no secret.
#[derive(Debug, Error)]
pub enum TargetError {
    #[error("provider {0} does not serve {1}")]
    Unserved(&'static str, &'static str),
    #[error("provider {0}: {1}")]
    Endpoint(&'static str, provider::EndpointError),
    #[error("provider {0}: {1}")]
    Credential(&'static str, auth::CredentialError),
    #[error("clients of format {0} are not served")]
    Format(&'static str),
    #[error("provider {0}: {1}")]
    Identity(&'static str, identity::IdentityError),
    #[error("no simulator is running")]
    NoSimulator,
}

/// What surrounds a target.
pub struct Surroundings<'a> {
    pub operation: Operation,
    pub format: ClientFormat,
    pub allowed_hosts: &'a [Box<str>],
    pub http2: bool,
    pub verify: bool,
    pub hosts: &'a Hosts,
    pub identities: &'a Identities,
    pub catalogue: &'a Arc<Catalogue>,
    /// Base URL of the simulator, for a target that is one.
    pub simulator: Option<&'a str>,
}

/// One place to send to.
pub struct Target {
    pub provider: &'static Provider,
    pub route: &'static Route,
    operation: Operation,
    client: ClientFormat,
    pub model: Option<Template>,
    pub alias: Option<Box<str>>,
    pub options: ConfiguredOptions,
    /// What its answers cost; an account that outlives the request keeps them.
    pub prices: Arc<TargetPrices>,
    pub logging: Logging,
    pub allow_override: bool,
    pub credential: Credential,
    /// The header that the credential goes into.
    pub credential_header: Option<HeaderName>,
    /// What it holds then. To be used where [`Destination::credential`] has allowed it.
    pub credential_value: Option<HeaderValue>,
    /// The model's name for the client, where the name is no template.
    model_header: Option<HeaderValue>,
    /// Who signs requests in place of a credential, or besides it.
    pub cloud: Option<Box<CloudSigner>>,
    /// What is missing, so that no request can be sent.
    pub missing: Option<&'static str>,
    settings: Vec<(Box<str>, Template)>,
    upstream_url: Option<Template>,
    upstream_path: Option<Template>,
    binding: HostBinding,
    http2: bool,
    verify: bool,
    /// Where every request goes, if that does not depend on the request.
    fixed: Option<Destination>,
}

/// Where one request goes.
#[derive(Clone)]
pub struct Destination {
    /// What is spoken there.
    pub route: &'static Route,
    pub endpoint: Arc<Endpoint>,
    pub host: Arc<Host>,
    /// Value of `Host`.
    pub authority: HeaderValue,
    pub settings: Arc<Settings>,
    /// Headers whose values are settings.
    pub headers: Arc<[(HeaderName, HeaderValue)]>,
    /// The request's URI where the client sends no query and no credential goes into it.
    pub uri: Option<Uri>,
}

impl Target {
    pub fn compile(mut target: config::Target, around: &Surroundings<'_>) -> Result<Self, TargetError> {
        let provider = target.provider;
        let simulated = match around.simulator {
            None => None,
            Some("") => return Err(TargetError::NoSimulator),
            Some(base) => Some(Template::parse(base)),
        };
        let upstream_url = simulated.or(target.upstream_url);
        let missing = cloud::complete(
            provider,
            &mut target.settings,
            &mut target.auth,
            upstream_url.is_some(),
            around.identities.environment(),
        );
        let mut written = Settings::default();
        for (name, value) in &target.settings {
            written.set(&**name, value.as_written());
        }
        let location = Location {
            settings: &written,
            upstream_url: upstream_url.as_ref().map(Template::as_written),
            upstream_path: target.upstream_path.as_ref().map(Template::as_written),
            model: target.model.as_ref().and_then(Template::literal),
            client: around.format,
        };
        let unserved = || TargetError::Unserved(provider.id, around.operation.route_type());
        let route = provider.route(around.operation, around.format, &location);
        let route = route.filter(|route| route.is_served()).ok_or_else(unserved)?;
        let refused = |error| TargetError::Endpoint(provider.id, error);
        let binding = provider.binding(&location, around.allowed_hosts).map_err(refused)?;
        let credential_value = target.auth.header.as_ref().and_then(|(_, secret)| secret_value(secret));
        let identity = target.auth.identity.filter(|_| missing.is_none());
        let cloud = CloudSigner::compile(provider, identity, &binding, around.verify, around.identities)
            .map_err(|error| TargetError::Identity(provider.id, error))?;
        let credential = Credential::new(binding.clone(), target.auth.header, target.auth.param)
            .map_err(|error| TargetError::Credential(provider.id, error))?;
        let credential_header =
            credential.header_name().and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok());
        let literal = target.model.as_ref().and_then(Template::literal);
        let model_header = literal.and_then(|model| model_header(provider, model));
        let mut compiled = Self {
            provider,
            route,
            operation: around.operation,
            client: around.format,
            model: target.model,
            alias: target.alias,
            options: target.options,
            prices: TargetPrices::new(target.prices, provider.price_list(&written), route, around),
            logging: target.logging,
            allow_override: target.auth.allow_override && provider.caller_may_override,
            credential,
            credential_header,
            credential_value,
            model_header,
            cloud,
            missing,
            settings: target.settings,
            upstream_url,
            upstream_path: target.upstream_path,
            binding,
            http2: around.http2,
            verify: around.verify,
            fixed: None,
        };
        if !compiled.depends_on_request() {
            let asked = Asked { model: None, path: "/", form: Form::Whole };
            let location = Location {
                settings: &written,
                upstream_url: compiled.upstream_url.as_ref().map(Template::as_written),
                upstream_path: compiled.upstream_path.as_ref().map(Template::as_written),
                model: None,
                client: around.format,
            };
            let endpoint = provider.endpoint(route, &location, &asked, &compiled.binding).map_err(refused)?;
            compiled.fixed = Some(compiled.destination(route, endpoint, written, around.hosts));
        }
        Ok(compiled)
    }

    fn depends_on_request(&self) -> bool {
        let templates = self.settings.iter().map(|(_, value)| value);
        self.route.needs_request()
            || templates
                .chain(&self.upstream_url)
                .chain(&self.upstream_path)
                .any(|template| template.literal().is_none())
    }

    /// Where this request goes.
    pub fn locate(
        &self,
        asked: &Asked<'_>,
        lookup: &Lookup<'_>,
        hosts: &Hosts,
    ) -> Result<Destination, GatewayError> {
        if let Some(fixed) = self.fixed.as_ref().filter(|_| asked.form != Form::Count) {
            return Ok(fixed.clone());
        }
        let mut settings = Settings::default();
        for (name, template) in &self.settings {
            let value = template.resolve(name, &|source, key| lookup.value(source, key))?;
            settings.set(&**name, &*value);
        }
        let upstream_url = resolve_escaped(self.upstream_url.as_ref(), "upstream_url", lookup)?;
        let upstream_path = resolve_escaped(self.upstream_path.as_ref(), "upstream_path", lookup)?;
        let location = Location {
            settings: &settings,
            upstream_url: upstream_url.as_deref(),
            upstream_path: upstream_path.as_deref(),
            model: asked.model,
            client: self.client,
        };
        // Which route it is may depend on the model.
        let route = self.provider.route(self.operation, self.client, &location).unwrap_or(self.route);
        let endpoint = self
            .provider
            .endpoint(route, &location, asked, &self.binding)
            .map_err(|error| GatewayError::Endpoint(error.to_string()))?;
        Ok(self.destination(route, endpoint, settings, hosts))
    }

    fn destination(
        &self,
        route: &'static Route,
        endpoint: Endpoint,
        settings: Settings,
        hosts: &Hosts,
    ) -> Destination {
        let host = hosts.host(&HostKey {
            name: endpoint.host().into(),
            port: endpoint.port(),
            tls: endpoint.scheme().is_tls(),
            verify: self.verify,
            http2: self.http2,
        });
        // An authority has the characters of a host name, a port and brackets only.
        let authority = HeaderValue::from_str(endpoint.authority()).unwrap_or(HeaderValue::from_static(""));
        let headers = self
            .provider
            .headers
            .iter()
            .filter_map(|(name, setting)| {
                let value = settings.value(setting).filter(|value| !value.is_empty())?;
                let value = HeaderValue::from_str(value).ok()?;
                Some((HeaderName::from_static(name), value))
            })
            .collect();
        Destination {
            route,
            uri: self.uri(&endpoint, endpoint.query(None).as_deref()),
            endpoint: Arc::new(endpoint),
            host,
            authority,
            settings: Arc::new(settings),
            headers,
        }
    }

    /// Whether the path says which model answers, so that the body need not.
    pub fn path_names_deployment(&self) -> bool {
        self.route.names_deployment()
    }

    /// As the request line has it: with scheme and host where HTTP/2 wants them.
    pub fn uri(&self, endpoint: &Endpoint, query: Option<&str>) -> Option<Uri> {
        let mut text = String::new();
        if self.http2 {
            text.extend([endpoint.scheme().name(), "://", endpoint.authority()]);
        }
        text.push_str(endpoint.path());
        if let Some(query) = query.filter(|query| !query.is_empty()) {
            text.extend(["?", query]);
        }
        Uri::from_maybe_shared(Bytes::from(text)).ok()
    }

    /// Whether its clients speak a provider's own format.
    pub fn is_native(&self) -> bool {
        self.client != ClientFormat::OpenAi
    }

    pub fn family(&self, model: Option<&str>) -> &'static Family {
        (self.provider.family)(model.unwrap_or_default())
    }

    /// The prices of an answer: `requested` is the model that was asked for, `answered` the one that the answer names.
    pub fn price(&self, requested: Option<&str>, answered: Option<&str>) -> (PriceSource, Option<&Prices>) {
        self.prices.find(requested, answered)
    }

    /// What clients are told of which model of this target answered.
    pub fn model_header(&self, model: &str) -> Option<HeaderValue> {
        let known = self.model_header.as_ref();
        known
            .filter(|_| self.model.as_ref().and_then(Template::literal) == Some(model))
            .cloned()
            .or_else(|| model_header(self.provider, model))
    }

    pub fn quirks(&self, model: Option<&str>, destination: &Destination) -> &'static Quirks {
        (self.provider.quirks)(model, &destination.settings)
    }
}

impl Destination {
    /// The configured credential for a request to this destination.
    pub fn credential<'t>(&self, target: &'t Target) -> Result<auth::Bound<'t>, GatewayError> {
        target
            .credential
            .for_host(self.endpoint.origin())
            .map_err(|_| GatewayError::Internal("a credential was asked for a foreign host"))
    }
}

/// A secret as a header's value, which shows in no debug output.
fn secret_value(secret: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn model_header(provider: &Provider, model: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{}/{model}", provider.id)).ok()
}

/// Resolves a template whose values must stay inside one segment.
fn resolve_escaped(
    template: Option<&Template>,
    field: &str,
    lookup: &Lookup<'_>,
) -> Result<Option<String>, TemplateError> {
    let Some(template) = template else { return Ok(None) };
    template
        .resolve(field, &|source, key| {
            lookup.value(source, key).map(|value| encode_segment(&value).into_owned())
        })
        .map(|text| Some(text.into_owned()))
}
