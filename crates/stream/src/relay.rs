//! The whole answer path of a relayed event stream: chunks in, chunks and a summary out.

use std::mem;
use std::ops::Range;

use bytes::Bytes;
use model::{Usage, UsageSource};

use crate::event::SseEvent;
use crate::fault::{End, StreamEnd, StreamFault, StreamState, Summary};
use crate::framer::{DEFAULT_FRAME_LIMIT, Piece, SseFramer};
use crate::reader::{FrameKind, StreamReader, TokenCounter};

/// Writes the one error frame that tells the client of a fault, complete with its blank line.
pub type FaultFrame = Box<dyn Fn(StreamFault) -> Bytes + Send + Sync>;

/// What is done about frames that carry usage and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsagePolicy {
    /// They pass; none is added.
    #[default]
    Pass,
    /// The gateway asked for usage, the client did not: they are taken out.
    Hide,
    /// The client asked for usage: they pass, and where none came an estimated one is added.
    Ensure,
}

/// What the relay must know of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelaySettings {
    pub usage: UsagePolicy,
    /// Input tokens to tell where the provider reports no usage.
    pub input_estimate: u64,
    /// Bytes that one frame may have; also the bound of what the relay holds.
    pub frame_limit: usize,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self { usage: UsagePolicy::Pass, input_estimate: 0, frame_limit: DEFAULT_FRAME_LIMIT }
    }
}

/// Relays one event stream.
///
/// Only whole frames go out, unchanged, so whatever the caller inserts between two calls stands between
/// frames. At most one frame is held.
pub struct SseRelay {
    framer: SseFramer,
    judge: Judge,
    fault_frame: FaultFrame,
    /// Whether the last frame went out, and so must the rest of its line end.
    passed: bool,
    fault: Option<StreamFault>,
    bytes_out: u64,
}

/// What becomes of a frame.
enum Verdict {
    Pass,
    Drop,
    /// Passes, behind a frame of ours.
    PassAfter(Bytes),
    /// A frame of ours goes out in its place.
    Instead(Bytes),
}

impl Verdict {
    /// Whether the frame itself goes out.
    const fn passes(&self) -> bool {
        matches!(self, Self::Pass | Self::PassAfter(_))
    }
}

/// Decides about frames; knows nothing of chunks.
struct Judge {
    reader: Box<dyn StreamReader>,
    settings: RelaySettings,
    state: StreamState,
    /// The first frame has been seen.
    begun: bool,
    frames: u64,
    terminated: bool,
    failed: bool,
    /// A usage frame of ours went out.
    estimated: bool,
    /// Where the provider is not expected to report usage.
    counter: Option<Box<dyn TokenCounter>>,
}

impl SseRelay {
    pub fn new(reader: Box<dyn StreamReader>, settings: RelaySettings, fault_frame: FaultFrame) -> Self {
        Self {
            framer: SseFramer::new(settings.frame_limit),
            judge: Judge {
                reader,
                settings,
                state: StreamState::Waiting,
                begun: false,
                frames: 0,
                terminated: false,
                failed: false,
                estimated: false,
                counter: None,
            },
            fault_frame,
            passed: true,
            fault: None,
            bytes_out: 0,
        }
    }

    /// Has the tokens of the answer counted until its provider reports some.
    #[must_use]
    pub fn counting(mut self, counter: Box<dyn TokenCounter>) -> Self {
        self.judge.counter = Some(counter);
        self
    }

    /// Takes the next bytes of the body; appends what can go out. Bytes are slices of `chunk`, except for a
    /// frame that began in an earlier one.
    pub fn push(&mut self, chunk: &Bytes, out: &mut Vec<Bytes>) {
        if self.fault.is_some() {
            return;
        }
        let mut sink = Sink { chunk, run: 0..0, out, bytes: 0 };
        let mut feed = self.framer.feed(chunk);
        while let Some(piece) = feed.next() {
            match piece {
                Ok(Piece::Span(span)) => {
                    let verdict = self.judge.judge(chunk.get(span.clone()).unwrap_or_default());
                    self.passed = verdict.passes();
                    match verdict {
                        Verdict::Pass => sink.pass(span),
                        Verdict::Drop => {}
                        Verdict::Instead(ours) => sink.insert(ours),
                        Verdict::PassAfter(ours) => {
                            sink.insert(ours);
                            sink.pass(span);
                        }
                    }
                }
                Ok(Piece::Held(frame)) => {
                    let verdict = self.judge.judge(&frame);
                    self.passed = verdict.passes();
                    match verdict {
                        Verdict::Pass => sink.insert(frame),
                        Verdict::Drop => {}
                        Verdict::Instead(ours) => sink.insert(ours),
                        Verdict::PassAfter(ours) => {
                            sink.insert(ours);
                            sink.insert(frame);
                        }
                    }
                }
                Ok(Piece::LineFeed(span)) if self.passed => sink.pass(span),
                Ok(Piece::LineFeed(_)) => {}
                Err(fault) => {
                    self.fault = Some(fault);
                    if !self.judge.terminated && !self.judge.failed {
                        sink.insert((self.fault_frame)(fault));
                    }
                    break;
                }
            }
        }
        sink.flush();
        self.bytes_out += sink.bytes;
    }

    /// The body has ended. Appends the frames that are still to go out, and gives the account.
    pub fn finish(mut self, end: End, out: &mut Vec<Bytes>) -> Summary {
        let end = match self.fault {
            Some(_) if self.judge.failed => StreamEnd::UpstreamError,
            Some(_) if self.judge.terminated => StreamEnd::Complete,
            Some(fault) => StreamEnd::Fault(fault),
            None => self.close(end, out),
        };
        self.account(end)
    }

    /// The client is gone: the account of what has passed.
    pub fn abandon(&self) -> Summary {
        self.account(StreamEnd::Abandoned)
    }

    /// What has come so far.
    pub fn state(&self) -> &StreamState {
        &self.judge.state
    }

    /// Whether a keep-alive may be inserted now. Between two calls the output stands between frames, so
    /// this only says no when the client has nothing to wait for any more.
    pub fn at_frame_boundary(&self) -> bool {
        self.fault.is_none() && !self.judge.terminated && !self.judge.failed
    }

    /// Whether nothing more will go out: the caller need not read on.
    pub fn is_over(&self) -> bool {
        self.fault.is_some()
    }

    /// Whether the end mark has gone out; whatever follows it does not.
    pub fn is_terminated(&self) -> bool {
        self.judge.terminated
    }

    /// Whether any generated content has passed.
    pub fn has_content(&self) -> bool {
        self.judge.reader.started()
    }

    /// Bytes held because their frame has not ended.
    pub fn held(&self) -> usize {
        self.framer.held()
    }

    fn close(&mut self, end: End, out: &mut Vec<Bytes>) -> StreamEnd {
        if end == End::Clean {
            self.deliver_tail(out);
        }
        let fault = match end {
            _ if self.judge.failed => return StreamEnd::UpstreamError,
            _ if self.judge.terminated => return StreamEnd::Complete,
            End::Clean if self.judge.reader.finished() => {
                if let Some(usage) = self.judge.missing_usage() {
                    self.emit(usage, out);
                }
                if let Some(terminator) = self.judge.reader.terminator() {
                    self.emit(Bytes::from_static(terminator), out);
                }
                return StreamEnd::Complete;
            }
            End::Clean => StreamFault::Truncated,
            End::Broken(cause) => cause.into(),
        };
        let told = (self.fault_frame)(fault);
        self.emit(told, out);
        StreamEnd::Truncated(fault)
    }

    /// Delivers an event that the body ended in without a blank line, unless it is only half of one: that
    /// would be a frame that no client can read, in place of the error that tells what happened.
    fn deliver_tail(&mut self, out: &mut Vec<Bytes>) {
        let Some((mut frame, missing)) = self.framer.take_tail() else {
            return;
        };
        let event = SseEvent::parse(&frame, !self.judge.begun);
        if event.data.is_some_and(|data| !self.judge.reader.whole(&data)) {
            return;
        }
        let verdict = self.judge.judge(&frame);
        let passes = verdict.passes();
        if let Verdict::PassAfter(ours) | Verdict::Instead(ours) = verdict {
            self.emit(ours, out);
        }
        if passes {
            frame.extend_from_slice(missing);
            self.emit(Bytes::from(frame), out);
        }
    }

    fn emit(&mut self, bytes: Bytes, out: &mut Vec<Bytes>) {
        self.bytes_out += bytes.len() as u64;
        out.push(bytes);
    }

    fn account(&self, end: StreamEnd) -> Summary {
        let reader = &self.judge.reader;
        let usage = match reader.usage() {
            Some(usage) if end == StreamEnd::Complete || reader.finished() => {
                Some((usage, UsageSource::Reported))
            }
            // Running totals of an answer that broke off: what came after them was not counted.
            Some(usage) => Some((usage.with_output_of(&self.judge.estimate()), UsageSource::Estimated)),
            None if reader.started() || self.judge.estimated || reader.input_usage().is_some() => {
                Some((self.judge.estimate(), UsageSource::Estimated))
            }
            None => None,
        };
        Summary {
            state: self.judge.state.clone(),
            usage,
            told: reader.told(),
            end,
            frames: self.judge.frames,
            bytes_out: self.bytes_out,
            output_bytes: reader.output_bytes(),
        }
    }
}

impl Judge {
    fn judge(&mut self, raw: &[u8]) -> Verdict {
        // The answer is complete, and clients read no further.
        if self.terminated {
            return Verdict::Drop;
        }
        let first = !mem::replace(&mut self.begun, true);
        let event = SseEvent::parse(raw, first);
        let Some(data) = event.data else {
            return Verdict::Pass;
        };
        self.frames += 1;
        let kind = self.reader.frame(event.name, &data);
        if self.state == StreamState::Waiting && !data.is_empty() {
            self.state = match kind {
                FrameKind::Error => {
                    StreamState::ErrorFirst { data: Bytes::copy_from_slice(&data), status: None }
                }
                _ => StreamState::Started,
            };
        }
        if kind == FrameKind::Content && self.counter.is_some() {
            self.count(&data);
        }
        let pass = match self.reader.instead() {
            None => Verdict::Pass,
            Some(data) => Verdict::Instead(SseEvent::with_data(raw, first, &data).into()),
        };
        match kind {
            FrameKind::Usage if self.settings.usage == UsagePolicy::Hide => Verdict::Drop,
            FrameKind::Content | FrameKind::Usage => pass,
            FrameKind::Error => {
                self.failed = true;
                pass
            }
            // An end mark follows only a normal end.
            FrameKind::Terminator if self.failed => Verdict::Drop,
            FrameKind::Terminator => {
                self.terminated = true;
                self.missing_usage().map_or(Verdict::Pass, Verdict::PassAfter)
            }
        }
    }

    /// The usage frame that the client asked for and the provider did not send.
    fn missing_usage(&mut self) -> Option<Bytes> {
        if self.settings.usage != UsagePolicy::Ensure || self.reader.usage().is_some() {
            return None;
        }
        self.estimated = true;
        Some(Bytes::from(self.reader.usage_frame(&self.estimate())))
    }

    fn count(&mut self, data: &[u8]) {
        if self.reader.usage().is_some() {
            self.counter = None;
        }
        if let Some(counter) = &mut self.counter {
            let mut text = String::new();
            self.reader.generated(data, &mut text);
            counter.add(&text);
        }
    }

    /// The tokens that were counted, else one for four bytes of text, and the input that was counted before it, where it was.
    fn estimate(&self) -> Usage {
        let estimated = Usage { fresh_input: self.settings.input_estimate, ..Usage::default() };
        Usage {
            output: self
                .counter
                .as_ref()
                .map_or_else(|| self.reader.output_bytes().div_ceil(4), |counter| counter.tokens()),
            ..self.reader.input_usage().unwrap_or(estimated)
        }
    }
}

/// Collects what of a chunk goes out, in as few slices as possible.
struct Sink<'a> {
    chunk: &'a Bytes,
    run: Range<usize>,
    out: &'a mut Vec<Bytes>,
    bytes: u64,
}

impl Sink<'_> {
    fn pass(&mut self, span: Range<usize>) {
        if self.run.end != span.start {
            self.flush();
            self.run.start = span.start;
        }
        self.run.end = span.end;
    }

    fn insert(&mut self, bytes: Bytes) {
        self.flush();
        self.bytes += bytes.len() as u64;
        self.out.push(bytes);
    }

    fn flush(&mut self) {
        let run = mem::replace(&mut self.run, 0..0);
        if !run.is_empty() {
            self.bytes += run.len() as u64;
            self.out.push(self.chunk.slice(run));
        }
    }
}

#[cfg(test)]
mod tests;
