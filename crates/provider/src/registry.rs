//! The list of all providers.
