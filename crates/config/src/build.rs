//! Makes entities of a checked document, and checks what no single field can tell.

mod ai_proxy;
mod auth;
mod cloud;
mod collector;
mod consumer;
mod identity;
mod key_auth;
mod logs;
mod matcher;
mod metrics;
mod name;
mod opentelemetry;
mod plugin;
mod price;
mod route;
mod service;
mod target;
mod unreachable;

pub(crate) use ai_proxy::ai_proxy;
pub(crate) use key_auth::key_auth;
pub(crate) use logs::{file_log, http_log};
pub(crate) use metrics::prometheus;
pub(crate) use opentelemetry::opentelemetry;

use ::auth::CloudIdentity;

use crate::problem::{Place, Problems};
use crate::tree::{NodeId, Tree};
use crate::{Configuration, IdentityDefect, Protocol};

use identity::Identities;

/// Everything that building needs and makes.
pub(crate) struct Builder<'a> {
    tree: &'a Tree,
    problems: &'a mut Problems,
    /// What is valid and not served yet.
    unserved: &'a mut Problems,
    identity_defect: &'a dyn Fn(&CloudIdentity) -> Option<IdentityDefect>,
    made: Configuration,
    services: Identities,
    routes: Identities,
    consumers: Identities,
    groups: Identities,
    /// Beside `made.routes`: what only building needs to know of them.
    route_facts: Vec<RouteFacts>,
}

struct RouteFacts {
    node: NodeId,
    /// The document names protocols.
    protocols_given: Option<NodeId>,
}

/// Plugins that stand in an entity, and what that entity is.
type Nested = Vec<(NodeId, crate::Scope)>;

pub(crate) fn build(
    tree: &Tree,
    problems: &mut Problems,
    unserved: &mut Problems,
    identity_defect: &dyn Fn(&CloudIdentity) -> Option<IdentityDefect>,
) -> Configuration {
    let mut builder = Builder {
        tree,
        problems,
        unserved,
        identity_defect,
        made: Configuration::default(),
        services: Identities::new("service"),
        routes: Identities::new("route"),
        consumers: Identities::new("consumer"),
        groups: Identities::new("consumer group"),
        route_facts: Vec::new(),
    };
    let mut plugins = Nested::new();
    let routes = builder.services(&mut plugins);
    builder.routes(routes, &mut plugins);
    builder.groups(&mut plugins);
    builder.consumers(&mut plugins);
    builder.credentials();
    builder.vaults();
    builder.plugins(plugins);
    builder.realtime_routes();
    builder.unreachable_routes();
    builder.made
}

impl<'a> Builder<'a> {
    /// Items of a list at the top of the document.
    fn top(&self, name: &str) -> &'a [NodeId] {
        let list = self.tree.member(self.tree.root(), name);
        list.map_or(&[], |list| self.tree.items(list))
    }

    /// A member of `_info.defaults`.
    fn defaults(&self, name: &str) -> Option<NodeId> {
        let info = self.tree.member(self.tree.root(), "_info")?;
        self.tree.member(self.tree.member(info, "defaults")?, name)
    }

    fn error(&mut self, place: Place<'_>, message: impl Into<Box<str>>) -> crate::problem::Told<'_> {
        self.problems.error(self.tree, place, message)
    }

    fn warning(&mut self, place: Place<'_>, message: impl Into<Box<str>>) -> crate::problem::Told<'_> {
        self.problems.warning(self.tree, place, message)
    }
}

/// What a protocol's name means to the gateway.
fn protocol(name: &str) -> Protocol {
    match name {
        "http" => Protocol::Http,
        "https" => Protocol::Https,
        "ws" => Protocol::Ws,
        "wss" => Protocol::Wss,
        _ => Protocol::Other,
    }
}

/// The protocols of a list, each once.
fn protocols(names: &[&str]) -> Vec<Protocol> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let protocol = protocol(name);
        if !found.contains(&protocol) {
            found.push(protocol);
        }
    }
    found
}
