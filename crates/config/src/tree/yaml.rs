//! YAML into a tree: one document, aliases and merge keys written out under a budget.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{
    ALIAS_BUDGET, Content, MAX_DEPTH, NodeId, Origin, Scalar, Style, SyntaxError, Tree, shorten, unmask,
};
use crate::Position;

struct Reader<'t> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    tree: Tree,
    anchors: HashMap<usize, NodeId>,
    budget: usize,
}

/// What the next event starts.
enum Item {
    Node(NodeId),
    /// The collection that is being read ends here.
    End,
}

pub(super) fn read(text: &str) -> Result<Tree, SyntaxError> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        tree: Tree::empty(),
        anchors: HashMap::new(),
        budget: ALIAS_BUDGET,
    };
    reader.document()?;
    Ok(reader.tree)
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Position), SyntaxError> {
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, position(&span))),
            Some(Err(error)) => {
                let marker = error.marker();
                let at = place(marker.line(), marker.col());
                let mut told = SyntaxError::new(at, format!("not valid YAML: {}", error.kind()));
                if told.message.contains("tab") {
                    told.hint = Some("YAML is indented with spaces");
                }
                Err(told)
            }
            None => Err(SyntaxError::new(Position::default(), "the text ends early")),
        }
    }

    fn document(&mut self) -> Result<(), SyntaxError> {
        let mut seen = false;
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamEnd if seen => return Ok(()),
                Event::StreamEnd => {
                    return Err(SyntaxError::new(Position { line: 1, column: 1 }, "the file is empty"));
                }
                Event::DocumentStart(..) if seen => {
                    let mut told = SyntaxError::new(at, "a second YAML document starts here");
                    told.hint = Some("a configuration is one document");
                    return Err(told);
                }
                Event::DocumentStart(..) => {
                    seen = true;
                    let (event, at) = self.next()?;
                    self.node(event, at, 0)?;
                }
                _ => {}
            }
        }
    }

    /// Reads the node that `event` starts.
    fn node(&mut self, event: Event<'t>, at: Position, depth: usize) -> Result<Item, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(SyntaxError::new(at, "nested too deeply"));
        }
        let (anchor, id) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = scalar(text, style, tag.as_deref(), at)?;
                (anchor, self.tree.add(Content::Scalar(scalar), at))
            }
            Event::SequenceStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), at)?;
                (anchor, self.sequence(at, depth)?)
            }
            Event::MappingStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), at)?;
                (anchor, self.mapping(at, depth)?)
            }
            Event::Alias(anchor) => {
                let Some(target) = self.anchors.get(&anchor).copied() else {
                    return Err(SyntaxError::new(at, "the alias stands inside the node that it names"));
                };
                (0, self.copy(target, at, depth)?)
            }
            _ => return Ok(Item::End),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        Ok(Item::Node(id))
    }

    fn sequence(&mut self, at: Position, depth: usize) -> Result<NodeId, SyntaxError> {
        let mut items = Vec::new();
        loop {
            let (event, item_at) = self.next()?;
            match self.node(event, item_at, depth + 1)? {
                Item::Node(item) => items.push(item),
                Item::End => return Ok(self.tree.add_sequence(items, at)),
            }
        }
    }

    fn mapping(&mut self, at: Position, depth: usize) -> Result<NodeId, SyntaxError> {
        let mut members = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, key_at) = self.next()?;
            let (key, is_merge) = match event {
                Event::Scalar(text, style, ..) => {
                    let is_merge = style == ScalarStyle::Plain && text == "<<";
                    (unmask(&text).into_owned(), is_merge)
                }
                Event::MappingEnd => break,
                _ => return Err(SyntaxError::new(key_at, "a key must be a text")),
            };
            let (event, value_at) = self.next()?;
            match self.node(event, value_at, depth + 1)? {
                Item::Node(value) if is_merge => merged.push((value, key_at)),
                Item::Node(value) => members.push((key.into_boxed_str(), key_at, value)),
                Item::End => return Err(SyntaxError::new(value_at, "a value is missing")),
            }
        }
        if !merged.is_empty() {
            self.merge(&mut members, &merged)?;
        }
        Ok(self.tree.add_mapping(members, at))
    }

    /// Adds what `<<` brings in and the mapping does not say itself.
    fn merge(
        &mut self,
        members: &mut Vec<(Box<str>, Position, NodeId)>,
        merged: &[(NodeId, Position)],
    ) -> Result<(), SyntaxError> {
        let mut known: HashSet<Box<str>> = members.iter().map(|(key, ..)| key.clone()).collect();
        for (source, at) in merged {
            let mappings = match self.tree.content(*source) {
                Content::Mapping(_) => vec![*source],
                Content::Sequence(items) => items.clone(),
                Content::Scalar(_) => Vec::new(),
            };
            let fits = |id: &NodeId| matches!(self.tree.content(*id), Content::Mapping(_));
            if mappings.is_empty() || !mappings.iter().all(fits) {
                return Err(SyntaxError::new(*at, "'<<' takes a mapping or a list of mappings"));
            }
            for mapping in mappings {
                for child in self.tree.members(mapping).to_vec() {
                    let Some(key) = self.tree.key(child).map(Box::<str>::from) else {
                        continue;
                    };
                    if known.insert(key.clone()) {
                        let key_at = self.tree.key_at(child);
                        // The source is a fresh copy already where it was an alias, and its nodes hang nowhere else.
                        members.push((key, key_at, child));
                    }
                }
            }
        }
        Ok(())
    }

    /// Copies a node for an alias; the copy keeps the positions of the original.
    fn copy(&mut self, source: NodeId, at: Position, depth: usize) -> Result<NodeId, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(SyntaxError::new(at, "nested too deeply"));
        }
        self.budget = self
            .budget
            .checked_sub(1)
            .ok_or_else(|| SyntaxError::new(at, format!("aliases add more than {ALIAS_BUDGET} nodes")))?;
        let from = self.tree.at(source);
        match self.tree.content(source).clone() {
            Content::Scalar(scalar) => Ok(self.tree.add(Content::Scalar(scalar), from)),
            Content::Sequence(items) => {
                let mut copies = Vec::with_capacity(items.len());
                for item in items {
                    copies.push(self.copy(item, at, depth + 1)?);
                }
                Ok(self.tree.add_sequence(copies, from))
            }
            Content::Mapping(members) => {
                let mut copies = Vec::with_capacity(members.len());
                for member in members {
                    let key = self.tree.key(member).unwrap_or_default().into();
                    let key_at = self.tree.key_at(member);
                    copies.push((key, key_at, self.copy(member, at, depth + 1)?));
                }
                Ok(self.tree.add_mapping(copies, from))
            }
        }
    }
}

fn scalar(
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
    at: Position,
) -> Result<Scalar, SyntaxError> {
    let style = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
    let style = match tag.map(|tag| (tag.is_yaml_core_schema(), tag.suffix())) {
        None => style,
        Some((true, "str")) => Style::Quoted,
        Some((true, _)) => Style::Plain,
        Some((false, _)) => return Err(unknown_tag(tag, at)),
    };
    Ok(Scalar { text: text.into(), style, origin: Origin::File })
}

fn check_tag(tag: Option<&Tag>, at: Position) -> Result<(), SyntaxError> {
    match tag {
        Some(known) if !known.is_yaml_core_schema() => Err(unknown_tag(tag, at)),
        _ => Ok(()),
    }
}

fn unknown_tag(tag: Option<&Tag>, at: Position) -> SyntaxError {
    let name = tag.map_or("", |tag| tag.suffix());
    SyntaxError::new(at, format!("the tag '!{}' is not known", shorten(name)))
}

fn position(span: &Span) -> Position {
    place(span.start.line(), span.start.col())
}

/// The parser counts columns from 0.
fn place(line: usize, column: usize) -> Position {
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
    }
}
