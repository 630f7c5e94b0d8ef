//! Bodies of answers on their way to the client.

mod abandoned;
mod early;
mod event_stream;
mod machine;
mod passing;
mod reframed;

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use thiserror::Error;

pub use early::Promise;
pub use event_stream::{EventStream, Opening, StreamSettings};
pub use machine::Machine;
pub use passing::Passing;
pub use reframed::Reframed;

use crate::account::Account;
use abandoned::Abandoned;
use early::{Early, Next};

/// The answer breaks off: the connection is closed so that the client cannot take it for whole.
#[derive(Debug, Clone, Copy, Error)]
#[error("the upstream's answer broke off")]
pub struct BrokenOff;

enum Content {
    Whole(Option<Bytes>),
    Passing(Box<Passing>),
    Stream(Box<EventStream>),
    Early(Box<Early>),
}

/// The body of an answer, together with the account of its request: when the body is dropped, whether it
/// went out whole or the client went away, the account is closed.
pub struct ClientBody {
    content: Content,
    account: Option<Box<Account>>,
    sent: u64,
}

impl ClientBody {
    pub fn whole(bytes: Bytes, account: Box<Account>) -> Self {
        let content = Content::Whole((!bytes.is_empty()).then_some(bytes));
        Self { content, account: Some(account), sent: 0 }
    }

    pub fn passing(passing: Box<Passing>, account: Box<Account>) -> Self {
        Self { content: Content::Passing(passing), account: Some(account), sent: 0 }
    }

    /// The head that the body follows, to which what the account has to say is added.
    pub fn begins(&mut self, headers: &mut HeaderMap) {
        if let Some(account) = &mut self.account {
            account.begin_trace();
            if let Some((name, value)) = account.trace_header() {
                headers.insert(name, value);
            }
            account.answering(headers);
        }
    }

    pub fn stream(stream: Box<EventStream>, account: Box<Account>) -> Self {
        Self { content: Content::Stream(stream), account: Some(account), sent: 0 }
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        if let Content::Early(early) = &mut this.content {
            match std::task::ready!(early.poll_next(context)) {
                Next::KeepAlive(frame) => {
                    this.sent += frame.len() as u64;
                    return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(frame)))));
                }
                Next::Answer(answer) => {
                    let sent = this.sent;
                    *this = early.fit(answer);
                    this.sent = sent;
                }
            }
        }
        let polled = match &mut this.content {
            Content::Whole(bytes) => Poll::Ready(bytes.take().map(Ok)),
            Content::Passing(passing) => passing.poll_data(context),
            Content::Stream(stream) => stream.poll_data(context).map(|data| data.map(Ok)),
            // It has just become something else.
            Content::Early(_) => Poll::Ready(None),
        };
        if let Poll::Ready(Some(Ok(data))) = &polled {
            if let Some(account) = &mut this.account {
                // Of a stream, neither keep-alives nor a role are tokens.
                if !matches!(&this.content, Content::Stream(stream) if !stream.has_content()) {
                    account.first_bytes_sent();
                }
                if let Some(bodies) = account.bodies() {
                    bodies.hear(data);
                }
            }
            this.sent += data.len() as u64;
        }
        polled.map(|data| data.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_none(),
            Content::Passing(passing) => passing.is_over(),
            Content::Stream(stream) => stream.is_over(),
            Content::Early(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Content::Passing(passing) => passing.size_hint(),
            Content::Stream(_) | Content::Early(_) => SizeHint::default(),
        }
    }
}

impl Drop for ClientBody {
    fn drop(&mut self) {
        let Some(mut account) = self.account.take() else {
            return;
        };
        let content = std::mem::replace(&mut self.content, Content::Whole(None));
        match content {
            Content::Stream(stream)
                if stream.is_under_way()
                    && let Some(absence) = account.absence() =>
            {
                return Abandoned::read_on(stream, account, self.sent, absence);
            }
            Content::Whole(bytes) if bytes.is_some() => account.left_untaken(),
            Content::Whole(_) | Content::Early(_) => {}
            Content::Passing(passing) => passing.settle(&mut account),
            Content::Stream(mut stream) => stream.settle(&mut account),
        }
        account.close(self.sent);
    }
}
