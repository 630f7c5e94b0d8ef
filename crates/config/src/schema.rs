//! The one table of fields. It drives checking, defaults, hints, the JSON Schema and the reference page.

mod ai_proxy;
mod consumer;
mod document;
mod gateway;
mod key_auth;
mod logs;
mod metrics;
mod opentelemetry;
mod options;
mod plugin;
mod queue;

pub use ai_proxy::has_no_statistics;
pub(crate) use ai_proxy::{AI_PROXY, MULTIMODAL_EMBEDDINGS};
pub(crate) use consumer::{CONSUMER, CONSUMER_GROUP, TOP_CREDENTIAL};
pub(crate) use document::{DOCUMENT, VAULT_BACKENDS};
pub(crate) use gateway::{ROUTE, SERVICE};
pub(crate) use key_auth::KEY_AUTH;
pub(crate) use logs::{FILE_LOG, HTTP_LOG};
pub(crate) use metrics::PROMETHEUS;
pub(crate) use opentelemetry::OPENTELEMETRY;
pub(crate) use plugin::{PLUGIN, PLUGINS, SupportedPlugin};

/// A mapping with known members.
#[derive(Debug)]
pub(crate) struct Record {
    /// Heading of the reference page and name in the schema.
    pub title: &'static str,
    pub doc: &'static str,
    pub fields: &'static [Field],
    /// An entity: may carry `_comment`, `_ignore` and what exports of Kong add (`created_at`, …).
    pub entity: bool,
}

/// Members that any entity may have and that mean nothing here.
pub(crate) const IGNORED_EVERYWHERE: [&str; 5] = ["_comment", "_ignore", "created_at", "updated_at", "ws_id"];

#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub need: Need,
    pub doc: &'static str,
    pub secret: bool,
    pub note: Note,
}

/// What happens when the field is not given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Need {
    Optional,
    Required,
    /// Required but for cases that the entity's own rules know.
    Conditional,
    /// As JSON.
    Default(&'static str),
}

/// What else there is to say about a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Note {
    None,
    /// Not Kong's: a setting of our own.
    Ours,
    /// Works, and a warning says what replaces it.
    Deprecated(&'static str),
    /// Accepted; a warning says that it has no effect yet.
    NoEffect,
    /// Accepted, and rightly without effect here.
    Ignored,
    /// Refused: the gateway does not have this part yet.
    Unsupported,
    /// Refused for good; what to do instead.
    Refused(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Text with at least so many characters.
    Text(usize),
    Boolean,
    Integer(i64, i64),
    /// Smallest and largest value, where there is one.
    Number(Option<f64>, Option<f64>),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// One of these integers.
    Code(&'static [i64]),
    /// At least so many items.
    List(&'static Kind, usize),
    /// A mapping whose names are free.
    Map(&'static Kind),
    Record(&'static Record),
    /// A mapping with members of the record, none of which is required.
    Partial(&'static Record),
    /// Another entity, by name, by id, or as a mapping with one of these members.
    Reference(&'static [&'static str]),
    /// The name of a plugin, which decides about the sibling `config`.
    PluginName,
    /// The configuration of the plugin that the sibling `name` names.
    PluginConfig,
    Any,
}

/// A list of texts.
pub(crate) const TEXTS: Kind = Kind::List(&Kind::Text(1), 0);

impl Record {
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Fields that can be given.
    pub(crate) fn served(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| !matches!(field.note, Note::Unsupported | Note::Refused(_)))
    }
}

impl Field {
    const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, kind, need: Need::Optional, doc, secret: false, note: Note::None }
    }

    const fn required(mut self) -> Self {
        self.need = Need::Required;
        self
    }

    const fn conditional(mut self) -> Self {
        self.need = Need::Conditional;
        self
    }

    /// `json` is the default as JSON.
    const fn or(mut self, json: &'static str) -> Self {
        self.need = Need::Default(json);
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn note(mut self, note: Note) -> Self {
        self.note = note;
        self
    }
}

const fn text(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Text(0), doc)
}

/// A text that must not be empty.
const fn word(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Text(1), doc)
}

const fn boolean(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Boolean, doc)
}

const fn integer(name: &'static str, min: i64, max: i64, doc: &'static str) -> Field {
    Field::new(name, Kind::Integer(min, max), doc)
}

const fn number(name: &'static str, min: Option<f64>, max: Option<f64>, doc: &'static str) -> Field {
    Field::new(name, Kind::Number(min, max), doc)
}

const fn choice(name: &'static str, values: &'static [&'static str], doc: &'static str) -> Field {
    Field::new(name, Kind::Choice(values), doc)
}

const fn list(name: &'static str, item: &'static Kind, doc: &'static str) -> Field {
    Field::new(name, Kind::List(item, 0), doc)
}

const fn record(name: &'static str, record: &'static Record, doc: &'static str) -> Field {
    Field::new(name, Kind::Record(record), doc)
}

const fn any(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Any, doc)
}

const fn reference(name: &'static str, by: &'static [&'static str], doc: &'static str) -> Field {
    Field::new(name, Kind::Reference(by), doc)
}

/// Largest timeout and size that Kong accepts.
const MAX_INTEGER: i64 = 2_147_483_646;
/// Largest integer that JSON readers keep exactly.
pub(crate) const MAX_EXACT: i64 = 9_007_199_254_740_991;

const ID: Field = word("id", "UUID. Derived from the name where it is not given.");
const TAGS: Field = Field::new("tags", TEXTS, "Labels for people and tools.").note(Note::Ignored);
const BY_NAME: &[&str] = &["name", "id"];
const BY_USERNAME: &[&str] = &["username", "custom_id", "id"];
static PLUGIN_HERE: Kind = Kind::Record(&plugin::PLUGIN);
const PLUGINS_HERE: Field = list("plugins", &PLUGIN_HERE, "Plugins that apply to this entity alone.");
