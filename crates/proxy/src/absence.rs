//! What becomes of an upstream's answer whose client has left: it is let go at once, or, where its target wants that
//! (`extensions.on_disconnect: drain`), read on for a while, so that what it used is known to the token.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Response;
use tokio::time::Instant;

use crate::answer::ClientBody;
use crate::listen::{Phase, Signal};

/// Bytes that are read of an answer after its client has left.
pub const MOST_DRAINED: u64 = 16 << 20;

/// The absence of one client, should it come to that.
pub struct Absence {
    signal: Signal,
    /// How long its answer is read on; none where it is not.
    patience: OnceLock<Duration>,
    deadline: OnceLock<Instant>,
}

impl Absence {
    pub fn new(signal: Signal) -> Self {
        Self { signal, patience: OnceLock::new(), deadline: OnceLock::new() }
    }

    /// The request goes to a target whose answers are read on.
    pub fn allow(&self, patience: Duration) {
        let _ = self.patience.set(patience);
    }

    /// Whether its answer would be read on.
    pub fn is_allowed(&self) -> bool {
        self.patience.get().is_some()
    }

    /// Whether the client has left and its answer is read on.
    pub fn has_begun(&self) -> bool {
        self.deadline.get().is_some()
    }

    /// Does `work` without the client, within the bounds of time; an orderly end of the process ends it as well.
    /// Where it may not be done at all it is dropped.
    pub fn work_on(self: Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let Some(patience) = self.patience.get() else { return };
        // Without a runtime there is nobody to do it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let deadline = *self.deadline.get_or_init(|| Instant::now() + *patience);
        let mut signal = self.signal.clone();
        runtime.spawn(async move {
            tokio::select! {
                biased;
                () = signal.reached(Phase::Draining) => {}
                _ = tokio::time::timeout_at(deadline, work) => {}
            }
        });
    }
}

/// The pipeline of one request, on its way to an answer. Dropped on that way because its client has left, it goes on
/// without it where it may.
pub struct Running {
    pipeline: Option<Pipeline>,
    absence: Option<Arc<Absence>>,
}

type Pipeline = Pin<Box<dyn Future<Output = Response<ClientBody>> + Send>>;

impl Running {
    pub fn new(pipeline: Pipeline, absence: Option<Arc<Absence>>) -> Self {
        Self { pipeline: Some(pipeline), absence }
    }
}

impl Future for Running {
    type Output = Response<ClientBody>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(pipeline) = &mut self.pipeline else { return Poll::Pending };
        let polled = pipeline.as_mut().poll(context);
        if polled.is_ready() {
            self.pipeline = None;
        }
        polled
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let (Some(pipeline), Some(absence)) = (self.pipeline.take(), self.absence.take()) {
            // Its body knows that nobody takes it.
            absence.work_on(async move { drop(pipeline.await) });
        }
    }
}
