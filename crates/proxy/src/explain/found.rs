//! What a request was found to be: its route and why, who calls and why, and the plugins that apply.

use config::{Configuration, Protocol, Scope};
use http::Method;
use http::request::Parts;

use crate::account::Account;
use crate::admit::{route_request, scheme};
use crate::listen::ConnectionInfo;
use crate::snapshot::Snapshot;

/// Names of a configuration that requests do not need.
pub struct Names {
    /// Of each plugin: its instance's name, and what it is bound to.
    plugins: Vec<(Option<Box<str>>, Scope)>,
    groups: Vec<Box<str>>,
}

/// An entity by its id, and by the name that it may have.
pub struct Named {
    pub id: Box<str>,
    pub name: Option<Box<str>>,
}

impl Named {
    fn new(id: &str, name: Option<&str>) -> Self {
        Self { id: id.into(), name: name.map(Into::into) }
    }

    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// What of a route a request fits: only what the route asks for.
#[derive(Default)]
pub struct Matched {
    /// The path as the configuration has it, a regular expression with its `~`.
    pub path: Option<Box<str>>,
    pub method: Option<Box<str>>,
    pub host: Option<Box<str>>,
    pub headers: Vec<Box<str>>,
    pub sni: Option<Box<str>>,
}

/// Why the caller is taken for who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// No `key-auth` applies.
    Unasked,
    /// A preflight request, which need not say.
    Preflight,
    /// By a key.
    Key,
    /// The consumer that stands for callers without a good key.
    Anonymous,
    /// `key-auth` turned it away, or could not be asked.
    Denied,
}

impl Rule {
    /// One word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unasked => "unasked",
            Self::Preflight => "preflight",
            Self::Key => "key",
            Self::Anonymous => "anonymous",
            Self::Denied => "denied",
        }
    }
}

/// One instance of a plugin.
pub struct Bound {
    pub plugin: &'static str,
    pub instance: Named,
    /// Kinds and names of what it is bound to; nothing for everything.
    pub scope: Vec<(&'static str, Box<str>)>,
}

/// All of it.
pub struct Found {
    pub matched: Matched,
    pub route: Option<Named>,
    pub service: Option<Named>,
    pub rule: Rule,
    pub consumer: Option<Named>,
    pub groups: Vec<Box<str>>,
    /// Id of the key.
    pub credential: Option<Box<str>>,
    /// In the order in which they act.
    pub plugins: Vec<Bound>,
}

impl Names {
    pub fn of(configuration: &Configuration) -> Self {
        let plugins = configuration.plugins.iter();
        Self {
            plugins: plugins.map(|plugin| (plugin.instance_name.clone(), plugin.scope)).collect(),
            groups: configuration.groups.iter().map(|group| group.name.clone()).collect(),
        }
    }

    fn bound(&self, snapshot: &Snapshot, plugin: &'static str, index: usize) -> Option<Bound> {
        let (name, scope) = self.plugins.get(index)?;
        let id = &snapshot.plugins.get(index)?.id;
        let consumer = scope.consumer.and_then(|index| consumer(snapshot, index));
        let group = scope.group.and_then(|index| self.groups.get(index).cloned());
        let scope = [
            ("consumer", consumer.map(|consumer| consumer.label().into())),
            ("consumer_group", group),
            ("route", scope.route.and_then(|index| route(snapshot, index)).map(|route| route.label().into())),
            (
                "service",
                scope
                    .service
                    .and_then(|index| service(snapshot, index))
                    .map(|service| service.label().into()),
            ),
        ];
        let scope = scope.into_iter().filter_map(|(kind, name)| Some((kind, name?))).collect();
        Some(Bound { plugin, instance: Named::new(id, name.as_deref()), scope })
    }
}

fn route(snapshot: &Snapshot, index: usize) -> Option<Named> {
    snapshot.routes.get(index).map(|route| Named::new(&route.id, route.name.as_deref()))
}

fn service(snapshot: &Snapshot, index: usize) -> Option<Named> {
    snapshot.services.get(index).map(|service| Named::new(&service.id, service.name.as_deref()))
}

fn consumer(snapshot: &Snapshot, index: usize) -> Option<Named> {
    let consumer = snapshot.consumers.get(index)?;
    Some(Named::new(&consumer.id, consumer.username.as_deref().or(consumer.custom_id.as_deref())))
}

/// Which route a request matches, and by what.
pub fn matched(snapshot: &Snapshot, info: &ConnectionInfo, parts: &Parts) -> Matched {
    let request = route_request(info, parts);
    let Ok(found) = snapshot.router.find(&request) else { return Matched::default() };
    let Some(route) = snapshot.routes.get(found.route) else { return Matched::default() };
    let given = |asked: bool, text: &str| asked.then(|| text.into());
    let host = request.host.unwrap_or_default().to_ascii_lowercase();
    let tls = matches!(request.scheme, Protocol::Https | Protocol::Wss);
    Matched {
        path: snapshot.router.path_at(found.rank),
        method: given(!route.methods.is_empty(), request.method),
        host: given(!route.hosts.is_empty(), &host),
        headers: route.headers.iter().map(|header| header.name.to_ascii_lowercase().into()).collect(),
        sni: given(tls && !route.snis.is_empty(), request.sni.unwrap_or_default()),
    }
}

/// Puts together what the account of a request knows after it was let in, or was not.
pub fn find(
    snapshot: &Snapshot,
    names: &Names,
    info: &ConnectionInfo,
    matched: Matched,
    account: &Account,
) -> Found {
    let key_auth = account.route.and_then(|route| snapshot.bindings.key_auth(route, scheme(info)));
    let rule = match (key_auth, account.credential, account.consumer) {
        (None, ..) => Rule::Unasked,
        (Some(_), Some(_), _) => Rule::Key,
        (Some(_), None, Some(_)) => Rule::Anonymous,
        (Some(index), None, None) if is_preflight(snapshot, index, account) => Rule::Preflight,
        (Some(_), None, None) => Rule::Denied,
    };
    let observers = account.observers();
    let plugins = [
        ("key-auth", key_auth),
        ("ai-proxy", account.plugin),
        ("file-log", observers.file_log),
        ("http-log", observers.http_log),
        ("prometheus", observers.prometheus),
        ("opentelemetry", observers.opentelemetry),
    ];
    let plugins = plugins.into_iter().filter_map(|(plugin, index)| names.bound(snapshot, plugin, index?));
    let groups = account.consumer.and_then(|index| snapshot.consumers.get(index));
    let groups = groups.into_iter().flat_map(|consumer| &consumer.groups);
    let credential = account.credential.and_then(|index| snapshot.credentials.get(index));
    let routed = account.route.and_then(|index| snapshot.routes.get(index));
    Found {
        matched,
        route: account.route.and_then(|index| route(snapshot, index)),
        service: routed.and_then(|route| route.service).and_then(|index| service(snapshot, index)),
        rule,
        consumer: account.consumer.and_then(|index| consumer(snapshot, index)),
        groups: groups.filter_map(|group| names.groups.get(*group).cloned()).collect(),
        credential: credential.map(|(id, _)| id.clone()),
        plugins: plugins.collect(),
    }
}

fn is_preflight(snapshot: &Snapshot, key_auth: usize, account: &Account) -> bool {
    let asks = snapshot.key_auth(key_auth).is_some_and(|settings| settings.run_on_preflight);
    !asks && account.method() == Method::OPTIONS
}
