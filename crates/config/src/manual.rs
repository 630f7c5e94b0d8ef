//! The table of fields as a page to read.

use std::fmt::Write as _;

use crate::json_schema::collect;
use crate::schema::{DOCUMENT, Field, Kind, Need, Note, PLUGINS, Record};

/// The reference of all fields, in Markdown.
pub fn reference() -> String {
    let mut records = Vec::new();
    collect(&DOCUMENT, &mut records);
    let mut page = String::from(INTRODUCTION);
    for record in records {
        section(&mut page, record);
    }
    page
}

const INTRODUCTION: &str = "# Configuration

Generated from the table of fields that also checks configurations: do not edit.

A configuration is a declarative file in Kong's format, in YAML or JSON. `ai-proxy check FILE` tells all
problems of a file at once, each with line, column and path; `ai-proxy schema` prints the same fields as JSON
Schema.

- Every text may be a reference to a secret, as the whole value: `{vault://env/NAME}` reads the environment
  variable `NAME` (in capitals, `-` as `_`), `{vault://env/NAME/KEY}` a member of the JSON object in it, and
  `{vault://PREFIX/NAME}` goes through the entry of `vaults` with that prefix.
- decK's `${{ env \"DECK_NAME\" }}` is replaced anywhere in a value, with the filters `toBool`, `toInt` and
  `toFloat`.
- YAML is read by the core schema of YAML 1.2: `yes`, `no`, `on` and `off` are texts. Anchors, aliases and
  merge keys work.
- Fields marked *extension* are not Kong's.
";

fn section(page: &mut String, record: &Record) {
    let _ = write!(page, "\n## {}\n\n{}\n\n", record.title, record.doc);
    page.push_str("| field | type | default | |\n|---|---|---|---|\n");
    for field in record.served() {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            field.name,
            escape(&kind(field.kind)),
            default(field),
            escape(&remarks(field)),
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

fn default(field: &Field) -> String {
    match field.need {
        Need::Optional => String::new(),
        Need::Required => "**required**".to_owned(),
        Need::Conditional => "**required**, see right".to_owned(),
        Need::Default(json) => format!("`{}`", json.trim_matches('"')),
    }
}

fn remarks(field: &Field) -> String {
    let mut text = field.doc.to_owned();
    match field.note {
        Note::Ours => text.push_str(" *Extension.*"),
        Note::Deprecated(instead) => {
            let _ = write!(text, " *Deprecated: {instead}.*");
        }
        Note::NoEffect => text.push_str(" *No effect yet.*"),
        Note::Ignored => text.push_str(" *No effect here.*"),
        Note::None | Note::Unsupported | Note::Refused(_) => {}
    }
    if field.secret {
        text.push_str(" *Secret.*");
    }
    text
}

/// Link to a record's section.
fn link(record: &Record) -> String {
    let anchor = record.title.to_ascii_lowercase().replace(' ', "-");
    format!("[{}](#{anchor})", record.title)
}

fn kind(kind_of: Kind) -> String {
    let codes = |values: &[&str]| {
        let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        quoted.join(", ")
    };
    match kind_of {
        Kind::Text(_) => "text".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Integer(min, max) => match max {
            crate::schema::MAX_EXACT => format!("integer from {min}"),
            _ => format!("integer, {min} to {max}"),
        },
        Kind::Number(Some(min), Some(max)) => format!("number, {min} to {max}"),
        Kind::Number(Some(min), None) => format!("number from {min}"),
        Kind::Number(..) => "number".to_owned(),
        Kind::Choice(values) => codes(values),
        Kind::Code(values) => {
            let texts: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            texts.join(", ")
        }
        Kind::List(item, _) => format!("list of {}", kind(*item)),
        Kind::Map(item) => format!("mapping of {}", kind(*item)),
        Kind::Record(record) | Kind::Partial(record) => link(record),
        Kind::Reference(by) => format!("reference by {}", codes(by)),
        Kind::PluginName => {
            let names: Vec<&str> = PLUGINS.iter().map(|plugin| plugin.name).collect();
            codes(&names)
        }
        Kind::PluginConfig => {
            let links: Vec<String> = PLUGINS.iter().map(|plugin| link(plugin.config)).collect();
            links.join(" or ")
        }
        Kind::Any => "anything".to_owned(),
    }
}
