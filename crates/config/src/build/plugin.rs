//! Plugin instances: scope, uniqueness, and the way to each plugin's own rules.

use std::collections::HashMap;

use super::identity::Which;
use super::{Builder, Nested, protocols};
use crate::problem::Place;
use crate::schema::{PLUGIN, PLUGINS, SupportedPlugin};
use crate::tree::NodeId;
use crate::view::View;
use crate::{Plugin, PluginConfig, Scope};

impl Builder<'_> {
    /// Makes the instances that are enabled; checks the others as well. `nested` stand in an entity.
    pub(super) fn plugins(&mut self, nested: Nested) {
        let mut instances = nested;
        let top = self.top("plugins").iter();
        instances.extend(top.map(|plugin| (*plugin, Scope::default())));
        instances.sort_by_key(|(node, _)| self.tree.at(*node));
        let mut seen: HashMap<(&str, Scope), NodeId> = HashMap::new();
        let mut labels: HashMap<&str, NodeId> = HashMap::new();
        for (node, scope) in instances {
            let view = View::new(self.tree, node, &PLUGIN);
            let Some(plugin) =
                view.text("name").and_then(|name| PLUGINS.iter().find(|plugin| plugin.name == name))
            else {
                continue;
            };
            let scope = self.scope(&view, scope);
            if let Some(label) = view.text("instance_name")
                && *labels.entry(label).or_insert(node) != node
            {
                let place = view.spot("instance_name");
                self.error(place.place(), "is the name of another instance already");
            }
            let enabled = view.boolean("enabled");
            let config = self.config(plugin, node, &view, scope, enabled);
            let Some(config) = config.filter(|_| enabled) else {
                continue;
            };
            let first = *seen.entry((plugin.name, scope)).or_insert(node);
            if first != node {
                let line = self.tree.at(first).line;
                let message = format!("{} applies here already", plugin.name);
                self.error(Place::Value(node), message).hint(format!("the first instance is in line {line}"));
            }
            let made = Plugin {
                id: self.entity_id(node, "plugin", view.text("instance_name")),
                instance_name: view.text("instance_name").map(Into::into),
                scope,
                protocols: protocols(&view.texts("protocols")),
                config,
            };
            self.made.plugins.push(made);
        }
    }

    /// Something that is checked and does nothing yet: nobody is to think that it does.
    pub(super) fn without_effect(&mut self, what: &str, place: Place<'_>) {
        let message = format!("{what} is not served yet");
        if self.options.ignore_unsupported_plugins {
            self.warning(place, message);
        } else {
            self.unserved.error(self.tree, place, message);
        }
    }

    /// Where the instance stands, and what it refers to besides.
    fn scope(&mut self, view: &View<'_>, mut scope: Scope) -> Scope {
        let references = [
            ("service", Which::Services),
            ("route", Which::Routes),
            ("consumer", Which::Consumers),
            ("consumer_group", Which::Groups),
        ];
        for (name, which) in references {
            let Some(found) = view.node(name).and_then(|reference| self.refer(which, reference)) else {
                continue;
            };
            let part = match which {
                Which::Services => &mut scope.service,
                Which::Routes => &mut scope.route,
                Which::Consumers => &mut scope.consumer,
                Which::Groups => &mut scope.group,
            };
            if part.is_some_and(|nested| nested != found) {
                let message = format!("is not the {} that the plugin stands in", name.replace('_', " "));
                self.error(view.spot(name).place(), message);
            } else {
                *part = Some(found);
            }
        }
        scope
    }

    fn config(
        &mut self,
        plugin: &SupportedPlugin,
        node: NodeId,
        view: &View<'_>,
        scope: Scope,
        enabled: bool,
    ) -> Option<PluginConfig> {
        if !plugin.for_consumers && (scope.consumer.is_some() || scope.group.is_some()) {
            let message = format!("{} cannot be for a consumer: it finds out who calls", plugin.name);
            self.error(Place::Value(node), message);
        }
        let config = view.below_as("config", plugin.config);
        if config.is_absent() && plugin.config_required {
            return None;
        }
        (plugin.build)(self, &config, enabled)
    }
}
