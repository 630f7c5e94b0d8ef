//! The envelope of a plugin instance, and the plugins that there are.

use crate::PluginConfig;
use crate::build::{Builder, ai_proxy, file_log, http_log, key_auth, opentelemetry, prometheus};
use crate::view::View;

use super::{
    AI_PROXY, BY_NAME, BY_USERNAME, FILE_LOG, Field, HTTP_LOG, ID, KEY_AUTH, Kind, Note, OPENTELEMETRY,
    PROMETHEUS, Record, TAGS, any, boolean, list, reference, word,
};

/// A plugin of this gateway.
pub(crate) struct SupportedPlugin {
    pub name: &'static str,
    pub config: &'static Record,
    pub config_required: bool,
    /// May be scoped to a consumer or a group.
    pub for_consumers: bool,
    /// Makes the instance of its configuration, which was checked against the table; the flag tells whether
    /// the instance is enabled.
    pub build: Build,
}

type Build = fn(&mut Builder<'_>, &View<'_>, bool) -> Option<PluginConfig>;

pub(crate) static PLUGINS: [SupportedPlugin; 6] = [
    SupportedPlugin {
        name: "ai-proxy",
        config: &AI_PROXY,
        config_required: true,
        for_consumers: true,
        build: ai_proxy,
    },
    SupportedPlugin {
        name: "file-log",
        config: &FILE_LOG,
        config_required: true,
        for_consumers: true,
        build: file_log,
    },
    SupportedPlugin {
        name: "http-log",
        config: &HTTP_LOG,
        config_required: true,
        for_consumers: true,
        build: http_log,
    },
    SupportedPlugin {
        name: "key-auth",
        config: &KEY_AUTH,
        config_required: false,
        for_consumers: false,
        build: key_auth,
    },
    SupportedPlugin {
        name: "opentelemetry",
        config: &OPENTELEMETRY,
        config_required: true,
        for_consumers: true,
        build: opentelemetry,
    },
    SupportedPlugin {
        name: "prometheus",
        config: &PROMETHEUS,
        config_required: false,
        for_consumers: true,
        build: prometheus,
    },
];

pub(crate) const PROTOCOLS: &[&str] = &["grpc", "grpcs", "http", "https", "ws", "wss"];

pub(crate) static PLUGIN: Record = Record {
    title: "Plugin",
    doc: "One instance of a plugin. Of several instances of one plugin the most specific applies: consumer, \
          route and service together before any two of them, those before one, that before a global one.",
    entity: true,
    fields: &[
        ID,
        Field::new("name", Kind::PluginName, "The plugin.").required(),
        word("instance_name", "Unique; a label."),
        boolean("enabled", "A disabled instance is as good as absent.").or("true"),
        list("protocols", &Kind::Choice(PROTOCOLS), "Transports that it applies to.")
            .or("[\"grpc\",\"grpcs\",\"http\",\"https\",\"ws\",\"wss\"]"),
        reference("service", BY_NAME, "Only for this service."),
        reference("route", BY_NAME, "Only for this route."),
        reference("consumer", BY_USERNAME, "Only for this consumer."),
        reference("consumer_group", BY_NAME, "Only for this consumer group."),
        any("ordering", "Order among plugins.").note(Note::NoEffect),
        Field::new("config", Kind::PluginConfig, "Settings of the plugin."),
        TAGS,
    ],
};
