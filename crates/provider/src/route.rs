//! One operation of a provider: its path, and what is spoken there.

use dialect::anthropic::{CHAT_CODEC as CLAUDE_CODEC, ENVELOPE};
use dialect::openai::{CHAT_CODEC, OPENAI};
use dialect::{ChatCodec, CountCodec, EmbeddingsCodec, Envelope};
use model::{ClientFormat, Operation};

use crate::naming::{Named, as_it_is};
use crate::{Form, Location};

/// One operation of a provider.
pub struct Route {
    pub operation: Operation,
    /// The clients that the route is for. What speaks chat serves those of [`ClientFormat::Anthropic`] as well.
    pub format: ClientFormat,
    /// Whether the route is meant for a target at this place.
    pub when: fn(&Location<'_>) -> bool,
    /// What `upstream_path` is appended to, and [`path`](Self::path) as well.
    pub stem: &'static str,
    /// Path on the base; `{model}` and `{setting}` are escaped as one segment each, but for the collection that
    /// the model's name puts it in. Empty where the client's own path is kept.
    pub path: &'static str,
    /// The path where the answer is streamed, if that is another one.
    pub stream_path: Option<&'static str>,
    /// The path where the provider counts the tokens of a request, if it does.
    pub count_path: Option<&'static str>,
    /// The format in which it counts; none where that is the relayed clients' own.
    pub count_codec: Option<&'static dyn CountCodec>,
    /// What the provider calls a model, and what it does where tokens are counted.
    naming: fn(&str) -> Named<'_>,
    count_naming: fn(&str) -> Named<'_>,
    /// Query arguments that a setting supplies unless the client's query has them: name, setting.
    pub query: &'static [(&'static str, &'static str)],
    /// A query argument that a streamed answer needs: name, value.
    pub stream_query: Option<(&'static str, &'static str)>,
    pub wire: Wire,
}

/// What the target speaks for an operation.
#[derive(Clone, Copy)]
pub enum Wire {
    /// The client's own OpenAI body is passed on, edited by span.
    Relay(&'static dyn Envelope),
    /// Chat in a format of its own: translated by the codec, and relayed for clients that speak it themselves.
    Chat {
        relayed: Option<(ClientFormat, &'static dyn Envelope)>,
        codec: &'static dyn ChatCodec,
    },
    Embeddings(&'static dyn EmbeddingsCodec),
    /// The provider has the operation, and this version of the gateway does not serve it.
    Unserved,
}

/// Chat where `upstream_url` says that Anthropic's Messages are spoken, as many servers do at a path of their own.
pub(crate) static MESSAGES: Route = Route::messages("/v1/messages", &CLAUDE_CODEC, &ENVELOPE);

/// `preserve` for clients of a native format.
pub(crate) static NATIVE_PRESERVE: Route = Route::unserved(Operation::Preserve, "");

fn everywhere(_: &Location<'_>) -> bool {
    true
}

impl Route {
    const fn new(operation: Operation, path: &'static str, wire: Wire) -> Self {
        Self {
            operation,
            format: ClientFormat::OpenAi,
            when: everywhere,
            stem: "",
            path,
            stream_path: None,
            count_path: None,
            count_codec: None,
            naming: as_it_is,
            count_naming: as_it_is,
            query: &[],
            stream_query: None,
            wire,
        }
    }

    /// OpenAI's wire format at `path`.
    pub(crate) const fn relay(operation: Operation, path: &'static str) -> Self {
        Self::new(operation, path, Wire::Relay(&OPENAI))
    }

    /// Chat in OpenAI's format at `path`.
    pub(crate) const fn openai_chat(path: &'static str) -> Self {
        let relayed = Some((ClientFormat::OpenAi, &OPENAI as &'static dyn Envelope));
        Self::new(Operation::Chat, path, Wire::Chat { relayed, codec: &CHAT_CODEC })
    }

    /// Chat, or completions, in a format that no client speaks.
    pub(crate) const fn translated(
        operation: Operation,
        path: &'static str,
        codec: &'static dyn ChatCodec,
    ) -> Self {
        Self::new(operation, path, Wire::Chat { relayed: None, codec })
    }

    /// Chat in Anthropic's format at `path`.
    pub(crate) const fn messages(
        path: &'static str,
        codec: &'static dyn ChatCodec,
        envelope: &'static dyn Envelope,
    ) -> Self {
        let relayed = Some((ClientFormat::Anthropic, envelope));
        Self::new(Operation::Chat, path, Wire::Chat { relayed, codec })
    }

    /// Embeddings in a format of the provider's own.
    pub(crate) const fn embeddings(path: &'static str, codec: &'static dyn EmbeddingsCodec) -> Self {
        Self::new(Operation::Embeddings, path, Wire::Embeddings(codec))
    }

    pub(crate) const fn unserved(operation: Operation, path: &'static str) -> Self {
        Self::new(operation, path, Wire::Unserved)
    }

    /// Path and body pass untouched.
    pub(crate) const fn preserve() -> Self {
        Self::relay(Operation::Preserve, "")
    }

    /// An operation for clients of a native format, not served yet.
    pub(crate) const fn native(format: ClientFormat, operation: Operation) -> Self {
        Self::unserved(operation, "").speaking(format)
    }

    const fn speaking(mut self, format: ClientFormat) -> Self {
        self.format = format;
        self
    }

    /// Streams come from another path.
    pub(crate) const fn streaming(mut self, path: &'static str) -> Self {
        self.stream_path = Some(path);
        self
    }

    /// Tokens are counted at another path.
    pub(crate) const fn counting(mut self, path: &'static str) -> Self {
        self.count_path = Some(path);
        self
    }

    /// Tokens are counted at another path, in a format of its own.
    pub(crate) const fn counting_by(mut self, path: &'static str, codec: &'static dyn CountCodec) -> Self {
        self.count_codec = Some(codec);
        self.counting(path)
    }

    /// The provider calls models by other names than targets may.
    pub(crate) const fn naming(mut self, naming: fn(&str) -> Named<'_>) -> Self {
        self.naming = naming;
        self.count_naming = naming;
        self
    }

    /// It does so where tokens are counted.
    pub(crate) const fn naming_counted(mut self, naming: fn(&str) -> Named<'_>) -> Self {
        self.count_naming = naming;
        self
    }

    /// Streams need this argument in the query.
    pub(crate) const fn stream_query(mut self, name: &'static str, value: &'static str) -> Self {
        self.stream_query = Some((name, value));
        self
    }

    pub(crate) const fn when(mut self, when: fn(&Location<'_>) -> bool) -> Self {
        self.when = when;
        self
    }

    pub(crate) const fn below(mut self, stem: &'static str) -> Self {
        self.stem = stem;
        self
    }

    pub(crate) const fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    /// What the provider calls a model here.
    pub fn named<'m>(&self, model: &'m str, form: Form) -> Named<'m> {
        if form == Form::Count { (self.count_naming)(model) } else { (self.naming)(model) }
    }

    pub fn is_served(&self) -> bool {
        !matches!(self.wire, Wire::Unserved)
    }

    /// Whether clients of `format` speak what is spoken here.
    pub fn relays(&self, format: ClientFormat) -> bool {
        matches!(self.wire, Wire::Chat { relayed: Some((own, _)), .. } if own == format)
    }

    /// Whether the path says by itself which model answers, so that no request need name one.
    pub fn names_deployment(&self) -> bool {
        let path = self.stem.contains('{') || self.path.contains('{');
        path && !self.path.contains("{model}")
    }

    /// Whether the endpoint depends on the request even where the target has no placeholder.
    pub fn needs_request(&self) -> bool {
        self.operation == Operation::Preserve
            || self.path.contains("{model}")
            || self.stem.contains("{model}")
            || self.stream_path.is_some()
            || self.stream_query.is_some()
    }
}
