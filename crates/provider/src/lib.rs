//! Who runs the models: one file of data a provider, and the registry of all.
//!
//! A provider says where it lives, how it wants to be authenticated, which path and which wire each
//! operation has, what its target's settings must be, and how it deviates from its wire format.

mod endpoint;
mod registry;

use dialect::{Envelope, Quirks};
use model::{ClientFormat, Operation};

/// One provider, as data.
pub struct Provider {
    /// The value of `model.provider`.
    pub id: &'static str,
    /// For people: `OpenAI`, `Hugging Face`.
    pub title: &'static str,
    pub base: Base,
    pub routes: &'static [Route],
    /// What a target's settings must be; checked when configuration is loaded.
    pub settings: &'static [Setting],
    /// Rules for a model by its name; `None` is a model without a name.
    pub quirks: fn(model: Option<&str>) -> &'static Quirks,
    /// How the provider's own keys are sent: quickstart writes `auth` from it.
    pub key: KeyStyle,
    /// False where a caller's own credential may never replace the configured one (gemini).
    pub caller_may_override: bool,
}

/// Where a provider lives when the target names no `upstream_url`.
#[derive(Debug, Clone, Copy)]
pub enum Base {
    /// A URL in which `{setting}` stands for a setting of the target: `https://{azure_instance}.openai.azure.com`.
    Url(&'static str),
    /// A URL that depends on a boolean or enumerated setting.
    Choice(fn(&Settings) -> &'static str),
    /// Only `upstream_url` says.
    UpstreamUrl,
}

/// One operation of a provider.
pub struct Route {
    pub operation: Operation,
    /// Path on the base; `{model}` and `{setting}` are escaped as one segment each.
    pub path: &'static str,
    /// Query arguments that a setting supplies unless the client's query has them: name, setting.
    pub query: &'static [(&'static str, &'static str)],
    pub wire: Wire,
}

/// What the target speaks for an operation.
pub enum Wire {
    /// The client's own OpenAI body is passed on, edited by span.
    Relay(&'static dyn Envelope),
    /// The provider has the operation, and this version of the gateway does not serve it.
    Unserved,
}

/// A rule about one setting of a target.
pub struct Setting {
    /// Name below `model.options`, dotted: `azure_instance`, `gemini.project_id`.
    pub name: &'static str,
    pub required: Required,
}

/// When a setting must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    Always,
    /// Unless `upstream_url` says where to go.
    UnlessUpstreamUrl,
    /// All settings of the group with this name, or none.
    Group(&'static str),
    /// Only for this operation.
    For(Operation),
    Never,
}

/// How a provider's key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStyle {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// The key itself in this header.
    Header(&'static str),
    /// Not a plain key (signatures, cloud identities), or none.
    None,
}

/// Settings of a target with every placeholder resolved: dotted name below `model.options` → value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(Vec<(Box<str>, Box<str>)>);

impl Settings {
    pub fn set(&mut self, name: impl Into<Box<str>>, value: impl Into<Box<str>>) {
        self.0.push((name.into(), value.into()));
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| &**known == name)
            .map(|(_, value)| &**value)
    }
}

impl Provider {
    /// How `operation` is done in client format `format` with these settings; none where the provider
    /// does not have it.
    pub fn route(&self, operation: Operation, format: ClientFormat, settings: &Settings) -> Option<&Route> {
        let _ = (operation, format, settings);
        None
    }
}
