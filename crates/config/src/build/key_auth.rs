//! `key-auth`.

use super::Builder;
use super::name::value_defect;
use crate::problem::Place;
use crate::view::View;
use crate::{KeyAuth, PluginConfig};

#[allow(clippy::unnecessary_wraps)] // The shape that every plugin has.
pub(crate) fn key_auth(builder: &mut Builder<'_>, view: &View<'_>, _enabled: bool) -> Option<PluginConfig> {
    let key_names = view.texts("key_names");
    for item in view.items("key_names") {
        let name = builder.tree.scalar(*item).map_or("", |scalar| &*scalar.text);
        if !name.is_empty() && !auth::is_token(name) {
            builder.error(Place::Value(*item), "is not a header name");
        }
    }
    if let Some(defect) = view.text("realm").and_then(value_defect) {
        builder.error(view.spot("realm").place(), defect);
    }
    let extensions = view.below("extensions");
    let key_in_bearer = extensions.boolean("key_in_bearer");
    let places = ["key_in_header", "key_in_query", "key_in_body"];
    if !key_in_bearer && !places.iter().any(|place| view.boolean(place)) {
        builder.warning(view.spot("key_in_header").place(), "a key is looked for nowhere");
    }
    let anonymous = view.text("anonymous").map(|name| {
        if let Some(consumer) = builder.consumers.find(name) {
            Ok(consumer)
        } else {
            let message = "there is no such consumer: callers without a key get an error 500";
            builder.warning(view.spot("anonymous").place(), message);
            Err(name.into())
        }
    });
    Some(PluginConfig::KeyAuth(Box::new(KeyAuth {
        key_names: key_names.iter().map(|name| name.to_ascii_lowercase().into()).collect(),
        key_in_header: view.boolean("key_in_header"),
        key_in_query: view.boolean("key_in_query"),
        key_in_body: view.boolean("key_in_body"),
        key_in_bearer,
        hide_credentials: view.boolean("hide_credentials"),
        anonymous,
        realm: view.text("realm").map(Into::into),
        run_on_preflight: view.boolean("run_on_preflight"),
    })))
}
