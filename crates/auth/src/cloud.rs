//! Identities in clouds: what configuration says of them, and what they come to: keys and tokens.

use thiserror::Error;

use crate::{ForeignHost, HostBinding, Origin, Secret};

/// A cloud identity as configured. What is absent comes from the environment of the process.
pub enum CloudIdentity {
    Aws(AwsIdentity),
    Azure(AzureIdentity),
    Google(GoogleIdentity),
}

/// `auth.aws_*` and the options that choose a role.
#[derive(Default)]
pub struct AwsIdentity {
    /// `aws_access_key_id`, `aws_secret_access_key`; else the chain of sources of the environment.
    pub keys: Option<(Secret, Secret)>,
    pub role: Option<AwsRole>,
    /// Where roles are asked for; else what the environment names.
    pub region: Option<Box<str>>,
}

/// A role that is taken on with the keys found.
pub struct AwsRole {
    pub arn: Box<str>,
    pub session_name: Option<Box<str>>,
    /// URL of the STS to ask; else the region's.
    pub sts_url: Option<Box<str>>,
}

/// `auth.azure_*`.
pub struct AzureIdentity {
    pub client_id: Option<Box<str>>,
    pub client_secret: Option<Secret>,
    pub tenant_id: Option<Box<str>>,
}

/// `auth.gcp_*`.
pub struct GoogleIdentity {
    /// The service account's key file as text.
    pub key: Option<Secret>,
    pub token_url: Option<Box<str>>,
    pub metadata_url: Option<Box<str>>,
}

/// Keys or a token with characters that a header cannot carry. Names neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a key or token is empty or has a character that no header may have")]
pub struct UnsendableSecret;

/// What requests to AWS are signed with.
pub struct AwsKeys {
    pub(crate) id: Secret,
    pub(crate) secret: Secret,
    pub(crate) session_token: Option<Secret>,
}

impl AwsKeys {
    pub fn new(id: &str, secret: &str, session_token: Option<&str>) -> Result<Self, UnsendableSecret> {
        // The id stands between slashes and commas of a header.
        let plain = |text: &str| is_visible(text) && !text.contains(['/', ',', '=']);
        if !plain(id) || !is_visible(secret) || !session_token.is_none_or(is_visible) {
            return Err(UnsendableSecret);
        }
        Ok(Self {
            id: Secret::new(id),
            secret: Secret::new(secret),
            session_token: session_token.map(Secret::new),
        })
    }
}

/// A token that stands in `Authorization: Bearer …`.
pub struct AccessToken(Secret);

impl AccessToken {
    pub fn new(token: &str) -> Result<Self, UnsendableSecret> {
        if is_visible(token) {
            Ok(Self(Secret::new(format!("Bearer {token}"))))
        } else {
            Err(UnsendableSecret)
        }
    }
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The right to write tokens of an identity into requests to the hosts that it is bound to.
pub struct TokenSigner(HostBinding);

/// The same on the way into a request to one of these hosts.
pub struct BoundTokenSigner(());

impl TokenSigner {
    pub fn new(binding: HostBinding) -> Self {
        Self(binding)
    }

    pub fn for_host(&self, origin: Origin<'_>) -> Result<BoundTokenSigner, ForeignHost> {
        if self.0.admits(origin) { Ok(BoundTokenSigner(())) } else { Err(ForeignHost) }
    }
}

impl BoundTokenSigner {
    /// The value of `Authorization`.
    pub fn authorization<'t>(&self, token: &'t AccessToken) -> &'t Secret {
        &token.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scheme;

    #[test]
    fn a_token_signer_for_a_host_serves_no_other() {
        let signer = TokenSigner::new(HostBinding::exact(Scheme::Https, "a.openai.azure.com", 443));
        let origin = |host| Origin { scheme: Scheme::Https, host, port: 443 };
        let token = AccessToken::new("canary").unwrap();
        let Ok(bound) = signer.for_host(origin("a.openai.azure.com")) else { panic!("own host refused") };
        assert_eq!(bound.authorization(&token).expose(), "Bearer canary");
        assert!(signer.for_host(origin("b.openai.azure.com")).is_err());
        assert!(signer.for_host(Origin { scheme: Scheme::Http, ..origin("a.openai.azure.com") }).is_err());
    }

    #[test]
    fn what_would_break_a_header_is_refused_without_showing_it() {
        for token in ["", "canary\r\nx: y", "can ary", "canary\0", "canäry"] {
            let error = AccessToken::new(token).err().unwrap().to_string();
            assert!(!error.contains("can"), "{error}");
        }
        assert!(AwsKeys::new("AKID", "secret/+", Some("token==")).is_ok());
        for (id, secret, token) in [
            ("", "s", None),
            ("a/b", "s", None),
            ("a", "", None),
            ("a", "s", Some("")),
            ("a", "s", Some("t\n")),
        ] {
            assert_eq!(AwsKeys::new(id, secret, token).err(), Some(UnsendableSecret));
        }
    }
}
