//! A gateway without configuration: targets from the keys in the environment and from local servers.
//!
//! What is found becomes an ordinary declarative file, and that file is what is served: quickstart can do
//! nothing that a file cannot.

mod banner;
mod catalogue;
mod declarative;
mod keys;
mod local;

use std::net::SocketAddr;

use model::{ClientFormat, Operation};
use provider::{Location, Provider, Settings, by_id};

pub use banner::banner;
pub use declarative::declarative;

/// Operations that quickstart offers a route for.
const OPERATIONS: [Operation; 3] = [Operation::Chat, Operation::Completions, Operation::Embeddings];

/// Everything that was found.
pub struct Targets {
    pub entries: Vec<Entry>,
    /// Keys and settings that are there and cannot be used.
    pub unusable: Vec<Unusable>,
}

/// One target.
pub struct Entry {
    /// First part of the name that callers use.
    name: &'static str,
    provider: &'static Provider,
    /// Where it comes from, for people: the variable or the URL.
    found: String,
    /// Environment variable that has the key.
    key: Option<&'static str>,
    /// Settings by dotted name below `model.options`.
    options: Vec<(&'static str, String)>,
    place: Place,
    chat: Vec<String>,
    completions: Vec<String>,
    embeddings: Vec<String>,
    simulate: bool,
}

/// Where a target is.
enum Place {
    /// Where its provider is.
    Own,
    /// At this base URL; the provider knows the paths.
    Base(String),
    /// At this base URL, under OpenAI's paths, which are written out.
    OpenAi(String),
}

/// Something that was found and cannot be used, and why.
pub struct Unusable {
    pub found: &'static str,
    pub reason: String,
}

impl Targets {
    /// Looks into the environment and asks the local servers; `own` is where the gateway will listen.
    /// Takes as long as the slowest of the servers, 300 milliseconds at most.
    pub async fn find(environment: &dyn Fn(&str) -> Option<String>, own: SocketAddr) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let mut targets = keys::read(&set);
        targets.entries.extend(local::find(&local::SERVERS, own).await);
        if targets.entries.is_empty() {
            targets.entries.extend(Entry::demonstration());
        }
        targets
    }

    /// Where a client of Messages goes with a model that is not of the form `NAME/MODEL`: to Claude's own maker,
    /// if there is a key for it, else to the first model of all.
    fn default_for_messages(&self) -> Option<String> {
        let mut serving = self.entries.iter().filter(|entry| entry.serves(Operation::Chat));
        let own = serving.clone().find(|entry| entry.provider.speaks_to(ClientFormat::Anthropic));
        match own {
            Some(entry) => Some(entry.name.to_owned()),
            None => serving.find_map(|entry| Some(format!("{}/{}", entry.name, entry.chat.first()?))),
        }
    }

    /// The models of an operation as callers name them.
    fn callable(&self, operation: Operation) -> impl Iterator<Item = String> + '_ {
        let serving = self.entries.iter().filter(move |entry| entry.serves(operation));
        serving.flat_map(move |entry| {
            entry.models(operation).iter().map(move |model| format!("{}/{model}", entry.name))
        })
    }
}

impl Entry {
    fn new(name: &'static str, provider: &'static Provider, found: impl Into<String>) -> Self {
        Self {
            name,
            provider,
            found: found.into(),
            key: None,
            options: Vec::new(),
            place: Place::Own,
            chat: Vec::new(),
            completions: Vec::new(),
            embeddings: Vec::new(),
            simulate: false,
        }
    }

    /// The built-in simulated model, for when there is nothing else.
    fn demonstration() -> Option<Self> {
        Some(Self {
            chat: vec!["echo".to_owned()],
            simulate: true,
            ..Self::new("demo", by_id("openai")?, "built in")
        })
    }

    fn models(&self, operation: Operation) -> &[String] {
        match operation {
            Operation::Chat => &self.chat,
            Operation::Completions => &self.completions,
            Operation::Embeddings => &self.embeddings,
            _ => &[],
        }
    }

    /// `upstream_url` for an operation.
    fn url(&self, operation: Operation) -> Option<String> {
        let path = match operation {
            Operation::Completions => "/v1/completions",
            Operation::Embeddings => "/v1/embeddings",
            _ => "/v1/chat/completions",
        };
        match &self.place {
            Place::Own => None,
            Place::Base(base) => Some(base.clone()),
            Place::OpenAi(base) => Some(format!("{base}{path}")),
        }
    }

    /// Whether requests of this operation can go there.
    fn serves(&self, operation: Operation) -> bool {
        if self.simulate {
            return operation == Operation::Chat;
        }
        let mut settings = Settings::default();
        for (name, value) in &self.options {
            settings.set(*name, value.as_str());
        }
        let url = self.url(operation);
        let location = Location { upstream_url: url.as_deref(), ..Location::of(&settings) };
        self.provider
            .route(operation, ClientFormat::OpenAi, &location)
            .is_some_and(|route| route.is_served() && self.provider.binding(&location, &[]).is_ok())
    }
}

#[cfg(test)]
mod tests;
