//! Reading JSON Schema into what the subset can say.

use std::borrow::Cow;

use document::{Kind, Value};

use super::write::Schema;
use super::{DEEPEST, MOST_SCHEMAS};

const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];
/// Numbers that pass as they are.
const BOUNDS: [&str; 8] = [
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
];
/// Members that decide nothing, or nothing that is missed.
const SILENT: [&str; 14] = [
    "$schema",
    "$id",
    "$defs",
    "definitions",
    "$comment",
    "$anchor",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "strict",
    "additionalProperties",
    "optional",
];

pub(super) struct Reader<'d> {
    root: Value<'d>,
    /// Schemas read so far.
    read: u32,
    depth: u32,
    /// References that are being followed.
    open: Vec<Box<str>>,
    pub(super) lossy: bool,
}

impl<'d> Reader<'d> {
    pub(super) const fn new(root: Value<'d>) -> Self {
        Self { root, read: 0, depth: 0, open: Vec::new(), lossy: false }
    }

    pub(super) fn read(&mut self, value: Value<'d>) -> Schema<'d> {
        self.read += 1;
        if self.depth == DEEPEST || self.read > MOST_SCHEMAS {
            self.lossy = true;
            return Schema::default();
        }
        self.depth += 1;
        let mut schema = Schema::default();
        self.read_into(value, &mut schema);
        schema.settle();
        self.depth -= 1;
        schema
    }

    fn read_into(&mut self, value: Value<'d>, schema: &mut Schema<'d>) {
        if let Some(reference) = value.value("$ref").and_then(Value::as_str) {
            self.follow(&reference, schema);
        }
        for part in value.value("allOf").into_iter().flat_map(Value::items) {
            if self.depth < DEEPEST {
                self.depth += 1;
                self.read_into(part, schema);
                self.depth -= 1;
            } else {
                self.lossy = true;
            }
        }
        for member in value.members() {
            self.member(&member.name.decoded(), member.value, schema);
        }
    }

    fn member(&mut self, name: &str, value: Value<'d>, schema: &mut Schema<'d>) {
        match name {
            "$ref" | "allOf" => {}
            "type" => read_types(value, schema),
            "nullable" => schema.nullable |= value.as_bool() == Some(true),
            "format" => schema.format = value.as_str(),
            "title" => schema.title = value.as_str(),
            "description" => schema.description = value.as_str(),
            "pattern" => schema.pattern = value.as_str(),
            "const" => self.words(std::iter::once(value), schema),
            "enum" => self.words(value.items(), schema),
            "items" if value.kind() == Kind::Object => schema.items = Some(Box::new(self.read(value))),
            "items" | "prefixItems" if value.kind() == Kind::Array => self.tuple(value, schema),
            "properties" => {
                for member in value.members() {
                    let property = self.read(member.value);
                    schema.set_property(member.name.decoded(), property);
                }
            }
            "required" => schema.required.extend(value.items().filter_map(Value::as_str)),
            "propertyOrdering" => schema.ordering = value.items().filter_map(Value::as_str).collect(),
            "anyOf" | "oneOf" => self.alternatives(value, schema),
            "default" => schema.default = Some(value.raw()),
            "additionalProperties" if value.kind() == Kind::Object && !value.is_empty() => self.lossy = true,
            name => {
                if let Some(bound) = BOUNDS.into_iter().find(|bound| *bound == name) {
                    if value.kind() == Kind::Number {
                        schema.set_bound(bound, value.raw());
                    }
                } else if !SILENT.contains(&name) && !name.starts_with("x-") {
                    self.lossy = true;
                }
            }
        }
    }

    /// Reads what a reference within the schema points to.
    fn follow(&mut self, reference: &str, schema: &mut Schema<'d>) {
        let target = reference.strip_prefix('#').and_then(|pointer| at(self.root, pointer));
        let known = self.open.iter().any(|open| **open == *reference);
        match target {
            Some(target) if !known && self.depth < DEEPEST && self.read <= MOST_SCHEMAS => {
                self.open.push(reference.into());
                self.depth += 1;
                self.read += 1;
                self.read_into(target, schema);
                self.depth -= 1;
                self.open.pop();
            }
            // A schema that contains itself cannot be written out.
            Some(target) => {
                self.lossy = true;
                schema.description =
                    schema.description.take().or(target.value("description").and_then(Value::as_str));
                schema.kinds.push("object");
            }
            None => self.lossy = true,
        }
    }

    fn words(&mut self, values: impl Iterator<Item = Value<'d>>, schema: &mut Schema<'d>) {
        schema.words.clear();
        for value in values {
            match value.kind() {
                Kind::Null => schema.nullable = true,
                Kind::String => schema.words.extend(value.as_str()),
                _ => schema.words.push(String::from_utf8_lossy(value.raw())),
            }
        }
        // The API refuses the empty word.
        schema.words.retain(|word| !word.is_empty());
        self.lossy |= schema.kinds.iter().any(|kind| *kind != "string");
    }

    fn tuple(&mut self, items: Value<'d>, schema: &mut Schema<'d>) {
        let mut alternatives = Schema::default();
        self.alternatives(items, &mut alternatives);
        alternatives.settle();
        self.lossy = true;
        schema.items = Some(Box::new(alternatives));
    }

    fn alternatives(&mut self, value: Value<'d>, schema: &mut Schema<'d>) {
        for alternative in value.items() {
            if alternative.value("type").and_then(Value::as_str).is_some_and(|kind| kind == "null")
                || alternative.value("const").is_some_and(Value::is_null)
            {
                schema.nullable = true;
                continue;
            }
            let read = self.read(alternative);
            schema.any_of.push(read);
        }
    }
}

fn read_types(value: Value<'_>, schema: &mut Schema<'_>) {
    schema.kinds.clear();
    let one = (value.kind() == Kind::String).then_some(value);
    for word in one.into_iter().chain(value.items()).filter_map(Value::as_str) {
        if word.eq_ignore_ascii_case("null") {
            schema.nullable = true;
        } else if let Some(kind) = TYPES.into_iter().find(|kind| word.eq_ignore_ascii_case(kind)) {
            schema.kinds.push(kind);
        }
    }
}

/// The value that a JSON pointer names.
fn at<'d>(root: Value<'d>, pointer: &str) -> Option<Value<'d>> {
    let mut value = root;
    for step in pointer.split('/').skip(1) {
        let name: Cow<'_, str> =
            if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() };
        value = match value.kind() {
            Kind::Array => value.items().nth(name.parse().ok()?)?,
            _ => value.value(&name)?,
        };
    }
    Some(value)
}
