//! The entities of a checked configuration. References are indexes into the configuration's own lists.

use std::time::Duration;

use auth::Secret;

use crate::observer::{FileLog, HttpLog, OpenTelemetry, Prometheus};
use crate::target::AiProxy;

/// A whole configuration: every reference resolved, every rule checked, disabled plugins left out.
#[derive(Default)]
pub struct Configuration {
    pub services: Vec<Service>,
    /// In the order of the file, which breaks ties between equally specific routes.
    pub routes: Vec<Route>,
    pub consumers: Vec<Consumer>,
    pub groups: Vec<ConsumerGroup>,
    pub credentials: Vec<KeyCredential>,
    pub plugins: Vec<Plugin>,
}

impl Configuration {
    /// Whether a target is the built-in simulator.
    pub fn is_simulated(&self) -> bool {
        self.plugins.iter().any(|plugin| match &plugin.config {
            PluginConfig::AiProxy(settings) => {
                settings.extensions.simulate
                    || settings.extensions.models.iter().any(|listed| listed.simulate)
            }
            _ => false,
        })
    }
}

/// A transport that a route or a service names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Https,
    Ws,
    Wss,
    /// Accepted where Kong accepts it, and never matched: grpc, tcp and their kin.
    Other,
}

/// Kong's service: timeouts, retries and, where a plugin does not choose the target, the upstream.
#[derive(Debug)]
pub struct Service {
    /// The configured id, or one derived from the name; stable from load to load.
    pub id: Box<str>,
    pub name: Option<Box<str>>,
    pub enabled: bool,
    pub protocol: Protocol,
    pub host: Box<str>,
    pub port: u16,
    pub path: Option<Box<str>>,
    pub retries: u16,
    pub connect_timeout: Duration,
    pub write_timeout: Duration,
    pub read_timeout: Duration,
    pub tls_verify: Option<bool>,
}

/// One header matcher of a route: all names must match, any value of a name does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMatch {
    /// Lower case.
    pub name: Box<str>,
    /// As written; a value that starts with `~*` is a regular expression.
    pub values: Vec<Box<str>>,
}

/// Kong's route. An empty list of a matcher kind means that the kind does not take part.
#[derive(Debug)]
pub struct Route {
    pub id: Box<str>,
    pub name: Option<Box<str>>,
    pub service: Option<usize>,
    pub protocols: Vec<Protocol>,
    /// Upper case.
    pub methods: Vec<Box<str>>,
    /// Lower case, with `*` at either end and an optional port.
    pub hosts: Vec<Box<str>>,
    /// As written; a path that starts with `~` is a regular expression (checked to compile).
    pub paths: Vec<Box<str>>,
    pub headers: Vec<HeaderMatch>,
    /// TLS server names, lower case.
    pub snis: Vec<Box<str>>,
    pub strip_path: bool,
    pub regex_priority: i64,
    pub https_redirect_status_code: u16,
}

/// Who may call.
#[derive(Debug)]
pub struct Consumer {
    pub id: Box<str>,
    pub username: Option<Box<str>>,
    pub custom_id: Option<Box<str>>,
    /// Indexes of the groups that the consumer is in, sorted by group name.
    pub groups: Vec<usize>,
}

#[derive(Debug)]
pub struct ConsumerGroup {
    pub id: Box<str>,
    pub name: Box<str>,
}

/// A key of a consumer.
pub struct KeyCredential {
    pub id: Box<str>,
    pub consumer: usize,
    pub key: Secret,
    /// Seconds that the key is valid after it was loaded.
    pub ttl: Option<u64>,
}

/// What a plugin instance applies to; all `None` is global.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    pub service: Option<usize>,
    pub route: Option<usize>,
    pub consumer: Option<usize>,
    pub group: Option<usize>,
}

/// One enabled instance of a plugin.
pub struct Plugin {
    pub id: Box<str>,
    pub instance_name: Option<Box<str>>,
    pub scope: Scope,
    pub protocols: Vec<Protocol>,
    pub config: PluginConfig,
}

pub enum PluginConfig {
    AiProxy(Box<AiProxy>),
    FileLog(Box<FileLog>),
    HttpLog(Box<HttpLog>),
    KeyAuth(Box<KeyAuth>),
    OpenTelemetry(Box<OpenTelemetry>),
    Prometheus(Box<Prometheus>),
}

/// `key-auth`, spec/gateway.md §8.4.
#[derive(Debug)]
pub struct KeyAuth {
    /// Lower case.
    pub key_names: Vec<Box<str>>,
    pub key_in_header: bool,
    pub key_in_query: bool,
    pub key_in_body: bool,
    /// `extensions.key_in_bearer`: `Authorization: Bearer KEY` counts as well.
    pub key_in_bearer: bool,
    pub hide_credentials: bool,
    /// Index of the consumer, or that the named consumer does not exist (every fallback is then a 500).
    pub anonymous: Option<Result<usize, Box<str>>>,
    pub realm: Option<Box<str>>,
    pub run_on_preflight: bool,
}
