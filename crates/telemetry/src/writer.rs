//! Writes records to standard output or to a file, off the request's path.
//!
//! A sender copies its line into one buffer; a thread takes the whole buffer when there is enough of it, or when it
//! has waited, and writes it at once. So a record costs its sender no allocation and no system call, and a slow disk or
//! a full pipe costs records, which are counted, never requests.
//!
//! The process's own log of records is one of these, and so is each file of `file-log`.

mod sink;

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use crate::metrics::WriterMetrics;
use sink::Output;
pub use sink::Sink;

/// How long the writer lets lines gather before it takes them.
const LINGER: Duration = Duration::from_millis(10);

/// Bytes that it takes at once. As few as stay in a processor's cache until they are written.
const ENOUGH: usize = 64 << 10;

/// Bytes that may wait to be written.
const CAPACITY: usize = 16 << 20;

/// Memory that the buffers keep when they are empty, in bytes.
const KEEP: usize = 256 << 10;

/// Why a record was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SendError {
    #[error("the buffer of records is full")]
    Full,
    #[error("the record writer is closed")]
    Closed,
}

#[derive(Debug, Default)]
struct State {
    /// Until the thread has it.
    output: Option<Output>,
    /// Whole lines.
    buffer: Vec<u8>,
    lines: u64,
    /// The thread waits for the first line.
    parked: bool,
    reopen: bool,
    closing: bool,
    finished: bool,
}

impl State {
    /// There is nothing to do.
    const fn idle(&self) -> bool {
        self.buffer.is_empty() && !self.closing && !self.reopen
    }
}

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// To the thread: there is something to do.
    wake: Condvar,
    /// From the thread: all is written.
    done: Condvar,
    metrics: Arc<WriterMetrics>,
    capacity: usize,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is enough to write, for a moment.
    fn gather<'q>(&self, state: MutexGuard<'q, State>) -> MutexGuard<'q, State> {
        let more = |state: &mut State| !state.closing && !state.reopen && state.buffer.len() < ENOUGH;
        let waited = self.wake.wait_timeout_while(state, LINGER, more);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn begin_close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    /// As [`RecordWriter::close`], which may be gone.
    pub(crate) fn close(&self, deadline: Duration) -> bool {
        self.begin_close();
        let state = self.lock();
        let waited = self.done.wait_timeout_while(state, deadline, |state| !state.finished);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.buffer.clear();
        let left = std::mem::take(&mut state.lines);
        self.metrics.dropped_closed.add(left);
        self.metrics.left(left);
        state.finished
    }
}

/// Takes records and writes them from a thread of its own.
#[derive(Debug)]
pub struct RecordWriter {
    queue: Arc<Queue>,
}

impl RecordWriter {
    /// Opens the sink and starts the thread.
    pub fn spawn(sink: Sink, metrics: Arc<WriterMetrics>) -> io::Result<Self> {
        Self::with_capacity(sink, metrics, CAPACITY)
    }

    fn with_capacity(sink: Sink, metrics: Arc<WriterMetrics>, capacity: usize) -> io::Result<Self> {
        let mut output = Output::new(sink, false);
        output.open()?;
        let writer = Self::idle(output, metrics, capacity);
        writer.begin()?;
        Ok(writer)
    }

    /// A writer that takes lines, and writes them once it has [begun](Self::begin). A sink that cannot be
    /// opened then costs lines, which are counted, and is tried again for each write.
    ///
    /// `each_time`: the file is opened anew for each write.
    pub fn new(sink: Sink, each_time: bool, metrics: Arc<WriterMetrics>) -> Self {
        Self::idle(Output::new(sink, each_time), metrics, CAPACITY)
    }

    fn idle(output: Output, metrics: Arc<WriterMetrics>, capacity: usize) -> Self {
        let queue = Queue {
            state: Mutex::new(State { output: Some(output), ..State::default() }),
            wake: Condvar::new(),
            done: Condvar::new(),
            metrics,
            capacity,
        };
        Self { queue: Arc::new(queue) }
    }

    /// Starts the thread, once.
    pub fn begin(&self) -> io::Result<()> {
        let Some(mut output) = self.queue.lock().output.take() else {
            return Ok(());
        };
        let queue = Arc::clone(&self.queue);
        thread::Builder::new()
            .name("records".to_owned())
            .stack_size(128 << 10)
            .spawn(move || run(&queue, &mut output))?;
        Ok(())
    }

    /// Hands a whole line over, its line feed included; never waits for the sink. A line that is not taken is
    /// counted.
    pub fn push(&self, line: &[u8]) -> Result<(), SendError> {
        let Queue { metrics, capacity, .. } = &*self.queue;
        let mut state = self.queue.lock();
        if state.closing {
            drop(state);
            metrics.dropped_closed.add(1);
            return Err(SendError::Closed);
        }
        let before = state.buffer.len();
        if line.len() > capacity - before {
            drop(state);
            if line.len() > *capacity { &metrics.dropped_large } else { &metrics.dropped_full }.add(1);
            return Err(SendError::Full);
        }
        state.buffer.extend_from_slice(line);
        state.lines += 1;
        metrics.waiting.add(1);
        let full = before < ENOUGH && state.buffer.len() >= ENOUGH;
        let parked = std::mem::take(&mut state.parked);
        drop(state);
        if parked || full {
            self.queue.wake.notify_one();
        }
        Ok(())
    }

    /// Opens the file anew before the next write, so that a rotated file is let go. A file that cannot be
    /// opened leaves the old one in use.
    pub fn reopen(&self) {
        self.queue.lock().reopen = true;
        self.queue.wake.notify_one();
    }

    /// Takes no more records, writes what is there, and waits for that until `deadline` from now.
    /// True when everything was written; else what is left is counted as dropped.
    pub fn close(&self, deadline: Duration) -> bool {
        self.queue.close(deadline)
    }

    /// What outlives the writer until all is written.
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }
}

impl Drop for RecordWriter {
    /// The thread writes what is there and ends; only [`RecordWriter::close`] waits for it.
    fn drop(&mut self) {
        self.queue.begin_close();
    }
}

fn run(queue: &Queue, output: &mut Output) {
    let mut batch = Vec::new();
    // A file that cannot be written is better told before there is something to lose.
    if let Err(error) = output.open_ahead() {
        queue.metrics.failed(&error.to_string());
    }
    loop {
        // Lines that come soon after others wake nobody.
        let mut state = queue.gather(queue.lock());
        while state.idle() {
            state.parked = true;
            state = queue.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.parked = false;
            state = queue.gather(state);
        }
        if state.closing && state.buffer.is_empty() {
            state.finished = true;
            queue.done.notify_all();
            return;
        }
        std::mem::swap(&mut batch, &mut state.buffer);
        let lines = std::mem::take(&mut state.lines);
        let reopen = std::mem::take(&mut state.reopen);
        drop(state);

        if reopen {
            output.reopen();
        }
        let (written, outcome) = output.write_lines(&batch, lines);
        queue.metrics.left(lines);
        queue.metrics.written.add(written);
        queue.metrics.dropped_failed.add(lines - written);
        match outcome {
            Ok(()) if lines > 0 => queue.metrics.succeeded(),
            Ok(()) => {}
            Err(error) => queue.metrics.failed(&error.to_string()),
        }
        batch.clear();
        batch.shrink_to(KEEP);
    }
}

#[cfg(test)]
mod tests;
