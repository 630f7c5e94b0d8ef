//! Tells whether a connection has called since it was last looked at: its task runs for other reasons as well.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use super::host::lock;

/// Passes wake-ups on to the task that waits.
#[derive(Default)]
pub(super) struct Bell {
    /// Silent since it was last asked.
    silent: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Bell {
    /// Whether it has rung since the last call, as it has at first; from now on it rings for `task`.
    pub(super) fn has_rung(&self, task: &Waker) -> bool {
        let mut waiting = lock(&self.task);
        if !waiting.as_ref().is_some_and(|known| known.will_wake(task)) {
            *waiting = Some(task.clone());
        }
        drop(waiting);
        !self.silent.swap(true, Ordering::AcqRel)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.silent.store(false, Ordering::Release);
        if let Some(task) = &*lock(&self.task) {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_bell_rings_for_the_task_that_asked_last() {
        let bell = Arc::new(Bell::default());
        let (first, second) = (Arc::new(Woken::default()), Arc::new(Woken::default()));
        assert!(bell.has_rung(&Waker::from(Arc::clone(&first))));
        assert!(!bell.has_rung(&Waker::from(Arc::clone(&second))));
        Waker::from(Arc::clone(&bell)).wake();
        assert!(!first.0.load(Ordering::Relaxed) && second.0.load(Ordering::Relaxed));
        assert!(bell.has_rung(&Waker::from(second)));
        assert!(!bell.has_rung(Waker::noop()));
    }
}
