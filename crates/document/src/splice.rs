//! Making edits: the log is replayed on a list of members, the list is turned into spans to change.

use std::cmp::Reverse;
use std::ops::Range;

use bytes::Bytes;

use crate::document::Place;
use crate::edits::Edit;
use crate::text::{quote, write_quoted};
use crate::{Edits, Kind, Value};

/// An edited body: slices of the original and what was put between them.
#[derive(Debug, Clone, Default)]
pub struct Spliced {
    segments: Vec<Bytes>,
    len: usize,
}

impl Spliced {
    /// The pieces in their order; none is empty.
    pub fn segments(&self) -> &[Bytes] {
        &self.segments
    }

    pub fn into_segments(self) -> Vec<Bytes> {
        self.segments
    }

    /// Length of the whole, in bytes.
    pub const fn len(&self) -> usize {
        self.len
    }

    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The whole in one piece; copies unless there is only one.
    pub fn to_bytes(&self) -> Bytes {
        if let [only] = self.segments.as_slice() {
            return only.clone();
        }
        let mut out = Vec::with_capacity(self.len);
        for segment in &self.segments {
            out.extend_from_slice(segment);
        }
        out.into()
    }

    fn push(&mut self, segment: Bytes) {
        if !segment.is_empty() {
            self.len += segment.len();
            self.segments.push(segment);
        }
    }
}

/// Bytes of the original that give way to others.
struct Change {
    start: usize,
    end: usize,
    with: Bytes,
}

/// The members of an object while edits are replayed: those of the original first, then those added.
struct Object<'e> {
    /// Position after its opening brace.
    inside: usize,
    entries: Vec<Entry<'e>>,
}

struct Entry<'e> {
    /// Where it stands in the original; an added member stands nowhere.
    place: Option<Place>,
    /// Its name, unless that is still the original's.
    name: Option<&'e str>,
    value: State<'e>,
}

enum State<'e> {
    Kept,
    Raw(Bytes),
    /// An object of the original that was changed inside.
    Inside(Object<'e>),
    Removed,
}

/// `body` with `edits` made; `inside` and `places` are those of its document.
pub fn splice(body: &Bytes, inside: usize, places: &[Place], edits: &Edits) -> Spliced {
    if edits.is_empty() {
        return write(body, Vec::new());
    }
    let mut object = Object::new(inside, places.iter().copied());
    let mut nested = Vec::new();
    for edit in &edits.log {
        match edit {
            Edit::Set(name, raw) => object.set(body, name, raw.clone()),
            Edit::Remove(name) => object.remove(body, name),
            Edit::Rename(name, to) => object.rename(body, name, to),
            Edit::SetIn(parent, name, raw) => object.edit_inside(body, parent, true, |object, body| {
                object.set(body, name, raw.clone());
            }),
            Edit::RemoveIn(parent, name) => object.edit_inside(body, parent, false, |object, body| {
                object.remove(body, name);
            }),
            Edit::Replace(span, raw) => {
                if !object.replace(span, raw) {
                    nested.push(Change {
                        start: span.start,
                        end: span.end,
                        with: raw.clone(),
                    });
                }
            }
        }
    }
    let mut changes = Vec::with_capacity(edits.log.len() + 1);
    object.write_changes(&mut changes);
    // Of two for the same span the first is made, and the last one that was asked for counts.
    changes.extend(nested.into_iter().rev());
    changes.sort_by_key(|change| (change.start, Reverse(change.end)));
    write(body, changes)
}

/// `body` with `changes` made, which are sorted; what lies within another change is left out.
fn write(body: &Bytes, changes: Vec<Change>) -> Spliced {
    let mut spliced = Spliced {
        segments: Vec::with_capacity(2 * changes.len() + 1),
        len: 0,
    };
    let mut done = 0;
    for change in changes {
        if change.start < done || change.end < change.start || change.end > body.len() {
            continue;
        }
        spliced.push(body.slice(done..change.start));
        spliced.push(change.with);
        done = change.end;
    }
    spliced.push(body.slice(done..));
    spliced
}

impl<'e> Object<'e> {
    fn new(inside: usize, places: impl Iterator<Item = Place>) -> Self {
        let entries = places.map(|place| Entry {
            place: Some(place),
            name: None,
            value: State::Kept,
        });
        Self {
            inside,
            entries: entries.collect(),
        }
    }

    /// The object `value`.
    fn read(value: Value<'_>) -> Self {
        let places = value
            .members()
            .map(|member| Place::new(member.name.span(), member.value.span()));
        Self::new(value.span().start + 1, places)
    }

    fn find(&mut self, body: &[u8], name: &str) -> Option<&mut Entry<'e>> {
        self.entries.iter_mut().find(|entry| entry.is(body, name))
    }

    fn set(&mut self, body: &[u8], name: &'e str, raw: Bytes) {
        if let Some(entry) = self.find(body, name) {
            entry.value = State::Raw(raw);
        } else {
            self.entries.push(Entry {
                place: None,
                name: Some(name),
                value: State::Raw(raw),
            });
        }
    }

    fn remove(&mut self, body: &[u8], name: &str) {
        if let Some(entry) = self.find(body, name) {
            entry.value = State::Removed;
        }
    }

    fn rename(&mut self, body: &[u8], name: &str, to: &'e str) {
        if name == to || self.find(body, name).is_none() {
            return;
        }
        self.remove(body, to);
        if let Some(entry) = self.find(body, name) {
            entry.name = Some(to);
        }
    }

    /// Makes `edit` inside the member `parent`; where that is absent or null, inside an empty object if
    /// `create`.
    fn edit_inside(
        &mut self,
        body: &[u8],
        parent: &'e str,
        create: bool,
        edit: impl FnOnce(&mut Self, &[u8]),
    ) {
        if let Some(entry) = self.find(body, parent) {
            entry.edit_inside(body, create, edit);
        } else if create {
            self.set(body, parent, edit_raw(&EMPTY, edit));
        }
    }

    /// Replaces the value at `span`, if it is a member's here.
    fn replace(&mut self, span: &Range<usize>, raw: &Bytes) -> bool {
        for entry in &mut self.entries {
            match &mut entry.value {
                State::Removed => {}
                value if entry.place.is_some_and(|place| place.value() == *span) => {
                    *value = State::Raw(raw.clone());
                    return true;
                }
                State::Inside(object) => {
                    if object.replace(span, raw) {
                        return true;
                    }
                }
                State::Kept | State::Raw(_) => {}
            }
        }
        false
    }

    /// Tells what must change in the original, from its front to its end.
    fn write_changes(self, changes: &mut Vec<Change>) {
        let originals = self.entries.iter().filter_map(|entry| entry.place);
        let starts: Vec<_> = originals.clone().map(|place| place.quoted_name().start).collect();
        let last_kept = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry.place?, &entry.value)))
            .enumerate()
            .filter(|(_, (_, value))| !matches!(value, State::Removed))
            .last();
        // Members that stay keep the comma before them; the removed ones at the end take it with them.
        let (kept, tail) = last_kept.map_or((0, self.inside), |(index, (place, _))| {
            (index + 1, place.value().end)
        });
        let end = originals.last().map_or(self.inside, |place| place.value().end);
        let mut added = Vec::new();
        for (index, entry) in self.entries.into_iter().enumerate() {
            if let Some(place) = entry.place {
                if index < kept {
                    entry.write_changes(place, starts.get(index + 1).copied(), changes);
                }
            } else if let (Some(name), State::Raw(raw)) = (entry.name, entry.value) {
                if kept > 0 || !added.is_empty() {
                    added.push(b',');
                }
                write_quoted(name, &mut added);
                added.push(b':');
                added.extend_from_slice(&raw);
            }
        }
        if tail < end || !added.is_empty() {
            changes.push(Change {
                start: tail,
                end,
                with: added.into(),
            });
        }
    }
}

impl<'e> Entry<'e> {
    /// Whether it is a member with this name.
    fn is(&self, body: &[u8], name: &str) -> bool {
        if matches!(self.value, State::Removed) {
            return false;
        }
        match (self.name, self.place) {
            (Some(own), _) => own == name,
            (None, Some(place)) => place.read_name(body).is(name),
            (None, None) => false,
        }
    }

    fn edit_inside(&mut self, body: &[u8], create: bool, edit: impl FnOnce(&mut Object<'e>, &[u8])) {
        match (&mut self.value, self.place) {
            (State::Inside(object), _) => edit(object, body),
            (State::Raw(raw), _) => match Value::new(raw, 0).kind() {
                Kind::Object => *raw = edit_raw(raw, edit),
                Kind::Null if create => *raw = edit_raw(&EMPTY, edit),
                _ => {}
            },
            (State::Kept, Some(place)) => {
                let value = place.read_value(body);
                match value.kind() {
                    Kind::Object => {
                        let mut object = Object::read(value);
                        edit(&mut object, body);
                        self.value = State::Inside(object);
                    }
                    Kind::Null if create => self.value = State::Raw(edit_raw(&EMPTY, edit)),
                    _ => {}
                }
            }
            (State::Kept, None) | (State::Removed, _) => {}
        }
    }

    /// Tells what must change for a member of the original; `next` is where the one after it starts.
    fn write_changes(self, place: Place, next: Option<usize>, changes: &mut Vec<Change>) {
        let mut change = |span: Range<usize>, with| {
            changes.push(Change {
                start: span.start,
                end: span.end,
                with,
            });
        };
        if let State::Removed = self.value {
            change(
                place.quoted_name().start..next.unwrap_or(place.value().end),
                Bytes::new(),
            );
            return;
        }
        if let Some(name) = self.name {
            change(place.quoted_name(), quote(name));
        }
        match self.value {
            State::Raw(raw) => change(place.value(), raw),
            State::Inside(object) => object.write_changes(changes),
            State::Kept | State::Removed => {}
        }
    }
}

const EMPTY: Bytes = Bytes::from_static(b"{}");

/// The object `raw` with `edit` made.
fn edit_raw<'e>(raw: &Bytes, edit: impl FnOnce(&mut Object<'e>, &[u8])) -> Bytes {
    let mut object = Object::read(Value::new(raw, 0));
    edit(&mut object, raw);
    let mut changes = Vec::new();
    object.write_changes(&mut changes);
    write(raw, changes).to_bytes()
}
