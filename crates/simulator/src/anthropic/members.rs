//! The members of requests, as Anthropic names them.

use serde_json::{Map, Value};

use super::request::Host;
use crate::member::{Form, Member, member, nullable};
use crate::refusal::Refusal;

/// Members of a request for a message and of one that counts tokens.
const COUNTED: &[Member] = &[
    member("messages", Form::Array),
    member("system", Form::TextOrArray),
    member("thinking", Form::Object),
    member("tool_choice", Form::Object),
    member("tools", Form::Array),
    member("output_config", Form::Object),
    nullable("cache_control", Form::Object),
];

/// Members of a request for a message.
const SPOKEN: &[Member] = &[
    member("max_tokens", Form::Integer(1, i64::MAX)),
    member("metadata", Form::Object),
    member("stop_sequences", Form::Array),
    member("temperature", Form::Number(0.0, 1.0)),
    member("top_k", Form::Integer(0, i64::MAX)),
    member("top_p", Form::Number(0.0, 1.0)),
];

/// Members that only Anthropic's own hosts take.
const DIRECT: &[Member] = &[
    member("stream", Form::Bool),
    member("service_tier", Form::OneOf(&["auto", "standard_only"])),
    nullable("inference_geo", Form::Text),
    nullable("container", Form::TextOrObject),
];

/// Members that need a beta, and how its name begins.
const BETAS: &[(Member, &[&str])] = &[
    (member("mcp_servers", Form::Array), &["mcp-client-"]),
    (nullable("context_management", Form::Object), &["context-management-", "compact-"]),
    (nullable("output_format", Form::Object), &["structured-outputs-"]),
    (nullable("speed", Form::OneOf(&["standard", "fast"])), &["fast-mode-"]),
];

/// Members that Bedrock adds.
const BEDROCK: &[Member] = &[
    member("anthropic_version", Form::OneOf(&["bedrock-2023-05-31"])),
    member("anthropic_beta", Form::Array),
];

/// Members that Vertex adds.
const VERTEX: &[Member] = &[member("anthropic_version", Form::OneOf(&["vertex-2023-10-16"]))];
const STREAM: &[Member] = &[member("stream", Form::Bool)];

/// Judges the names and forms of the top-level members, and that those needed are there.
pub(super) fn judge(host: Host, body: &Map<String, Value>, betas: &[String]) -> Result<(), Refusal> {
    let model = [member("model", Form::Text)];
    let lists: &[&[Member]] = match host {
        Host::Direct => &[&model, COUNTED, SPOKEN, DIRECT],
        Host::Counting => &[&model, COUNTED],
        Host::Bedrock => &[COUNTED, SPOKEN, BEDROCK],
        Host::Vertex => &[COUNTED, SPOKEN, VERTEX, STREAM],
        Host::VertexCounting => &[&model, COUNTED, VERTEX],
    };
    for (name, value) in body {
        let known = lists.iter().flat_map(|list| list.iter()).find(|known| known.name == name);
        let by_beta = BETAS
            .iter()
            .find(|(known, starts)| known.name == name && enabled(betas, starts))
            .map(|(known, _)| known);
        match known.or(by_beta) {
            Some(known) => known.check(value)?,
            None => return Err(Refusal::Unknown { member: name.clone(), input: value.clone() }),
        }
    }
    let needed: &[&str] = match host {
        Host::Direct => &["model", "messages", "max_tokens"],
        Host::Counting | Host::VertexCounting => &["model", "messages"],
        Host::Bedrock | Host::Vertex => &["anthropic_version", "messages", "max_tokens"],
    };
    match needed.iter().find(|name| !body.contains_key(**name)) {
        Some(name) => Err(Refusal::Missing { member: (*name).to_owned() }),
        None => Ok(()),
    }
}

/// Whether one of the betas begins so.
pub(super) fn enabled(betas: &[String], starts: &[&str]) -> bool {
    betas.iter().any(|beta| starts.iter().any(|start| beta.starts_with(start)))
}

/// Judges the members of an object inside a request: each must be named, the first ones must be there.
pub(crate) fn judge_object(
    place: &str,
    value: &Value,
    needed: &[&str],
    optional: &[&str],
) -> Result<(), Refusal> {
    let Some(fields) = value.as_object() else {
        return Err(Refusal::Type { member: place.to_owned(), expected: "an object", found: value.clone() });
    };
    for (name, input) in fields {
        if !needed.contains(&name.as_str()) && !optional.contains(&name.as_str()) {
            return Err(Refusal::Unknown { member: format!("{place}.{name}"), input: input.clone() });
        }
    }
    match needed.iter().find(|name| !fields.contains_key(**name)) {
        Some(name) => Err(Refusal::Missing { member: format!("{place}.{name}") }),
        None => Ok(()),
    }
}

/// Whether a text is so many of the characters that names and identifiers are made of.
pub(crate) fn is_name(text: &str, most: usize) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !text.is_empty() && text.len() <= most && text.chars().all(legal)
}
