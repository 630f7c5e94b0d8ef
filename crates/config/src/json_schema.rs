//! The table of fields as JSON Schema.

use std::fmt::Write as _;

use crate::schema::{DOCUMENT, Field, IGNORED_EVERYWHERE, Kind, Need, Note, PLUGINS, Record};

/// JSON Schema (draft 2020-12) of a configuration file, for editors and other checkers. It says what single
/// fields must be; rules that tie fields together are `load`'s.
pub fn schema() -> String {
    let mut records = Vec::new();
    collect(&DOCUMENT, &mut records);
    let mut definitions = Object::new(1);
    for record in &records {
        definitions.member(&key(record), &record_schema(record, 2));
    }
    let mut document = Object::new(0);
    document.text("$schema", "https://json-schema.org/draft/2020-12/schema");
    document.text("title", "AI Proxy configuration");
    document.text("$ref", &format!("#/$defs/{}", key(&DOCUMENT)));
    document.member("$defs", &definitions.finish());
    document.finish() + "\n"
}

/// All records that can be reached, each once, in the order in which the table names them.
pub(crate) fn collect(record: &'static Record, found: &mut Vec<&'static Record>) {
    if found.iter().any(|known| known.title == record.title) {
        return;
    }
    found.push(record);
    for field in record.fields {
        collect_kind(field.kind, found);
    }
}

fn collect_kind(kind: Kind, found: &mut Vec<&'static Record>) {
    match kind {
        Kind::Record(record) | Kind::Partial(record) => collect(record, found),
        Kind::List(item, _) | Kind::Map(item) => collect_kind(*item, found),
        Kind::PluginConfig => {
            for plugin in &PLUGINS {
                collect(plugin.config, found);
            }
        }
        _ => {}
    }
}

fn key(record: &Record) -> String {
    record.title.to_ascii_lowercase().replace([' ', '-'], "_")
}

fn record_schema(record: &'static Record, depth: usize) -> String {
    let mut properties = Object::new(depth + 1);
    let fields = || record.served();
    for field in fields() {
        properties.member(field.name, &field_schema(field, depth + 2));
    }
    if record.entity {
        for name in IGNORED_EVERYWHERE {
            properties.member(name, "true");
        }
    }
    let mut object = Object::new(depth);
    object.text("description", record.doc);
    object.text("type", "object");
    object.member("properties", &properties.finish());
    let required: Vec<String> =
        fields().filter(|field| field.need == Need::Required).map(|field| quoted(field.name)).collect();
    if !required.is_empty() {
        object.member("required", &format!("[{}]", required.join(", ")));
    }
    if let Some(field) = fields().find(|field| matches!(field.kind, Kind::PluginConfig)) {
        object.member("allOf", &plugin_rules(field.name, depth));
    }
    object.member("additionalProperties", "false");
    object.finish()
}

/// What `config` is, depending on the plugin's name.
fn plugin_rules(field: &str, depth: usize) -> String {
    let mut rules = Vec::new();
    for plugin in &PLUGINS {
        let mut rule = Object::new(depth + 2);
        let name = quoted(plugin.name);
        rule.member(
            "if",
            &format!("{{\"properties\": {{\"name\": {{\"const\": {name}}}}}, \"required\": [\"name\"]}}"),
        );
        let required = if plugin.config_required {
            format!(", \"required\": [{}]", quoted(field))
        } else {
            String::new()
        };
        let reference = format!("{{\"$ref\": \"#/$defs/{}\"}}", key(plugin.config));
        rule.member("then", &format!("{{\"properties\": {{{}: {reference}}}{required}}}", quoted(field)));
        rules.push(rule.finish());
    }
    let pad = "  ".repeat(depth + 2);
    format!("[\n{pad}{}\n{}]", rules.join(&format!(",\n{pad}")), "  ".repeat(depth + 1))
}

fn field_schema(field: &Field, depth: usize) -> String {
    let mut object = Object::new(depth);
    object.text("description", field.doc);
    kind_members(&mut object, field.kind, depth);
    if let Need::Default(json) = field.need {
        object.member("default", json);
    }
    match field.note {
        Note::Deprecated(_) => object.member("deprecated", "true"),
        Note::Ours => object.member("x-extension", "true"),
        Note::NoEffect => object.member("x-no-effect", "true"),
        Note::None | Note::Ignored | Note::Unsupported | Note::Refused(_) => {}
    }
    if field.secret {
        object.member("writeOnly", "true");
    }
    object.finish()
}

fn kind_members(object: &mut Object, kind: Kind, depth: usize) {
    match kind {
        Kind::Text(at_least) => {
            object.text("type", "string");
            if at_least > 0 {
                object.member("minLength", &at_least.to_string());
            }
        }
        Kind::Boolean => object.text("type", "boolean"),
        Kind::Integer(min, max) => {
            object.text("type", "integer");
            object.member("minimum", &min.to_string());
            object.member("maximum", &max.to_string());
        }
        Kind::Number(min, max) => {
            object.text("type", "number");
            if let Some(min) = min {
                object.member("minimum", &min.to_string());
            }
            if let Some(max) = max {
                object.member("maximum", &max.to_string());
            }
        }
        Kind::Choice(values) => {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            object.text("type", "string");
            object.member("enum", &format!("[{}]", values.join(", ")));
        }
        Kind::Code(values) => {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            object.text("type", "integer");
            object.member("enum", &format!("[{}]", values.join(", ")));
        }
        Kind::List(item, at_least) => {
            let mut items = Object::new(depth + 1);
            kind_members(&mut items, *item, depth + 1);
            object.text("type", "array");
            object.member("items", &items.finish());
            if at_least > 0 {
                object.member("minItems", &at_least.to_string());
            }
        }
        Kind::Map(item) => {
            let mut items = Object::new(depth + 1);
            kind_members(&mut items, *item, depth + 1);
            object.text("type", "object");
            object.member("additionalProperties", &items.finish());
        }
        Kind::Record(record) => object.text("$ref", &format!("#/$defs/{}", key(record))),
        Kind::Reference(by) => {
            let members: Vec<String> =
                by.iter().map(|name| format!("{}: {{\"type\": \"string\"}}", quoted(name))).collect();
            object.member(
                "anyOf",
                &format!(
                    "[{{\"type\": \"string\"}}, {{\"type\": \"object\", \"properties\": {{{}}}, \
                     \"minProperties\": 1, \"maxProperties\": 1, \"additionalProperties\": false}}]",
                    members.join(", ")
                ),
            );
        }
        Kind::PluginName => {
            let names: Vec<String> = PLUGINS.iter().map(|plugin| quoted(plugin.name)).collect();
            object.text("type", "string");
            object.member("enum", &format!("[{}]", names.join(", ")));
        }
        // Nothing that one place of a schema could say.
        Kind::Partial(_) | Kind::PluginConfig => object.text("type", "object"),
        Kind::Any => {}
    }
}

/// Writes one JSON object over several lines.
struct Object {
    text: String,
    depth: usize,
}

impl Object {
    fn new(depth: usize) -> Self {
        Self { text: String::new(), depth }
    }

    /// `value` is JSON.
    fn member(&mut self, name: &str, value: &str) {
        let comma = if self.text.is_empty() { "" } else { "," };
        let pad = "  ".repeat(self.depth + 1);
        let _ = write!(self.text, "{comma}\n{pad}{}: {value}", quoted(name));
    }

    fn text(&mut self, name: &str, value: &str) {
        self.member(name, &quoted(value));
    }

    fn finish(self) -> String {
        if self.text.is_empty() {
            return "{}".to_owned();
        }
        format!("{{{}\n{}}}", self.text, "  ".repeat(self.depth))
    }
}

/// A text as JSON; the table has no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
