//! Consumers, their groups and their credentials.

use super::{
    BY_NAME, BY_USERNAME, Field, ID, Kind, MAX_INTEGER, Note, PLUGINS_HERE, Record, TAGS, integer, list,
    reference, word,
};

/// Credentials of plugins that the gateway does not have.
pub(super) const OTHER_CREDENTIALS: [Field; 5] = [
    other("acls"),
    other("basicauth_credentials"),
    other("hmacauth_credentials"),
    other("jwt_secrets"),
    other("oauth2_credentials"),
];

const fn other(name: &'static str) -> Field {
    list(name, &Kind::Any, "Credentials of a plugin that is not supported yet.").note(Note::Unsupported)
}

pub(crate) static CONSUMER: Record = Record {
    title: "Consumer",
    doc: "Who calls. A username, a custom id, or both.",
    entity: true,
    fields: &[
        ID,
        word("username", "Unique."),
        word("custom_id", "Unique; the caller's id in another system."),
        list("groups", &Kind::Reference(BY_NAME), "Groups that the consumer is in."),
        list("keyauth_credentials", &Kind::Record(&CREDENTIAL), "Keys of the consumer."),
        OTHER_CREDENTIALS[0],
        OTHER_CREDENTIALS[1],
        OTHER_CREDENTIALS[2],
        OTHER_CREDENTIALS[3],
        OTHER_CREDENTIALS[4],
        TAGS,
        PLUGINS_HERE,
    ],
};

pub(crate) static CONSUMER_GROUP: Record = Record {
    title: "Consumer group",
    doc: "A group of consumers.",
    entity: true,
    fields: &[ID, word("name", "Unique.").required(), TAGS, PLUGINS_HERE],
};

const KEY: Field = word("key", "The key. Unique; may be a reference to a secret.").required().secret();
const TTL: Field =
    integer("ttl", 0, MAX_INTEGER, "Seconds that the key is valid after it was loaded; 0 is for ever.");

static CREDENTIAL: Record = Record {
    title: "Key",
    doc: "A key of the consumer that it stands in.",
    entity: true,
    fields: &[ID, KEY, TTL, TAGS],
};

pub(crate) static TOP_CREDENTIAL: Record = Record {
    title: "Key with consumer",
    doc: "A key outside of its consumer.",
    entity: true,
    fields: &[ID, reference("consumer", BY_USERNAME, "Whose key it is.").required(), KEY, TTL, TAGS],
};
