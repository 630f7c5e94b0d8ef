//! What a record's line may say, as a table, and the JSON Schema that is made of it.
//!
//! The line is written by hand, so nothing but tests ties it to this table: those beside it, and those that let
//! the whole gateway write records of every kind.

mod table;

use std::fmt::Write as _;

use super::usage_parts;

/// One member of a line.
struct Member {
    name: &'static str,
    kind: Kind,
    /// It is never left out.
    always: bool,
    says: &'static str,
}

/// What a member holds.
enum Kind {
    Text,
    /// Text of this form.
    Form(&'static str),
    /// One of these words.
    Words(fn() -> Vec<&'static str>),
    /// A whole number that is not negative.
    Count,
    /// Milliseconds with decimals, not negative.
    Milliseconds,
    /// A number that is not negative, or null.
    Money,
    Flag,
    Object(&'static [Member]),
    /// An object of at least one of these members.
    AtLeastOne(&'static [Member]),
    /// An object that has the recorded settings of the target besides.
    WithSettings(&'static [Member]),
    List(&'static [Member]),
    /// Tokens by the parts of a usage.
    Parts,
    Headers,
    Arguments,
}

/// JSON Schema (draft 2020-12) of one line of a log. `settings`: names under which records tell settings of targets.
pub fn record_schema(settings: &[&str]) -> String {
    let writer = Writer { settings };
    let mut members = vec![
        ("$schema", quoted("https://json-schema.org/draft/2020-12/schema")),
        ("title", quoted("AI Proxy log record")),
        (
            "description",
            quoted("One line of the record log, of file-log, or one record that http-log sends."),
        ),
    ];
    members.extend(writer.object(table::RECORD, &[], 0));
    object(&members, 0) + "\n"
}

struct Writer<'a> {
    settings: &'a [&'a str],
}

impl Writer<'_> {
    fn member(&self, member: &Member, depth: usize) -> String {
        let mut all = vec![("description", quoted(member.says))];
        all.extend(self.kind(&member.kind, depth));
        object(&all, depth)
    }

    fn kind(&self, kind: &Kind, depth: usize) -> Vec<(&'static str, String)> {
        let of_type = |name: &str| vec![("type", quoted(name))];
        let not_negative = |name: &str| vec![("type", quoted(name)), ("minimum", "0".to_owned())];
        match kind {
            Kind::Text => of_type("string"),
            Kind::Form(form) => vec![("type", quoted("string")), ("pattern", quoted(form))],
            Kind::Words(words) => vec![("enum", list(words()))],
            Kind::Count => not_negative("integer"),
            Kind::Milliseconds => not_negative("number"),
            Kind::Money => vec![("type", list(["number", "null"])), ("minimum", "0".to_owned())],
            Kind::Flag => of_type("boolean"),
            Kind::Object(members) => self.object(members, &[], depth),
            Kind::AtLeastOne(members) => {
                let mut all = self.object(members, &[], depth);
                all.push(("minProperties", "1".to_owned()));
                all
            }
            Kind::WithSettings(members) => self.object(members, self.settings, depth),
            Kind::List(members) => {
                let item = self.object(members, &[], depth + 1);
                vec![("type", quoted("array")), ("items", object(&item, depth + 1))]
            }
            Kind::Parts => {
                let names = usage_parts(&model::Usage::default()).map(|(name, _)| name);
                let of = |_: &&str| r#"{"type": "integer", "minimum": 0}"#.to_owned();
                let properties: Vec<_> = names.iter().map(|name| (*name, of(name))).collect();
                closed(&properties, names, depth)
            }
            Kind::Headers => {
                open(r#"{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}"#)
            }
            Kind::Arguments => open(
                r#"{"anyOf": [{"type": "string"}, {"const": true}, {"type": "array", "items": {"anyOf": [{"type": "string"}, {"const": true}]}}]}"#,
            ),
        }
    }

    /// An object of these members, and of texts of the other names, and of nothing else.
    fn object(&self, members: &[Member], others: &[&str], depth: usize) -> Vec<(&'static str, String)> {
        let own = members.iter().map(|member| (member.name, self.member(member, depth + 2)));
        let setting = r#"{"description": "A setting of the target.", "type": "string"}"#;
        let others = others.iter().map(|name| (*name, setting.to_owned()));
        let properties: Vec<(&str, String)> = own.chain(others).collect();
        let required = members.iter().filter(|member| member.always).map(|member| member.name);
        closed(&properties, required, depth)
    }
}

fn closed<'n>(
    properties: &[(&str, String)],
    required: impl IntoIterator<Item = &'n str>,
    depth: usize,
) -> Vec<(&'static str, String)> {
    vec![
        ("type", quoted("object")),
        ("properties", object(properties, depth + 1)),
        ("required", list(required)),
        ("additionalProperties", "false".to_owned()),
    ]
}

/// An object whose names are those of clients and providers.
fn open(value: &str) -> Vec<(&'static str, String)> {
    vec![("type", quoted("object")), ("additionalProperties", value.to_owned())]
}

/// Nothing in the table needs an escape but backslashes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("[{}]", texts.join(", "))
}

/// An object whose values are JSON already, one member a line.
fn object(members: &[(&str, String)], depth: usize) -> String {
    let mut text = "{\n".to_owned();
    for (index, (name, value)) in members.iter().enumerate() {
        let comma = if index + 1 == members.len() { "" } else { "," };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{:width$}{}: {value}{comma}", "", quoted(name), width = 2 * depth + 2);
    }
    let _ = write!(text, "{:width$}}}", "", width = 2 * depth);
    text
}

#[cfg(test)]
mod tests {
    use jsonschema::Validator;
    use serde_json::{Value, json};

    use super::*;

    /// Makes a line wrong.
    type Spoil = fn(&mut Value);

    fn validator() -> Validator {
        let schema: Value = serde_json::from_str(&record_schema(&["azure_instance_id"])).unwrap();
        assert!(jsonschema::meta::is_valid(&schema));
        jsonschema::validator_for(&schema).unwrap()
    }

    /// All that a record must say and nothing else.
    fn smallest() -> Value {
        json!({
            "started_at": 1, "client_ip": "127.0.0.1",
            "request": {"id": "0123456789abcdef0123456789abcdef", "method": "GET", "uri": "/", "url": "/",
                "querystring": {}, "size": 0},
            "response": {"status": 404, "size": 55}, "tries": [], "source": "kong",
            "latencies": {"request": 0, "kong": 0.5},
            "workspace": "", "workspace_name": "default",
            "gateway": {"outcome": "refused", "stream": false, "error": "no_route"},
        })
    }

    #[test]
    fn the_schema_is_strict() {
        let validator = validator();
        assert!(validator.is_valid(&smallest()));
        let spoilt: [(&str, Spoil); 9] = [
            ("a foreign member", |line| line["more"] = 1.into()),
            ("a foreign member inside", |line| line["gateway"]["more"] = 1.into()),
            ("a member is missing", |line| drop(line["request"].as_object_mut().unwrap().remove("id"))),
            ("no id", |line| line["request"]["id"] = "r1".into()),
            ("a number as text", |line| line["started_at"] = "1".into()),
            ("a negative number", |line| line["latencies"]["kong"] = (-1).into()),
            ("a word of nobody", |line| line["gateway"]["outcome"] = "lost".into()),
            ("an empty ai", |line| line["ai"] = json!({"proxy": {}})),
            ("a header that is a number", |line| line["request"]["headers"] = json!({"x": 1})),
        ];
        for (what, spoil) in spoilt {
            let mut line = smallest();
            spoil(&mut line);
            assert!(!validator.is_valid(&line), "{what}");
        }
    }

    #[test]
    fn names_of_clients_are_free() {
        let validator = validator();
        let mut line = smallest();
        line["request"]["headers"] = json!({"x-any": "1", "x-list": ["1", "2"]});
        line["request"]["querystring"] = json!({"a": "1", "b": true, "c": ["1", true]});
        assert!(validator.is_valid(&line));
    }

    #[test]
    fn settings_of_targets_are_told_by_name() {
        let text = record_schema(&["azure_instance_id"]);
        assert!(text.contains("\"azure_instance_id\": {"), "{text}");
        assert!(!record_schema(&[]).contains("azure"));
    }
}
