//! One thing for many tests: made by the first that needs it, dropped by the last that lets it go.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A value that lives as long as any test holds it. Meant for a `static`: statics themselves are never dropped,
/// so that a process in one would outlive the tests.
pub struct Shared<T> {
    make: fn() -> T,
    live: Mutex<Weak<T>>,
}

impl<T> Shared<T> {
    pub const fn new(make: fn() -> T) -> Self {
        Self { make, live: Mutex::new(Weak::new()) }
    }

    /// The live value, or a new one.
    pub fn hold(&self) -> Arc<T> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = live.upgrade() {
            return value;
        }
        let value = Arc::new((self.make)());
        *live = Arc::downgrade(&value);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_shared_and_dropped() {
        static SHARED: Shared<u8> = Shared::new(|| 7);
        let first = SHARED.hold();
        assert!(Arc::ptr_eq(&first, &SHARED.hold()));
        let weak = Arc::downgrade(&first);
        drop(first);
        assert!(weak.upgrade().is_none());
        assert_eq!(*SHARED.hold(), 7);
    }
}
