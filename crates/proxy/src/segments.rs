//! A request body that is spliced together from pieces without copying them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Pieces of one body, in order, of known total length. Cloning shares the bytes.
#[derive(Debug, Clone, Default)]
pub struct Segments {
    pieces: Vec<Bytes>,
    /// Pieces that were handed out already.
    taken: usize,
    remaining: u64,
}

impl Segments {
    pub fn new(pieces: Vec<Bytes>) -> Self {
        let remaining = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces, taken: 0, remaining }
    }

    /// What is still to be sent.
    pub fn pieces(&self) -> &[Bytes] {
        self.pieces.get(self.taken..).unwrap_or_default()
    }

    /// Bytes that are still to be sent.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }
}

impl From<Bytes> for Segments {
    fn from(body: Bytes) -> Self {
        if body.is_empty() { Self::default() } else { Self::new(vec![body]) }
    }
}

impl Body for Segments {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        while let Some(piece) = this.pieces.get_mut(this.taken) {
            this.taken += 1;
            if !piece.is_empty() {
                let piece = std::mem::take(piece);
                this.remaining -= piece.len() as u64;
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}
