//! One operation of a provider: its path, and what is spoken there.

use dialect::Envelope;
use dialect::openai::OPENAI;
use model::{ClientFormat, Operation};

use crate::Location;

/// One operation of a provider.
pub struct Route {
    pub operation: Operation,
    /// What the client speaks.
    pub format: ClientFormat,
    /// Whether the route is meant for a target at this place.
    pub when: fn(&Location<'_>) -> bool,
    /// What `upstream_path` is appended to, and [`path`](Self::path) as well.
    pub stem: &'static str,
    /// Path on the base; `{model}` and `{setting}` are escaped as one segment each. Empty where the
    /// client's own path is kept.
    pub path: &'static str,
    /// Query arguments that a setting supplies unless the client's query has them: name, setting.
    pub query: &'static [(&'static str, &'static str)],
    pub wire: Wire,
}

/// What the target speaks for an operation.
#[derive(Clone, Copy)]
pub enum Wire {
    /// The client's own OpenAI body is passed on, edited by span.
    Relay(&'static dyn Envelope),
    /// The provider has the operation, and this version of the gateway does not serve it.
    Unserved,
}

/// What Claude Code and its kin need before a provider that speaks something else.
pub(crate) static ANTHROPIC_CHAT: Route =
    Route::unserved(Operation::Chat, "").speaking(ClientFormat::Anthropic);

/// `preserve` for clients of a native format.
pub(crate) static NATIVE_PRESERVE: Route = Route::unserved(Operation::Preserve, "");

fn everywhere(_: &Location<'_>) -> bool {
    true
}

impl Route {
    const fn new(operation: Operation, path: &'static str, wire: Wire) -> Self {
        Self { operation, format: ClientFormat::OpenAi, when: everywhere, stem: "", path, query: &[], wire }
    }

    /// OpenAI's wire format at `path`.
    pub(crate) const fn relay(operation: Operation, path: &'static str) -> Self {
        Self::new(operation, path, Wire::Relay(&OPENAI))
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

    pub fn is_served(&self) -> bool {
        matches!(self.wire, Wire::Relay(_))
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
    }
}
