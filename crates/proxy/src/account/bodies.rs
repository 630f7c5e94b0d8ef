//! The bodies of an exchange that is recorded with them.

use auth::Secret;
use bytes::Bytes;
use dialect::Envelope;
use stream::{DEFAULT_FRAME_LIMIT, Frame, Framer, Framing};
use telemetry::{Payload, Said};

use super::shown::without_secrets;

/// What a stream said so far.
struct Heard {
    framer: Framer,
    envelope: &'static dyn Envelope,
    text: String,
    /// Bytes of text in all.
    bytes: u64,
    framed: Vec<Frame>,
}

/// Request and answer as they are recorded. The request shares the memory of the one that is sent.
pub struct Bodies {
    /// None where it may hold a credential that cannot be taken out.
    request: Option<Bytes>,
    whole: Option<Bytes>,
    heard: Option<Heard>,
    /// What the provider was shown, and may repeat.
    secrets: Vec<Secret>,
    limit: usize,
}

impl Bodies {
    /// `limit`: bytes of each body that are recorded.
    pub fn new(request: Option<Bytes>, limit: usize) -> Self {
        Self { request, whole: None, heard: None, secrets: Vec::new(), limit }
    }

    /// What is sent with the request, and must not be shown of its answer.
    pub fn guard(&mut self, secrets: Vec<Secret>) {
        self.secrets = secrets;
    }

    /// The whole answer, not compressed.
    pub fn answered(&mut self, body: Bytes) {
        self.whole = Some(without_secrets(body, &self.secrets));
    }

    /// The answer is a stream of events in the client's format.
    pub fn listen(&mut self, envelope: &'static dyn Envelope) {
        let framer = Framer::new(Framing::Sse, DEFAULT_FRAME_LIMIT);
        self.heard = Some(Heard { framer, envelope, text: String::new(), bytes: 0, framed: Vec::new() });
    }

    /// A piece of the stream as it goes to the client.
    pub fn hear(&mut self, piece: &Bytes) {
        let Some(heard) = &mut self.heard else { return };
        // Frames that are too long for it were too long for the stream.
        let _ = heard.framer.push(piece, &mut heard.framed);
        let mut said = String::new();
        for frame in heard.framed.drain(..) {
            heard.envelope.said(&frame.data, &mut said);
        }
        heard.bytes += said.len() as u64;
        let room = self.limit.saturating_sub(heard.text.len());
        heard.text.push_str(said.get(..said.floor_char_boundary(room)).unwrap_or_default());
    }

    /// The request, to be read by whoever tells of its content.
    pub fn request(&self) -> Option<&Bytes> {
        self.request.as_ref()
    }

    pub fn payload(&self) -> Payload<'_> {
        let heard = self.heard.as_ref().map(|heard| Said::Stream { text: &heard.text, bytes: heard.bytes });
        let whole = self.whole.as_deref().map(Said::Whole);
        Payload { request: self.request.as_deref(), response: whole.or(heard), limit: self.limit }
    }
}
