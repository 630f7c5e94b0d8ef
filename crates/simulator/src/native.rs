//! APIs of their own form: each finds its paths, judges and answers by itself, with nothing of OpenAI's rules.

use bytes::Bytes;
use http::{StatusCode, request};
use serde_json::{Map, Value};

use crate::fault::Faults;
use crate::frames::Frames;
use crate::provider::{KeyRule, Manners, PLAIN, Provider, Rules};
use crate::refusal::{Refusal, Shape};
use crate::server::Core;
use crate::{anthropic, bedrock, cohere, gemini, huggingface, llama2, ollama};

/// A request on its way to such an API.
pub(crate) struct Visit<'a> {
    pub(crate) core: &'a Core,
    /// Without the words that name the provider.
    pub(crate) path: &'a str,
    pub(crate) head: &'a request::Parts,
    pub(crate) body: &'a Result<Bytes, Refusal>,
    /// Those of the request; a model's name may add to them.
    pub(crate) faults: &'a mut Faults,
}

/// What goes back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Whole(Value),
    /// Frames that have their faults already.
    Stream {
        kind: &'static str,
        frames: Frames,
    },
}

/// How such an API serves and refuses.
pub(crate) struct Native {
    pub(crate) id: &'static str,
    pub(crate) serve: fn(&mut Visit<'_>) -> Result<Reply, Refusal>,
    pub(crate) refuse: fn(&Refusal) -> Reply,
}

static NATIVES: &[&Native] = &[
    &anthropic::NATIVE,
    &bedrock::NATIVE,
    &gemini::NATIVE,
    &gemini::VERTEX,
    &ollama::NATIVE,
    &cohere::NATIVE,
    &huggingface::NATIVE,
    &llama2::NATIVE,
];

/// The API of its own form that a provider has, if it has one and the path is none of its routes in OpenAI's form.
pub(crate) fn of(provider: &Provider, path: &str) -> Option<&'static Native> {
    let found = NATIVES.iter().copied().find(|native| native.id == provider.id)?;
    provider.route(path).is_none().then_some(found)
}

const NO_RULES: Rules = Rules { members: &[], refused: &[], open: false, conditions: &[] };
const NO_MANNERS: Manners = PLAIN;

/// The entry of such an API among the providers: a name, and nothing that would be OpenAI's.
pub(crate) const fn entry(id: &'static str) -> Provider {
    Provider {
        id,
        key: KeyRule::Anywhere,
        routes: &[],
        needs_api_version: false,
        chat: NO_RULES,
        completions: NO_RULES,
        embeddings: NO_RULES,
        roles: &[],
        parts: &[],
        max_inputs: 0,
        shape: Shape::OpenAi,
        manners: NO_MANNERS,
    }
}

impl Visit<'_> {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The body as an object, where it is one.
    pub(crate) fn peek(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(self.body.as_ref().ok()?).ok()
    }

    /// Adds the faults that a model's name asks for, then refuses where a status is asked for.
    pub(crate) fn obey(&mut self, model: &str) -> Result<(), Refusal> {
        if let Some(names) = model.strip_prefix("fault-") {
            let named = Faults::parse(names).map_err(|unknown| Refusal::Fault(unknown.0))?;
            self.faults.extend(&named);
        }
        self.faults.status().map_or(Ok(()), |status| Err(Refusal::Asked(status)))
    }

    /// Whether a key is one that is accepted.
    pub(crate) fn knows(&self, key: &str) -> bool {
        key.starts_with("sk-sim") || self.core.options.keys.iter().any(|known| known == key)
    }
}
