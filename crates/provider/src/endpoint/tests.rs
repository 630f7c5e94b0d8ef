//! Where requests go, provider by provider.
