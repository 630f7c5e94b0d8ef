//! Identities in clouds: AWS keys, and access tokens of Azure and Google, fetched ahead and kept until they expire.
//!
//! An [`Identity`] is fetched by one task of its own, long before what it holds expires; requests take what is
//! there ([`Identity::current`]) or wait for the one fetch under way ([`Identity::grant`]). A fetch that fails
//! leaves a grant that is still valid in place and is tried again. Whoever uses this brings the HTTP client
//! ([`Fetch`]), so that TLS and name look-up are those of all other upstream requests.

mod aws;
mod azure;
mod environment;
mod error;
mod fetch;
mod google;
mod grant;
mod identities;
mod identity;
mod kind;
mod oauth;
mod source;

pub use environment::Environment;
pub use error::IdentityError;
pub use fetch::{Call, Fetch, FetchError, Fetching, MAX_REPLY, Reply, Url};
pub use grant::Grant;
pub use identities::Identities;
pub use identity::Identity;
pub use kind::Kind;
pub use source::defect;

#[cfg(test)]
mod tests;
