//! What the groups of a route's regular expression matched.

use std::sync::Arc;

/// The groups of a match, percent-decoded. A route without a regular expression has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captures {
    /// By number; the name of a group that has one. Group 0, the whole match, is not kept.
    names: Option<Arc<[Option<Box<str>>]>>,
    values: Vec<Option<Box<str>>>,
}

impl Captures {
    /// `values` are by number from 1, `names` from 0.
    pub(super) fn new(names: &Arc<[Option<Box<str>>]>, values: Vec<Option<Box<str>>>) -> Self {
        Self { names: Some(Arc::clone(names)), values }
    }

    /// What the group of this name, or of this number from 1 on, matched.
    pub fn value(&self, key: &str) -> Option<&str> {
        let names = self.names.as_deref()?;
        let by_name = names.iter().position(|name| name.as_deref() == Some(key));
        let number = by_name.or_else(|| key.parse().ok())?;
        self.values.get(number.checked_sub(1)?)?.as_deref()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
