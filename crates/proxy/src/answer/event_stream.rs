//! A streamed answer: the machine of crate `stream` between an upstream's body and a client.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use stream::{Break, End, StreamEnd, StreamState, Summary};
use telemetry::Disconnect;
use tokio::time::Instant;

use super::machine::Machine;
use crate::absence::MOST_DRAINED;
use crate::account::Account;
use crate::frames::poll_data;
use crate::idle::IdleTimer;
use crate::inflate::Inflater;
use crate::upstream::UpstreamBody;

/// An upstream that has sent the end mark but does not end the body is waited for this long.
const AFTER_TERMINATOR: Duration = Duration::from_secs(1);
/// Comments that may come before the first event while the head of the answer is held.
const MAX_BEFORE_HEAD: usize = 64 * 1024;

/// How one stream is delivered.
pub struct StreamSettings {
    pub read_timeout: Duration,
    /// Silence after which a keep-alive is sent.
    pub keep_alive: Option<Duration>,
    pub keep_alive_frame: &'static [u8],
    /// The head goes out at the first keep-alive instead of the first event.
    pub early_head: bool,
}

/// What came first, when the head of the answer is due.
pub enum Opening {
    /// Send the head and the stream.
    Stream,
    /// The first event is an error: what the client is sent instead, and the status where the event's dialect
    /// is known to have one.
    Error(Bytes, Option<u16>),
    /// The body ended, or broke, before any event.
    Nothing(End),
}

pub struct EventStream {
    /// None once nothing more will be read.
    upstream: Option<UpstreamBody>,
    inflater: Option<Inflater>,
    machine: Option<Machine>,
    out: Vec<Bytes>,
    next: usize,
    timer: IdleTimer,
    last_sent: Instant,
    settings: StreamSettings,
    head_sent: bool,
    summary: Option<Summary>,
    end: Option<End>,
    /// Nobody takes what comes.
    unheard: bool,
    /// Bytes that may still be read.
    room: u64,
}

impl EventStream {
    pub fn new(
        upstream: UpstreamBody,
        inflater: Option<Inflater>,
        machine: Machine,
        settings: StreamSettings,
    ) -> Box<Self> {
        Box::new(Self {
            upstream: Some(upstream),
            inflater,
            machine: Some(machine),
            out: Vec::new(),
            next: 0,
            timer: IdleTimer::new(settings.read_timeout),
            last_sent: Instant::now(),
            settings,
            head_sent: false,
            summary: None,
            end: None,
            unheard: false,
            room: u64::MAX,
        })
    }

    /// Reads until it is clear what the head of the answer must be.
    pub async fn open(&mut self) -> Opening {
        poll_fn(|context| self.poll_open(context)).await
    }

    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<Opening> {
        loop {
            if let Some(opening) = self.opening() {
                self.head_sent = true;
                return Poll::Ready(opening);
            }
            if self.poll_read(context).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn opening(&self) -> Option<Opening> {
        let state = match (&self.machine, &self.summary) {
            (Some(machine), _) => machine.state(),
            (None, Some(summary)) => &summary.state,
            (None, None) => return None,
        };
        match state {
            StreamState::Started => Some(Opening::Stream),
            StreamState::ErrorFirst { data, status } => Some(Opening::Error(data.clone(), *status)),
            StreamState::Waiting if self.end.is_some() => self.end.map(Opening::Nothing),
            StreamState::Waiting => {
                let held: usize = self.out.iter().map(Bytes::len).sum();
                (held > MAX_BEFORE_HEAD || (held > 0 && self.settings.early_head)).then_some(Opening::Stream)
            }
        }
    }

    /// Whether anything that the model generated has come.
    pub(super) fn has_content(&self) -> bool {
        match (&self.machine, &self.summary) {
            (Some(machine), _) => machine.has_content(),
            (None, Some(summary)) => summary.output_bytes > 0,
            (None, None) => false,
        }
    }

    pub(super) fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(piece) = self.out.get_mut(self.next) {
                let piece = std::mem::take(piece);
                self.next += 1;
                self.last_sent = Instant::now();
                return Poll::Ready(Some(piece));
            }
            self.out.clear();
            self.next = 0;
            if self.upstream.is_none() {
                return Poll::Ready(None);
            }
            if self.poll_read(context).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Reads until there is something to send or the body has ended.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(upstream) = &mut self.upstream else {
                return Poll::Ready(());
            };
            match poll_data(upstream, context) {
                Poll::Ready(Some(Ok(chunk))) => {
                    // Behind the end mark there is nothing to wait for but the end of the body.
                    if !self.machine.as_ref().is_some_and(Machine::is_terminated) {
                        self.timer.read_now();
                    }
                    self.room = self.room.saturating_sub(chunk.len() as u64);
                    self.accept(chunk);
                    if self.room == 0 || self.next < self.out.len() || self.upstream.is_none() {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(None) => {
                    self.finish(End::Clean);
                    return Poll::Ready(());
                }
                Poll::Ready(Some(Err(_))) => {
                    self.finish(End::Broken(Break::Connection));
                    return Poll::Ready(());
                }
                Poll::Pending => return self.poll_timer(context),
            }
        }
    }

    fn accept(&mut self, chunk: Bytes) {
        let Some(machine) = &mut self.machine else { return };
        let chunk = match &mut self.inflater {
            None => chunk,
            Some(inflater) => match inflater.push(&chunk) {
                Ok(plain) => Bytes::from(plain),
                Err(_) => return self.finish(End::Broken(Break::Coding)),
            },
        };
        machine.push(&chunk, &mut self.out);
        if machine.is_over() {
            self.finish(End::Broken(Break::Connection));
        } else if machine.is_terminated() {
            self.timer.limit = self.timer.limit.min(AFTER_TERMINATOR);
            // An upstream that goes on and on leaves the timer no chance to fire.
            if Instant::now() >= self.timer.deadline() {
                self.finish(End::Clean);
            }
        }
    }

    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let may_insert = self.machine.as_ref().is_some_and(Machine::at_frame_boundary)
            && (self.head_sent || self.settings.early_head);
        let keep_alive = self.settings.keep_alive.filter(|_| may_insert).map(|pause| self.last_sent + pause);
        let Poll::Ready(now) = self.timer.poll(context, keep_alive) else {
            return Poll::Pending;
        };
        if now >= self.timer.deadline() {
            let terminated = self.machine.as_ref().is_some_and(Machine::is_terminated);
            self.finish(if terminated { End::Clean } else { End::Broken(Break::TimedOut) });
        } else {
            self.last_sent = now;
            self.out.push(Bytes::from_static(self.settings.keep_alive_frame));
        }
        Poll::Ready(())
    }

    fn finish(&mut self, end: End) {
        self.upstream = None;
        let Some(mut machine) = self.machine.take() else {
            return;
        };
        let mut end = end;
        if let Some(inflater) = self.inflater.take()
            && end == End::Clean
        {
            match inflater.finish() {
                Ok(rest) => machine.push(&Bytes::from(rest), &mut self.out),
                Err(_) => end = End::Broken(Break::Coding),
            }
        }
        self.end = Some(end);
        self.summary = Some(machine.finish(end, &mut self.out));
    }

    pub(super) fn is_over(&self) -> bool {
        self.upstream.is_none() && self.next >= self.out.len()
    }

    /// Whether its upstream may have more to tell.
    pub(super) fn is_under_way(&self) -> bool {
        self.upstream.is_some()
    }

    /// The client has left: what comes is read for the account only.
    pub(super) fn leave(&mut self) {
        self.unheard = true;
        self.room = MOST_DRAINED;
        self.settings.keep_alive = None;
    }

    /// Reads on to the end of the body, or of the room that there is.
    pub(super) fn poll_unheard(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            self.out.clear();
            self.next = 0;
            if self.upstream.is_none() || self.room == 0 {
                return Poll::Ready(());
            }
            std::task::ready!(self.poll_read(context));
        }
    }

    pub(super) fn settle(&mut self, account: &mut Account) {
        // Where the upstream has ended by itself, and somebody listened, nothing happened to it.
        let silent = self.end == Some(End::Broken(Break::TimedOut));
        if self.machine.is_some() || (self.unheard && silent) {
            account.left_behind(Disconnect::Cancelled);
        } else if self.unheard {
            account.left_behind(Disconnect::Drained);
        }
        let mut summary = match (self.summary.take(), &self.machine) {
            // Told to nobody: what the client did not take counts as not delivered.
            (Some(mut summary), _) if self.unheard || self.next < self.out.len() => {
                summary.end = StreamEnd::Abandoned;
                summary
            }
            (Some(summary), _) => summary,
            (None, Some(machine)) => machine.abandon(),
            (None, None) => return,
        };
        account.streamed(&mut summary);
    }
}
