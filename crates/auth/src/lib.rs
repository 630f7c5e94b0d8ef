//! Who calls us, how we sign upstream, and the type that keeps a secret secret.

mod secret;

pub use secret::Secret;
