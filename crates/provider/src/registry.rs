//! Finds providers by their id.

use crate::Provider;
use crate::providers::ALL;

/// Every provider, in the order in which documentation lists them.
pub fn all() -> &'static [&'static Provider] {
    ALL
}

/// The provider that `model.provider` names.
pub fn by_id(id: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.id == id)
}

#[cfg(test)]
mod tests;
