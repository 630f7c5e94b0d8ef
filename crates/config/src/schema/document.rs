//! The top of a declarative file, and vaults.

use super::consumer::{CONSUMER, CONSUMER_GROUP, OTHER_CREDENTIALS, TOP_CREDENTIAL};
use super::gateway::{ROUTE, SERVICE};
use super::plugin::PLUGIN;
use super::{
    Field, ID, Kind, Note, Record, TAGS, TEXTS, any, boolean, choice, integer, list, record, text, word,
};

pub(crate) static DOCUMENT: Record = Record {
    title: "Document",
    doc: "A declarative file, in YAML or JSON.",
    entity: true,
    fields: &[
        choice(
            "_format_version",
            &["1.1", "2.1", "3.0"],
            "Version of the format; a text, so it needs quotes in YAML.",
        )
        .required(),
        boolean("_transform", "Whether credentials are written as they are used.")
            .or("true")
            .note(Note::Ignored),
        record("_info", &INFO, "What decK keeps in a file."),
        any("_workspace", "Workspace that decK writes to.").note(Note::NoEffect),
        any("_konnect", "Control plane that decK writes to.").note(Note::NoEffect),
        list("services", &Kind::Record(&SERVICE), "Services with their routes and plugins."),
        list("routes", &Kind::Record(&ROUTE), "Routes that stand outside of a service."),
        list("consumers", &Kind::Record(&CONSUMER), "Who may call."),
        list("consumer_groups", &Kind::Record(&CONSUMER_GROUP), "Groups of consumers."),
        list(
            "keyauth_credentials",
            &Kind::Record(&TOP_CREDENTIAL),
            "Keys, each with the consumer that it belongs to.",
        ),
        list("plugins", &Kind::Record(&PLUGIN), "Plugins: global, or scoped by reference."),
        list("vaults", &Kind::Record(&VAULT), "Where `{vault://PREFIX/…}` looks."),
        OTHER_CREDENTIALS[0],
        OTHER_CREDENTIALS[1],
        OTHER_CREDENTIALS[2],
        OTHER_CREDENTIALS[3],
        OTHER_CREDENTIALS[4],
        unused("certificates", "TLS certificates; the listener takes files."),
        unused("ca_certificates", "Certificates of authorities."),
        unused("snis", "TLS server names."),
        unused("upstreams", "Load balancing of plain services."),
        unused("partials", "Parts shared by plugins."),
    ],
};

const fn unused(name: &'static str, doc: &'static str) -> Field {
    list(name, &Kind::Any, doc).note(Note::NoEffect)
}

static INFO: Record = Record {
    title: "Info",
    doc: "What decK keeps in a file.",
    entity: false,
    fields: &[
        Field::new("select_tags", TEXTS, "Tags of the entities that decK manages.").note(Note::Ignored),
        record("defaults", &DEFAULTS, "Defaults that the file's entities take."),
    ],
};

static DEFAULTS: Record = Record {
    title: "Info defaults",
    doc: "Values for fields that an entity does not give. Those of services and routes are applied.",
    entity: false,
    fields: &[
        Field::new("service", Kind::Partial(&SERVICE), "Fields of a service."),
        Field::new("route", Kind::Partial(&ROUTE), "Fields of a route."),
        any("upstream", "Fields of an upstream.").note(Note::NoEffect),
        any("target", "Fields of a target.").note(Note::NoEffect),
        any("consumer_group", "Fields of a consumer group.").note(Note::NoEffect),
    ],
};

/// The vault backends of Kong; this gateway reads the first.
pub(crate) const VAULT_BACKENDS: [&str; 7] = ["env", "aws", "azure", "conjur", "gcp", "hcv", "konnect"];

static VAULT: Record = Record {
    title: "Vault",
    doc: "Where references to secrets are looked up. Only the backend `env` (environment variables) is read.",
    entity: true,
    fields: &[
        ID,
        choice("name", &VAULT_BACKENDS, "The backend.").required(),
        word("prefix", "First part of a reference: `my-env` in `{vault://my-env/key}`.").required(),
        text("description", "For people.").note(Note::Ignored),
        record("config", &VAULT_CONFIG, "How the backend is read."),
        TAGS,
    ],
};

static VAULT_CONFIG: Record = Record {
    title: "Vault config",
    doc: "How the backend is read.",
    entity: false,
    fields: &[
        text("prefix", "Put before the name of each variable."),
        boolean("base64_decode", "Whether values are base64.").or("false"),
        integer("ttl", 0, super::MAX_INTEGER, "Seconds a value is kept.").note(Note::NoEffect),
        integer("neg_ttl", 0, super::MAX_INTEGER, "Seconds a miss is kept.").note(Note::NoEffect),
        integer("resurrect_ttl", 0, super::MAX_INTEGER, "Seconds a value outlives its vault.")
            .note(Note::NoEffect),
    ],
};
