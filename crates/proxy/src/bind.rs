//! Which instance of a plugin applies to a request: at most one of each kind, the most specific.
//!
//! Instances are found by their exact scope, so the cost depends on how many kinds of scope a configuration
//! uses, usually one or two, and not on how many routes, consumers or instances it has.

use std::collections::BTreeMap;

use config::{Configuration, Plugin, PluginConfig, Protocol, Scope};

/// Who calls, as far as scopes know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caller<'a> {
    pub consumer: Option<usize>,
    /// The consumer's groups, sorted by name.
    pub groups: &'a [usize],
}

/// A combination of what an instance can be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    consumer: bool,
    group: bool,
    route: bool,
    service: bool,
}

const fn level(words: (bool, bool, bool, bool)) -> Level {
    let (consumer, group, route, service) = words;
    Level { consumer, group, route, service }
}

/// All combinations that there are, in Kong's order of precedence.
const LEVELS: [Level; 12] = [
    // Consumer, group, route, service.
    level((true, false, true, true)),
    level((false, true, true, true)),
    level((true, false, true, false)),
    level((true, false, false, true)),
    level((false, true, true, false)),
    level((false, true, false, true)),
    level((false, false, true, true)),
    level((true, false, false, false)),
    level((false, true, false, false)),
    level((false, false, true, false)),
    level((false, false, false, true)),
    level((false, false, false, false)),
];

impl Level {
    fn of(scope: Scope) -> Self {
        Self {
            consumer: scope.consumer.is_some(),
            group: scope.group.is_some(),
            route: scope.route.is_some(),
            service: scope.service.is_some(),
        }
    }
}

/// The instances of one kind of plugin.
#[derive(Debug, Default)]
struct Instances {
    by_scope: BTreeMap<Scope, Vec<Instance>>,
    /// Those of [`LEVELS`] that any instance has.
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Instance {
    /// Index in the configuration.
    plugin: usize,
    /// Every protocol where it is empty.
    protocols: Vec<Protocol>,
}

impl Instances {
    fn new<'c>(plugins: impl Iterator<Item = (usize, &'c Plugin)>) -> Self {
        let mut by_scope: BTreeMap<Scope, Vec<Instance>> = BTreeMap::new();
        for (plugin, configured) in plugins {
            let protocols = configured.protocols.clone();
            by_scope.entry(configured.scope).or_default().push(Instance { plugin, protocols });
        }
        let used = |level: &Level| by_scope.keys().any(|scope| Level::of(*scope) == *level);
        let levels = LEVELS.into_iter().filter(used).collect();
        Self { by_scope, levels }
    }

    /// The first instance of exactly this scope that takes the protocol.
    fn find(&self, scope: Scope, protocol: Protocol) -> Option<usize> {
        let takes =
            |instance: &&Instance| instance.protocols.is_empty() || instance.protocols.contains(&protocol);
        self.by_scope.get(&scope)?.iter().find(takes).map(|instance| instance.plugin)
    }

    fn choose(
        &self,
        route: Option<usize>,
        service: Option<usize>,
        protocol: Protocol,
        caller: Caller<'_>,
    ) -> Option<usize> {
        self.levels.iter().find_map(|level| {
            if (level.consumer && caller.consumer.is_none())
                || (level.service && service.is_none())
                || (level.route && route.is_none())
            {
                return None;
            }
            let scope = Scope {
                service: service.filter(|_| level.service),
                route: route.filter(|_| level.route),
                consumer: caller.consumer.filter(|_| level.consumer),
                group: None,
            };
            if !level.group {
                return self.find(scope, protocol);
            }
            // Of several groups the first by name counts.
            let groups = caller.groups.iter();
            let mut scopes = groups.map(|group| Scope { group: Some(*group), ..scope });
            scopes.find_map(|scope| self.find(scope, protocol))
        })
    }
}

/// The plugin instances of a configuration, ready to be chosen from.
#[derive(Debug)]
pub struct Bindings {
    ai_proxy: Instances,
    file_log: Instances,
    http_log: Instances,
    key_auth: Instances,
    opentelemetry: Instances,
    prometheus: Instances,
    /// The service of each route.
    services: Vec<Option<usize>>,
}

/// The instances that look on at a request: at most one of each plugin, by index in the configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observers {
    pub file_log: Option<usize>,
    pub http_log: Option<usize>,
    pub opentelemetry: Option<usize>,
    pub prometheus: Option<usize>,
}

impl Bindings {
    pub fn new(configuration: &Configuration) -> Self {
        let of = |wanted: fn(&PluginConfig) -> bool| {
            let plugins = configuration.plugins.iter().enumerate();
            Instances::new(plugins.filter(move |(_, plugin)| wanted(&plugin.config)))
        };
        Self {
            ai_proxy: of(|config| matches!(config, PluginConfig::AiProxy(_))),
            file_log: of(|config| matches!(config, PluginConfig::FileLog(_))),
            http_log: of(|config| matches!(config, PluginConfig::HttpLog(_))),
            key_auth: of(|config| matches!(config, PluginConfig::KeyAuth(_))),
            opentelemetry: of(|config| matches!(config, PluginConfig::OpenTelemetry(_))),
            prometheus: of(|config| matches!(config, PluginConfig::Prometheus(_))),
            services: configuration.routes.iter().map(|route| route.service).collect(),
        }
    }

    /// Index of the `key-auth` instance of a route. It is chosen before anybody knows who calls, so an
    /// instance that is bound to a consumer or a group takes no part.
    pub fn key_auth(&self, route: usize, protocol: Protocol) -> Option<usize> {
        self.key_auth.choose(Some(route), self.service(route), protocol, Caller::default())
    }

    /// Index of the `ai-proxy` instance of a route and a caller.
    pub fn ai_proxy(&self, route: usize, protocol: Protocol, caller: Caller<'_>) -> Option<usize> {
        self.ai_proxy.choose(Some(route), self.service(route), protocol, caller)
    }

    /// The instances that look on; where no route matched, those that are bound to none.
    pub fn observers(&self, route: Option<usize>, protocol: Protocol, caller: Caller<'_>) -> Observers {
        let service = route.and_then(|route| self.service(route));
        let choose = |instances: &Instances| instances.choose(route, service, protocol, caller);
        Observers {
            file_log: choose(&self.file_log),
            http_log: choose(&self.http_log),
            opentelemetry: choose(&self.opentelemetry),
            prometheus: choose(&self.prometheus),
        }
    }

    fn service(&self, route: usize) -> Option<usize> {
        self.services.get(route).copied().flatten()
    }
}

#[cfg(test)]
mod tests;
