//! The providers as data: paths, keys, members, manners.

mod azure;
mod cerebras;
mod cohere;
mod dashscope;
mod databricks;
mod deepseek;
mod gemini;
mod generic;
mod huggingface;
mod mistral;
mod ollama;
mod openai;
mod vertex;
mod vllm;
mod xai;

use crate::ask::Ask;
use crate::member::Member;
use crate::refusal::{Refusal, Shape};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Chat,
    Completions,
    Embeddings,
    Models,
    /// Any other path of the generic server: answers with what it got.
    Mirror,
}

/// One path; `{}` stands for one segment.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) operation: Operation,
}

/// Where a key may stand, and whether there must be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyRule {
    Bearer,
    /// `api-key`, or a bearer token.
    ApiKey,
    /// A bearer token if any.
    OptionalBearer,
    /// Any usual header, query argument or body member, if any.
    Anywhere,
}

/// A rule about several members, or about a member and the model.
pub(crate) type Condition = fn(&Ask) -> Result<(), Refusal>;

/// The members of one operation's requests.
pub(crate) struct Rules {
    pub(crate) members: &'static [&'static [Member]],
    /// Members of the lists that this provider refuses all the same.
    pub(crate) refused: &'static [&'static str],
    /// Whether members that no list names are accepted.
    pub(crate) open: bool,
    pub(crate) conditions: &'static [Condition],
}

/// Where a stream tells its usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UsagePlace {
    /// On a last chunk without choices, where `stream_options.include_usage` asks for it.
    OnRequest,
    /// On the chunk with the finish reason, always.
    Finish,
    /// On every chunk, always.
    Every,
}

/// How reasoning is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReasoningPlace {
    /// Counted, never shown.
    Hidden,
    /// In a member of the message beside `content`.
    Named(&'static str),
    /// `content` is a list: `{"type":"reasoning","summary":[…]}`, then the text.
    ReasoningPart,
    /// `content` is a list: `{"type":"thinking","thinking":[…]}`, then the text.
    ThinkingPart,
}

/// What a provider's answers look like where they differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    pub(crate) usage: UsagePlace,
    pub(crate) reasoning: ReasoningPlace,
    /// Whether a stream gives a tool call in one piece.
    pub(crate) whole_calls: bool,
    /// Whether a stream begins with Azure's filter chunk.
    pub(crate) filter_chunk: bool,
    /// Whether a stream begins with a comment.
    pub(crate) comment: bool,
    /// Whether `completion_tokens` leaves reasoning out.
    pub(crate) reasoning_apart: bool,
    /// Further top-level members of an answer, as JSON text of an object.
    pub(crate) extras: &'static str,
    /// How a tool call's id begins, and how long it is in all.
    pub(crate) call_id: (&'static str, usize),
    /// Whether calls lack their `type` and, in streams, their `index`.
    pub(crate) bare_calls: bool,
    /// What is said of a normal end.
    pub(crate) stop_word: &'static str,
    /// Whether answers have an empty `id`.
    pub(crate) nameless: bool,
}

/// The manners of the real OpenAI.
pub(crate) const PLAIN: Manners = Manners {
    usage: UsagePlace::OnRequest,
    reasoning: ReasoningPlace::Hidden,
    whole_calls: false,
    filter_chunk: false,
    comment: false,
    reasoning_apart: false,
    extras: "{}",
    call_id: ("call_", 29),
    bare_calls: false,
    stop_word: "stop",
    nameless: false,
};

/// One provider.
pub(crate) struct Provider {
    pub(crate) id: &'static str,
    pub(crate) key: KeyRule,
    pub(crate) routes: &'static [Route],
    pub(crate) needs_api_version: bool,
    pub(crate) chat: Rules,
    pub(crate) completions: Rules,
    pub(crate) embeddings: Rules,
    /// Roles that messages may have.
    pub(crate) roles: &'static [&'static str],
    /// Types that content parts may have.
    pub(crate) parts: &'static [&'static str],
    pub(crate) max_inputs: usize,
    pub(crate) shape: Shape,
    pub(crate) manners: Manners,
}

static PROVIDERS: &[&Provider] = &[
    &openai::PROVIDER,
    &azure::PROVIDER,
    &crate::anthropic::PROVIDER,
    &crate::bedrock::PROVIDER,
    &mistral::PROVIDER,
    &cerebras::PROVIDER,
    &deepseek::PROVIDER,
    &xai::PROVIDER,
    &dashscope::PROVIDER,
    &databricks::PROVIDER,
    &huggingface::PROVIDER,
    &vllm::PROVIDER,
    &gemini::PROVIDER,
    &vertex::PROVIDER,
    &vertex::MISTRAL,
    &ollama::PROVIDER,
    &cohere::PROVIDER,
    &crate::llama2::PROVIDER,
    &generic::PROVIDER,
];

/// The words that may follow `/sim/`.
pub fn ids() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|provider| provider.id)
}

pub(crate) fn find(id: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().copied().find(|provider| provider.id == id)
}

/// The provider that a path belongs to, and the rest of the path.
pub(crate) fn locate<'a>(path: &'a str, default: &'static Provider) -> (&'static Provider, &'a str) {
    if let Some(rest) = path.strip_prefix("/sim/") {
        let (id, _) = rest.split_once('/').unwrap_or((rest, ""));
        if let Some(provider) = find(id) {
            return (provider, &rest[id.len()..]);
        }
    }
    if path == "/v1/complete" {
        // Other paths that begin so are OpenAI's.
        return (&crate::anthropic::PROVIDER, path);
    }
    if path.starts_with("/v1/projects/") && path.contains(vertex::MISTRALS) {
        return (&vertex::MISTRAL, path);
    }
    let by_path = [
        ("/openai/", &azure::PROVIDER),
        ("/v1/messages", &crate::anthropic::PROVIDER),
        ("/model/", &crate::bedrock::PROVIDER),
        ("/v1beta/", &gemini::PROVIDER),
        ("/api/", &ollama::PROVIDER),
        ("/v2/", &cohere::PROVIDER),
        ("/v1/generate", &cohere::PROVIDER),
        ("/generate", &huggingface::PROVIDER),
        ("/hf-inference/", &huggingface::PROVIDER),
        ("/v1/projects/", &vertex::PROVIDER),
        ("/v1beta1/projects/", &vertex::PROVIDER),
        ("/compatible-mode/", &dashscope::PROVIDER),
        ("/serving-endpoints/", &databricks::PROVIDER),
    ];
    let guess = by_path.into_iter().find(|(prefix, _)| path.starts_with(prefix));
    (guess.map_or(default, |(_, provider)| provider), path)
}

impl Provider {
    /// The operation of a path, and the segment that stood for `{}`.
    pub(crate) fn route<'a>(&self, path: &'a str) -> Option<(Operation, Option<&'a str>)> {
        self.routes.iter().find_map(|route| {
            let captured = matches(route.path, path)?;
            Some((route.operation, captured))
        })
    }

    pub(crate) const fn rules(&self, operation: Operation) -> Option<&Rules> {
        match operation {
            Operation::Chat => Some(&self.chat),
            Operation::Completions => Some(&self.completions),
            Operation::Embeddings => Some(&self.embeddings),
            Operation::Models | Operation::Mirror => None,
        }
    }
}

/// Compares a path with a pattern; the outer `None` means that they differ.
#[expect(clippy::option_option, reason = "whether it matched, and what a pattern with a placeholder caught")]
pub(crate) fn matches<'a>(pattern: &str, path: &'a str) -> Option<Option<&'a str>> {
    if pattern == "*" {
        return Some(None);
    }
    let mut captured = None;
    let mut given = path.split('/');
    for expected in pattern.split('/') {
        let segment = given.next()?;
        if expected == "{}" && !segment.is_empty() {
            captured = Some(segment);
        } else if expected != segment {
            return None;
        }
    }
    given.next().is_none().then_some(captured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_provider() {
        let default = find("openai").unwrap();
        let (provider, rest) = locate("/sim/mistral/v1/chat/completions", default);
        assert_eq!((provider.id, rest), ("mistral", "/v1/chat/completions"));
        assert_eq!(locate("/openai/deployments/d/chat/completions", default).0.id, "azure");
        assert_eq!(locate("/v1/models", default).0.id, "openai");
        assert_eq!(locate("/v1/messages/count_tokens", default).0.id, "anthropic");
        let raw = "/v1/projects/p/locations/l/publishers/mistralai/models/m:rawPredict";
        assert_eq!(locate(raw, default).0.id, "vertex-mistral");
        assert_eq!(locate("/v1/projects/p/locations/l/publishers/google/models/m:x", default).0.id, "vertex");
        assert_eq!(locate("/v1/complete", default).0.id, "anthropic");
        assert_eq!(locate("/v1/completions", default).0.id, "openai");
        assert_eq!(locate("/model/a%3A0/converse", default).0.id, "bedrock");
        let azure = find("azure").unwrap();
        assert_eq!(
            azure.route("/openai/deployments/my%20d/embeddings"),
            Some((Operation::Embeddings, Some("my%20d")))
        );
        assert_eq!(azure.route("/openai/deployments//embeddings"), None);
        assert_eq!(default.route("/v1/chat/completions/x"), None);
    }

    #[test]
    fn extras_are_objects() {
        for provider in PROVIDERS {
            let extras: serde_json::Value = serde_json::from_str(provider.manners.extras).unwrap();
            assert!(extras.is_object(), "{}", provider.id);
        }
    }
}
