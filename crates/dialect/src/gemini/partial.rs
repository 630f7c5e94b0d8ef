//! Arguments of a call that come in pieces: values, and parts of texts, each with the path of its place.
//!
//! From <https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Content> (`PartialArg`).

use document::{ArrayWriter, ObjectWriter, Value, write_object};

/// Steps that a path may have.
const DEEPEST: usize = 64;
/// Items that an array may have.
const LONGEST: usize = 16_384;

/// The arguments so far. Pieces whose path cannot be followed are left out.
#[derive(Debug, Default)]
pub(super) struct Partial {
    members: Vec<(Box<str>, Node)>,
}

#[derive(Debug)]
enum Node {
    /// Nothing has come for this place yet.
    Empty,
    Text(String),
    /// JSON of a number, a boolean or null.
    Plain(Box<[u8]>),
    Object(Vec<(Box<str>, Node)>),
    Array(Vec<Node>),
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Name(Box<str>),
    Index(usize),
}

impl Partial {
    /// Takes whole arguments that came beside the pieces.
    pub(super) fn fill(&mut self, arguments: Value<'_>) {
        for member in arguments.members() {
            if let Some(node) = place_of(&mut self.members, &member.name.decoded()) {
                *node = Node::Plain(member.value.raw().into());
            }
        }
    }

    /// Takes one of `partialArgs`.
    pub(super) fn add(&mut self, piece: Value<'_>) {
        let Some(path) = piece.value("jsonPath").and_then(Value::as_str) else { return };
        let Some(steps) = steps(&path) else { return };
        let Some((Step::Name(first), rest)) = steps.split_first() else { return };
        let Some(node) = place_of(&mut self.members, first).and_then(|node| node.at(rest)) else { return };
        if let Some(text) = piece.value("stringValue").and_then(Value::as_str) {
            match node {
                Node::Text(before) => before.push_str(&text),
                other => *other = Node::Text(text.into_owned()),
            }
        } else if let Some(value) = piece.value("numberValue").or_else(|| piece.value("boolValue")) {
            *node = Node::Plain(value.raw().into());
        } else if piece.value("nullValue").is_some() {
            *node = Node::Plain((*b"null").into());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The arguments as JSON.
    pub(super) fn write(&self) -> String {
        let written = write_object(|object| write_members(&self.members, object));
        String::from_utf8(written).unwrap_or_else(|_| "{}".to_owned())
    }
}

/// The place with this name, made where it is missing.
fn place_of<'m>(members: &'m mut Vec<(Box<str>, Node)>, name: &str) -> Option<&'m mut Node> {
    let at = members.iter().position(|(known, _)| &**known == name).unwrap_or_else(|| {
        members.push((name.into(), Node::Empty));
        members.len() - 1
    });
    members.get_mut(at).map(|(_, node)| node)
}

impl Node {
    /// The place below this one; what stands in the way gives way.
    fn at(&mut self, steps: &[Step]) -> Option<&mut Node> {
        let Some((first, rest)) = steps.split_first() else { return Some(self) };
        match first {
            Step::Name(name) => {
                if !matches!(self, Self::Object(_)) {
                    *self = Self::Object(Vec::new());
                }
                let Self::Object(members) = self else { return None };
                place_of(members, name)?.at(rest)
            }
            Step::Index(index) => {
                if !matches!(self, Self::Array(_)) {
                    *self = Self::Array(Vec::new());
                }
                let Self::Array(items) = self else { return None };
                while items.len() <= *index {
                    items.push(Self::Empty);
                }
                items.get_mut(*index)?.at(rest)
            }
        }
    }

    fn member(&self, name: &str, object: &mut ObjectWriter<'_>) {
        match self {
            Self::Empty => object.null(name),
            Self::Text(text) => object.text(name, text),
            Self::Plain(raw) => object.raw(name, raw),
            Self::Object(members) => object.object(name, |inner| write_members(members, inner)),
            Self::Array(items) => object.array(name, |inner| items.iter().for_each(|node| node.item(inner))),
        }
    }

    fn item(&self, array: &mut ArrayWriter<'_>) {
        match self {
            Self::Empty => array.raw(b"null"),
            Self::Text(text) => array.text(text),
            Self::Plain(raw) => array.raw(raw),
            Self::Object(members) => array.object(|inner| write_members(members, inner)),
            Self::Array(items) => array.array(|inner| items.iter().for_each(|node| node.item(inner))),
        }
    }
}

fn write_members(members: &[(Box<str>, Node)], object: &mut ObjectWriter<'_>) {
    for (name, node) in members {
        node.member(name, object);
    }
}

/// The steps of a path such as `$.recipe.ingredients[0]['the name']`.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == DEEPEST {
            return None;
        }
        let (step, after) = if let Some(named) = rest.strip_prefix('.') {
            let end = named.find(['.', '[']).unwrap_or(named.len());
            let (name, after) = named.split_at_checked(end)?;
            (Step::Name(name.into()), after)
        } else {
            bracket(rest.strip_prefix('[')?)?
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

/// What stands in brackets: a number, or a name in quotes.
fn bracket(text: &str) -> Option<(Step, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '\'' | '"'));
    let Some(quote) = quote else {
        let (number, after) = text.split_once(']')?;
        let index = number.parse().ok().filter(|index| *index < LONGEST)?;
        return Some((Step::Index(index), after));
    };
    let mut name = String::new();
    let mut characters = text.get(1..)?.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            name.push(characters.next()?.1);
        } else if character == quote {
            let after = text.get(at + 1 + quote.len_utf8()..)?.strip_prefix(']')?;
            return Some((Step::Name(name.into()), after));
        } else {
            name.push(character);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use document::Document;

    fn assembled(pieces: &str) -> String {
        let document = Document::parse(format!("{{\"pieces\":{pieces}}}").into_bytes().into()).unwrap();
        let mut partial = Partial::default();
        document.value("pieces").unwrap().items().for_each(|piece| partial.add(piece));
        partial.write()
    }

    #[test]
    fn pieces_become_arguments() {
        let pieces = r#"[
            {"jsonPath":"$.a.list[0].name","stringValue":"Las","willContinue":true},
            {"jsonPath":"$.a.list[0].name","stringValue":"agna\n"},
            {"jsonPath":"$.a.list[1]","boolValue":true},
            {"jsonPath":"$.a.list[3]","nullValue":"NULL_VALUE"},
            {"jsonPath":"$['the \\'price\\'']","numberValue":12345678901234567890.50},
            {"jsonPath":"$.empty","stringValue":""}]"#;
        let expected = r#"{"a":{"list":[{"name":"Lasagna\n"},true,null,null]},"the 'price'":12345678901234567890.50,"empty":""}"#;
        assert_eq!(assembled(pieces), expected);
    }

    #[test]
    fn paths_that_lead_nowhere_are_left_out() {
        let pieces = r#"[{"jsonPath":"a","numberValue":1},{"jsonPath":"$[0]","numberValue":1},
            {"jsonPath":"$.a[99999999]","numberValue":1},{"jsonPath":"$.b[","numberValue":1},
            {"jsonPath":"$['c","numberValue":1},{"numberValue":1},{"jsonPath":"$.d"},{"jsonPath":"$","numberValue":1}]"#;
        assert_eq!(assembled(pieces), r#"{"d":null}"#);
        let deep = format!(r#"[{{"jsonPath":"${}","numberValue":1}}]"#, ".a".repeat(999));
        assert_eq!(assembled(&deep), "{}");
    }

    #[test]
    fn later_values_replace_what_stands_in_the_way() {
        let pieces = r#"[{"jsonPath":"$.a","numberValue":1},{"jsonPath":"$.a.b","stringValue":"x"},{"jsonPath":"$.c[0]","numberValue":2}]"#;
        assert_eq!(assembled(pieces), r#"{"a":{"b":"x"},"c":[2]}"#);
    }
}
