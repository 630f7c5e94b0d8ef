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
    if let Some(spliced) = splice_few(body, inside, places, edits) {
        return spliced;
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
                    nested.push(Change { start: span.start, end: span.end, with: raw.clone() });
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

/// The usual case, without a list of members: few members are set, each once. None where it is not that.
fn splice_few(body: &Bytes, inside: usize, places: &[Place], edits: &Edits) -> Option<Spliced> {
    const FEW: usize = 4;
    if edits.log.len() > FEW {
        return None;
    }
    // Those that replace a value, in the order of the body; then those that are added.
    let mut inner: [Option<(Place, &Bytes)>; FEW] = [None; FEW];
    let mut added_len = 0;
    for (index, edit) in edits.log.iter().enumerate() {
        let Edit::Set(name, raw) = edit else {
            return None;
        };
        let earlier = edits.log.get(..index).unwrap_or_default();
        if earlier.iter().any(|earlier| matches!(earlier, Edit::Set(other, _) if other == name)) {
            return None;
        }
        match places.iter().find(|place| place.read_name(body).is(name)) {
            Some(place) => *inner.get_mut(index)? = Some((*place, raw)),
            None => added_len += name.len() + raw.len() + 4,
        }
    }
    if edits.log.len() > 1 {
        inner.sort_unstable_by_key(|set| set.map(|(place, _)| place.value_start));
    }
    let mut spliced = Spliced { segments: Vec::with_capacity(2 * edits.log.len() + 1), len: 0 };
    let mut done = 0;
    for (place, raw) in inner.into_iter().flatten() {
        spliced.push(body.slice(done..place.value().start));
        spliced.push(raw.clone());
        done = place.value().end;
    }
    if added_len > 0 {
        let end = places.last().map_or(inside, |place| place.value().end);
        let mut added = Vec::with_capacity(added_len);
        for edit in &edits.log {
            if let Edit::Set(name, raw) = edit
                && !places.iter().any(|place| place.read_name(body).is(name))
            {
                write_added(name, raw, !places.is_empty(), &mut added);
            }
        }
        spliced.push(body.slice(done..end));
        spliced.push(added.into());
        done = end;
    }
    spliced.push(body.slice(done..));
    Some(spliced)
}

/// Appends a member that the original does not have.
fn write_added(name: &str, raw: &[u8], follows: bool, added: &mut Vec<u8>) {
    if follows || !added.is_empty() {
        added.push(b',');
    }
    write_quoted(name, added);
    added.push(b':');
    added.extend_from_slice(raw);
}

/// `body` with `changes` made, which are sorted; what lies within another change is left out.
fn write(body: &Bytes, changes: Vec<Change>) -> Spliced {
    let mut spliced = Spliced { segments: Vec::with_capacity(2 * changes.len() + 1), len: 0 };
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
        let entries = places.map(|place| Entry { place: Some(place), name: None, value: State::Kept });
        Self { inside, entries: entries.collect() }
    }

    /// The object `value`.
    fn read(value: Value<'_>) -> Self {
        let places = value
            .members()
            .map(|member| Place::new(member.name.span(), member.value.span(), member.name.is_escaped()));
        Self::new(value.span().start + 1, places)
    }

    fn find(&mut self, body: &[u8], name: &str) -> Option<&mut Entry<'e>> {
        self.entries.iter_mut().find(|entry| entry.is(body, name))
    }

    fn set(&mut self, body: &[u8], name: &'e str, raw: Bytes) {
        if let Some(entry) = self.find(body, name) {
            entry.value = State::Raw(raw);
        } else {
            self.entries.push(Entry { place: None, name: Some(name), value: State::Raw(raw) });
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
        // Those of the original come first and in order; the one that may hold the span is found quickly.
        let before = |entry: &Entry<'_>| entry.place.is_some_and(|place| place.value().end <= span.start);
        let at = self.entries.partition_point(before);
        let Some(entry) = self.entries.get_mut(at) else {
            return false;
        };
        match &mut entry.value {
            State::Removed => false,
            value if entry.place.is_some_and(|place| place.value() == *span) => {
                *value = State::Raw(raw.clone());
                true
            }
            State::Inside(object) => object.replace(span, raw),
            State::Kept | State::Raw(_) => false,
        }
    }

    /// Tells what must change in the original, from its front to its end.
    fn write_changes(self, changes: &mut Vec<Change>) {
        let end = self.entries.iter().rev().find_map(|entry| entry.place);
        let end = end.map_or(self.inside, |place| place.value().end);
        // Members that stay keep the comma before them; the removed ones at the end take it with them.
        let stays = |entry: &Entry<'_>| entry.place.is_some() && !matches!(entry.value, State::Removed);
        let kept = self.entries.iter().rposition(stays).map_or(0, |last| last + 1);
        let mut tail = self.inside;
        let mut added = Vec::new();
        let mut entries = self.entries.into_iter().enumerate().peekable();
        while let Some((index, entry)) = entries.next() {
            if let Some(place) = entry.place {
                if index < kept {
                    tail = place.value().end;
                    let next = entries.peek().and_then(|(_, next)| next.place);
                    entry.write_changes(place, next, changes);
                }
            } else if let (Some(name), State::Raw(raw)) = (entry.name, entry.value) {
                added.reserve(name.len() + raw.len() + 4);
                write_added(name, &raw, kept > 0, &mut added);
            }
        }
        if tail < end || !added.is_empty() {
            changes.push(Change { start: tail, end, with: added.into() });
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
            (State::Raw(raw), _) => match Value::new(raw, 0, raw.len()).kind() {
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

    /// Tells what must change for a member of the original that `next` follows.
    fn write_changes(self, place: Place, next: Option<Place>, changes: &mut Vec<Change>) {
        let mut change = |span: Range<usize>, with| {
            changes.push(Change { start: span.start, end: span.end, with });
        };
        if let State::Removed = self.value {
            let end = next.map_or(place.value().end, |next| next.quoted_name().start);
            change(place.quoted_name().start..end, Bytes::new());
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
    let mut object = Object::read(Value::new(raw, 0, raw.len()));
    edit(&mut object, raw);
    let mut changes = Vec::new();
    object.write_changes(&mut changes);
    write(raw, changes).to_bytes()
}

#[cfg(test)]
mod tests {
    use crate::Document;

    use super::*;

    fn edited(body: &str, make: impl FnOnce(&Document, &mut Edits)) -> String {
        let document = Document::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let mut edits = Edits::new();
        make(&document, &mut edits);
        let bytes = document.apply(&edits).to_bytes();
        Document::parse(bytes.clone()).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn members_are_set_in_place_or_at_the_end() {
        let set = |body| {
            edited(body, |_, edits| {
                edits.set("b", "7");
                edits.set("c\"", "true");
            })
        };
        assert_eq!(set("{}"), r#"{"b":7,"c\"":true}"#);
        assert_eq!(set("{ \n}"), "{\"b\":7,\"c\\\"\":true \n}");
        assert_eq!(set(r#"{ "a" : 1 }"#), r#"{ "a" : 1,"b":7,"c\"":true }"#);
        assert_eq!(set(r#"{"b" : {"x":[1]} , "a":1}"#), r#"{"b" : 7 , "a":1,"c\"":true}"#);
        assert_eq!(set(r#"{"\u0062":0,"c\"":0}"#), r#"{"\u0062":7,"c\"":true}"#);
    }

    #[test]
    fn few_set_members_give_what_many_edits_give() {
        let names = ["a", "b", "c", "d\"", "e"];
        let bodies = [
            "{}",
            "{ }",
            r#"{"b":1}"#,
            r#" {"c" : [1] ,"a":{"b":2}, "x":null } "#,
            r#"{"d\"":1,"\u0062":2,"e":3}"#,
        ];
        for body in bodies {
            for picked in 0..names.len().pow(3) {
                let picks = [picked % 5, picked / 5 % 5, picked / 25];
                let set = |edits: &mut Edits| {
                    for (index, pick) in picks.into_iter().enumerate() {
                        edits.set(names[pick], index.to_string());
                    }
                };
                let few = edited(body, |_, edits| set(edits));
                // A log that has something else in it takes the long way.
                let many = edited(body, |_, edits| {
                    edits.remove("absent");
                    set(edits);
                });
                assert_eq!(few, many, "{body} {picks:?}");
            }
        }
    }

    #[test]
    fn removing_leaves_json() {
        let body = "{ \"a\" : 1 , \"b\":2,\n\"c\":3 }";
        let without = |names: &[&'static str]| {
            edited(body, |_, edits| names.iter().for_each(|name| edits.remove(*name)))
        };
        assert_eq!(without(&["a"]), "{ \"b\":2,\n\"c\":3 }");
        assert_eq!(without(&["b"]), "{ \"a\" : 1 , \"c\":3 }");
        assert_eq!(without(&["c"]), "{ \"a\" : 1 , \"b\":2 }");
        assert_eq!(without(&["b", "c"]), "{ \"a\" : 1 }");
        assert_eq!(without(&["c", "a"]), "{ \"b\":2 }");
        assert_eq!(without(&["b", "a", "c"]), "{ }");
        assert_eq!(without(&["x"]), body);
    }

    #[test]
    fn the_last_edit_counts() {
        let body = r#"{"a":1,"b":2}"#;
        let two = |first: fn(&mut Edits), second: fn(&mut Edits)| {
            edited(body, |_, edits| {
                first(edits);
                second(edits);
            })
        };
        assert_eq!(two(|e| e.set("a", "3"), |e| e.set("a", "4")), r#"{"a":4,"b":2}"#);
        assert_eq!(two(|e| e.set("a", "3"), |e| e.remove("a")), r#"{"b":2}"#);
        assert_eq!(two(|e| e.remove("b"), |e| e.set("b", "4")), r#"{"a":1,"b":4}"#);
        assert_eq!(two(|e| e.set("c", "3"), |e| e.remove("c")), body);
        assert_eq!(two(|e| e.rename("a", "c"), |e| e.set("c", "4")), r#"{"c":4,"b":2}"#);
        assert_eq!(two(|e| e.rename("a", "c"), |e| e.set("a", "4")), r#"{"c":1,"b":2,"a":4}"#);
        assert_eq!(two(|e| e.set("c", "3"), |e| e.rename("c", "d")), r#"{"a":1,"b":2,"d":3}"#);
        assert_eq!(two(|e| e.rename("a", "b"), |e| e.set_in("x", "y", "1")), r#"{"b":1,"x":{"y":1}}"#);
        assert_eq!(
            two(|e| e.set_in("x", "y", "1"), |e| e.set_in("x", "z", "2")),
            r#"{"a":1,"b":2,"x":{"y":1,"z":2}}"#
        );
        assert_eq!(two(|e| e.set_in("x", "y", "1"), |e| e.remove_in("x", "y")), r#"{"a":1,"b":2,"x":{}}"#);
        assert_eq!(
            two(|e| e.set("x", r#"{"y":[1]}"#), |e| e.set_in("x", "y", "2")),
            r#"{"a":1,"b":2,"x":{"y":2}}"#
        );
        assert_eq!(two(|e| e.remove("a"), |e| e.remove("b")), "{}");
    }

    #[test]
    fn members_inside_are_edited_in_place() {
        let set = |body| edited(body, |_, edits| edits.set_in("o", "x", "7"));
        assert_eq!(set(r#"{"o": { "w":1, "x" :2 } }"#), r#"{"o": { "w":1, "x" :7 } }"#);
        assert_eq!(set(r#"{"o":{ }}"#), r#"{"o":{"x":7 }}"#);
        assert_eq!(set(r#"{"o":null}"#), r#"{"o":{"x":7}}"#);
        assert_eq!(set("{}"), r#"{"o":{"x":7}}"#);
        assert_eq!(set(r#"{"o":"text"}"#), r#"{"o":"text"}"#);
        let remove = |body| edited(body, |_, edits| edits.remove_in("o", "x"));
        assert_eq!(remove(r#"{"o":{"x":1,"y":2}}"#), r#"{"o":{"y":2}}"#);
        assert_eq!(remove(r#"{"o":{"x":1}}"#), r#"{"o":{}}"#);
        assert_eq!(remove(r#"{"o":null}"#), r#"{"o":null}"#);
        assert_eq!(remove("{}"), "{}");
    }

    #[test]
    fn values_are_replaced_at_any_depth() {
        let body = r#"{"m":[{"role":"developer"},{"role":"user"},{"role":"developer"}],"n":1}"#;
        let roles = |document: &Document, edits: &mut Edits| {
            for item in document.value("m").unwrap().items() {
                let role = item.value("role").unwrap();
                if role.as_str().unwrap() == "developer" {
                    edits.replace(&role, "\"system\"");
                }
            }
        };
        assert_eq!(
            edited(body, roles),
            r#"{"m":[{"role":"system"},{"role":"user"},{"role":"system"}],"n":1}"#
        );
        // What is inside a value that goes goes with it, whichever was asked for first.
        let both = |document: &Document, edits: &mut Edits| {
            roles(document, edits);
            edits.set("m", "[]");
            roles(document, edits);
        };
        assert_eq!(edited(body, both), r#"{"m":[],"n":1}"#);
        let same = |document: &Document, edits: &mut Edits| {
            let number = document.value("n").unwrap();
            edits.set("n", "2");
            edits.replace(&number, "3");
        };
        assert_eq!(edited(body, same), body.replace("\"n\":1", "\"n\":3"));
        let twice = |document: &Document, edits: &mut Edits| {
            let first = document.value("m").unwrap().items().next().unwrap();
            edits.replace(&first, "1");
            edits.replace(&first, "2");
            edits.replace(&first.value("role").unwrap(), "3");
        };
        assert_eq!(edited(body, twice), r#"{"m":[2,{"role":"user"},{"role":"developer"}],"n":1}"#);
    }

    #[test]
    fn a_value_of_another_document_does_no_harm() {
        let other = Document::parse(Bytes::from_static(br#"{"a":"a longer body than the other"}"#)).unwrap();
        let unchanged = edited(r#"{"b":1}"#, |_, edits| {
            edits.replace(&other.value("a").unwrap(), "2");
        });
        assert_eq!(unchanged, r#"{"b":1}"#);
    }

    #[test]
    fn what_stays_is_not_copied() {
        let body = Bytes::from_static(br#"{"model":"a","messages":[1,2,3],"stream":false}"#);
        let document = Document::parse(body.clone()).unwrap();
        let mut edits = Edits::new();
        edits.set("model", "\"b\"");
        edits.set("stream", "true");
        let spliced = document.apply(&edits);
        assert_eq!(spliced.len(), spliced.to_bytes().len());
        let middle = &spliced.segments()[2];
        assert_eq!(middle.as_ref(), br#","messages":[1,2,3],"stream":"#);
        assert_eq!(middle.as_ptr(), body[12..].as_ptr());
    }
}
