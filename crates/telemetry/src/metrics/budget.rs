//! Caps on how many label values come into being over the life of the process.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Counter;

/// How many more label values, or sets of them, may come into being.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicUsize,
    /// Requests that were counted under the value that stands for all others.
    pub overflows: Counter,
}

impl Budget {
    pub fn new(left: usize) -> Self {
        Self { left: AtomicUsize::new(left), overflows: Counter::default() }
    }

    /// Whether there was one more.
    pub fn take(&self) -> bool {
        let take = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    pub fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
}
