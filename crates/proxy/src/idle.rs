//! One timer for what is waited for again and again: it is set once and looked at again only when it fires.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Fires when nothing was read for a while. Activity costs a look at the clock, not a timer.
pub struct IdleTimer {
    sleep: Pin<Box<Sleep>>,
    last_read: Instant,
    pub limit: Duration,
}

impl IdleTimer {
    pub fn new(limit: Duration) -> Self {
        Self { sleep: Box::pin(tokio::time::sleep(limit)), last_read: Instant::now(), limit }
    }

    pub fn read_now(&mut self) -> Instant {
        self.last_read = Instant::now();
        self.last_read
    }

    /// When reading has taken too long.
    pub fn deadline(&self) -> Instant {
        self.last_read + self.limit
    }

    /// Ready at `wake` or at the deadline, whichever is earlier: the time then.
    pub fn poll(&mut self, context: &mut Context<'_>, wake: Option<Instant>) -> Poll<Instant> {
        loop {
            if self.sleep.as_mut().poll(context).is_pending() {
                let due = wake.map_or_else(|| self.deadline(), |wake| wake.min(self.deadline()));
                if due >= self.sleep.deadline() {
                    return Poll::Pending;
                }
                self.sleep.as_mut().reset(due);
                continue;
            }
            let now = Instant::now();
            let due = wake.map_or_else(|| self.deadline(), |wake| wake.min(self.deadline()));
            if now >= due {
                return Poll::Ready(now);
            }
            self.sleep.as_mut().reset(due);
        }
    }
}
