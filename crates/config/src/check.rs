//! Compares a document with the table of fields: names, types, bounds, and secrets looked up on the way.

use crate::problem::{Place, Problems, Severity};
use crate::schema::{
    DOCUMENT, Field, IGNORED_EVERYWHERE, Kind, Need, Note, PLUGINS, Record, SupportedPlugin,
};
use crate::secrets::{Secrets, Unresolved};
use crate::suggest::nearest;
use crate::tree::{Content, NodeId, Origin, Scalar, Style, Tree, shorten};

pub(crate) struct Checker<'a> {
    pub tree: &'a mut Tree,
    pub problems: &'a mut Problems,
    pub secrets: &'a Secrets<'a>,
    /// Unsupported plugins are left out with a warning.
    pub ignore_unsupported: bool,
    /// Inside of a disabled plugin, a secret that is not set is only a warning.
    pub lenient: bool,
}

impl Checker<'_> {
    pub(crate) fn document(&mut self) {
        let root = self.tree.root();
        for (at, mapping, key) in self.tree.duplicates() {
            let path = self.tree.path(mapping);
            self.problems.duplicate(at, path, key);
        }
        self.value(root, Kind::Record(&DOCUMENT), &ROOT);
    }

    fn error(&mut self, place: Place<'_>, message: impl Into<Box<str>>, hint: Option<String>) {
        let told = self.problems.error(self.tree, place, message);
        if let Some(hint) = hint {
            told.hint(hint);
        }
    }

    fn value(&mut self, id: NodeId, kind: Kind, field: &'static Field) {
        match kind {
            Kind::Record(record) => self.record(id, record, true),
            Kind::Partial(record) => self.record(id, record, false),
            Kind::List(item, at_least) => self.list(id, *item, at_least, field),
            Kind::Map(item) => self.map(id, *item, field),
            Kind::Reference(by) => self.reference(id, by, field),
            // A plugin's configuration is handled with the plugin that it belongs to.
            Kind::Any | Kind::PluginConfig => {}
            _ => self.scalar(id, kind, field),
        }
    }

    fn list(&mut self, id: NodeId, item: Kind, at_least: usize, field: &'static Field) {
        let Content::Sequence(items) = self.tree.content(id) else {
            let hint = matches!(self.tree.content(id), Content::Scalar(_))
                .then(|| "write '- ' before it".to_owned());
            self.mismatch(id, "a list", hint);
            return;
        };
        let items = items.clone();
        if items.len() < at_least {
            self.error(Place::Value(id), "must not be empty", None);
        }
        for child in items {
            self.value(child, item, field);
        }
    }

    fn map(&mut self, id: NodeId, item: Kind, field: &'static Field) {
        let Content::Mapping(members) = self.tree.content(id) else {
            self.mismatch(id, "a mapping", None);
            return;
        };
        for child in members.clone() {
            self.value(child, item, field);
        }
    }

    fn reference(&mut self, id: NodeId, by: &'static [&'static str], field: &'static Field) {
        if let Content::Mapping(members) = self.tree.content(id) {
            let members = members.clone();
            let known = |tree: &Tree, child: &NodeId| tree.key(*child).is_some_and(|key| by.contains(&key));
            if members.len() != 1 || !members.iter().all(|child| known(self.tree, child)) {
                let message = format!("must be a name, or a mapping with one of {}", by.join(", "));
                self.error(Place::Value(id), message, None);
                return;
            }
            for child in members {
                self.scalar(child, Kind::Text(1), field);
            }
            return;
        }
        self.scalar(id, Kind::Text(1), field);
    }

    fn record(&mut self, id: NodeId, record: &'static Record, whole: bool) {
        let Content::Mapping(members) = self.tree.content(id) else {
            self.mismatch(id, "a mapping", None);
            return;
        };
        let members = members.clone();
        let was_lenient = self.lenient;
        let config = record.field("config").filter(|field| matches!(field.kind, Kind::PluginConfig));
        let plugin = config.and_then(|_| self.plugin(id));
        for child in &members {
            let key = self.tree.key(*child).unwrap_or_default();
            match record.field(key) {
                Some(field) => self.member(*child, field, plugin),
                None if record.entity && IGNORED_EVERYWHERE.contains(&key) => {}
                None => self.unknown(*child, record),
            }
        }
        if whole {
            for field in record.fields {
                if field.need == Need::Required && self.tree.member(id, field.name).is_none() {
                    self.error(Place::Below(id, field.name), "is required", None);
                }
            }
        }
        if let Some(plugin) = plugin.filter(|plugin| plugin.config_required)
            && self.tree.member(id, "config").is_none()
        {
            let message = format!("is required for plugin {}", plugin.name);
            self.error(Place::Below(id, "config"), message, None);
        }
        self.lenient = was_lenient;
    }

    fn member(&mut self, id: NodeId, field: &'static Field, plugin: Option<&'static SupportedPlugin>) {
        if self.tree.is_null(id) {
            return;
        }
        match field.note {
            Note::Unsupported => {
                self.error(Place::Key(id), "is not supported yet", None);
                return;
            }
            Note::Refused(instead) => {
                if !self.tree.members(id).is_empty() || !self.tree.is_mapping(id) {
                    self.error(Place::Key(id), "is not supported", Some(instead.to_owned()));
                }
                return;
            }
            Note::NoEffect => {
                self.problems.warning(self.tree, Place::Key(id), "has no effect yet");
            }
            Note::Deprecated(instead) => {
                let told = self.problems.warning(self.tree, Place::Key(id), "is deprecated");
                told.hint(instead);
            }
            Note::None | Note::Ours | Note::Ignored => {}
        }
        match (field.kind, plugin) {
            (Kind::PluginConfig, Some(plugin)) => self.record(id, plugin.config, true),
            (kind, _) => self.value(id, kind, field),
        }
    }

    /// The plugin that an instance is of; tells one that is not there. Sets leniency.
    fn plugin(&mut self, instance: NodeId) -> Option<&'static SupportedPlugin> {
        if let Some(enabled) = self.tree.member(instance, "enabled") {
            self.settle(enabled, false);
            let enabled = self.tree.scalar(enabled).and_then(Scalar::boolean);
            self.lenient |= enabled == Some(false);
        }
        let name = self.tree.member(instance, "name")?;
        self.settle(name, true);
        let scalar = self.tree.scalar(name).filter(|scalar| scalar.origin != Origin::Nowhere)?;
        let written = &scalar.text;
        let found = PLUGINS.iter().find(|plugin| plugin.name == &**written);
        if found.is_none() && !written.is_empty() {
            let known: Vec<&str> = PLUGINS.iter().map(|plugin| plugin.name).collect();
            let message = format!("plugin {} is not supported yet", shown(scalar, false));
            let mut hint = format!("supported are {}", known.join(", "));
            if let Some(near) =
                nearest(written, known.iter().copied()).filter(|_| scalar.origin == Origin::File)
            {
                hint = format!("did you mean '{near}'? {hint}");
            }
            let left_out = self.ignore_unsupported || self.lenient;
            let severity = if left_out { Severity::Warning } else { Severity::Error };
            self.problems.tell(severity, self.tree, Place::Value(name), message).hint(hint);
        }
        found
    }

    fn unknown(&mut self, id: NodeId, record: &'static Record) {
        let key = self.tree.key(id).unwrap_or_default();
        let names = || record.fields.iter().map(|field| field.name);
        let hint = if self.problems.is_full() {
            // Hostile files have a million of them.
            None
        } else if let Some(near) = nearest(key, names()) {
            Some(format!("did you mean '{near}'?"))
        } else if let Some(path) = find(record, key, 0) {
            Some(format!("it belongs in '{path}'"))
        } else if record.fields.len() <= 12 {
            Some(format!("known are {}", names().collect::<Vec<_>>().join(", ")))
        } else {
            None
        };
        let message = format!("unknown field '{}'", shorten(key));
        self.error(Place::Key(id), message, hint);
    }

    fn mismatch(&mut self, id: NodeId, wanted: &str, hint: Option<String>) {
        let found = match self.tree.content(id) {
            Content::Scalar(scalar) => match scalar.origin {
                Origin::File => scalar.type_name(),
                Origin::Environment => "a value from the environment",
                Origin::Nowhere => return,
            },
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a mapping",
        };
        self.error(Place::Value(id), format!("must be {wanted}, is {found}"), hint);
    }

    fn scalar(&mut self, id: NodeId, kind: Kind, field: &'static Field) {
        self.settle(id, matches!(kind, Kind::Text(_) | Kind::Choice(_) | Kind::PluginName));
        let Some(scalar) = self.tree.scalar(id) else {
            self.mismatch(id, wanted(kind), None);
            return;
        };
        if scalar.origin == Origin::Nowhere {
            return;
        }
        match kind {
            Kind::Text(at_least) => self.text(id, at_least),
            Kind::PluginName => self.text(id, 1),
            Kind::Boolean if scalar.boolean().is_none() => {
                let hint = boolean_hint(scalar);
                self.mismatch(id, "a boolean", hint);
            }
            Kind::Integer(min, max) => match scalar.integer() {
                Some(value) if (min..=max).contains(&value) => {}
                Some(_) => {
                    let message = match max {
                        i64::MAX => format!("must be at least {min}"),
                        _ => format!("must be between {min} and {max}"),
                    };
                    self.error(Place::Value(id), message, None);
                }
                None => self.mismatch(id, "an integer", quotes_hint(scalar, Scalar::integer)),
            },
            Kind::Number(min, max) => match scalar.float() {
                Some(value) if min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max) => {}
                Some(_) => {
                    let message = match (min, max) {
                        (Some(min), Some(max)) => format!("must be between {min} and {max}"),
                        (Some(min), None) => format!("must be at least {min}"),
                        _ => format!("must be at most {}", max.unwrap_or_default()),
                    };
                    self.error(Place::Value(id), message, None);
                }
                None => self.mismatch(id, "a number", quotes_hint(scalar, Scalar::float)),
            },
            Kind::Choice(values) => self.choice(id, values, field.secret),
            Kind::Code(values) if !scalar.integer().is_some_and(|value| values.contains(&value)) => {
                let list: Vec<String> = values.iter().map(ToString::to_string).collect();
                self.error(Place::Value(id), format!("must be one of {}", list.join(", ")), None);
            }
            _ => {}
        }
    }

    fn text(&mut self, id: NodeId, at_least: usize) {
        let Some(scalar) = self.tree.scalar(id) else {
            return;
        };
        if is_other_type(scalar) {
            let hint = Some("put it in quotes".to_owned());
            self.mismatch(id, "text", hint);
        } else if scalar.text.chars().take(at_least).count() < at_least {
            self.error(Place::Value(id), "must not be empty", None);
        }
    }

    fn choice(&mut self, id: NodeId, values: &'static [&'static str], secret: bool) {
        let Some(scalar) = self.tree.scalar(id) else {
            return;
        };
        if is_other_type(scalar) {
            let quoted = values.contains(&&*scalar.text);
            let hint = quoted.then(|| format!("write it in quotes: \"{}\"", scalar.text));
            let message = format!("must be text, one of {}", values.join(", "));
            self.error(Place::Value(id), message, hint);
        } else if !values.contains(&&*scalar.text) {
            let message = format!("{} is not one of {}", shown(scalar, secret), values.join(", "));
            let hint = nearest(&scalar.text, values.iter().copied())
                .filter(|_| scalar.origin == Origin::File && !secret)
                .map(|near| format!("did you mean '{near}'?"));
            self.error(Place::Value(id), message, hint);
        }
    }

    /// Puts the values of environment variables in, once.
    fn settle(&mut self, id: NodeId, reference: bool) {
        let Some(scalar) = self.tree.scalar(id) else {
            return;
        };
        match self.secrets.settle(scalar, reference) {
            Ok(None) => {}
            Ok(Some(value)) => self.tree.replace_scalar(id, value),
            Err(Unresolved { message, hint }) => {
                let severity = if self.lenient { Severity::Warning } else { Severity::Error };
                let told = self.problems.tell(severity, self.tree, Place::Value(id), message);
                if let Some(hint) = hint {
                    told.hint(hint);
                }
                self.tree.replace_scalar(id, Scalar::nowhere());
            }
        }
    }

    /// Settles what the vaults' own configuration takes from the environment, so that it can be read first.
    pub(crate) fn vaults(&mut self) {
        if let Some(vaults) = self.tree.member(self.tree.root(), "vaults") {
            self.settle_below(vaults);
        }
    }

    fn settle_below(&mut self, id: NodeId) {
        match self.tree.content(id) {
            Content::Scalar(_) => self.settle(id, false),
            Content::Sequence(children) | Content::Mapping(children) => {
                for child in children.clone() {
                    self.settle_below(child);
                }
            }
        }
    }
}

static ROOT: Field =
    Field { name: "", kind: Kind::Any, need: Need::Required, doc: "", secret: false, note: Note::None };

fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "a boolean",
        Kind::Integer(..) | Kind::Code(_) => "an integer",
        Kind::Number(..) => "a number",
        _ => "text",
    }
}

/// A plain scalar that YAML reads as something else than text.
fn is_other_type(scalar: &Scalar) -> bool {
    scalar.origin == Origin::File
        && scalar.style == Style::Plain
        && (scalar.is_null() || scalar.boolean().is_some() || scalar.float().is_some())
}

fn boolean_hint(scalar: &Scalar) -> Option<String> {
    if scalar.origin != Origin::File {
        return None;
    }
    if matches!(&*scalar.text.to_ascii_lowercase(), "true" | "false") {
        return Some("write true or false, in small letters and without quotes".to_owned());
    }
    let value = match &*scalar.text.to_ascii_lowercase() {
        "yes" | "on" | "y" => "true",
        "no" | "off" | "n" => "false",
        _ => return None,
    };
    Some(format!("'{}' is text in YAML 1.2; write {value}", scalar.text))
}

/// For a quoted number.
fn quotes_hint<T>(scalar: &Scalar, read: impl Fn(&Scalar) -> Option<T>) -> Option<String> {
    let plain = Scalar::plain(scalar.text.clone());
    (scalar.style == Style::Quoted && read(&plain).is_some()).then(|| "remove the quotes".to_owned())
}

/// A value in quotes, or what stands for it where it may be secret.
pub(crate) fn shown(scalar: &Scalar, secret: bool) -> String {
    match scalar.origin {
        Origin::File if secret => "the value".to_owned(),
        Origin::File => format!("'{}'", shorten(&scalar.text)),
        _ => "the value from the environment".to_owned(),
    }
}

/// Where below a record a field of this name stands.
fn find(record: &'static Record, name: &str, depth: usize) -> Option<String> {
    if depth > 4 {
        return None;
    }
    record.fields.iter().find_map(|field| {
        let Kind::Record(inner) = field.kind else {
            return None;
        };
        if inner.field(name).is_some() {
            return Some(field.name.to_owned());
        }
        Some(format!("{}.{}", field.name, find(inner, name, depth + 1)?))
    })
}
