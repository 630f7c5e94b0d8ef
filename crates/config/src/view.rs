//! Typed reading of a mapping that was checked: the value, else the file's default, else the table's.

use std::time::Duration;

use crate::problem::Place;
use crate::schema::{Field, Kind, Need, Record};
use crate::tree::{NodeId, Origin, Scalar, Tree, join};

/// One record of the table over one mapping of the document, which may be absent.
///
/// What has the wrong type was told when it was checked, and reads as absent.
#[derive(Clone, Copy)]
pub(crate) struct View<'t> {
    tree: &'t Tree,
    node: Option<NodeId>,
    record: &'static Record,
    /// Where values stand that the mapping does not give (`_info.defaults`).
    fallback: Option<NodeId>,
    /// The nearest mapping that is there, and what leads from it to this one.
    anchor: NodeId,
    missing: Option<&'static str>,
}

/// What a problem about a field is about.
pub(crate) enum Spot {
    Value(NodeId),
    Below(NodeId, String),
}

impl Spot {
    pub(crate) fn place(&self) -> Place<'_> {
        match self {
            Self::Value(id) => Place::Value(*id),
            Self::Below(id, name) => Place::Below(*id, name),
        }
    }
}

impl<'t> View<'t> {
    pub(crate) fn new(tree: &'t Tree, node: NodeId, record: &'static Record) -> Self {
        Self { tree, node: Some(node), record, fallback: None, anchor: node, missing: None }
    }

    pub(crate) fn or(mut self, fallback: Option<NodeId>) -> Self {
        self.fallback = fallback;
        self
    }

    /// The nearest mapping of the document.
    pub(crate) fn anchor(&self) -> NodeId {
        self.anchor
    }

    /// The field's value, where the document gives one.
    pub(crate) fn node(&self, name: &str) -> Option<NodeId> {
        debug_assert!(self.record.field(name).is_some(), "'{name}' is not in the table");
        let own = self.node.and_then(|node| self.tree.member(node, name));
        own.or_else(|| self.tree.member(self.fallback?, name))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.node(name).is_some()
    }

    pub(crate) fn spot(&self, name: &str) -> Spot {
        if let Some(node) = self.node(name) {
            Spot::Value(node)
        } else {
            let mut path = self.missing.unwrap_or_default().to_owned();
            join(&mut path, name);
            Spot::Below(self.anchor, path)
        }
    }

    /// A field by its dotted name, none of which is there.
    pub(crate) fn spot_path(&self, path: &str) -> Spot {
        let mut whole = self.missing.unwrap_or_default().to_owned();
        join(&mut whole, path);
        Spot::Below(self.anchor, whole)
    }

    pub(crate) fn fields(&self) -> &'static [Field] {
        self.record.fields
    }

    /// The mapping is not in the document.
    pub(crate) fn is_absent(&self) -> bool {
        self.node.is_none()
    }

    /// An item of a list of records.
    pub(crate) fn item_as(&self, name: &str, item: NodeId) -> Self {
        let record = match self.record.field(name).map(|field| field.kind) {
            Some(Kind::List(Kind::Record(record), _)) => *record,
            _ => self.record,
        };
        Self::new(self.tree, item, record)
    }

    /// The record that a field holds.
    pub(crate) fn below(&self, name: &'static str) -> Self {
        let record = match self.record.field(name).map(|field| field.kind) {
            Some(Kind::Record(record)) => record,
            _ => self.record,
        };
        self.below_as(name, record)
    }

    /// A field's mapping, read with a record that the table does not tell.
    pub(crate) fn below_as(&self, name: &'static str, record: &'static Record) -> Self {
        match self.node(name).filter(|node| self.tree.is_mapping(*node)) {
            Some(node) => Self::new(self.tree, node, record),
            None => Self { node: None, record, fallback: None, missing: Some(name), ..*self },
        }
    }

    pub(crate) fn scalar(&self, name: &str) -> Option<&'t Scalar> {
        let scalar = self.tree.scalar(self.node(name)?)?;
        (scalar.origin != Origin::Nowhere).then_some(scalar)
    }

    /// The default as JSON.
    pub(crate) fn default(&self, name: &str) -> Option<&'static str> {
        match self.record.field(name)?.need {
            Need::Default(json) => Some(json),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'t str> {
        if self.has(name) {
            return self.scalar(name).map(|scalar| &*scalar.text);
        }
        self.default(name).map(|json| json.trim_matches('"'))
    }

    /// False where neither the document nor the table says anything.
    pub(crate) fn boolean(&self, name: &str) -> bool {
        self.stated(name).unwrap_or_else(|| self.default(name) == Some("true"))
    }

    /// A boolean that the document gives.
    pub(crate) fn stated(&self, name: &str) -> Option<bool> {
        self.scalar(name).and_then(Scalar::boolean)
    }

    pub(crate) fn integer<T: TryFrom<i64>>(&self, name: &str) -> Option<T> {
        let value = match self.scalar(name) {
            Some(scalar) => scalar.integer(),
            None => self.default(name).and_then(|json| json.parse().ok()),
        };
        value.and_then(|value| T::try_from(value).ok())
    }

    /// A number, with its default.
    pub(crate) fn float(&self, name: &str) -> Option<f64> {
        match self.scalar(name) {
            Some(scalar) => scalar.float(),
            None => self.default(name).and_then(|json| json.parse().ok()),
        }
    }

    /// A time in seconds that are written as a number; none where that is negative.
    pub(crate) fn seconds(&self, name: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(self.float(name)?).ok()
    }

    /// Members of a mapping whose names are free.
    pub(crate) fn members(&self, name: &str) -> &'t [NodeId] {
        self.node(name).map_or(&[], |node| self.tree.members(node))
    }

    /// A number as JSON text.
    pub(crate) fn number(&self, name: &str) -> Option<Box<str>> {
        self.scalar(name).and_then(Scalar::json_number)
    }

    /// Items of a list, for problems about one of them.
    pub(crate) fn items(&self, name: &str) -> &'t [NodeId] {
        self.node(name).map_or(&[], |node| self.tree.items(node))
    }

    /// Texts of a list.
    pub(crate) fn texts(&self, name: &str) -> Vec<&'t str> {
        if !self.has(name) {
            // `["a","b"]` has every second piece between quotation marks.
            let json = self.default(name).unwrap_or_default();
            return json.split('"').skip(1).step_by(2).collect();
        }
        let text = |item: &NodeId| Some(&*self.tree.scalar(*item)?.text);
        self.items(name).iter().filter_map(text).collect()
    }
}
