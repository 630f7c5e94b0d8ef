//! Calls of tools with all that clients need to put them together.

use document::{Kind, ObjectWriter, Value, quote, write_array, write_object};

use super::Extent;
use crate::read;
use crate::short_id::shorten;

/// Calls that one choice may have; what comes after passes as it is.
const MAX_CALLS: usize = 1024;
/// Letters and digits of an id that is made up: as many as the strictest provider wants.
const ID_LENGTH: usize = 9;

/// The calls of one choice, in their order.
#[derive(Debug, Default)]
pub(super) struct Calls {
    seen: Vec<Seen>,
}

#[derive(Debug)]
struct Seen {
    /// The provider's index and id.
    index: Option<u64>,
    id: Box<str>,
}

/// Where a call belongs.
struct Place {
    at: usize,
    is_new: bool,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// The list as it should be; none where it is that. `seed`: what made-up ids are made of.
    pub(super) fn mended(&mut self, list: Value<'_>, extent: Extent, seed: &str) -> Option<Vec<u8>> {
        let items: Vec<_> = list.items().collect();
        let mended: Vec<_> = items.iter().map(|item| self.call(*item, extent, seed)).collect();
        if mended.iter().all(Option::is_none) {
            return None;
        }
        Some(write_array(|list| {
            for (item, mended) in items.iter().zip(mended) {
                list.raw(mended.as_deref().unwrap_or(item.raw()));
            }
        }))
    }

    fn call(&mut self, item: Value<'_>, extent: Extent, seed: &str) -> Option<Vec<u8>> {
        if item.kind() != Kind::Object {
            return None;
        }
        let id = item.value("id").and_then(id_of).unwrap_or_default();
        let function = item.value("function").filter(|function| function.kind() == Kind::Object);
        let name = function.and_then(|function| function.value("name")).and_then(Value::as_str);
        let named = name.is_some_and(|name| !name.is_empty());
        let index = item.value("index").and_then(Value::as_u64);
        let place = match extent {
            Extent::Whole => self.add(None, &id)?,
            Extent::Delta => self.find(index, &id, named)?,
        };
        let number = u64::try_from(place.at).ok().filter(|_| extent == Extent::Delta);
        let lacks_id = id.is_empty() && place.is_new && named;
        // A number, or the word `null`, is none.
        let id_is_right = item.value("id").is_none_or(|given| match given.kind() {
            Kind::String => given.as_str().is_some_and(|given| *given == *id),
            _ => given.is_null(),
        });
        let right = (number.is_none() || index == number)
            && !lacks_id
            && id_is_right
            && (!place.is_new || item.value("type").is_some_and(|kind| !kind.is_null()))
            && function.is_none_or(|function| arguments(function).is_none());
        if right {
            return None;
        }
        let id = if lacks_id { shorten(&format!("{seed}_{}", place.at), ID_LENGTH).into() } else { id };
        Some(write_object(|object| {
            if let Some(number) = number {
                object.number("index", number);
            }
            if !id.is_empty() {
                object.text("id", &id);
            }
            let kind = item.value("type").filter(|kind| !kind.is_null());
            if kind.is_none() && place.is_new {
                object.text("type", "function");
            }
            for member in item.members() {
                let name = member.name.decoded();
                match &*name {
                    "index" if number.is_some() => {}
                    "id" => {}
                    "type" if kind.is_none() => {}
                    "function" => write_function(member.value, object),
                    name => object.raw(name, member.value.raw()),
                }
            }
        }))
    }

    /// The call that a delta belongs to; a new one where none is meant.
    fn find(&mut self, index: Option<u64>, id: &str, named: bool) -> Option<Place> {
        let by_id = || self.seen.iter().rposition(|seen| !id.is_empty() && *seen.id == *id);
        let found = match index {
            // Some servers number all calls 0: another id with a name is another call.
            Some(_) => self.seen.iter().rposition(|seen| seen.index == index).filter(|at| {
                let other = self.seen.get(*at).is_some_and(|seen| !seen.id.is_empty() && *seen.id != *id);
                !(other && !id.is_empty() && named)
            }),
            None if named && id.is_empty() => None,
            None if id.is_empty() => self.seen.len().checked_sub(1),
            None => None,
        };
        match found.or_else(by_id) {
            Some(at) => Some(Place { at, is_new: false }),
            None => self.add(index, id),
        }
    }

    fn add(&mut self, index: Option<u64>, id: &str) -> Option<Place> {
        if self.seen.len() >= MAX_CALLS {
            return None;
        }
        self.seen.push(Seen { index, id: id.into() });
        Some(Place { at: self.seen.len() - 1, is_new: true })
    }
}

fn write_function(function: Value<'_>, object: &mut ObjectWriter<'_>) {
    match arguments(function) {
        None => object.raw("function", function.raw()),
        Some(text) => object.object("function", |object| {
            for member in function.members() {
                if member.name.is("arguments") {
                    object.raw("arguments", &quote(&text));
                } else {
                    object.raw(&member.name.decoded(), member.value.raw());
                }
            }
        }),
    }
}

/// Arguments that are JSON instead of a text of JSON, as their text.
fn arguments(function: Value<'_>) -> Option<String> {
    let arguments = function.value("arguments")?;
    let given = !matches!(arguments.kind(), Kind::String | Kind::Null);
    given.then(|| read::compact(arguments))
}

/// A text, or a number as its text; the word `null` is Mistral's for none.
fn id_of(value: Value<'_>) -> Option<Box<str>> {
    match value.kind() {
        Kind::String => value.as_str().filter(|id| id != "null").map(|id| id.as_ref().into()),
        Kind::Number => Some(String::from_utf8_lossy(value.raw()).into()),
        _ => None,
    }
}
