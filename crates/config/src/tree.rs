//! A document as nodes that know where they stand, whatever syntax it was written in.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::Position;

mod json;
mod mask;
mod scalar;
mod yaml;

pub(crate) use mask::{CLOSE, OPEN, QUOTE, unmask};
pub(crate) use scalar::{Origin, Scalar, Style};

/// Nesting deeper than this is refused.
const MAX_DEPTH: usize = 64;
/// Most nodes that aliases and merge keys may add.
const ALIAS_BUDGET: usize = 100_000;

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

/// How a node hangs on its parent.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Root,
    Item(usize),
    Member { key: Box<str>, at: Position },
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Scalar(Scalar),
    Sequence(Vec<NodeId>),
    Mapping(Vec<NodeId>),
}

#[derive(Debug)]
struct Node {
    content: Content,
    at: Position,
    parent: Option<NodeId>,
    step: Step,
}

/// Why a text is not a document. Never holds text of the document but keys and anchors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub at: Position,
    pub message: Box<str>,
    pub hint: Option<&'static str>,
}

impl SyntaxError {
    fn new(at: Position, message: impl Into<Box<str>>) -> Self {
        Self { at, message: message.into(), hint: None }
    }
}

/// All nodes of one document. The root is there whenever reading succeeded.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    /// Keys that stand twice in their mapping: the second one's place, the mapping, the key.
    duplicates: Vec<(Position, NodeId, Box<str>)>,
}

impl Tree {
    /// Reads JSON or YAML: JSON where the name ends in `.json` or the text is JSON, else YAML.
    pub(crate) fn read(text: &str, name: &str) -> Result<Self, SyntaxError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let masked = mask::mask(text)?;
        let named_json = std::path::Path::new(name)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if named_json || masked.trim_start().starts_with('{') {
            match json::read(&masked) {
                Ok(tree) => return Ok(tree),
                Err(error) if named_json => return Err(error),
                // A flow mapping of YAML starts like JSON.
                Err(_) => {}
            }
        }
        yaml::read(&masked)
    }

    /// Reads JSON that is no configuration.
    pub(crate) fn read_json(text: &str) -> Result<Self, SyntaxError> {
        json::read(text)
    }

    fn empty() -> Self {
        Self { nodes: Vec::new(), duplicates: Vec::new() }
    }

    fn add(&mut self, content: Content, at: Position) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { content, at, parent: None, step: Step::Root });
        id
    }

    fn add_sequence(&mut self, items: Vec<NodeId>, at: Position) -> NodeId {
        let id = self.add(Content::Sequence(items.clone()), at);
        for (index, item) in items.into_iter().enumerate() {
            self.hang(item, id, Step::Item(index));
        }
        id
    }

    /// Adds a mapping; of equal keys the first one stays.
    fn add_mapping(&mut self, members: Vec<(Box<str>, Position, NodeId)>, at: Position) -> NodeId {
        let id = self.add(Content::Mapping(Vec::new()), at);
        let mut seen = HashSet::with_capacity(members.len());
        let mut kept = Vec::with_capacity(members.len());
        for (key, key_at, child) in members {
            if seen.insert(key.clone()) {
                kept.push(child);
                self.hang(child, id, Step::Member { key, at: key_at });
            } else {
                self.duplicates.push((key_at, id, key));
            }
        }
        if let Some(node) = self.nodes.get_mut(id.index()) {
            node.content = Content::Mapping(kept);
        }
        id
    }

    fn hang(&mut self, child: NodeId, parent: NodeId, step: Step) {
        if let Some(node) = self.nodes.get_mut(child.index()) {
            node.parent = Some(parent);
            node.step = step;
        }
    }

    /// The top node: readers add it last.
    pub(crate) fn root(&self) -> NodeId {
        NodeId(u32::try_from(self.nodes.len().saturating_sub(1)).unwrap_or(u32::MAX))
    }

    pub(crate) fn content(&self, id: NodeId) -> &Content {
        static NOTHING: Content = Content::Sequence(Vec::new());
        self.nodes.get(id.index()).map_or(&NOTHING, |node| &node.content)
    }

    pub(crate) fn scalar(&self, id: NodeId) -> Option<&Scalar> {
        match self.content(id) {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub(crate) fn replace_scalar(&mut self, id: NodeId, scalar: Scalar) {
        if let Some(node) = self.nodes.get_mut(id.index()) {
            node.content = Content::Scalar(scalar);
        }
    }

    /// Items of a sequence; nothing for other nodes.
    pub(crate) fn items(&self, id: NodeId) -> &[NodeId] {
        match self.content(id) {
            Content::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Values of a mapping in order; nothing for other nodes.
    pub(crate) fn members(&self, id: NodeId) -> &[NodeId] {
        match self.content(id) {
            Content::Mapping(members) => members,
            _ => &[],
        }
    }

    /// The value of a member that is there and not null.
    pub(crate) fn member(&self, mapping: NodeId, name: &str) -> Option<NodeId> {
        self.members(mapping)
            .iter()
            .copied()
            .find(|child| self.key(*child) == Some(name))
            .filter(|child| !self.is_null(*child))
    }

    pub(crate) fn is_mapping(&self, id: NodeId) -> bool {
        matches!(self.content(id), Content::Mapping(_))
    }

    pub(crate) fn is_null(&self, id: NodeId) -> bool {
        self.scalar(id).is_some_and(Scalar::is_null)
    }

    /// The name under which a mapping holds this node.
    pub(crate) fn key(&self, id: NodeId) -> Option<&str> {
        match &self.nodes.get(id.index())?.step {
            Step::Member { key, .. } => Some(key),
            _ => None,
        }
    }

    /// Where the node starts.
    pub(crate) fn at(&self, id: NodeId) -> Position {
        self.nodes.get(id.index()).map_or_else(Position::default, |node| node.at)
    }

    /// Where the node's key starts, for a member of a mapping.
    pub(crate) fn key_at(&self, id: NodeId) -> Position {
        match self.nodes.get(id.index()).map(|node| &node.step) {
            Some(Step::Member { at, .. }) => *at,
            _ => self.at(id),
        }
    }

    /// `services[0].routes[1].name`; empty for the root.
    pub(crate) fn path(&self, id: NodeId) -> String {
        let mut steps = Vec::new();
        let mut next = Some(id);
        while let Some(node) = next.and_then(|id| self.nodes.get(id.index())) {
            steps.push(&node.step);
            next = node.parent;
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Root => {}
                Step::Item(index) => {
                    let _ = write!(path, "[{index}]");
                }
                Step::Member { key, .. } => join(&mut path, key),
            }
        }
        path
    }

    /// Keys that stand twice in their mapping.
    pub(crate) fn duplicates(&self) -> impl Iterator<Item = (Position, NodeId, &str)> {
        self.duplicates.iter().map(|(at, mapping, key)| (*at, *mapping, &**key))
    }
}

impl NodeId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// Appends a member's name to a path.
pub(crate) fn join(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(&shorten(key));
}

/// A name as it is shown: long ones are cut, control characters escaped.
pub(crate) fn shorten(name: &str) -> String {
    const LONGEST: usize = 64;
    let mut shown: String = name
        .chars()
        .take(LONGEST)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect();
    if name.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
