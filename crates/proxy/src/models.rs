//! The list of models that callers can name: `GET /v1/models` of a route with `list_models`, and of clients whose
//! format has a list of its own.

use std::borrow::Cow;

use bytes::Bytes;
use document::quote;
use http::Method;

use crate::error::GatewayError;
use crate::snapshot::AiProxy;

/// The whole list, or the one model that the path names: `remainder` is what stands behind the route's own.
pub fn answer(plugin: &AiProxy, method: &Method, path: &str, remainder: &str) -> Result<Bytes, GatewayError> {
    if method != Method::GET && method != Method::HEAD {
        return Err(GatewayError::Method { method: method.clone(), allowed: "GET, HEAD" });
    }
    let names = plugin.models.iter().flat_map(|listed| {
        listed.models.iter().map(move |model| (format!("{}/{model}", listed.name), &*listed.name))
    });
    if let Some(asides) = plugin.front.asides() {
        let own = plugin.target.iter().filter_map(|target| target.model.as_ref()?.literal());
        let names: Vec<String> = own.map(str::to_owned).chain(names.map(|(name, _)| name)).collect();
        let Some(wanted) = asides.model_of(path).map(decoded) else {
            return Ok(asides.models(&names).into());
        };
        return match names.iter().find(|name| **name == wanted) {
            Some(name) => Ok(asides.model(name).into()),
            None => Err(GatewayError::UnknownModel(wanted.into())),
        };
    }
    let wanted = remainder.trim_matches('/');
    if wanted.is_empty() {
        let entries: Vec<String> = names.map(|(name, owner)| entry(&name, owner)).collect();
        return Ok(Bytes::from(format!("{{\"object\":\"list\",\"data\":[{}]}}", entries.join(","))));
    }
    let wanted = decoded(wanted);
    match names.into_iter().find(|(name, _)| *name == wanted) {
        Some((name, owner)) => Ok(Bytes::from(entry(&name, owner))),
        None => Err(GatewayError::UnknownModel(wanted.into())),
    }
}

fn decoded(segment: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy()
}

/// OpenAI's model object; nobody knows when a model was made, so `created` is 0.
fn entry(name: &str, owner: &str) -> String {
    let (name, owner) = (quote(name), quote(owner));
    format!(
        "{{\"id\":{},\"object\":\"model\",\"created\":0,\"owned_by\":{}}}",
        String::from_utf8_lossy(&name),
        String::from_utf8_lossy(&owner)
    )
}
