//! A bounded queue of records before a server, and the tasks that send them in batches and try again.
//!
//! Who pushes never waits: a full queue loses its oldest entries, as in Kong, since the latest tell more of what is
//! going on. What a request looks like on the wire is up to a [`Deliver`].

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

use crate::metrics::WriterMetrics;

/// How long a queue that nobody waits for may still be sent, after it was closed.
const DRAIN: Duration = Duration::from_mins(1);
/// Longest pause between retries once the queue is closed.
const CLOSING_PAUSE: Duration = Duration::from_millis(200);
/// Requests at a time where several are wanted.
const MAX_CONCURRENT: usize = 16;

/// Sends entries to a server, in one request.
pub trait Deliver: Send + Sync {
    fn deliver<'a>(&'a self, entries: &'a [Bytes]) -> Delivering<'a>;
}

/// A request under way; it bounds its own time.
pub type Delivering<'a> = Pin<Box<dyn Future<Output = Result<Delivered, DeliveryError>> + Send + 'a>>;

/// What became of entries that a server has answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Entries that the server says it has not kept, and never will.
    pub rejected: u64,
}

/// Why entries were not taken. Holds nothing secret and nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text}")]
pub struct DeliveryError {
    pub text: Box<str>,
    /// The server will not take them another time either.
    pub is_final: bool,
    /// The server asks not to be tried again before.
    pub after: Option<Duration>,
}

impl DeliveryError {
    /// An error after which it is worth to try again.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self { text: text.into(), is_final: false, after: None }
    }
}

/// Sizes and times of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batching {
    /// Entries of one request; at least 1.
    pub max_batch: usize,
    /// Bytes of one request, save that one entry may have more.
    pub max_batch_bytes: usize,
    /// How long the first entry of a batch waits for others.
    pub linger: Duration,
    pub max_entries: usize,
    /// Bytes that may wait; as many may be under way.
    pub max_bytes: usize,
    pub first_retry: Duration,
    /// Since the first attempt; none for no retry.
    pub give_up_after: Option<Duration>,
    pub max_retry: Duration,
    /// Several requests at a time.
    pub concurrent: bool,
}

#[derive(Default)]
struct State {
    entries: VecDeque<Bytes>,
    bytes: usize,
    /// Entries that a worker has taken.
    in_flight: u64,
    /// Until the workers have begun.
    deliver: Option<Arc<dyn Deliver>>,
    workers: usize,
    closed: Option<Instant>,
    /// Nobody counts what is still under way.
    abandoned: bool,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    batching: Batching,
    metrics: Arc<WriterMetrics>,
    /// To the workers: there is something to do.
    work: Notify,
    /// To workers that pause before a retry.
    closing: Notify,
    /// From the workers: one has ended.
    done: Notify,
}

/// The end of a queue that takes entries. Once it is dropped, what waits is sent, for a bounded time.
pub struct BatchQueue {
    queue: Arc<Queue>,
}

impl BatchQueue {
    pub fn new(batching: Batching, deliver: Arc<dyn Deliver>, metrics: Arc<WriterMetrics>) -> Self {
        let queue = Queue {
            state: Mutex::new(State { deliver: Some(deliver), ..State::default() }),
            batching,
            metrics,
            work: Notify::new(),
            closing: Notify::new(),
            done: Notify::new(),
        };
        Self { queue: Arc::new(queue) }
    }

    /// Starts the workers, once. To be called on the runtime that they shall run on.
    pub fn begin(&self) {
        let workers = if self.queue.batching.concurrent { MAX_CONCURRENT } else { 1 };
        let mut state = self.queue.lock();
        let Some(deliver) = state.deliver.take() else {
            return;
        };
        state.workers = workers;
        drop(state);
        for _ in 0..workers {
            let (queue, deliver) = (Arc::clone(&self.queue), Arc::clone(&deliver));
            tokio::spawn(async move {
                queue.work(&*deliver).await;
                queue.lock().workers -= 1;
                queue.done.notify_waiters();
            });
        }
    }

    /// Hands an entry over; never waits. What is lost, this or an older one, is counted.
    pub fn push(&self, entry: &[u8]) {
        let Queue { batching, metrics, .. } = &*self.queue;
        if entry.len() > batching.max_bytes {
            metrics.dropped_large.add(1);
            return;
        }
        let entry = Bytes::copy_from_slice(entry);
        let mut state = self.queue.lock();
        if state.closed.is_some() {
            drop(state);
            metrics.dropped_closed.add(1);
            return;
        }
        let mut dropped = 0;
        while state.entries.len() >= batching.max_entries || state.bytes + entry.len() > batching.max_bytes {
            let Some(oldest) = state.entries.pop_front() else { break };
            state.bytes -= oldest.len();
            dropped += 1;
        }
        state.bytes += entry.len();
        state.entries.push_back(entry);
        let wake = state.entries.len() == 1 || self.queue.is_ready(&state);
        drop(state);
        metrics.waiting.add(1);
        if dropped > 0 {
            metrics.left(dropped);
            metrics.dropped_full.add(dropped);
        }
        if wake {
            self.queue.work.notify_one();
        }
    }

    /// Closes the queue and waits until everything is sent, or lost, until `deadline` from now. True when all
    /// was; else what is left is counted as dropped.
    pub async fn close(&self, deadline: Duration) -> bool {
        self.queue.close(deadline).await
    }

    /// What outlives this end of the queue until all is sent.
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }
}

impl Drop for BatchQueue {
    fn drop(&mut self) {
        self.queue.begin_close();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes no more entries; what is there is sent, without waiting for more.
    fn begin_close(&self) {
        self.lock().closed.get_or_insert_with(Instant::now);
        self.work.notify_waiters();
        self.work.notify_one();
        self.closing.notify_waiters();
    }

    /// As [`BatchQueue::close`], which may be gone.
    pub(crate) async fn close(&self, deadline: Duration) -> bool {
        self.begin_close();
        let deadline = Instant::now() + deadline;
        loop {
            let done = self.done.notified();
            if self.lock().workers == 0 || timeout_at(deadline, done).await.is_err() {
                break;
            }
        }
        let mut state = self.lock();
        state.abandoned = true;
        let left = state.entries.len() as u64 + std::mem::take(&mut state.in_flight);
        state.entries.clear();
        state.bytes = 0;
        drop(state);
        self.metrics.dropped_closed.add(left);
        self.metrics.left(left);
        left == 0
    }

    /// A batch need not wait for more.
    fn is_ready(&self, state: &State) -> bool {
        state.entries.len() >= self.batching.max_batch.min(self.batching.max_entries)
            || state.bytes >= (self.batching.max_bytes / 2).min(self.batching.max_batch_bytes)
            || state.closed.is_some()
    }

    fn drained(&self) -> bool {
        self.lock().closed.is_some_and(|since| since.elapsed() > DRAIN)
    }

    async fn work(&self, deliver: &dyn Deliver) {
        while let Some(batch) = self.next_batch().await {
            self.send(&batch, deliver).await;
            if self.drained() {
                let mut state = self.lock();
                let left = state.entries.len() as u64;
                state.entries.clear();
                state.bytes = 0;
                drop(state);
                self.metrics.dropped_closed.add(left);
                self.metrics.left(left);
            }
        }
    }

    /// The next entries to send; none once the queue is closed and empty.
    async fn next_batch(&self) -> Option<Vec<Bytes>> {
        loop {
            let told = self.work.notified();
            let (empty, closed) = {
                let state = self.lock();
                (state.entries.is_empty(), state.closed.is_some())
            };
            match (empty, closed) {
                (false, _) => break,
                (true, true) => return None,
                (true, false) => told.await,
            }
        }
        let until = Instant::now() + self.batching.linger;
        loop {
            let told = self.work.notified();
            let ready = self.is_ready(&self.lock());
            if ready || timeout_at(until, told).await.is_err() {
                break;
            }
        }
        let mut state = self.lock();
        let mut bytes = 0_usize;
        let fits = state.entries.iter().take(self.batching.max_batch).take_while(|entry| {
            bytes = bytes.saturating_add(entry.len());
            bytes <= self.batching.max_batch_bytes
        });
        // One that is larger goes alone. None is left where another worker was faster.
        let count = fits.count().max(1).min(state.entries.len());
        let batch: Vec<Bytes> = state.entries.drain(..count).collect();
        state.bytes -= batch.iter().map(Bytes::len).sum::<usize>();
        state.in_flight += batch.len() as u64;
        if state.entries.is_empty() {
            state.entries.shrink_to(64);
        }
        Some(batch)
    }

    /// Sends a batch, again and again if need be, and counts what became of it.
    async fn send(&self, batch: &[Bytes], deliver: &dyn Deliver) {
        if batch.is_empty() {
            return;
        }
        let count = batch.len() as u64;
        let begun = Instant::now();
        let mut pause = self.batching.first_retry;
        let sent = loop {
            let error = match deliver.deliver(batch).await {
                Ok(delivered) => break Some(delivered),
                Err(error) => error,
            };
            self.metrics.failed(&error.text);
            if error.is_final
                || self.batching.give_up_after.is_none_or(|limit| begun.elapsed() > limit)
                || self.drained()
            {
                break None;
            }
            let asked = error.after.unwrap_or_default();
            self.pause(pause.max(asked).min(self.batching.max_retry)).await;
            pause = pause.saturating_mul(2);
            if self.lock().abandoned {
                return;
            }
            self.metrics.retries.add(1);
        };
        let mut state = self.lock();
        // Whoever closed the queue has counted it as lost.
        if state.abandoned {
            return;
        }
        state.in_flight = state.in_flight.saturating_sub(count);
        drop(state);
        self.metrics.left(count);
        let Some(Delivered { rejected }) = sent else {
            self.metrics.dropped_failed.add(count);
            return;
        };
        let rejected = rejected.min(count);
        self.metrics.written.add(count - rejected);
        self.metrics.dropped_failed.add(rejected);
        if rejected == 0 {
            self.metrics.succeeded();
        } else {
            self.metrics.failed("the server has rejected entries");
        }
    }

    async fn pause(&self, pause: Duration) {
        let closing = self.closing.notified();
        let closed = self.lock().closed.is_some();
        if closed {
            tokio::time::sleep(pause.min(CLOSING_PAUSE)).await;
        } else {
            // Cut short by the end of the queue.
            let _ = timeout(pause, closing).await;
        }
    }
}

#[cfg(test)]
mod tests;
