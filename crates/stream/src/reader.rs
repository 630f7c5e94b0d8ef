//! What a dialect tells the relay about the frames that pass by.

use model::{Told, Usage};

/// What one frame of a relayed event stream is, as far as the relay must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// Anything that is simply passed on.
    Content,
    /// Carries usage and nothing else (OpenAI: `choices` empty, `usage` an object).
    Usage,
    /// Tells that the provider failed.
    Error,
    /// The dialect's end mark (OpenAI: `[DONE]`).
    Terminator,
}

/// Counts tokens of generated text, piece by piece, for an answer whose provider does not.
pub trait TokenCounter: Send {
    fn add(&mut self, text: &str);
    fn tokens(&self) -> u64;
}

/// Reads along a relayed stream. It can never fail a stream: what it cannot read is `Content`.
pub trait StreamReader: Send {
    /// Looks at the data of one frame (an SSE event's joined `data` lines) and its event name.
    fn frame(&mut self, event: Option<&[u8]>, data: &[u8]) -> FrameKind;
    /// What goes out in place of the data that [`frame`](Self::frame) has just looked at; none where they pass as
    /// they are.
    fn instead(&mut self) -> Option<Vec<u8>> {
        None
    }
    /// Whether `data`, which the body ended in without a blank line, is a whole unit and not half of one.
    fn whole(&self, data: &[u8]) -> bool;
    /// The usage that the provider has reported so far.
    fn usage(&self) -> Option<Usage>;
    /// What the provider counted before it had an answer, where it did: exact input, no output. An estimate
    /// for an answer that broke off begins with it.
    fn input_usage(&self) -> Option<Usage> {
        None
    }
    /// What the answer has told of itself so far.
    fn told(&self) -> Told;
    /// Whether the provider has said why generation stopped: an end of the body is then a normal end.
    fn finished(&self) -> bool;
    /// Whether any generated content has passed.
    fn started(&self) -> bool;
    /// Bytes of generated text seen so far, for an estimate where the provider reports no usage.
    fn output_bytes(&self) -> u64;
    /// Appends the text that one event has generated, for a count of its tokens.
    fn generated(&self, _data: &[u8], _text: &mut String) {}
    /// A usage frame in the client's dialect, with the identity (`id`, `model`, …) of this stream,
    /// complete with its blank line.
    fn usage_frame(&self, usage: &Usage) -> Vec<u8>;
    /// The frame that ends a normal stream, complete with its blank line; none where the dialect has none.
    fn terminator(&self) -> Option<&'static [u8]>;
}
