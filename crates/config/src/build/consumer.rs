//! Consumers, groups, keys; and vaults, of which only the names are left to check.

use std::collections::HashMap;

use auth::Secret;

use super::identity::Which;
use super::{Builder, Nested};
use crate::problem::Place;
use crate::schema::{CONSUMER, CONSUMER_GROUP, TOP_CREDENTIAL, VAULT_BACKENDS};
use crate::tree::{NodeId, Origin};
use crate::view::View;
use crate::{Consumer, ConsumerGroup, KeyCredential, Scope};

impl Builder<'_> {
    pub(super) fn groups(&mut self, plugins: &mut Nested) {
        for node in self.top("consumer_groups") {
            let view = View::new(self.tree, *node, &CONSUMER_GROUP);
            let index = self.made.groups.len();
            let name = view.text("name").unwrap_or_default();
            let group =
                ConsumerGroup { id: self.entity_id(*node, "consumer_group", Some(name)), name: name.into() };
            self.made.groups.push(group);
            self.register(Which::Groups, *node, "id", index);
            self.register(Which::Groups, *node, "name", index);
            let scope = Scope { group: Some(index), ..Scope::default() };
            plugins.extend(view.items("plugins").iter().map(|plugin| (*plugin, scope)));
        }
    }

    pub(super) fn consumers(&mut self, plugins: &mut Nested) {
        for node in self.top("consumers") {
            let view = View::new(self.tree, *node, &CONSUMER);
            let index = self.made.consumers.len();
            if !view.has("username") && !view.has("custom_id") {
                self.error(Place::Value(*node), "must set 'username', 'custom_id' or both");
            }
            let called = view.text("username").or(view.text("custom_id"));
            let mut groups: Vec<usize> =
                view.items("groups").iter().filter_map(|group| self.refer(Which::Groups, *group)).collect();
            let name = |group: &usize| self.made.groups.get(*group).map(|group| &group.name);
            groups.sort_by(|one, other| name(one).cmp(&name(other)));
            groups.dedup();
            let consumer = Consumer {
                id: self.entity_id(*node, "consumer", called),
                username: view.text("username").map(Into::into),
                custom_id: view.text("custom_id").map(Into::into),
                groups,
            };
            self.made.consumers.push(consumer);
            for by in ["id", "username", "custom_id"] {
                self.register(Which::Consumers, *node, by, index);
            }
            let scope = Scope { consumer: Some(index), ..Scope::default() };
            plugins.extend(view.items("plugins").iter().map(|plugin| (*plugin, scope)));
        }
    }

    /// Keys, those that stand in a consumer first.
    pub(super) fn credentials(&mut self) {
        let mut found: Vec<(NodeId, Option<usize>)> = Vec::new();
        for (index, node) in self.top("consumers").iter().enumerate() {
            let view = View::new(self.tree, *node, &CONSUMER);
            found.extend(view.items("keyauth_credentials").iter().map(|key| (*key, Some(index))));
        }
        found.extend(self.top("keyauth_credentials").iter().map(|key| (*key, None)));
        let mut keys: HashMap<&str, NodeId> = HashMap::new();
        for (node, nested) in found {
            let view = View::new(self.tree, node, &TOP_CREDENTIAL);
            let written = view.node("consumer").filter(|_| nested.is_none());
            let consumer = nested.or(written.and_then(|written| self.refer(Which::Consumers, written)));
            let Some((consumer, key)) = consumer.zip(view.text("key").filter(|key| !key.is_empty())) else {
                continue;
            };
            let first = *keys.entry(key).or_insert(node);
            if first != node {
                let line = self.tree.at(first).line;
                self.error(view.spot("key").place(), "the same key is there already")
                    .hint(format!("the first one is in line {line}; each key belongs to one consumer"));
            }
            let credential = KeyCredential {
                id: self.entity_id(node, "keyauth_credential", None),
                consumer,
                key: Secret::new(key),
                ttl: view.integer("ttl").filter(|seconds| *seconds > 0),
            };
            self.made.credentials.push(credential);
        }
    }

    /// Prefixes are unique and none hides a backend; what is not read is told.
    pub(super) fn vaults(&mut self) {
        let mut prefixes: HashMap<&str, NodeId> = HashMap::new();
        for node in self.top("vaults") {
            let text = |name: &str| {
                let field = self.tree.member(*node, name)?;
                let scalar = self.tree.scalar(field)?;
                (scalar.origin != Origin::Nowhere).then_some((field, &*scalar.text))
            };
            let (backend, prefix) = (text("name"), text("prefix"));
            if let Some((field, _)) = backend.filter(|(_, name)| VAULT_BACKENDS[1..].contains(name)) {
                self.warning(Place::Value(field), "only vaults of the backend env are read yet");
            }
            let Some((field, prefix)) = prefix else {
                continue;
            };
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if !prefix.bytes().all(plain) {
                self.error(Place::Value(field), "may have only small letters, digits and '-'");
            } else if prefix == "env" {
                self.error(Place::Value(field), "is the name of a backend")
                    .hint("write another prefix, such as my-env");
            }
            if *prefixes.entry(prefix).or_insert(field) != field {
                self.error(Place::Value(field), "is the prefix of another vault already");
            }
        }
    }
}
