//! Who calls us, how we sign upstream, and the type that keeps a secret secret.

mod credential;
mod key_table;
mod origin;
mod redaction;
mod secret;

pub use credential::{Bound, Credential, CredentialError, ForeignHost, ParamLocation, is_token};
pub use key_table::{KeyError, KeyTable, NoRandomness, Salt};
pub use origin::{HostBinding, HostPattern, HostPatternError, Origin, Scheme, has_placeholder};
pub use redaction::{CLIENT_CREDENTIALS, MASK, REDACTED, is_client_credential, is_redacted};
pub use secret::Secret;
