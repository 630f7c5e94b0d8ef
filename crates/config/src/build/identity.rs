//! Who is who: ids, unique names, and references by either.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::Builder;
use crate::check::shown;
use crate::problem::Place;
use crate::suggest::nearest;
use crate::tree::{Content, NodeId, Origin, Scalar};

/// The names of all entities of one kind.
pub(super) struct Identities {
    kind: &'static str,
    known: HashMap<(&'static str, Box<str>), (usize, NodeId)>,
}

/// The fields that identify some entity.
const BY: [&str; 4] = ["id", "name", "username", "custom_id"];

impl Identities {
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, known: HashMap::new() }
    }

    /// The entity that a text names; ids win over names.
    pub(super) fn find(&self, text: &str) -> Option<usize> {
        BY.into_iter().find_map(|by| self.find_by(by, text))
    }

    fn find_by(&self, by: &'static str, text: &str) -> Option<usize> {
        self.known.get(&(by, text.into())).map(|(index, _)| *index)
    }

    fn nearest(&self, text: &str) -> Option<&str> {
        nearest(text, self.known.keys().map(|(_, value)| &**value))
    }
}

/// A UUID (version 8) that depends on the text alone.
pub(super) fn derive_id(text: &str) -> Box<str> {
    let digest = Sha256::digest(text.as_bytes());
    let mut number = digest.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    number &= !(0xf << 76);
    number |= 0x8 << 76;
    number &= !(0x3 << 62);
    number |= 0x2 << 62;
    let hex = format!("{number:032x}");
    let mut id = String::with_capacity(36);
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        id.push(digit);
    }
    id.into()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(index, character)| match index {
            8 | 13 | 18 | 23 => character == '-',
            _ => character.is_ascii_hexdigit(),
        })
}

/// Which list an entity's names go into.
#[derive(Clone, Copy)]
pub(super) enum Which {
    Services,
    Routes,
    Consumers,
    Groups,
}

impl Builder<'_> {
    fn identities(&mut self, which: Which) -> &mut Identities {
        match which {
            Which::Services => &mut self.services,
            Which::Routes => &mut self.routes,
            Which::Consumers => &mut self.consumers,
            Which::Groups => &mut self.groups,
        }
    }

    /// The id of an entity: its own, or one derived from what it is called or where it stands.
    pub(super) fn entity_id(&mut self, node: NodeId, kind: &str, called: Option<&str>) -> Box<str> {
        let own = self.tree.member(node, "id").and_then(|id| Some((id, self.tree.scalar(id)?)));
        if let Some((id, scalar)) = own.filter(|(_, scalar)| !scalar.text.is_empty()) {
            let text = scalar.text.clone();
            if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                self.error(Place::Value(id), "must be a UUID");
            } else if !is_uuid(&text) {
                self.warning(Place::Value(id), "is not a UUID, which Kong asks for");
            }
            return text;
        }
        match called {
            Some(name) => derive_id(&format!("{kind}:{name}")),
            None => derive_id(&format!("{kind}@{}", self.tree.path(node))),
        }
    }

    /// Makes an entity known under its field `by`, and tells that it is not the first.
    pub(super) fn register(&mut self, which: Which, node: NodeId, by: &'static str, index: usize) {
        let Some((field, scalar)) = self
            .tree
            .member(node, by)
            .and_then(|field| Some((field, self.tree.scalar(field)?)))
            .filter(|(_, scalar)| scalar.origin != Origin::Nowhere && !scalar.text.is_empty())
        else {
            return;
        };
        if scalar.text.chars().any(char::is_control) {
            self.error(Place::Value(field), "must not have control characters");
        }
        let identities = self.identities(which);
        let kind = identities.kind;
        let first = *identities.known.entry((by, scalar.text.clone())).or_insert((index, field));
        if first.0 != index {
            let message = format!("{} is the {by} of another {kind} already", shown(scalar, false));
            let line = self.tree.at(first.1).line;
            self.error(Place::Value(field), message).hint(format!("the first one is in line {line}"));
        }
    }

    /// The entity that a field refers to; tells one that is not there.
    pub(super) fn refer(&mut self, which: Which, reference: NodeId) -> Option<usize> {
        let (by, id, scalar) = match self.tree.content(reference) {
            Content::Scalar(scalar) => (None, reference, scalar),
            Content::Mapping(members) => {
                // More than one member was told when the field was checked.
                let [id] = members[..] else {
                    return None;
                };
                let key = self.tree.key(id)?;
                (BY.into_iter().find(|by| *by == key), id, self.tree.scalar(id)?)
            }
            Content::Sequence(_) => return None,
        };
        if scalar.origin == Origin::Nowhere || Scalar::is_null(scalar) {
            return None;
        }
        let identities = self.identities(which);
        let found = match by {
            Some(by) => identities.find_by(by, &scalar.text),
            None => identities.find(&scalar.text),
        };
        if found.is_none() {
            let message = format!("there is no {} {}", identities.kind, shown(scalar, false));
            let near = identities.nearest(&scalar.text).map(str::to_owned);
            let near = near.filter(|_| scalar.origin == Origin::File);
            let told = self.error(Place::Value(id), message);
            if let Some(near) = near {
                told.hint(format!("did you mean '{near}'?"));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_uuids_and_stay() {
        let id = derive_id("service:a");
        assert!(is_uuid(&id), "{id}");
        assert_eq!(id.as_bytes()[14], b'8');
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert_eq!(id, derive_id("service:a"));
        assert_ne!(id, derive_id("route:a"));
    }

    #[test]
    fn uuids_are_told_from_other_texts() {
        assert!(is_uuid("6f0b2c1e-8d0f-4a58-9b3e-000000000001"));
        for text in
            ["", "6f0b2c1e", "6f0b2c1e-8d0f-4a58-9b3e-00000000000g", "6f0b2c1e08d0f04a5809b3e0000000000001"]
        {
            assert!(!is_uuid(text), "{text}");
        }
    }
}
