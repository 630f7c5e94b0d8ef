//! What a relay may read and change of bodies that it passes on.

use std::borrow::Cow;

use document::{Document, Edits};
use model::{ConfiguredOptions, Losses, Operation, Settings, Told, UpstreamError, Usage};
use stream::StreamReader;
use thiserror::Error;

use crate::{Family, HeaderOf, Quirks};

/// What the gateway reads from a request body before it decides anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head<'d> {
    /// `model`, where it is a non-empty string.
    pub model: Option<Cow<'d, str>>,
    /// `stream` is true.
    pub stream: bool,
    /// `stream_options.include_usage` is true.
    pub include_usage: bool,
}

/// How the answer is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Whole,
    Stream,
}

/// One attempt: what the request must become for its target.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub operation: Operation,
    /// Name that the provider knows the model by; none where the URL names it.
    pub model: Option<&'a str>,
    pub options: &'a ConfiguredOptions,
    /// What of the options the model takes.
    pub family: &'a Family,
    pub settings: &'a Settings,
    pub quirks: &'a Quirks,
    pub delivery: Delivery,
    /// The gateway wants to know the usage of a stream, whether the client asked or not.
    pub want_usage: bool,
    /// Name of the member that the target's credential goes into, which `extra_body` never sets.
    pub credential: Option<&'a str>,
    /// What the client's header `anthropic-beta` says, for the dialect that knows it; mostly empty.
    pub betas: &'a str,
    /// What the client's header `anthropic-version` says, likewise.
    pub version: &'a str,
}

/// Why a request is refused with 400. The texts are those that clients match on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    #[error("request body doesn't contain valid prompts")]
    NoPrompt,
    #[error("request matches multiple LLM request formats")]
    ManyShapes,
    #[error("[{found}] message format is not compatible with [{route}] route type")]
    WrongShape { found: &'static str, route: &'static str },
    #[error("member '{member}' must be {expected}")]
    WrongType { member: Cow<'static, str>, expected: &'static str },
    #[error("member '{0}' occurs twice, or in another spelling")]
    Duplicate(Box<str>),
}

/// A whole answer that was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WholeAnswer {
    pub usage: Option<Usage>,
    /// Bytes of generated text, for an estimate where no usage was reported.
    pub output_bytes: u64,
    pub told: Told,
    /// The body as clients of the format can read it; none where they can read the one that came.
    pub mended: Option<Vec<u8>>,
}

/// What is known of an answer before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    pub operation: Operation,
    pub quirks: &'a Quirks,
    /// Unique for the request, lower-case letters and digits: what an answer lacks in ids begins with it.
    pub nonce: &'a str,
    /// The name by which the client is told of the model that answers, where it must be this one.
    pub named: Option<&'a str>,
}

/// Why a whole answer with status 2xx is not an answer of its operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnswerError {
    #[error("not a JSON object")]
    NotAnObject,
    /// The member that every answer of the operation has.
    #[error("'{0}' not in {1} response")]
    Missing(&'static str, &'static str),
}

/// A gateway-made error, ready to be written in a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<'a> {
    pub status: u16,
    /// OpenAI's `type`.
    pub kind: &'a str,
    pub code: Option<&'a str>,
    pub param: Option<&'a str>,
    pub message: &'a str,
}

/// A body as the data of an event.
pub(crate) fn data_frame(body: &[u8]) -> Vec<u8> {
    let lines = body.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty());
    let mut frame: Vec<u8> = lines.flat_map(|line| [b"data: ", line, b"\n"].concat()).collect();
    frame.push(b'\n');
    frame
}

/// What a relay of one wire format may know of the bodies that it passes on.
pub trait Envelope: Sync {
    /// Reads the head without judging the rest.
    fn head<'d>(&self, document: &'d Document) -> Result<Head<'d>, RequestError>;
    /// Checks that the body is one of `operation`.
    fn check(&self, document: &Document, operation: Operation) -> Result<(), RequestError>;
    /// Adds the edits that make the body fit its target; tells what got lost.
    fn edit(
        &self,
        document: &Document,
        call: &Call<'_>,
        edits: &mut Edits,
        losses: &mut Losses,
    ) -> Result<(), RequestError>;
    /// Headers that take the place of the client's: name in lower case, value; an empty one takes it out.
    fn headers(&self, _call: &Call<'_>) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Estimated input tokens of a request (spec/gateway.md §3.7), for when the provider reports none.
    fn estimate_input(&self, document: &Document, delivery: Delivery) -> u64;
    /// Shows each text of a request, for a count of its tokens, and gives the tokens that stand beside the texts; none
    /// where the format has no such count.
    fn texts(&self, _document: &Document, _visit: &mut dyn FnMut(&str)) -> Option<u64> {
        None
    }
    /// Appends all text that a whole answer has generated, of every choice, for a count of its tokens; nothing where the
    /// format has no such count.
    fn generated(&self, _body: &[u8], _text: &mut String) {}
    /// Reads a whole answer.
    fn whole(&self, reading: &Reading<'_>, body: &[u8]) -> Result<WholeAnswer, AnswerError>;
    /// The name by which the client is told of the model that answers, where it must be the one it asked by
    /// (docs/decisions/0008); otherwise the answer's own stands.
    fn named<'d>(&self, _document: &'d Document, _call: &Call<'_>) -> Option<Cow<'d, str>> {
        None
    }
    /// Reads along a stream.
    fn stream(&self, reading: &Reading<'_>) -> Box<dyn StreamReader>;
    /// Appends the text that one event of a stream adds to its first answer.
    fn said(&self, data: &[u8], text: &mut String);
    /// Appends the text of a whole answer's first choice.
    fn answered(&self, body: &[u8], text: &mut String);
    /// An error as a whole body.
    fn error(&self, verdict: &Verdict<'_>) -> Vec<u8>;
    /// An error as one frame of a stream, complete with its blank line.
    fn error_frame(&self, verdict: &Verdict<'_>) -> Vec<u8>;
    /// An error that is there as a whole body, as such a frame.
    fn frame_error(&self, body: &[u8]) -> Vec<u8> {
        data_frame(body)
    }
    /// The status that an error stands for which came as the first event of a stream, under a 200.
    fn error_status(&self, data: &[u8]) -> u16;
    /// An answer with an error status whose host tells it in another form than clients of this format know; none
    /// where it passes as it is.
    fn foreign_error(&self, _status: u16, _headers: HeaderOf<'_>, _body: &[u8]) -> Option<UpstreamError> {
        None
    }
    /// The header in which clients look for the id of their request.
    fn request_id_header(&self) -> &'static str;
    /// A keep-alive, complete with its blank line.
    fn keep_alive(&self) -> &'static [u8];
}
