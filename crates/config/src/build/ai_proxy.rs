//! `ai-proxy`: the instance; its targets are in `target`.

use std::time::Duration;

use model::{ClientFormat, Operation, OptionsPrecedence};

use super::Builder;
use super::target::Wanted;
use crate::problem::Place;
use crate::schema::MULTIMODAL_EMBEDDINGS;
use crate::view::View;
use crate::{AiProxy, Extensions, ModelList, PluginConfig, StreamingPolicy, UnsupportedPolicy};

pub(crate) fn ai_proxy(builder: &mut Builder<'_>, view: &View<'_>, enabled: bool) -> Option<PluginConfig> {
    let extensions = view.below("extensions");
    let wanted = builder.wanted(view, &extensions, enabled);
    if let (Some(operation), Some(format)) = (wanted.operation, wanted.format) {
        builder.instance_rules(view, operation, format);
        builder.unserved_instance(view, format, &wanted);
    }
    let has_other_targets = !extensions.items("models").is_empty() || extensions.boolean("list_models");
    if !view.has("model") && !has_other_targets {
        builder
            .error(view.spot("model").place(), "is required")
            .hint("it may be absent only where 'extensions' has 'models' or 'list_models'");
    }
    if !view.has("model") && extensions.has("bearer_key") {
        let message = "has no effect without 'model': entries of 'models' have their own";
        builder.error(extensions.spot("bearer_key").place(), message);
    }
    let simulate = extensions.boolean("simulate");
    let target = if view.has("model") { builder.target(view, &extensions, &wanted, simulate) } else { None };
    let models = builder.model_lists(&extensions, &wanted);
    let default_model = builder.default_model(&extensions, &models);
    Some(PluginConfig::AiProxy(Box::new(AiProxy {
        operation: wanted.operation?,
        category: view.text("genai_category").unwrap_or_default().into(),
        format: wanted.format?,
        streaming: match view.text("response_streaming") {
            Some("deny") => StreamingPolicy::Deny,
            Some("always") => StreamingPolicy::Always,
            _ => StreamingPolicy::Allow,
        },
        max_request_body_size: view.integer("max_request_body_size").unwrap_or_default(),
        model_name_header: view.boolean("model_name_header"),
        target,
        extensions: Extensions {
            unsupported: match extensions.text("unsupported") {
                Some("reject") => UnsupportedPolicy::Reject,
                _ => UnsupportedPolicy::Report,
            },
            keep_alive: extensions
                .integer("keep_alive_seconds")
                .filter(|seconds| *seconds > 0)
                .map(Duration::from_secs),
            early_head: extensions.boolean("early_head"),
            drain: builder.drain(&extensions),
            http2: extensions.boolean("http2"),
            allowed_hosts: wanted.allowed_hosts,
            models,
            default_model,
            list_models: extensions.boolean("list_models"),
            simulate,
        },
    })))
}

impl Builder<'_> {
    /// How long answers are read on after their client has left.
    fn drain(&mut self, extensions: &View<'_>) -> Option<Duration> {
        if extensions.text("on_disconnect") != Some("drain") {
            if extensions.has("drain_seconds") {
                self.warning(
                    extensions.spot("drain_seconds").place(),
                    "has no effect without 'on_disconnect: drain'",
                );
            }
            return None;
        }
        extensions.integer("drain_seconds").map(Duration::from_secs)
    }

    /// What every target of the instance has to do.
    fn wanted(&mut self, view: &View<'_>, extensions: &View<'_>, enabled: bool) -> Wanted {
        for item in extensions.items("allowed_hosts") {
            let host = self.tree.scalar(*item).map_or("", |scalar| &*scalar.text);
            if !host.is_empty() && !super::name::is_host(host) {
                self.error(Place::Value(*item), "is not a host").hint("a name without scheme, port and '*'");
            }
        }
        let hosts = extensions.texts("allowed_hosts");
        let route_type = view.text("route_type").unwrap_or_default();
        let native_only = route_type == MULTIMODAL_EMBEDDINGS;
        Wanted {
            operation: if native_only {
                Some(Operation::Embeddings)
            } else {
                Operation::from_route_type(route_type)
            },
            native_only,
            format: view.text("llm_format").and_then(ClientFormat::from_name),
            precedence: match extensions.text("options_precedence") {
                Some("config") => OptionsPrecedence::Config,
                _ => OptionsPrecedence::Request,
            },
            allowed_hosts: hosts.iter().map(|host| host.to_ascii_lowercase().into()).collect(),
            enabled,
        }
    }

    /// Rules about the instance's own fields.
    fn instance_rules(&mut self, view: &View<'_>, operation: Operation, format: ClientFormat) {
        let place = view.spot("route_type");
        if operation == Operation::Preserve {
            self.warning(place.place(), "'preserve' is deprecated")
                .hint("every operation has a route type of its own");
        }
        let translatable = matches!(format, ClientFormat::OpenAi | ClientFormat::Anthropic);
        if !translatable && operation == Operation::Completions {
            let (route_type, format) = (operation.route_type(), format.name());
            let message = format!("{route_type} cannot be combined with 'llm_format' {format}");
            self.error(place.place(), message);
        }
        if view.text("response_streaming") == Some("always") && !operation.streams() {
            let message = format!("has no effect: {} does not stream", operation.route_type());
            self.warning(view.spot("response_streaming").place(), message);
        }
    }

    fn unserved_instance(&mut self, view: &View<'_>, format: ClientFormat, wanted: &Wanted) {
        if !wanted.enabled {
            return;
        }
        if !is_served(format) {
            let message = format!("llm_format {} is not served yet", format.name());
            self.unserved.error(self.tree, view.spot("llm_format").place(), message);
        }
        if wanted.native_only {
            let message = format!("route type {MULTIMODAL_EMBEDDINGS} is not served yet");
            self.unserved.error(self.tree, view.spot("route_type").place(), message);
        }
    }

    /// Must name an entry of `models`.
    fn default_model(&mut self, extensions: &View<'_>, models: &[ModelList]) -> Option<Box<str>> {
        let name = extensions.text("default_model")?;
        let (entry, model) = name.split_once('/').map_or((name, None), |(entry, model)| (entry, Some(model)));
        // An entry with a problem of its own is not in the list.
        let known =
            models.iter().any(|list| &*list.name == entry) || extensions.items("models").len() > models.len();
        if !known || model == Some("") {
            self.error(extensions.spot("default_model").place(), "names no entry of 'models'")
                .hint("NAME/MODEL, or NAME alone");
            return None;
        }
        Some(name.into())
    }

    fn model_lists(&mut self, extensions: &View<'_>, wanted: &Wanted) -> Vec<ModelList> {
        let mut lists: Vec<ModelList> = Vec::new();
        for item in extensions.items("models") {
            let view = extensions.item_as("models", *item);
            let name = view.text("name").unwrap_or_default();
            let slashed = name.contains('/') || name.chars().any(|c| c.is_control() || c.is_whitespace());
            if slashed {
                self.error(view.spot("name").place(), "must not have '/' or spaces");
            }
            if lists.iter().any(|list| &*list.name == name) {
                self.error(view.spot("name").place(), "is the name of another entry already");
            }
            let simulate = view.boolean("simulate");
            if let Some(target) = self.target(&view, &view, wanted, simulate) {
                lists.push(ModelList {
                    name: name.into(),
                    models: view.texts("models").into_iter().map(Into::into).collect(),
                    target,
                    simulate,
                });
            }
        }
        lists
    }
}

/// Whether clients of a format are served; the others are checked only.
pub fn is_served(format: ClientFormat) -> bool {
    matches!(format, ClientFormat::OpenAi | ClientFormat::Anthropic)
}
