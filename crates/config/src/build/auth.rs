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

/// Fields of cloud identities, in the table's order.
const CLOUD: [&str; 10] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "azure_use_managed_identity",
    "azure_client_id",
    "azure_client_secret",
    "azure_tenant_id",
    "gcp_use_service_account",
    "gcp_service_account_json",
    "gcp_oauth_token_url",
    "gcp_metadata_url",
];

impl Builder<'_> {
    /// Header and parameter of the credential; the rules that need no provider, and `allow_override`.
    pub(super) fn upstream_auth(&mut self, view: &View<'_>, provider: &Provider) -> UpstreamAuth {
        self.all_or_none(view, "auth.", &["header_name", "header_value"]);
        self.all_or_none(view, "auth.", &["param_name", "param_value", "param_location"]);
        if view.boolean("allow_override") && !provider.caller_may_override {
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
            cloud: CLOUD
                .into_iter()
                .filter(|name| view.has(name) && view.stated(name) != Some(false))
                .collect(),
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
