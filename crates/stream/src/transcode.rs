//! The whole answer path of a translated stream: bytes of the provider in, bytes of the client's dialect and a
//! summary out.

use bytes::Bytes;
use model::{ChatEvent, ChoiceIndex, Told, UpstreamError, Usage, UsageSource};

use crate::chat::{ChatDecoder, ChatEncoder, Progress};
use crate::fault::{End, StreamEnd, StreamFault, StreamState, Summary};
use crate::frame::{Ended, Frame};
use crate::framing::Framer;

/// Choices that one stream may have; `OpenAI` allows 128.
const MAX_CHOICES: ChoiceIndex = 128;

/// Bytes that what is written may be longer than what was read before its buffer is moved.
const ROOM: usize = 256;

/// Translates one stream.
///
/// Whole frames go out only, so whatever the caller inserts between two calls stands between frames.
pub struct Transcoder {
    framer: Framer,
    decoder: Box<dyn ChatDecoder>,
    encoder: Box<dyn ChatEncoder>,
    /// Input tokens to assume where the provider reports no usage.
    input_estimate: u64,
    phase: Phase,
    state: StreamState,
    usage: Option<Usage>,
    told: Told,
    /// One bit for a choice.
    seen: u128,
    closed: u128,
    frames: u64,
    output_bytes: u64,
    bytes_out: u64,
    framed: Vec<Frame>,
    events: Vec<ChatEvent>,
}

/// Where a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Flowing,
    /// The end mark went out.
    Complete,
    /// The provider reported an error, and it was told.
    Failed,
    /// The stream cannot be read on, and that was told.
    Broken(StreamFault),
}

impl Transcoder {
    pub fn new(
        framer: Framer,
        decoder: Box<dyn ChatDecoder>,
        encoder: Box<dyn ChatEncoder>,
        input_estimate: u64,
    ) -> Self {
        Self {
            framer,
            decoder,
            encoder,
            input_estimate,
            phase: Phase::Flowing,
            state: StreamState::Waiting,
            usage: None,
            told: Told::default(),
            seen: 0,
            closed: 0,
            frames: 0,
            output_bytes: 0,
            bytes_out: 0,
            framed: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Takes the next bytes of the body; appends what can go out.
    pub fn push(&mut self, chunk: &Bytes, out: &mut Vec<Bytes>) {
        if self.phase != Phase::Flowing {
            return;
        }
        let mut framed = std::mem::take(&mut self.framed);
        let pushed = self.framer.push(chunk, &mut framed);
        let mut written = Vec::with_capacity(chunk.len() + ROOM);
        self.read(&mut framed, StreamFault::Unreadable, &mut written);
        self.framed = framed;
        if let Err(fault) = pushed {
            self.fail(fault, &mut written);
        }
        self.emit(written, out);
    }

    /// The body has ended. Appends the frames that are still to go out, and gives the account.
    pub fn finish(mut self, end: End, out: &mut Vec<Bytes>) -> Summary {
        let mut written = Vec::new();
        let flowing = self.phase == Phase::Flowing;
        if flowing {
            self.close(end, &mut written);
        }
        self.emit(written, out);
        self.account(match self.phase {
            Phase::Complete => StreamEnd::Complete,
            Phase::Failed => StreamEnd::UpstreamError,
            Phase::Broken(fault @ (StreamFault::Truncated | StreamFault::Broken)) => {
                StreamEnd::Truncated(fault)
            }
            // What was found in the stream itself is nobody else's end, however the body was left then.
            Phase::Broken(fault) if flowing && end != End::Clean => StreamEnd::Truncated(fault),
            Phase::Broken(fault) => StreamEnd::Fault(fault),
            Phase::Flowing => StreamEnd::Abandoned,
        })
    }

    /// The client is gone: the account of what has passed.
    pub fn abandon(&self) -> Summary {
        self.account(StreamEnd::Abandoned)
    }

    /// What has come so far.
    pub fn state(&self) -> &StreamState {
        &self.state
    }

    /// Whether a keep-alive may be inserted now.
    pub fn at_frame_boundary(&self) -> bool {
        self.phase == Phase::Flowing
    }

    /// Whether nothing more will go out: the caller need not read on.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Failed | Phase::Broken(_))
    }

    /// Whether the end mark has gone out.
    pub fn is_terminated(&self) -> bool {
        self.phase == Phase::Complete
    }

    fn close(&mut self, end: End, written: &mut Vec<u8>) {
        if let End::Broken(cause) = end {
            return self.fail(cause.into(), written);
        }
        let mut framed = std::mem::take(&mut self.framed);
        let ended = self.framer.finish(&mut framed);
        // What has no end of its own and cannot be read is half of a frame.
        let unreadable =
            if ended == Ok(Ended::Unended) { StreamFault::Truncated } else { StreamFault::Unreadable };
        self.read(&mut framed, unreadable, written);
        if self.phase != Phase::Flowing {
            return;
        }
        let mut events = std::mem::take(&mut self.events);
        self.decoder.end(&mut events);
        self.tell(&mut events, written);
        self.events = events;
        if self.phase != Phase::Flowing {
            return;
        }
        match ended {
            Err(fault) => self.fail(fault, written),
            Ok(_) if self.is_finished() => self.complete(written),
            Ok(_) => self.fail(StreamFault::Truncated, written),
        }
    }

    /// Every choice that was seen has finished, and at least one has.
    fn is_finished(&self) -> bool {
        self.closed != 0 && self.seen & !self.closed == 0
    }

    /// Reads frames; `unreadable` is what it means where one cannot be read.
    fn read(&mut self, framed: &mut Vec<Frame>, unreadable: StreamFault, written: &mut Vec<u8>) {
        let mut events = std::mem::take(&mut self.events);
        for frame in framed.drain(..) {
            if self.phase != Phase::Flowing {
                break;
            }
            self.frames += 1;
            let progress = self.decoder.unit(frame.unit(), &mut events);
            self.tell(&mut events, written);
            if self.phase != Phase::Flowing {
                break;
            }
            match progress {
                Ok(Progress::More) => {}
                Ok(Progress::End) if self.is_finished() => self.complete(written),
                Ok(Progress::End) => self.fail(StreamFault::Truncated, written),
                Err(_) => self.fail(unreadable, written),
            }
        }
        events.clear();
        self.events = events;
    }

    /// Tells the client of events.
    fn tell(&mut self, events: &mut Vec<ChatEvent>, written: &mut Vec<u8>) {
        for event in events.drain(..) {
            self.output_bytes += event.output_bytes();
            if let Some(choice) = event.choice() {
                if choice >= MAX_CHOICES {
                    continue;
                }
                self.seen |= 1 << choice;
                if matches!(event, ChatEvent::Finish { .. }) {
                    self.closed |= 1 << choice;
                }
            }
            match event {
                ChatEvent::Error(error) => return self.reject(&error, written),
                ChatEvent::Usage(usage) => self.usage = Some(usage),
                ChatEvent::ServedAs(word) => self.told.service_tier = Some(word),
                event => {
                    self.note(&event);
                    if self.state == StreamState::Waiting {
                        self.state = StreamState::Started;
                    }
                    if let Err(fault) = self.encoder.event(event, written) {
                        return self.fail(fault, written);
                    }
                }
            }
        }
    }

    fn note(&mut self, event: &ChatEvent) {
        match event {
            ChatEvent::Start(start) => {
                self.told.id.clone_from(&start.id);
                self.told.model.clone_from(&start.model);
            }
            ChatEvent::Finish { finish, .. } => self.told.finish_reasons.push(finish.reason),
            _ => {}
        }
    }

    fn complete(&mut self, written: &mut Vec<u8>) {
        let estimate = self.estimate();
        self.encoder.finish(Some(self.usage.as_ref().unwrap_or(&estimate)), written);
        self.phase = Phase::Complete;
    }

    /// The provider failed.
    fn reject(&mut self, error: &UpstreamError, written: &mut Vec<u8>) {
        if self.state == StreamState::Waiting {
            self.state = StreamState::ErrorFirst {
                data: Bytes::from(self.encoder.error_body(error)),
                status: Some(error.status),
            };
        } else {
            self.encoder.error(error, written);
        }
        self.phase = Phase::Failed;
    }

    fn fail(&mut self, fault: StreamFault, written: &mut Vec<u8>) {
        if self.phase == Phase::Flowing {
            let mut error = UpstreamError::new(502, fault.to_string());
            error.code = Some(fault.code().into());
            self.encoder.error(&error, written);
            self.phase = Phase::Broken(fault);
        }
    }

    fn emit(&mut self, written: Vec<u8>, out: &mut Vec<Bytes>) {
        if !written.is_empty() {
            self.bytes_out += written.len() as u64;
            out.push(Bytes::from(written));
        }
    }

    /// One token for four bytes of text, and the input that was counted before it, where it was.
    fn estimate(&self) -> Usage {
        let estimated = Usage { fresh_input: self.input_estimate, ..Usage::default() };
        Usage { output: self.output_bytes.div_ceil(4), ..self.decoder.input_usage().unwrap_or(estimated) }
    }

    /// Whether any generated content has come.
    pub fn has_content(&self) -> bool {
        self.output_bytes > 0
    }

    fn account(&self, end: StreamEnd) -> Summary {
        let usage = match self.usage {
            Some(usage) if end == StreamEnd::Complete || self.is_finished() => {
                Some((usage, UsageSource::Reported))
            }
            // Running totals of an answer that broke off: what came after them was not counted.
            Some(usage) => Some((usage.with_output_of(&self.estimate()), UsageSource::Estimated)),
            None if self.output_bytes > 0
                || end == StreamEnd::Complete
                || self.decoder.input_usage().is_some() =>
            {
                Some((self.estimate(), UsageSource::Estimated))
            }
            None => None,
        };
        Summary {
            state: self.state.clone(),
            usage,
            told: self.told.clone(),
            end,
            frames: self.frames,
            bytes_out: self.bytes_out,
            output_bytes: self.output_bytes,
        }
    }
}

#[cfg(test)]
mod tests;
