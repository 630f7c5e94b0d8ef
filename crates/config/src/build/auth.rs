//! `auth` of a target.

use auth::{ParamLocation, Secret, is_token};
use provider::Provider;

use super::Builder;
use super::name::value_defect;
use crate::UpstreamAuth;
use crate::view::View;

/// Headers that belong to the connection or the body, so that no credential can stand in them.
const TAKEN: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Builder<'_> {
    /// Header and parameter of the credential; the rules that need no provider, and `allow_override`.
    pub(super) fn upstream_auth(&mut self, view: &View<'_>, provider: Option<&Provider>) -> UpstreamAuth {
        self.all_or_none(view, "auth.", &["header_name", "header_value"]);
        self.all_or_none(view, "auth.", &["param_name", "param_value", "param_location"]);
        let guarded = provider.filter(|provider| !provider.caller_may_override);
        if let Some(provider) = guarded.filter(|_| view.boolean("allow_override")) {
            let message = format!("{} only supports 'auth.allow_override' = false", provider.id);
            self.error(view.spot("allow_override").place(), message);
        }
        if let Some(name) = view.text("header_name").filter(|name| !name.is_empty()) {
            if !is_token(name) {
                self.error(view.spot("header_name").place(), "is not a header name");
            } else if TAKEN.contains(&&*name.to_ascii_lowercase()) {
                self.error(view.spot("header_name").place(), "cannot carry a credential");
            }
        }
        for name in ["header_value", "param_name", "param_value"] {
            if let Some(defect) = view.text(name).and_then(value_defect) {
                self.error(view.spot(name).place(), defect);
            }
        }
        let location = match view.text("param_location") {
            Some("query") => Some(ParamLocation::Query),
            Some("body") => Some(ParamLocation::Body),
            _ => None,
        };
        let pair = |name, value| Some((view.text(name)?.into(), Secret::new(view.text(value)?)));
        UpstreamAuth {
            header: pair("header_name", "header_value"),
            param: pair("param_name", "param_value")
                .zip(location)
                .map(|((name, value), location)| (location, name, value)),
            allow_override: view.boolean("allow_override"),
            identity: None,
        }
    }

    /// `bearer_key` of `view`, which stands in place of a header of `auth`.
    pub(super) fn bearer_key(&mut self, view: &View<'_>, auth: &mut UpstreamAuth) {
        let Some(key) = view.text("bearer_key") else {
            return;
        };
        let scheme = key.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer "));
        if scheme {
            self.error(view.spot("bearer_key").place(), "is the key alone")
                .hint("the word 'Bearer' is put before it");
        } else if let Some(defect) = value_defect(key) {
            self.error(view.spot("bearer_key").place(), defect);
        }
        if auth.header.is_some() {
            self.error(view.spot("bearer_key").place(), "cannot be combined with 'auth.header_name'");
        } else {
            let value = Secret::new(format!("Bearer {key}"));
            auth.header = Some(("Authorization".into(), value));
        }
    }

    /// Tells that some of the fields are set and some are not. `prefix` is what Kong calls the record.
    pub(super) fn all_or_none(&mut self, view: &View<'_>, prefix: &str, names: &[&str]) {
        let missing = names.iter().find(|name| !view.has(name));
        if let Some(missing) = missing.filter(|_| names.iter().any(|name| view.has(name))) {
            let list: Vec<String> = names.iter().map(|name| format!("'{prefix}{name}'")).collect();
            let message = format!("all or none of these fields must be set: {}", list.join(", "));
            self.error(view.spot(missing).place(), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{LoadOptions, PluginConfig, UpstreamAuth, load};

    /// The credential of an instance with these extensions and this `auth`, or all problems as one text.
    fn credential(extensions: &str, auth: &str) -> Result<UpstreamAuth, String> {
        let text = format!(
            "_format_version: '3.0'\nplugins:\n- name: ai-proxy\n  config:\n    route_type: llm/v1/chat\n    \
             model: {{provider: openai, name: m}}\n    auth: {auth}\n    extensions: {extensions}\n"
        );
        let options = LoadOptions {
            environment: &|name| (name == "KEY").then(|| "canary".to_owned()),
            ignore_unsupported_plugins: false,
            identity_defect: &|_| None,
        };
        let told = |problems: Vec<crate::Problem>| {
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            texts.join("\n")
        };
        let mut loaded = load(&text, "t", &options).map_err(told)?;
        match loaded.configuration.plugins.remove(0).config {
            PluginConfig::AiProxy(proxy) => Ok(proxy.target.unwrap().auth),
            _ => panic!("another plugin"),
        }
    }

    #[test]
    fn a_bearer_key_becomes_a_header() {
        let auth = credential("{bearer_key: '{vault://env/KEY}'}", "{allow_override: true}").unwrap();
        let (name, value) = auth.header.unwrap();
        assert_eq!((&*name, value.expose()), ("Authorization", "Bearer canary"));
        assert!(auth.allow_override);
    }

    #[test]
    fn a_bearer_key_is_the_key_alone_and_stands_alone() {
        let told = |extensions, auth| credential(extensions, auth).err().unwrap();
        let scheme = told("{bearer_key: Bearer canary}", "{}");
        assert!(scheme.contains("is the key alone"), "{scheme}");
        let twice = told("{bearer_key: canary}", "{header_name: api-key, header_value: x}");
        assert!(twice.contains("cannot be combined with"), "{twice}");
        let broken = told("{bearer_key: \"canary\\n\"}", "{}");
        assert!(broken.contains("line break"), "{broken}");
        for text in [scheme, twice, broken] {
            assert!(!text.contains("canary"), "{text}");
        }
    }
}
