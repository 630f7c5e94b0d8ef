//! Configuration of `key-auth`.

use super::{Field, Kind, Note, Record, any, boolean, record, word};

pub(crate) static KEY_AUTH: Record = Record {
    title: "key-auth",
    doc: "Lets callers in that show a key of a consumer.",
    entity: false,
    fields: &[
        Field::new("key_names", Kind::List(&Kind::Text(1), 1), "Names under which a key is looked for.")
            .or("[\"apikey\"]"),
        boolean("key_in_header", "Look in the request's headers.").or("true"),
        boolean("key_in_query", "Look in the query arguments.").or("true"),
        boolean("key_in_body", "Look in the body.").or("false"),
        boolean("hide_credentials", "Whether the key is kept from the upstream.").or("true"),
        word("anonymous", "Consumer (id, username or custom id) of requests that show no valid key."),
        word("realm", "Realm of the `WWW-Authenticate` header."),
        boolean("run_on_preflight", "Whether OPTIONS requests need a key.").or("true"),
        any("identity_realms", "Realms of a hosted control plane.").note(Note::NoEffect),
        record("extensions", &EXTENSIONS, "Settings that Kong does not have.").note(Note::Ours),
    ],
};

static EXTENSIONS: Record = Record {
    title: "key-auth extensions",
    doc: "Settings that Kong does not have; the file is Kong's again once they are taken out.",
    entity: false,
    fields: &[boolean(
        "key_in_bearer",
        "`Authorization: Bearer KEY` counts as well, so the `api_key` of an SDK can be a gateway key.",
    )
    .or("false")
    .note(Note::Ours)],
};
