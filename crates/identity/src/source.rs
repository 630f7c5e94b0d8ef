//! Where grants come from: one kind a cloud.

use auth::{CloudIdentity, Secret};
use sha2::{Digest as _, Sha256};

use crate::aws::Aws;
use crate::azure::Azure;
use crate::fetch::Caller;
use crate::google::Google;
use crate::identities::Key;
use crate::{Environment, Grant, IdentityError, Kind};

pub(crate) enum Source {
    Aws(Box<Aws>),
    Azure(Box<Azure>),
    Google(Box<Google>),
}

impl Source {
    pub fn new(configured: CloudIdentity, environment: &Environment) -> Result<Self, IdentityError> {
        Ok(match configured {
            CloudIdentity::Aws(identity) => Self::Aws(Box::new(Aws::new(identity, environment)?)),
            CloudIdentity::Azure(identity) => Self::Azure(Box::new(Azure::new(identity, environment)?)),
            CloudIdentity::Google(identity) => Self::Google(Box::new(Google::new(identity, environment)?)),
        })
    }

    pub fn name(&self) -> Box<str> {
        match self {
            Self::Aws(aws) => aws.name(),
            Self::Azure(azure) => azure.name(),
            Self::Google(google) => google.name(),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::Aws(aws) => aws.kind(),
            Self::Azure(azure) => azure.kind(),
            Self::Google(google) => google.kind(),
        }
    }

    pub async fn obtain(&self, caller: &Caller) -> Result<Grant, IdentityError> {
        match self {
            Self::Aws(aws) => aws.obtain(caller).await,
            Self::Azure(azure) => azure.obtain(caller).await,
            Self::Google(google) => google.obtain(caller).await,
        }
    }
}

/// What is wrong with a configured identity whatever the environment says: the field, and the reason.
pub fn defect(configured: &CloudIdentity) -> Option<(&'static str, &'static str)> {
    let checked = match configured {
        CloudIdentity::Aws(identity) => crate::aws::check(identity),
        CloudIdentity::Azure(identity) => crate::azure::check(identity),
        CloudIdentity::Google(identity) => crate::google::check(identity),
    };
    match checked {
        Err(IdentityError::Invalid(field, reason)) => Some((field, reason)),
        _ => None,
    }
}

/// A hash over everything that makes an identity, with lengths, so that no two run into each other.
pub(crate) fn key(identity: &CloudIdentity, verify: bool) -> Key {
    let mut hash = Sha256::new();
    let mut add = |part: Option<&str>| match part {
        None => hash.update([0]),
        Some(text) => {
            hash.update([1]);
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
    };
    add(Some(if verify { "verified" } else { "unverified" }));

    match identity {
        CloudIdentity::Aws(aws) => {
            add(Some("aws"));
            add(aws.keys.as_ref().map(|(id, _)| id.expose()));
            add(aws.keys.as_ref().map(|(_, secret)| secret.expose()));
            add(aws.region.as_deref());
            add(aws.role.as_ref().map(|role| &*role.arn));
            add(aws.role.as_ref().and_then(|role| role.session_name.as_deref()));
            add(aws.role.as_ref().and_then(|role| role.sts_url.as_deref()));
        }
        CloudIdentity::Azure(azure) => {
            add(Some("azure"));
            add(azure.client_id.as_deref());
            add(azure.tenant_id.as_deref());
            add(azure.client_secret.as_ref().map(Secret::expose));
        }
        CloudIdentity::Google(google) => {
            add(Some("google"));
            add(google.key.as_ref().map(Secret::expose));
            add(google.token_url.as_deref());
            add(google.metadata_url.as_deref());
        }
    }
    hash.finalize().into()
}
