//! A relayed stream whose events come in another framing: taken out of it, and relayed.

use bytes::Bytes;
use dialect::{InvokeFault, InvokeReframer};
use model::UpstreamError;
use stream::{Break, End, SseRelay, StreamState, Summary};

/// Writes what a provider reported of its failure as an event of the client's dialect.
pub type ReportedFrame = Box<dyn Fn(&UpstreamError) -> Bytes + Send + Sync>;

pub struct Reframed {
    reframer: InvokeReframer,
    relay: SseRelay,
    reported: ReportedFrame,
    broken: Option<Break>,
}

impl Reframed {
    pub fn new(relay: SseRelay, reported: ReportedFrame) -> Self {
        Self { reframer: InvokeReframer::default(), relay, reported, broken: None }
    }

    pub fn push(&mut self, chunk: &Bytes, out: &mut Vec<Bytes>) {
        if self.broken.is_some() {
            return;
        }
        let mut events = Vec::new();
        let reframed = self.reframer.push(chunk, &mut events);
        self.relay.push(&Bytes::from(events), out);
        match reframed {
            Ok(()) => {}
            Err(InvokeFault::Reported(error)) => {
                self.relay.push(&(self.reported)(&error), out);
                self.broken = Some(Break::Connection);
            }
            Err(InvokeFault::Stream(_) | InvokeFault::Unreadable) => self.broken = Some(Break::Coding),
        }
    }

    pub fn finish(mut self, end: End, out: &mut Vec<Bytes>) -> Summary {
        let end = match self.broken {
            Some(cause) => End::Broken(cause),
            // A body that ends inside of a message was cut.
            None if end == End::Clean && self.reframer.finish().is_err() => End::Broken(Break::Connection),
            None => end,
        };
        self.relay.finish(end, out)
    }

    pub fn abandon(&self) -> Summary {
        self.relay.abandon()
    }

    pub fn state(&self) -> &StreamState {
        self.relay.state()
    }

    pub fn at_frame_boundary(&self) -> bool {
        self.broken.is_none() && self.relay.at_frame_boundary()
    }

    pub fn is_over(&self) -> bool {
        self.broken.is_some() || self.relay.is_over()
    }

    pub fn has_content(&self) -> bool {
        self.relay.has_content()
    }

    pub fn is_terminated(&self) -> bool {
        self.relay.is_terminated()
    }
}
