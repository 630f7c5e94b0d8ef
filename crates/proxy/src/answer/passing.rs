//! A body that passes through as it comes: an answer that is nobody's to read.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, SizeHint};
use telemetry::Disconnect;

use super::BrokenOff;
use crate::account::Account;
use crate::frames::poll_data;
use crate::idle::IdleTimer;
use crate::upstream::UpstreamBody;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Flowing,
    Ended,
    Broken,
}

/// An upstream's body, passed on byte for byte.
pub struct Passing {
    upstream: UpstreamBody,
    timer: IdleTimer,
    state: State,
}

impl Passing {
    pub fn new(upstream: UpstreamBody, read_timeout: Duration) -> Self {
        Self { upstream, timer: IdleTimer::new(read_timeout), state: State::Flowing }
    }

    pub(super) fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        if self.state != State::Flowing {
            return Poll::Ready(None);
        }
        match poll_data(&mut self.upstream, context) {
            Poll::Ready(Some(Ok(data))) => {
                self.timer.read_now();
                Poll::Ready(Some(Ok(data)))
            }
            Poll::Ready(None) => {
                self.state = State::Ended;
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(self.break_off()))),
            Poll::Pending => self.timer.poll(context, None).map(|_| Some(Err(self.break_off()))),
        }
    }

    fn break_off(&mut self) -> BrokenOff {
        self.state = State::Broken;
        BrokenOff
    }

    pub(super) fn is_over(&self) -> bool {
        self.state != State::Flowing || self.upstream.is_end_stream()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.upstream.size_hint()
    }

    pub(super) fn settle(&self, account: &mut Account) {
        match self.state {
            State::Broken => account.upstream_truncated(),
            State::Flowing if !self.upstream.is_end_stream() => {
                account.left_behind(Disconnect::Cancelled);
                account.client_left();
            }
            State::Flowing | State::Ended => {}
        }
    }
}
