//! A connection that is given up when its peer takes no bytes for too long, and that lets others have their turn before it
//! writes.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::turn::Turn;

/// Passes bytes through; a write that makes no progress for `limit` fails. The timer exists only while a
/// write waits, so connections that flow cost nothing. The turn is passed once for all that is written before a flush.
pub(super) struct Patience<I> {
    io: I,
    limit: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    turn: Turn,
}

impl<I> Patience<I> {
    pub(super) fn new(io: I, limit: Duration) -> Self {
        Self { io, limit, waiting: None, turn: Turn::Due }
    }

    fn watch<T>(&mut self, polled: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waiting = None;
            return polled;
        }
        let limit = self.limit;
        let sleep = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        sleep.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Patience<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Patience<I> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.turn.poll_pass(context));
        let polled = Pin::new(&mut this.io).poll_write(context, bytes);
        this.watch(polled, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.turn.poll_pass(context));
        let polled = Pin::new(&mut this.io).poll_write_vectored(context, pieces);
        this.watch(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.io).poll_flush(context);
        if polled.is_ready() {
            this.turn = Turn::Due;
        }
        this.watch(polled, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.io).poll_shutdown(context);
        this.watch(polled, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (near, mut far) = tokio::io::duplex(8);
        let mut patient = Patience::new(near, Duration::from_mins(1));
        patient.write_all(b"12345678").await.unwrap();
        let error = patient.write_all(b"9").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        // Progress resets the patience.
        let mut taken = [0; 8];
        far.read_exact(&mut taken).await.unwrap();
        patient.write_all(b"9").await.unwrap();
    }

    #[tokio::test]
    async fn the_turn_is_passed_once_for_each_flush() {
        let (near, _far) = tokio::io::duplex(8);
        let mut patient = Patience::new(near, Duration::from_mins(1));
        let mut context = Context::from_waker(std::task::Waker::noop());
        for _ in 0..2 {
            let mut write = || Pin::new(&mut patient).poll_write(&mut context, b"1").is_ready();
            assert_eq!([write(), write(), write()], [false, true, true]);
            assert!(Pin::new(&mut patient).poll_flush(&mut context).is_ready());
        }
    }
}
