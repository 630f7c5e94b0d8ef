//! The stages before the body: which route, who calls, which plugin applies.

use std::time::Instant;

use config::{KeyAuth, Protocol};
use dialect::Envelope;
use document::Document;
use http::header;
use http::request::Parts;
use http::{Uri, Version};

use crate::account::Account;
use crate::bind;
use crate::error::GatewayError;
use crate::headers::is_json;
use crate::identify::{Announced, Identity, Shown, Value, announce, identify};
use crate::listen::ConnectionInfo;
use crate::read::ClientRequestBody;
use crate::render::Extra;
use crate::router::{Captures, RouteRequest, Unmatched, Upgrade};
use crate::snapshot::{AiProxy, Snapshot};

/// A body that may hold a key is read up to here before it is known who calls, bytes.
const MAX_UNIDENTIFIED: u64 = 64 * 1024;

/// A request that may go on.
pub struct Admitted<'s> {
    pub route: usize,
    pub plugin: &'s AiProxy,
    pub captures: Captures,
    /// The path behind the part that the route matched.
    pub remainder: Box<str>,
    /// The query without hidden keys, where there were any.
    query: Option<Box<str>>,
    /// Members of the body that are keys of callers.
    pub hidden_members: &'s [Box<str>],
    /// Members of the body that may be keys of callers, whether they go on or not.
    pub key_members: &'s [Box<str>],
}

impl Admitted<'_> {
    /// The client's query, less what identification hides.
    pub fn query<'a>(&'a self, uri: &'a Uri) -> Option<&'a str> {
        self.query.as_deref().or(uri.query())
    }
}

/// Why a request may not go on, and how that is told.
pub struct Refusal {
    pub error: GatewayError,
    pub extra: Extra,
    pub envelope: &'static dyn Envelope,
}

impl Refusal {
    fn new(error: GatewayError, extra: Extra) -> Self {
        Self { error, extra, envelope: &dialect::openai::OPENAI }
    }
}

/// Finds route, caller and plugin; what is known by then is in the account even if the request is refused.
pub async fn admit<'s>(
    snapshot: &'s Snapshot,
    info: &ConnectionInfo,
    parts: &mut Parts,
    body: &mut ClientRequestBody,
    account: &mut Account,
) -> Result<Admitted<'s>, Refusal> {
    let (route, captures, remainder) = find_route(snapshot, info, parts)?;
    account.route = Some(route);
    let scheme = scheme(info);
    let settings = snapshot.bindings.key_auth(route, scheme).and_then(|index| snapshot.key_auth(index));
    let caller = match settings {
        Some(settings) => identify_caller(snapshot, settings, parts, body).await?,
        None => Caller::default(),
    };
    let key_members = settings.filter(|settings| settings.key_in_body);
    account.consumer = caller.consumer;
    account.credential = caller.credential;
    announce(&mut parts.headers, caller.announced(snapshot));
    let consumer = caller.consumer.and_then(|index| snapshot.consumers.get(index));
    let groups = consumer.map(|consumer| &*consumer.groups).unwrap_or_default();
    let bound = bind::Caller { consumer: caller.consumer, groups };
    let plugin = snapshot.bindings.ai_proxy(route, scheme, bound);
    let Some((index, plugin)) = plugin.and_then(|index| Some((index, snapshot.ai_proxy(index)?))) else {
        return Err(Refusal::new(GatewayError::NoPlugin, Extra::new()));
    };
    account.plugin = Some(index);
    Ok(Admitted {
        route,
        plugin,
        captures,
        remainder,
        query: caller.query,
        hidden_members: caller.hidden_members,
        key_members: key_members.map(|settings| &*settings.key_names).unwrap_or_default(),
    })
}

pub fn scheme(info: &ConnectionInfo) -> Protocol {
    if info.tls { Protocol::Https } else { Protocol::Http }
}

/// Who calls, and what of the request may go no further.
#[derive(Default)]
struct Caller<'s> {
    consumer: Option<usize>,
    credential: Option<usize>,
    query: Option<Box<str>>,
    hidden_members: &'s [Box<str>],
}

impl<'s> Caller<'s> {
    fn announced(&self, snapshot: &'s Snapshot) -> Announced<'s> {
        let Some(consumer) = self.consumer.and_then(|index| snapshot.consumers.get(index)) else {
            return Announced::Nobody;
        };
        match self.credential.and_then(|index| snapshot.credentials.get(index)) {
            Some((credential, _)) => Announced::Known(consumer, credential),
            None => Announced::Anonymous(consumer),
        }
    }
}

async fn identify_caller<'s>(
    snapshot: &'s Snapshot,
    settings: &'s KeyAuth,
    parts: &mut Parts,
    body: &mut ClientRequestBody,
) -> Result<Caller<'s>, Refusal> {
    let document = if settings.key_in_body && is_json(&parts.headers) {
        let bytes = body.read(&parts.headers, MAX_UNIDENTIFIED).await;
        let bytes = bytes.map_err(|error| Refusal::new(error, Extra::new()))?;
        Document::parse(bytes).ok()
    } else {
        None
    };
    let member = |name: &str| match document.as_ref().and_then(|document| document.value(name)) {
        None => Value::Absent,
        Some(value) => value.as_str().map_or(Value::Other, Value::Text),
    };
    let shown = Shown {
        method: &parts.method,
        headers: &parts.headers,
        query: parts.uri.query(),
        body: document.is_some().then_some(&member),
    };
    let now = Instant::now();
    let (identity, hidden) = identify(settings, &shown, |key| snapshot.keys.find(key, now));
    let query = parts.uri.query().and_then(|query| hidden.strip_query(query));
    hidden.strip_headers(&mut parts.headers);
    let (consumer, credential) = match identity {
        Ok(Identity::Unasked) => (None, None),
        Ok(Identity::Anonymous { consumer }) => (Some(consumer), None),
        Ok(Identity::Known { credential }) => {
            (snapshot.credentials.get(credential).map(|(_, consumer)| *consumer), Some(credential))
        }
        Err(denial) => {
            let challenge = denial.www_authenticate.clone();
            let extra =
                challenge.map(|challenge| (header::WWW_AUTHENTICATE, challenge)).into_iter().collect();
            return Err(Refusal::new(GatewayError::Denied(denial), extra));
        }
    };
    Ok(Caller { consumer, credential, query, hidden_members: hidden.body_members() })
}

/// What a request shows to the router.
pub fn route_request<'a>(info: &'a ConnectionInfo, parts: &'a Parts) -> RouteRequest<'a> {
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    let host = authority.or_else(|| parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()));
    RouteRequest {
        method: parts.method.as_str(),
        host,
        path: parts.uri.path(),
        headers: &parts.headers,
        scheme: scheme(info),
        sni: info.sni.as_deref(),
    }
}

fn find_route(
    snapshot: &Snapshot,
    info: &ConnectionInfo,
    parts: &Parts,
) -> Result<(usize, Captures, Box<str>), Refusal> {
    if parts.headers.get_all(header::HOST).iter().nth(1).is_some() {
        return Err(Refusal::new(GatewayError::SeveralHosts, Extra::new()));
    }
    let request = route_request(info, parts);
    match snapshot.router.find(&request) {
        Ok(found) => {
            let remainder = found.remainder().into();
            Ok((found.route, found.captures, remainder))
        }
        Err(Unmatched::NotFound) => Err(Refusal::new(GatewayError::NoRoute, Extra::new())),
        Err(Unmatched::ProtocolMismatch { status, .. }) => {
            let mut upgrade = Upgrade::new(status, request.host, &parts.uri);
            if parts.version == Version::HTTP_2 {
                // HTTP/2 has no such headers.
                upgrade.headers.retain(|(name, _)| name == header::LOCATION);
            }
            Err(Refusal::new(GatewayError::WantsTls(upgrade.status), upgrade.headers))
        }
    }
}
