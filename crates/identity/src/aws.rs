//! AWS keys: configured ones, or from the chain of sources that the environment names; and roles on top of them.
//!
//! Made from <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>. A source that the
//! environment names and that fails ends the search: nobody wants another identity than the one meant.

mod container;
mod instance;
mod profile;
mod sts;

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use auth::{AwsIdentity, AwsKeys, AwsRole, Secret, civil};
use serde::Deserialize;

use crate::environment::read_file;
use crate::fetch::Caller;
use crate::grant::{Issued, Lifetime};
use crate::{Environment, Grant, IdentityError, Kind, oauth};
use sts::Sts;

/// Keys, and how long they hold.
pub(crate) struct Found {
    keys: AwsKeys,
    lifetime: Lifetime,
}

pub(crate) struct Aws {
    configured: Option<(Secret, Secret)>,
    role: Option<AwsRole>,
    sts: Sts,
    environment: Environment,
}

/// Whether what is configured can be sent.
pub(crate) fn check(identity: &AwsIdentity) -> Result<(), IdentityError> {
    if let Some((id, secret)) = &identity.keys {
        AwsKeys::new(id.expose(), secret.expose(), None)
            .map_err(|_| IdentityError::Invalid("aws_access_key_id", "it cannot be sent"))?;
    }
    match identity.role.as_ref().and_then(|role| role.sts_url.as_deref()) {
        Some(url) => sts::configured(url).map(|_| ()),
        None => Ok(()),
    }
}

impl Aws {
    pub fn new(identity: AwsIdentity, environment: &Environment) -> Result<Self, IdentityError> {
        let configured_url = identity.role.as_ref().and_then(|role| role.sts_url.as_deref());
        let sts = Sts::new(configured_url, identity.region.as_deref(), environment)?;
        check(&identity)?;
        Ok(Self { configured: identity.keys, role: identity.role, sts, environment: environment.clone() })
    }

    pub fn kind(&self) -> Kind {
        if self.role.is_some() { Kind::AwsRole } else { Kind::AwsKeys }
    }

    pub fn name(&self) -> Box<str> {
        let keys = if self.configured.is_some() { "aws keys" } else { "aws credentials of the environment" };
        match &self.role {
            Some(role) => format!("{keys} in role {}", role.arn).into(),
            None => keys.into(),
        }
    }

    pub async fn obtain(&self, caller: &Caller) -> Result<Grant, IdentityError> {
        let mut found = match &self.configured {
            Some((id, secret)) => self.configured(id, secret)?,
            None => self.search(caller).await?,
        };
        if let Some(role) = &self.role {
            found =
                self.sts.assume_role(&found.keys, &role.arn, role.session_name.as_deref(), caller).await?;
        }
        Ok(Grant::new(Issued::Aws(found.keys), found.lifetime))
    }

    /// Configured keys that are those of the environment have the session token that stands there too.
    fn configured(&self, id: &Secret, secret: &Secret) -> Result<Found, IdentityError> {
        let same = self.environment.value("AWS_ACCESS_KEY_ID").is_some_and(|own| Secret::new(own) == *id);
        let token = if same { self.environment.value("AWS_SESSION_TOKEN") } else { None };
        found("aws_access_key_id", id.expose(), secret.expose(), token.as_deref(), Lifetime::Fixed)
    }

    async fn search(&self, caller: &Caller) -> Result<Found, IdentityError> {
        let environment = &self.environment;
        if let Some(id) = environment.value("AWS_ACCESS_KEY_ID") {
            let secret = environment
                .value("AWS_SECRET_ACCESS_KEY")
                .ok_or(IdentityError::Unset("AWS_SECRET_ACCESS_KEY"))?;
            let token = environment.value("AWS_SESSION_TOKEN");
            return found("AWS_ACCESS_KEY_ID", &id, &secret, token.as_deref(), Lifetime::Fixed);
        }
        if let Some(profile) = profile::find(environment).await? {
            return self.of_profile(profile, caller).await;
        }
        if let Some(call) = container::call(environment).await? {
            return container::keys(call, caller).await;
        }
        if let (Some(role), Some(file)) =
            (environment.value("AWS_ROLE_ARN"), environment.value("AWS_WEB_IDENTITY_TOKEN_FILE"))
        {
            let session = environment.value("AWS_ROLE_SESSION_NAME");
            return self.federated(&role, session.as_deref(), file.into(), caller).await;
        }
        instance::keys(environment, caller).await.map_err(|error| IdentityError::NoSource(Box::new(error)))
    }

    /// Keys of a profile, and the roles that lead from them to the one that is meant.
    async fn of_profile(&self, profile: profile::Profile, caller: &Caller) -> Result<Found, IdentityError> {
        let mut found = match profile.base {
            profile::Base::Keys { id, secret, token } => {
                let token = token.as_ref().map(Secret::expose);
                found("the AWS profile", id.expose(), secret.expose(), token, Lifetime::Unknown)?
            }
            profile::Base::Federated { role, session, file } => {
                self.federated(&role, session.as_deref(), file, caller).await?
            }
            profile::Base::Container => {
                let call = container::call(&self.environment).await?;
                let unset = IdentityError::Unset("AWS_CONTAINER_CREDENTIALS_FULL_URI");
                container::keys(call.ok_or(unset)?, caller).await?
            }
            profile::Base::Instance => instance::keys(&self.environment, caller).await?,
        };
        for role in profile.roles {
            found = self.sts.assume_role(&found.keys, &role.arn, role.session.as_deref(), caller).await?;
        }
        Ok(found)
    }

    /// A role for the token that a cluster mounts; the file is rotated, so it is read every time.
    async fn federated(
        &self,
        role: &str,
        session: Option<&str>,
        file: PathBuf,
        caller: &Caller,
    ) -> Result<Found, IdentityError> {
        let token = read_file("AWS_WEB_IDENTITY_TOKEN_FILE", file).await?;
        self.sts.assume_role_with_web_identity(role, session, token.trim(), caller).await
    }
}

fn found(
    what: &'static str,
    id: &str,
    secret: &str,
    token: Option<&str>,
    lifetime: Lifetime,
) -> Result<Found, IdentityError> {
    let keys =
        AwsKeys::new(id, secret, token).map_err(|_| IdentityError::Invalid(what, "it cannot be sent"))?;
    Ok(Found { keys, lifetime })
}

/// What the endpoints of containers and instances answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    #[serde(borrow)]
    access_key_id: Cow<'a, str>,
    #[serde(borrow)]
    secret_access_key: Cow<'a, str>,
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    expiration: Option<Cow<'a, str>>,
}

fn read_document(endpoint: &'static str, body: &[u8]) -> Result<Found, IdentityError> {
    let malformed = |reason| IdentityError::Malformed(endpoint, reason);
    let document: Document<'_> =
        serde_json::from_slice(body).map_err(|_| malformed("it is not JSON with keys"))?;
    let lifetime = match &document.expiration {
        Some(expiration) => lifetime_until(endpoint, expiration)?,
        // Kept by the container for as long as it runs.
        None => Lifetime::Unknown,
    };
    let keys = AwsKeys::new(&document.access_key_id, &document.secret_access_key, document.token.as_deref())
        .map_err(|_| malformed("a key is empty or cannot be sent"))?;
    Ok(Found { keys, lifetime })
}

fn lifetime_until(endpoint: &'static str, expiration: &str) -> Result<Lifetime, IdentityError> {
    let malformed = |reason| IdentityError::Malformed(endpoint, reason);
    let until = civil::parse_utc(expiration).ok_or_else(|| malformed("'Expiration' is not a time"))?;
    match until.saturating_sub(oauth::unix_seconds()) {
        0 => Err(malformed("the keys have expired already: is the clock right?")),
        seconds => Ok(Lifetime::For(Duration::from_secs(seconds))),
    }
}
