//! A configuration, compiled for requests. A request keeps the snapshot that it began with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth::{KeyTable, Salt};
use config::{Configuration, Consumer, Extensions, KeyAuth, PluginConfig, Service, StreamingPolicy};
use dialect::{Aside, Asides, Front};
use identity::Identities;
use model::{ClientFormat, Operation};
use telemetry::{Catalogue, Counted, Entity, Metrics, RecordSink, Redactor, RouteMetrics};
use thiserror::Error;

use crate::bind::{Bindings, Observers};
use crate::collector::UnsendableError;
use crate::entities::Entities;
use crate::exporter::Exporter;
use crate::router::Router;
use crate::sinks::Sinks;
use crate::target::{Surroundings, Target, TargetError};
use crate::upstream::{Hosts, Timeouts};

/// Why a configuration cannot be served. `check` and `config` find most problems before.
#[derive(Debug, Error)]
pub enum CompileError {
    #[error("plugin {plugin}: {error}")]
    Target { plugin: Box<str>, error: TargetError },
    #[error("plugin {plugin}: {error}")]
    Collector { plugin: Box<str>, error: UnsendableError },
    #[error("keys cannot be indexed: {0}")]
    Keys(String),
    #[error("routes cannot be compiled: {0}")]
    Routes(String),
}

/// A further target, chosen by the first part of the model's name.
pub struct Listed {
    pub name: Box<str>,
    pub models: Vec<Box<str>>,
    pub target: Target,
}

/// One `ai-proxy` instance, compiled.
pub struct AiProxy {
    pub operation: Operation,
    pub format: ClientFormat,
    pub front: &'static Front,
    pub streaming: StreamingPolicy,
    pub max_request_body_size: u64,
    pub model_name_header: bool,
    pub target: Option<Target>,
    pub models: Vec<Listed>,
    /// Without `models` and `allowed_hosts`, which are compiled into the targets.
    pub extensions: Extensions,
}

pub enum PluginKind {
    AiProxy(Box<AiProxy>),
    /// `file-log` or `http-log`.
    Sink(Arc<RecordSink>),
    KeyAuth(Box<KeyAuth>),
    OpenTelemetry(Arc<Exporter>),
    Prometheus(Box<config::Prometheus>),
}

pub struct Plugin {
    pub id: Box<str>,
    pub kind: PluginKind,
}

/// Everything that requests need of a configuration.
pub struct Snapshot {
    pub router: Router,
    pub bindings: Bindings,
    pub routes: Vec<config::Route>,
    pub services: Vec<Service>,
    pub consumers: Vec<Consumer>,
    pub entities: Entities,
    pub plugins: Vec<Plugin>,
    pub keys: KeyTable,
    /// Owners of the keys in `keys`, by index: credential id and consumer.
    pub credentials: Vec<(Box<str>, usize)>,
    /// Handles of the routes' metrics, by index.
    pub metrics: Vec<Arc<RouteMetrics>>,
    /// Whether any plugin writes records.
    pub has_sinks: bool,
    /// Whether there is any `prometheus` plugin.
    pub has_prometheus: bool,
    /// Whether any plugin traces requests.
    pub has_traces: bool,
    /// Whether any plugin lets the head of a stream go out before its upstream's.
    pub early_heads: bool,
    /// Whether any plugin has answers read on after their client has left.
    pub drains: bool,
    /// Knows which query arguments are credentials.
    pub redactor: Redactor,
    /// When the keys' time to live began.
    pub loaded: Instant,
}

/// What compiling needs besides the configuration.
pub struct CompileContext<'a> {
    pub hosts: &'a Hosts,
    pub identities: &'a Identities,
    pub metrics: &'a Metrics,
    /// Prices of models whose targets have none of their own.
    pub catalogue: &'a Arc<Catalogue>,
    pub sinks: &'a Sinks,
    /// Base URL of the built-in simulator, if it runs.
    pub simulator: Option<&'a str>,
}

/// A service's timeouts and retries where a route has no service: Kong's defaults.
const DEFAULT_PATIENCE: (Timeouts, u16) =
    (Timeouts { connect: Duration::from_mins(1), read: Duration::from_mins(1) }, 5);

impl Snapshot {
    pub fn compile(configuration: Configuration, context: &CompileContext<'_>) -> Result<Self, CompileError> {
        let router = Router::new(&configuration).map_err(|error| CompileError::Routes(error.to_string()))?;
        let bindings = Bindings::new(&configuration);
        let redactor = Redactor::new(credential_names(&configuration));
        let entities = Entities::new(&configuration);
        let metrics = route_metrics(&entities, &configuration.routes, context.metrics);
        let loaded = Instant::now();
        let (keys, credentials) = index_keys(&configuration, loaded)?;
        let verifies = verifications(&configuration);
        let plugins = configuration
            .plugins
            .into_iter()
            .zip(verifies)
            .map(|(plugin, verify)| compile_plugin(plugin, verify, context))
            .collect::<Result<Vec<_>, _>>()?;
        let is_early = |plugin: &Plugin| matches!(&plugin.kind, PluginKind::AiProxy(plugin) if plugin.extensions.early_head);
        let drains = |plugin: &Plugin| matches!(&plugin.kind, PluginKind::AiProxy(plugin) if plugin.extensions.drain.is_some());
        Ok(Self {
            has_prometheus: plugins.iter().any(|plugin| matches!(plugin.kind, PluginKind::Prometheus(_))),
            has_sinks: plugins
                .iter()
                .any(|plugin| matches!(plugin.kind, PluginKind::Sink(_) | PluginKind::OpenTelemetry(_))),
            has_traces: plugins.iter().any(
                |plugin| matches!(&plugin.kind, PluginKind::OpenTelemetry(exporter) if exporter.traces()),
            ),
            early_heads: plugins.iter().any(is_early),
            drains: plugins.iter().any(drains),
            router,
            bindings,
            routes: configuration.routes,
            services: configuration.services,
            consumers: configuration.consumers,
            entities,
            plugins,
            keys,
            credentials,
            metrics,
            redactor,
            loaded,
        })
    }

    pub fn key_auth(&self, plugin: usize) -> Option<&KeyAuth> {
        match &self.plugins.get(plugin)?.kind {
            PluginKind::KeyAuth(settings) => Some(settings),
            _ => None,
        }
    }

    pub fn ai_proxy(&self, plugin: usize) -> Option<&AiProxy> {
        match &self.plugins.get(plugin)?.kind {
            PluginKind::AiProxy(settings) => Some(settings),
            _ => None,
        }
    }

    /// The files and servers that a request's record goes to.
    pub fn sinks(&self, observers: Observers) -> impl Iterator<Item = &RecordSink> {
        let plugins = [observers.file_log, observers.http_log].into_iter().flatten();
        plugins.filter_map(|plugin| match &self.plugins.get(plugin)?.kind {
            PluginKind::Sink(sink) => Some(&**sink),
            _ => None,
        })
    }

    pub fn exporter(&self, plugin: usize) -> Option<&Arc<Exporter>> {
        match &self.plugins.get(plugin)?.kind {
            PluginKind::OpenTelemetry(exporter) => Some(exporter),
            _ => None,
        }
    }

    /// What a request is counted in.
    pub fn counted(&self, observers: Observers) -> Counted {
        if !self.has_prometheus {
            return Counted::WITHOUT_PLUGIN;
        }
        let plugin = observers.prometheus.and_then(|plugin| self.plugins.get(plugin));
        match plugin.map(|plugin| &plugin.kind) {
            Some(PluginKind::Prometheus(settings)) => Counted {
                models: settings.ai_metrics,
                status_codes: settings.status_code_metrics,
                latencies: settings.latency_metrics,
                bandwidth: settings.bandwidth_metrics,
                per_consumer: settings.per_consumer,
            },
            _ => Counted::NONE,
        }
    }

    /// How long requests of a route may take, and how often a connection is tried again.
    pub fn patience(&self, route: usize) -> (Timeouts, u16) {
        let service = self.routes.get(route).and_then(|route| route.service);
        service.and_then(|index| self.services.get(index)).map_or(DEFAULT_PATIENCE, |service| {
            let timeouts = Timeouts { connect: service.connect_timeout, read: service.read_timeout };
            (timeouts, service.retries)
        })
    }
}

fn compile_plugin(
    plugin: config::Plugin,
    verify: bool,
    context: &CompileContext<'_>,
) -> Result<Plugin, CompileError> {
    let name = plugin.instance_name.as_ref().unwrap_or(&plugin.id);
    let kind = match plugin.config {
        PluginConfig::KeyAuth(settings) => PluginKind::KeyAuth(settings),
        PluginConfig::FileLog(settings) => {
            PluginKind::Sink(context.sinks.file(*settings, &format!("file-log:{name}")))
        }
        PluginConfig::HttpLog(settings) => {
            let sink = context.sinks.server(settings, &format!("http-log:{name}"));
            PluginKind::Sink(
                sink.map_err(|error| CompileError::Collector { plugin: plugin.id.clone(), error })?,
            )
        }
        PluginConfig::OpenTelemetry(settings) => {
            let exporter = context.sinks.exporter(settings, &format!("opentelemetry:{name}"));
            PluginKind::OpenTelemetry(
                exporter.map_err(|error| CompileError::Collector { plugin: plugin.id.clone(), error })?,
            )
        }
        PluginConfig::Prometheus(settings) => PluginKind::Prometheus(settings),
        PluginConfig::AiProxy(settings) => {
            let compiled = AiProxy::compile(*settings, verify, context)
                .map_err(|error| CompileError::Target { plugin: plugin.id.clone(), error })?;
            PluginKind::AiProxy(Box::new(compiled))
        }
    };
    Ok(Plugin { id: plugin.id, kind })
}

/// For each plugin, whether the certificates of its upstreams are verified: its service may say no.
fn verifications(configuration: &Configuration) -> Vec<bool> {
    let service_of = |plugin: &config::Plugin| {
        let route = plugin.scope.route.and_then(|index| configuration.routes.get(index));
        let index = plugin.scope.service.or(route.and_then(|route| route.service))?;
        configuration.services.get(index)
    };
    configuration
        .plugins
        .iter()
        .map(|plugin| service_of(plugin).and_then(|service| service.tls_verify).unwrap_or(true))
        .collect()
}

/// Names of headers and query arguments that carry credentials, of callers and of targets.
fn credential_names(configuration: &Configuration) -> Vec<Box<str>> {
    let mut names = Vec::new();
    for plugin in &configuration.plugins {
        match &plugin.config {
            PluginConfig::KeyAuth(settings) => names.extend(settings.key_names.iter().cloned()),
            PluginConfig::AiProxy(settings) => {
                let listed = settings.extensions.models.iter().map(|listed| &listed.target);
                let targets = settings.target.iter().chain(listed);
                for auth in targets.map(|target| &target.auth) {
                    names.extend(auth.param.as_ref().map(|(_, name, _)| name.clone()));
                    names.extend(auth.header.as_ref().map(|(name, _)| name.clone()));
                }
            }
            _ => {}
        }
    }
    names
}

fn route_metrics(entities: &Entities, routes: &[config::Route], metrics: &Metrics) -> Vec<Arc<RouteMetrics>> {
    let labels = entities.routes.iter().map(Entity::label);
    let services = routes.iter().map(|route| entities.services.get(route.service?));
    services
        .zip(labels)
        .map(|(service, label)| metrics.route(service.map_or("", Entity::label), label))
        .collect()
}

/// Owners of keys by index: credential id and consumer.
type Owners = Vec<(Box<str>, usize)>;

fn index_keys(configuration: &Configuration, now: Instant) -> Result<(KeyTable, Owners), CompileError> {
    let salt =
        Salt::random().map_err(|_| CompileError::Keys("the system gives no random bytes".to_owned()))?;
    let mut keys = KeyTable::new(&salt);
    let mut owners = Owners::new();
    for credential in &configuration.credentials {
        let until = credential.ttl.and_then(|seconds| now.checked_add(Duration::from_secs(seconds)));
        keys.insert(&credential.key, owners.len(), until)
            .map_err(|error| CompileError::Keys(error.to_string()))?;
        owners.push((credential.id.clone(), credential.consumer));
    }
    Ok((keys, owners))
}

impl AiProxy {
    /// What a path asks for besides an answer.
    pub fn aside(&self, path: &str) -> Option<(&'static dyn Asides, Aside)> {
        let asides = self.front.asides()?;
        Some((asides, asides.of_path(path)?))
    }

    /// The entry of `models` that `NAME/MODEL` names, and the model.
    pub fn listed<'n>(&self, name: &'n str) -> Option<(&Target, &'n str)> {
        let (prefix, model) = name.split_once('/')?;
        let listed = self.models.iter().find(|listed| &*listed.name == prefix)?;
        (!model.is_empty()).then_some((&listed.target, model))
    }

    fn compile(
        instance: config::AiProxy,
        verify: bool,
        context: &CompileContext<'_>,
    ) -> Result<Self, TargetError> {
        let front = dialect::front(instance.format).ok_or(TargetError::Format(instance.format.name()))?;
        let mut extensions = instance.extensions;
        let listed = std::mem::take(&mut extensions.models);
        let allowed_hosts = std::mem::take(&mut extensions.allowed_hosts);
        let compile = |target: config::Target, simulate: bool| {
            let around = Surroundings {
                operation: instance.operation,
                format: instance.format,
                allowed_hosts: &allowed_hosts,
                http2: extensions.http2,
                verify,
                hosts: context.hosts,
                identities: context.identities,
                catalogue: context.catalogue,
                simulator: simulate.then(|| context.simulator.unwrap_or_default()),
            };
            Target::compile(target, &around)
        };
        let target = match instance.target {
            None => None,
            Some(target) => Some(compile(target, extensions.simulate)?),
        };
        let models = listed
            .into_iter()
            .map(|entry| {
                let target = compile(entry.target, entry.simulate)?;
                Ok(Listed { name: entry.name, models: entry.models, target })
            })
            .collect::<Result<Vec<_>, TargetError>>()?;
        Ok(Self {
            operation: instance.operation,
            format: instance.format,
            front,
            streaming: instance.streaming,
            max_request_body_size: instance.max_request_body_size,
            model_name_header: instance.model_name_header,
            target,
            models,
            extensions,
        })
    }
}
