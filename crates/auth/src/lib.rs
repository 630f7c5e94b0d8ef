//! Who calls us, how we sign upstream, and the type that keeps a secret secret.

pub mod civil;
mod cloud;
mod credential;
mod key_table;
mod origin;
mod redaction;
mod secret;
mod sigv4;

pub use cloud::{
    AccessToken, AwsIdentity, AwsKeys, AwsRole, AzureIdentity, BoundTokenSigner, CloudIdentity,
    GoogleIdentity, TokenSigner, UnsendableSecret,
};
pub use credential::{Bound, Credential, CredentialError, ForeignHost, ParamLocation, is_token};
pub use key_table::{KeyError, KeyTable, NoRandomness, Salt};
pub use origin::{HostBinding, HostPattern, HostPatternError, Origin, Scheme, has_placeholder};
pub use redaction::{CLIENT_CREDENTIALS, MASK, REDACTED, is_client_credential, is_redacted};
pub use secret::Secret;
pub use sigv4::{
    AwsRequest, AwsService, AwsSignature, AwsSigner, BoundAwsSigner, InvalidRegion, PayloadHash,
    is_aws_region,
};
