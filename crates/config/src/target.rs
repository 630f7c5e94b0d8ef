//! The checked configuration of one `ai-proxy` instance.

use std::time::Duration;

use auth::{CloudIdentity, ParamLocation, Secret};
use model::{ClientFormat, ConfiguredOptions, Operation, Prices};
use provider::Provider;

use crate::Template;

/// Kong's `response_streaming`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StreamingPolicy {
    #[default]
    Allow,
    Deny,
    Always,
}

/// One `ai-proxy` instance.
pub struct AiProxy {
    pub operation: Operation,
    pub category: Box<str>,
    pub format: ClientFormat,
    pub streaming: StreamingPolicy,
    /// Bytes; 0 is no limit of the plugin's own.
    pub max_request_body_size: u64,
    pub model_name_header: bool,
    /// `auth`, `model` and `logging` of the plugin itself; none where only `extensions.models` are called
    /// (or listed).
    pub target: Option<Target>,
    pub extensions: Extensions,
}

/// Provider, model, options and credential: one place to send to.
pub struct Target {
    pub provider: &'static Provider,
    pub model: Option<Template>,
    pub alias: Option<Box<str>>,
    pub auth: UpstreamAuth,
    pub logging: Logging,
    /// Numbers that are merged into the request.
    pub options: ConfiguredOptions,
    /// Every string option except those below, by dotted name under `model.options` (`azure_instance`,
    /// `gemini.project_id`; booleans and enums as text), defaults included.
    pub settings: Vec<(Box<str>, Template)>,
    pub upstream_url: Option<Template>,
    pub upstream_path: Option<Template>,
    /// `input_cost` and its kin, where they say what a chat costs.
    pub prices: Option<Prices>,
}

/// `auth.*`.
#[derive(Default)]
pub struct UpstreamAuth {
    /// `header_name`, `header_value`.
    pub header: Option<(Box<str>, Secret)>,
    /// `param_location`, `param_name`, `param_value`.
    pub param: Option<(ParamLocation, Box<str>, Secret)>,
    pub allow_override: bool,
    /// The cloud identity that signs; without it header and parameter are all.
    pub identity: Option<CloudIdentity>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Logging {
    pub statistics: bool,
    pub payloads: bool,
}

/// What to do with a member that the target cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnsupportedPolicy {
    #[default]
    Report,
    Reject,
}

/// `config.extensions` of `ai-proxy`: settings of our own.
#[derive(Default)]
pub struct Extensions {
    pub unsupported: UnsupportedPolicy,
    /// `keep_alive_seconds` (default 15; 0 turns keep-alives off).
    pub keep_alive: Option<Duration>,
    /// `early_head`: send the 200 of a stream at the first keep-alive.
    pub early_head: bool,
    /// `drain_seconds`, with `on_disconnect: drain`: how long the answer to a client that has left is read on, for its usage.
    pub drain: Option<Duration>,
    /// `http2`: speak HTTP/2 to the upstream.
    pub http2: bool,
    /// `allowed_hosts`: hosts that a templated URL may reach besides its literal suffix. Lower case.
    pub allowed_hosts: Vec<Box<str>>,
    /// `models`: further targets that the caller selects by `NAME/MODEL`.
    pub models: Vec<ModelList>,
    /// `default_model`: the entry of `models`, or entry and model, for models that no entry has.
    pub default_model: Option<Box<str>>,
    /// `list_models`: this instance answers `GET` with the list of `models`, and sends nothing upstream.
    pub list_models: bool,
    /// `simulate`: the target is the built-in simulator; `upstream_url` and `auth` are not used.
    pub simulate: bool,
}

/// One entry of `extensions.models`.
pub struct ModelList {
    /// First part of the name that callers use: `openai` in `openai/gpt-5`.
    pub name: Box<str>,
    /// Models to list; others of the provider can be called too.
    pub models: Vec<Box<str>>,
    pub target: Target,
    /// The built-in simulator answers.
    pub simulate: bool,
}
