//! Waiting for the next piece of a body, with a bound on the wait.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use tokio::time::error::Elapsed;

/// The next data of a body; trailers are skipped. A piece that is there already costs no timer.
pub async fn next_frame<B>(body: &mut B, within: Duration) -> Result<Option<Result<Bytes, B::Error>>, Elapsed>
where
    B: Body<Data = Bytes> + Unpin,
{
    if let Poll::Ready(ready) = poll_fn(|context| Poll::Ready(poll_data(body, context))).await {
        return Ok(ready);
    }
    tokio::time::timeout(within, poll_fn(|context| poll_data(body, context))).await
}

/// Polls for data, past trailers.
pub fn poll_data<B>(
    body: &mut B,
    context: &mut std::task::Context<'_>,
) -> Poll<Option<Result<Bytes, B::Error>>>
where
    B: Body<Data = Bytes> + Unpin,
{
    loop {
        match Pin::new(&mut *body).poll_frame(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
            Poll::Ready(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Poll::Ready(Some(Ok(data)));
                }
            }
        }
    }
}
