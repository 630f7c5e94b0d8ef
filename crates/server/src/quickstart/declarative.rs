//! The targets as a declarative file: YAML in Kong's format, with every key a reference.

use std::fmt::Write as _;

use model::Operation;
use provider::KeyStyle;

use super::{Entry, OPERATIONS, Place, Targets};

const HEAD: &str = "\
# AI Proxy: what quickstart found, as an ordinary declarative file.
# Keys are references to environment variables; no key stands here.
# Serve it: ai-proxy serve --config FILE --proxy-listen 127.0.0.1:8000
# Who reaches the address can use the keys: add the plugin key-auth before it is more than loopback.
_format_version: \"3.0\"
routes:
";

/// Largest request body in bytes: room for pictures.
const MAX_BODY: u32 = 32 << 20;

/// The file. It loads without problems wherever the environment has the variables that it refers to.
pub fn declarative(targets: &Targets) -> String {
    let mut yaml = String::from(HEAD);
    let mut known = Vec::new();
    for operation in OPERATIONS {
        let entries: Vec<_> = targets.entries.iter().filter(|entry| entry.serves(operation)).collect();
        if entries.is_empty() {
            continue;
        }
        let (name, path) = match operation {
            Operation::Completions => ("completions", "/v1/completions"),
            Operation::Embeddings => ("embeddings", "/v1/embeddings"),
            _ => ("chat", "/v1/chat/completions"),
        };
        write_route(&mut yaml, name, path, "POST", operation);
        for entry in entries {
            write_entry(&mut yaml, entry, operation, &mut known);
        }
    }
    write_messages(&mut yaml, targets, &mut known);
    write_route(&mut yaml, "models", "/v1/models", "GET", Operation::Chat);
    for entry in &targets.entries {
        write_listed(&mut yaml, entry, &mut known);
    }
    line(&mut yaml, 4, "list_models: true");
    yaml
}

/// The route for clients of Anthropic's Messages, such as Claude Code, which name models of their own.
fn write_messages(yaml: &mut String, targets: &Targets, known: &mut Vec<&'static str>) {
    let Some(default) = targets.default_for_messages() else {
        return;
    };
    write_route(yaml, "messages", "/v1/messages", "POST", Operation::Chat);
    for entry in targets.entries.iter().filter(|entry| entry.serves(Operation::Chat)) {
        write_entry(yaml, entry, Operation::Chat, known);
    }
    line(yaml, 4, &format!("default_model: {}", quote(&default)));
    line(yaml, 3, "llm_format: anthropic");
    // The list at the same path as OpenAI's; the header says who asks.
    write_head(yaml, "messages-models", "/v1/models", "GET");
    line(yaml, 1, "headers: {anthropic-version: [\"~*.\"]}");
    write_plugin(yaml, Operation::Chat);
    for entry in targets.entries.iter().filter(|entry| entry.serves(Operation::Chat)) {
        write_entry(yaml, entry, Operation::Chat, known);
    }
    line(yaml, 4, "list_models: true");
    line(yaml, 3, "llm_format: anthropic");
}

/// A route with its plugin, up to the list of models.
fn write_route(yaml: &mut String, name: &str, path: &str, method: &str, operation: Operation) {
    write_head(yaml, name, path, method);
    write_plugin(yaml, operation);
}

fn write_head(yaml: &mut String, name: &str, path: &str, method: &str) {
    line(yaml, 0, &format!("- name: {name}"));
    line(yaml, 1, &format!("paths: [{}]", quote(path)));
    line(yaml, 1, &format!("methods: [{method}]"));
}

fn write_plugin(yaml: &mut String, operation: Operation) {
    line(yaml, 1, "plugins:");
    line(yaml, 1, "- name: ai-proxy");
    line(yaml, 2, "config:");
    line(yaml, 3, &format!("route_type: {}", operation.route_type()));
    line(yaml, 3, &format!("max_request_body_size: {MAX_BODY}"));
    line(yaml, 3, "extensions:");
    line(yaml, 4, "models:");
}

/// An entry: in full where it comes first, else what differs from there.
fn write_entry(yaml: &mut String, entry: &Entry, operation: Operation, known: &mut Vec<&'static str>) {
    let models = list(entry.models(operation));
    let statistics = !config::has_no_statistics(entry.provider.id, operation);
    if known.contains(&entry.name) {
        line(yaml, 4, &format!("- <<: *{}", entry.name));
        line(yaml, 5, &format!("models: {models}"));
        if !statistics {
            write_logging(yaml, statistics);
        }
        if matches!(entry.place, Place::OpenAi(_)) {
            write_model(yaml, entry, operation);
        }
        return;
    }
    known.push(entry.name);
    line(yaml, 4, &format!("- &{}", entry.name));
    line(yaml, 5, &format!("name: {}", entry.name));
    line(yaml, 5, &format!("models: {models}"));
    if entry.simulate {
        line(yaml, 5, "simulate: true");
    }
    if let Some(variable) = entry.key {
        let reference = quote(&format!("{{vault://env/{variable}}}"));
        match entry.provider.key {
            KeyStyle::Header(header) => {
                line(yaml, 5, "auth:");
                line(yaml, 6, &format!("header_name: {header}"));
                line(yaml, 6, &format!("header_value: {reference}"));
            }
            KeyStyle::Bearer | KeyStyle::None => line(yaml, 5, &format!("bearer_key: {reference}")),
        }
    }
    write_model(yaml, entry, operation);
    write_logging(yaml, statistics);
}

fn write_logging(yaml: &mut String, statistics: bool) {
    line(yaml, 5, "logging:");
    line(yaml, 6, &format!("log_statistics: {statistics}"));
}

/// An entry of the list of models, with all of them.
fn write_listed(yaml: &mut String, entry: &Entry, known: &mut Vec<&'static str>) {
    if !known.contains(&entry.name) {
        write_entry(yaml, entry, Operation::Chat, known);
        return;
    }
    let mut models: Vec<String> = Vec::new();
    for operation in OPERATIONS.into_iter().filter(|operation| entry.serves(*operation)) {
        let new = entry.models(operation).iter().filter(|model| !models.contains(model));
        models.extend(new.cloned().collect::<Vec<_>>());
    }
    line(yaml, 4, &format!("- <<: *{}", entry.name));
    line(yaml, 5, &format!("models: {}", list(&models)));
}

fn write_model(yaml: &mut String, entry: &Entry, operation: Operation) {
    line(yaml, 5, "model:");
    line(yaml, 6, &format!("provider: {}", entry.provider.id));
    let url = entry.url(operation);
    if entry.options.is_empty() && url.is_none() {
        return;
    }
    line(yaml, 6, "options:");
    let mut open = None;
    for (name, value) in &entry.options {
        match name.split_once('.') {
            None => line(yaml, 7, &format!("{name}: {}", quote(value))),
            Some((group, member)) => {
                if open != Some(group) {
                    line(yaml, 7, &format!("{group}:"));
                    open = Some(group);
                }
                line(yaml, 8, &format!("{member}: {}", quote(value)));
            }
        }
    }
    if let Some(url) = url {
        line(yaml, 7, &format!("upstream_url: {}", quote(&url)));
    }
}

fn line(yaml: &mut String, depth: usize, text: &str) {
    // Writing into a string cannot fail.
    let _ = writeln!(yaml, "{:width$}{text}", "", width = depth * 2);
}

fn list(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| quote(name)).collect();
    format!("[{}]", quoted.join(", "))
}

/// A text as a double-quoted YAML scalar.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() || c == '\u{2028}' || c == '\u{2029}' || c == '\u{feff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
