//! A schema of the subset, and its text.

use std::borrow::Cow;

use document::ObjectWriter;

/// What one schema says, in the subset's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Schema<'d> {
    pub(super) kind: Option<&'static str>,
    /// Types that were read; [`settle`](Self::settle) makes one of them, or alternatives.
    pub(super) kinds: Vec<&'static str>,
    pub(super) nullable: bool,
    pub(super) format: Option<Cow<'d, str>>,
    pub(super) title: Option<Cow<'d, str>>,
    pub(super) description: Option<Cow<'d, str>>,
    pub(super) pattern: Option<Cow<'d, str>>,
    pub(super) words: Vec<Cow<'d, str>>,
    pub(super) items: Option<Box<Schema<'d>>>,
    pub(super) properties: Vec<(Cow<'d, str>, Schema<'d>)>,
    pub(super) required: Vec<Cow<'d, str>>,
    pub(super) any_of: Vec<Schema<'d>>,
    pub(super) bounds: Vec<(&'static str, &'d [u8])>,
    pub(super) default: Option<&'d [u8]>,
    pub(super) ordering: Vec<Cow<'d, str>>,
}

impl<'d> Schema<'d> {
    pub(super) fn set_property(&mut self, name: Cow<'d, str>, property: Self) {
        match self.properties.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = property,
            None => self.properties.push((name, property)),
        }
    }

    pub(super) fn set_bound(&mut self, name: &'static str, raw: &'d [u8]) {
        self.bounds.retain(|(known, _)| *known != name);
        self.bounds.push((name, raw));
    }

    /// Decides for one type, or for alternatives.
    pub(super) fn settle(&mut self) {
        let mut kinds = std::mem::take(&mut self.kinds);
        kinds.dedup();
        if !self.words.is_empty() {
            kinds = vec!["string"];
        }
        if kinds.is_empty() && self.any_of.is_empty() {
            if !self.properties.is_empty() {
                kinds.push("object");
            } else if self.items.is_some() {
                kinds.push("array");
            }
        }
        // Alternatives that only say more about what is said already, such as what is required.
        let said = !kinds.is_empty() || !self.properties.is_empty();
        if said
            && self
                .any_of
                .iter()
                .any(|alternative| alternative.kind.is_none() && alternative.any_of.is_empty())
        {
            self.any_of.clear();
        }
        if let [kind] = kinds.as_slice() {
            self.kind = Some(kind);
        } else if !kinds.is_empty() && self.any_of.is_empty() {
            self.any_of = kinds.iter().map(|kind| self.as_kind(kind)).collect();
        } else if kinds.is_empty() && self.any_of.is_empty() && self.nullable {
            self.kind = Some("string");
        }
        self.flatten();
    }

    /// One alternative needs no list of them.
    fn flatten(&mut self) {
        if self.any_of.is_empty() {
            return;
        }
        if self.any_of.len() > 1 {
            self.kind = None;
            return;
        }
        let Some(only) = self.any_of.pop() else { return };
        let outer = std::mem::replace(self, only);
        self.nullable |= outer.nullable;
        self.title = outer.title.or(self.title.take());
        self.description = outer.description.or(self.description.take());
        self.default = outer.default.or(self.default);
        for (name, property) in outer.properties {
            if !self.properties.iter().any(|(known, _)| *known == name) {
                self.properties.push((name, property));
            }
        }
        self.required.extend(outer.required);
        self.items = self.items.take().or(outer.items);
        self.kind = self.kind.or(outer.kind);
    }

    /// The same as one of its types.
    fn as_kind(&self, kind: &'static str) -> Self {
        let mut only = self.clone();
        (only.nullable, only.title, only.description, only.default) = (false, None, None, None);
        only.kind = Some(kind);
        only
    }

    /// Writes what goes with the type; anything that has none is a text.
    pub(super) fn write(&self, object: &mut ObjectWriter<'_>) {
        let kind = self.kind.or(self.any_of.is_empty().then_some("string"));
        if let Some(kind) = kind {
            object.text("type", kind);
        }
        if let Some(format) = self.format.as_deref().filter(|format| fits(kind, format)) {
            object.text("format", format);
        }
        let texts = [("title", &self.title), ("description", &self.description)];
        for (name, text) in texts {
            if let Some(text) = text {
                object.text(name, text);
            }
        }
        if self.nullable {
            object.bool("nullable", true);
        }
        match kind {
            Some("string") => {
                if !self.words.is_empty() {
                    object.texts("enum", &self.words);
                }
                if let Some(pattern) = &self.pattern {
                    object.text("pattern", pattern);
                }
                self.write_bounds(&["minLength", "maxLength"], object);
            }
            Some("array") => {
                object.object("items", |items| match &self.items {
                    Some(schema) => schema.write(items),
                    None => items.text("type", "string"),
                });
                self.write_bounds(&["minItems", "maxItems"], object);
            }
            Some("object") => self.write_properties(object),
            Some("number" | "integer") => self.write_bounds(&["minimum", "maximum"], object),
            Some(_) => {}
            None => object.array("anyOf", |list| {
                self.any_of.iter().for_each(|schema| list.object(|inner| schema.write(inner)));
            }),
        }
        if let Some(default) = self.default {
            object.raw("default", default);
        }
    }

    fn write_properties(&self, object: &mut ObjectWriter<'_>) {
        if !self.properties.is_empty() {
            object.object("properties", |properties| {
                for (name, schema) in &self.properties {
                    properties.object(name, |inner| schema.write(inner));
                }
            });
        }
        let known = |name: &&Cow<'_, str>| self.properties.iter().any(|(known, _)| known == *name);
        let mut required: Vec<&Cow<'_, str>> = self.required.iter().filter(known).collect();
        let mut seen = std::collections::HashSet::new();
        required.retain(|name| seen.insert(*name));
        if !required.is_empty() {
            object.texts("required", required);
        }
        let ordering: Vec<_> = self.ordering.iter().filter(known).collect();
        if !ordering.is_empty() {
            object.texts("propertyOrdering", ordering);
        }
        self.write_bounds(&["minProperties", "maxProperties"], object);
    }

    fn write_bounds(&self, names: &[&str], object: &mut ObjectWriter<'_>) {
        for (name, raw) in self.bounds.iter().filter(|(name, _)| names.contains(name)) {
            object.raw(name, raw);
        }
    }
}

/// Formats that the API knows.
fn fits(kind: Option<&str>, format: &str) -> bool {
    match kind {
        Some("string") => matches!(format, "enum" | "date-time"),
        Some("integer") => matches!(format, "int32" | "int64"),
        Some("number") => matches!(format, "float" | "double"),
        _ => false,
    }
}
