//! Time limits of one connection, all on one timer: it is set once and looked at again only when it fires.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// The timer of one connection, which waits for one thing at a time. Each wait ends later than the one before, so
/// a timer that is set already fires early enough, and is then set to what is left.
#[derive(Clone, Default)]
pub(super) struct Alarm(Arc<Mutex<Option<Pin<Box<tokio::time::Sleep>>>>>);

/// One wait.
struct Wait {
    alarm: Alarm,
    deadline: Instant,
}

impl Timer for Alarm {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Wait { alarm: self.clone(), deadline })
    }

    fn now(&self) -> Instant {
        // The runtime's clock, which tests can set.
        tokio::time::Instant::now().into()
    }
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline.into();
        let mut timer = self.alarm.0.lock().unwrap_or_else(PoisonError::into_inner);
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        if timer.deadline() >= deadline {
            return Poll::Ready(());
        }
        timer.as_mut().reset(deadline);
        timer.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_wait_ends_at_its_own_time() {
        let alarm = Alarm::default();
        let start = alarm.now();
        let after = |seconds| start + Duration::from_secs(seconds);
        // Given up before its time, as when a request comes.
        let early = tokio::time::timeout(Duration::from_secs(5), alarm.sleep_until(after(10)));
        assert!(early.await.is_err());
        for seconds in [15, 40, 41] {
            alarm.sleep_until(after(seconds)).await;
            assert_eq!(alarm.now().duration_since(start).as_secs(), seconds);
        }
        // Nobody waited when it fired.
        let _ = tokio::time::timeout(Duration::from_secs(1), alarm.sleep_until(after(50))).await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        alarm.sleep_until(after(150)).await;
        assert_eq!(alarm.now().duration_since(start).as_secs(), 150);
    }
}
