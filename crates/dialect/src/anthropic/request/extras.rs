//! Members that only Anthropic knows, on their way from the client.

use std::borrow::Cow;

use document::{Document, Kind, ObjectWriter, Value};
use model::{ChatRequest, Json, LossKind, Losses};

use super::search;
use crate::anthropic::hosting::Hosting;

/// Members that are passed on as they are.
const KNOWN: [&str; 9] = [
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "inference_geo",
    "mcp_servers",
    "speed",
    "user_profile_id",
    "workspace_id",
];

/// What of a request's extras goes to the host.
pub(super) struct Extras<'r> {
    betas: Vec<Box<str>>,
    passed: Vec<(&'r str, &'r Json)>,
    thinking: Option<&'r Json>,
    output_config: Vec<(Box<str>, Vec<u8>)>,
}

impl<'r> Extras<'r> {
    /// Sorts them; what the host does not take is lost.
    pub(super) fn of(request: &'r ChatRequest, hosting: &Hosting, losses: &mut Losses) -> Self {
        let asked = ["anthropic_beta", "betas"].into_iter().filter_map(|name| request.extras.value(name));
        let asked: Vec<String> = asked.flat_map(texts).collect();
        let betas = hosting.betas(asked.iter().map(String::as_str));
        for beta in &betas.dropped {
            losses.add(format!("anthropic_beta.{beta}"), LossKind::Dropped);
        }
        let mut extras =
            Self { betas: betas.kept, passed: Vec::new(), thinking: None, output_config: Vec::new() };
        for extra in request.extras.iter() {
            match &*extra.name {
                "anthropic_beta" | "betas" => {}
                "thinking" if request.reasoning.is_none() => extras.thinking = Some(&extra.value),
                "output_config" => extras.output_config = members(&extra.value),
                search::MEMBER if !hosting.refuses_tool(search::KIND) => {}
                name if KNOWN.contains(&name) && !hosting.refuses(name, &extras.betas) => {
                    extras.passed.push((name, &extra.value));
                }
                name => losses.add(name.to_owned(), LossKind::Dropped),
            }
        }
        extras
    }

    pub(super) fn add_beta(&mut self, beta: &str) {
        if !self.betas.iter().any(|known| &**known == beta) {
            self.betas.push(beta.into());
        }
    }

    pub(super) fn betas(&self) -> &[Box<str>] {
        &self.betas
    }

    pub(super) fn take_betas(&mut self) -> Vec<Box<str>> {
        std::mem::take(&mut self.betas)
    }

    pub(super) fn thinking(&self) -> Option<&'r Json> {
        self.thinking
    }

    /// Members of `output_config`: name, raw value.
    pub(super) fn output_config(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.output_config.iter().map(|(name, value)| (&**name, value.as_slice()))
    }

    pub(super) fn write(&self, body: &mut ObjectWriter<'_>) {
        for (name, value) in &self.passed {
            body.raw(name, value.as_bytes());
        }
    }
}

/// Reads a value by way of a document, which is an object.
fn read<R>(value: &Json, read: impl FnOnce(Value<'_>) -> R) -> Option<R> {
    let wrapped = [b"{\"value\":", value.as_bytes(), b"}"].concat();
    let document = Document::parse(wrapped.into()).ok()?;
    document.value("value").map(read)
}

/// A text, or the texts of an array.
fn texts(value: &Json) -> Vec<String> {
    let texts = |value: Value<'_>| match value.kind() {
        Kind::Array => value.items().filter_map(Value::as_str).map(Cow::into_owned).collect(),
        _ => value.as_str().map(Cow::into_owned).into_iter().collect(),
    };
    read(value, texts).unwrap_or_default()
}

fn members(value: &Json) -> Vec<(Box<str>, Vec<u8>)> {
    let members = |value: Value<'_>| {
        value.members().map(|member| (member.name.decoded().into(), member.value.raw().to_vec())).collect()
    };
    read(value, members).unwrap_or_default()
}
