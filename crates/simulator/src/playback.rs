//! An answer's body as a list of steps: send, wait, stall, cut, reset.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::Sleep;

use crate::recording::{Outcome, Ticket};
use crate::socket::Link;

/// One thing that happens while a body is sent.
#[derive(Debug)]
pub(crate) enum Step {
    Send(Bytes),
    /// Lets what was sent reach the network before the next step.
    Flush,
    Wait(Duration),
    /// Nothing more ever happens.
    Stall,
    /// The connection closes.
    Cut,
    /// The connection is reset.
    Reset,
}

/// Ends a connection on purpose; hyper closes it when a service or a body gives this.
#[derive(Debug, thiserror::Error)]
#[error("cut on purpose")]
pub(crate) struct Cut;

/// Plays the steps.
pub(crate) struct Playback {
    steps: VecDeque<Step>,
    waiting: Option<Pin<Box<Sleep>>>,
    link: Arc<Link>,
    ticket: Option<Ticket>,
    close_after: bool,
    ended: bool,
}

impl Playback {
    /// `close_after`: close the connection afterwards.
    pub(crate) fn new(
        steps: VecDeque<Step>,
        close_after: bool,
        link: Arc<Link>,
        ticket: Option<Ticket>,
    ) -> Self {
        let mut playback = Self { steps, waiting: None, link, ticket, close_after, ended: false };
        if playback.steps.is_empty() {
            // hyper never polls a body that is empty.
            playback.end(Outcome::Complete);
        }
        playback
    }

    fn end(&mut self, outcome: Outcome) {
        self.ended = true;
        if let Some(ticket) = &mut self.ticket {
            ticket.end(outcome);
        }
        if self.close_after {
            self.link.close();
        }
    }
}

impl Body for Playback {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(sleep) = self.waiting.as_mut() {
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
        }
        match self.steps.pop_front() {
            None => {
                self.end(Outcome::Complete);
                Poll::Ready(None)
            }
            Some(Step::Send(bytes)) => {
                if let Some(ticket) = &self.ticket {
                    ticket.answered(bytes.len());
                }
                if self.steps.is_empty() {
                    // A body of known length is not polled again after its last byte.
                    self.end(Outcome::Complete);
                }
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Some(Step::Flush) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Wait(time)) => {
                self.waiting = Some(Box::pin(tokio::time::sleep(time)));
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Stall) => {
                self.steps.push_front(Step::Stall);
                Poll::Pending
            }
            Some(Step::Cut) => {
                self.end(Outcome::Faulted);
                Poll::Ready(Some(Err(Cut)))
            }
            Some(Step::Reset) => {
                self.link.reset();
                self.end(Outcome::Faulted);
                Poll::Ready(Some(Err(Cut)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}
