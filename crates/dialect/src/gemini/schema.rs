//! JSON Schema brought into the subset that Google's older models know.
//!
//! From <https://ai.google.dev/api/caching#Schema>. References are written out, combinations are flattened, and
//! what the subset has no word for is left out.

mod read;
mod write;

use document::{Document, ObjectWriter, Value, write_object};
use model::Json;

use self::read::Reader;

/// Members that a schema of the subset may have.
#[cfg(test)]
pub(super) const ALLOWED: [&str; 21] = [
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "properties",
    "required",
    "anyOf",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "default",
    "propertyOrdering",
];

/// Schemas of one schema that are written; more become any text.
const MOST_SCHEMAS: u32 = 4096;
/// How deep schemas are read; what lies deeper becomes any text.
const DEEPEST: u32 = 32;

/// A schema in the subset.
pub(super) struct Normalised {
    pub(super) json: Vec<u8>,
    /// Something that decides what fits the schema was left out.
    pub(super) lossy: bool,
}

/// Brings a schema into the subset; none where it is no object, or says nothing but that an object is wanted.
pub(super) fn normalise(schema: &Json) -> Option<Normalised> {
    let document = Document::parse(schema.as_bytes().to_vec().into()).ok()?;
    if is_empty(&document) {
        return None;
    }
    let mut reader = Reader::new(document.root());
    let mut read = reader.read(document.root());
    if read.kind.is_none() && read.any_of.is_empty() {
        read.kind = Some("object");
    }
    let json = write_object(|object: &mut ObjectWriter<'_>| read.write(object));
    Some(Normalised { json, lossy: reader.lossy })
}

/// Whether a schema describes an object without members.
pub(super) fn is_empty(schema: &Document) -> bool {
    let has = |name: &str| schema.value(name).is_some_and(|value| !value.is_empty() && !value.is_null());
    let described = ["properties", "$ref", "allOf", "anyOf", "oneOf", "patternProperties"];
    let object =
        schema.value("type").and_then(Value::as_str).is_none_or(|kind| kind.eq_ignore_ascii_case("object"));
    let open = schema.value("additionalProperties").is_some_and(|value| value.as_bool() != Some(false));
    object && !open && !described.into_iter().any(has)
}

#[cfg(test)]
mod tests;
