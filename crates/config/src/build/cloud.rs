//! Cloud identities: which one a target has, by its `auth` and the options of a role.

use auth::{
    AwsIdentity, AwsRole, AzureIdentity, CloudIdentity, GoogleIdentity, Secret, has_placeholder,
    is_aws_region,
};
use provider::{Cloud, Provider};

use super::Builder;
use crate::UpstreamAuth;
use crate::view::{Spot, View};

/// Fields of cloud identities, in the table's order.
const FIELDS: [&str; 10] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "azure_use_managed_identity",
    "azure_client_id",
    "azure_client_secret",
    "azure_tenant_id",
    "gcp_use_service_account",
    KEY_FILE,
    "gcp_oauth_token_url",
    "gcp_metadata_url",
];

/// The field that holds a key file as text.
const KEY_FILE: &str = "gcp_service_account_json";

/// Options that choose a role, the first of which names it.
const ROLE: [&str; 3] = ["aws_assume_role_arn", "aws_role_session_name", "aws_sts_endpoint_url"];

/// Where an identity of a provider is read from.
struct Place<'v, 't> {
    auth: &'v View<'t>,
    options: &'v View<'t>,
    /// The target has a header or a parameter for its credential.
    has_key: bool,
}

impl Builder<'_> {
    /// The identity that signs for a target whose other credential is `made`.
    pub(super) fn cloud_identity(
        &mut self,
        auth: &View<'_>,
        options: &View<'_>,
        provider: &Provider,
        made: &UpstreamAuth,
    ) -> Option<CloudIdentity> {
        let prefix = provider.cloud.map_or("-", Cloud::field_prefix);
        for name in FIELDS.into_iter().filter(|name| !name.starts_with(prefix)) {
            if auth.has(name) && auth.stated(name) != Some(false) {
                let message = format!("has no effect: provider {} has no such identity", provider.id);
                self.warning(auth.spot(name).place(), message);
            }
        }
        let place = Place { auth, options, has_key: made.header.is_some() || made.param.is_some() };
        let identity = match provider.cloud? {
            Cloud::Aws { .. } => self.aws(&place).map(CloudIdentity::Aws),
            Cloud::Azure => self.azure(&place).map(CloudIdentity::Azure),
            Cloud::Google => self.google(&place).map(CloudIdentity::Google),
        };
        if let Some(defect) = identity.as_ref().and_then(self.identity_defect) {
            let of_auth = auth.fields().iter().any(|field| field.name == defect.field);
            let place = if of_auth { *auth } else { options.below("bedrock") };
            let spot = place.spot(defect.field);
            let told = self.error(spot.place(), format!("is not valid: {}", defect.reason));
            if defect.field == KEY_FILE {
                told.hint(
                    "it is the whole text of the key file of a service account, as Google gives it out",
                );
            }
        }
        let taken = made.header.as_ref().is_some_and(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if identity.is_some() && taken {
            let field = FIELDS.into_iter().find(|name| name.starts_with(prefix) && auth.has(name));
            let spot = field.map_or_else(|| options.below("bedrock").spot(ROLE[0]), |name| auth.spot(name));
            self.error(spot.place(), "cannot be combined with a credential in the header Authorization")
                .hint("keep one of them: the identity writes that header");
        }
        identity
    }

    /// Without any credential the environment is searched, as AWS's own tools do.
    fn aws(&mut self, place: &Place<'_, '_>) -> Option<AwsIdentity> {
        self.all_or_none(place.auth, "auth.", &["aws_access_key_id", "aws_secret_access_key"]);
        let options = place.options.below("bedrock");
        for name in ROLE {
            if options.text(name).is_some_and(has_placeholder) {
                self.error(options.spot(name).place(), "cannot have placeholders: it chooses a credential");
            }
        }
        let text = |name| options.text(name).filter(|text| !text.is_empty());
        let region = text("aws_region").filter(|region| !has_placeholder(region));
        if region.is_some_and(|region| !is_aws_region(region)) {
            self.error(options.spot("aws_region").place(), "is not the name of a region");
        }
        let role = text(ROLE[0]).map(|arn| AwsRole {
            arn: arn.into(),
            session_name: text(ROLE[1]).map(Into::into),
            sts_url: text(ROLE[2]).map(Into::into),
        });
        if role.is_none() {
            for name in ROLE.into_iter().filter(|name| text(name).is_some()) {
                let message = format!("has no effect without '{}'", ROLE[0]);
                self.warning(options.spot(name).place(), message);
            }
        }
        if !self.is_url(&options.spot(ROLE[2]), text(ROLE[2])) {
            return None;
        }
        let secret = |name| place.auth.text(name).map(Secret::new);
        let keys = secret("aws_access_key_id").zip(secret("aws_secret_access_key"));
        let wanted = keys.is_some() || role.is_some() || !place.has_key;
        wanted.then_some(AwsIdentity { keys, role, region: None })
    }

    /// Client, secret and tenant together are a client of Entra; a client alone is an identity assigned to the
    /// host by the user; nothing at all is the host's own.
    fn azure(&mut self, place: &Place<'_, '_>) -> Option<AzureIdentity> {
        let auth = place.auth;
        let fields = ["azure_client_id", "azure_client_secret", "azure_tenant_id"];
        if !Self::wanted_identity(place, "azure_use_managed_identity", auth.has("azure_client_secret")) {
            self.unused(place, &fields, "azure_use_managed_identity");
            return None;
        }
        if auth.has("azure_client_secret") {
            self.all_or_none(auth, "auth.", &fields);
        }
        Some(AzureIdentity {
            client_id: auth.text(fields[0]).map(Into::into),
            client_secret: auth.text(fields[1]).map(Secret::new),
            tenant_id: auth.text(fields[2]).map(Into::into),
        })
    }

    fn google(&mut self, place: &Place<'_, '_>) -> Option<GoogleIdentity> {
        let auth = place.auth;
        let fields = [KEY_FILE, "gcp_oauth_token_url", "gcp_metadata_url"];
        if !Self::wanted_identity(place, "gcp_use_service_account", auth.has(fields[0])) {
            self.unused(place, &fields, "gcp_use_service_account");
            return None;
        }
        let mut urls = fields[1..].iter();
        if !urls.all(|name| self.is_url(&auth.spot(name), auth.text(name))) {
            return None;
        }
        Some(GoogleIdentity {
            key: auth.text(fields[0]).map(Secret::new),
            token_url: auth.text(fields[1]).map(Into::into),
            metadata_url: auth.text(fields[2]).map(Into::into),
        })
    }

    /// What the switch says; where it says nothing, a complete identity counts if there is no other credential.
    fn wanted_identity(place: &Place<'_, '_>, switch: &str, complete: bool) -> bool {
        place.auth.stated(switch).unwrap_or(complete && !place.has_key)
    }

    fn unused(&mut self, place: &Place<'_, '_>, fields: &[&str], switch: &str) {
        for name in fields.iter().filter(|name| place.auth.has(name)) {
            let message = format!("has no effect without '{switch}'");
            self.warning(place.auth.spot(name).place(), message);
        }
    }

    /// Tells what is no URL. The value itself is not repeated: it may come from the environment.
    fn is_url(&mut self, spot: &Spot, text: Option<&str>) -> bool {
        let Some(text) = text else { return true };
        let behind = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let authority = behind.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"@$\\".contains(&byte);
        let is_url = !authority.is_empty() && authority.bytes().all(plain);
        if !is_url {
            self.error(spot.place(), "is not a URL of http or https");
        }
        is_url
    }
}

#[cfg(test)]
mod tests;
