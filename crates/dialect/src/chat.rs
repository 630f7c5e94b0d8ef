//! The two halves of a chat format: its codec speaks to providers, its front to clients. Both are pure.

use std::borrow::Cow;

use document::Document;
use model::{
    Arguments, AssistantPart, ChatRequest, ChatResponse, Losses, Message, Parameter, Settings, ToolCall,
    UpstreamError,
};
use stream::{ChatDecoder, ChatEncoder};
use thiserror::Error;

use crate::{Counting, Delivery, Family, Quirks, RequestError};

/// One attempt: what of a target decides how a request is written.
#[derive(Debug, Clone, Copy)]
pub struct ChatCall<'a> {
    /// Name that the provider knows the model by; empty where only the URL says it.
    pub model: &'a str,
    pub family: &'static Family,
    /// How an OpenAI-speaking provider deviates; other dialects do not look at it.
    pub quirks: &'static Quirks,
    pub settings: &'a Settings,
    pub delivery: Delivery,
    /// The gateway wants to know the usage of a stream, whether the client asked or not.
    pub want_usage: bool,
    /// Unique for the request, lower-case letters and digits: made-up ids of tool calls begin with it.
    pub nonce: &'a str,
}

/// A request as a provider reads it.
pub struct Encoded {
    pub body: Vec<u8>,
    /// Headers besides those of every request: name in lower case, value.
    pub headers: Vec<(&'static str, String)>,
    pub losses: Losses,
    pub answer: Box<dyn ChatAnswer>,
}

/// Why a request cannot be written for a provider. The texts are for the caller (400).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// The provider has nothing of the kind, and leaving it out would change what was asked.
    #[error("'{0}' is not supported by this provider")]
    Unsupported(Cow<'static, str>),
    /// A member has a value that the provider cannot be told.
    #[error("'{member}' {reason}")]
    Invalid { member: Cow<'static, str>, reason: &'static str },
}

/// Why a whole answer cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    #[error("not a JSON object")]
    NotAnObject,
    /// The member that every answer has.
    #[error("'{0}' not in response")]
    Missing(&'static str),
}

/// What a provider does with something that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Handling {
    /// It has the same name there.
    Pass,
    /// It has this other name there.
    Rename(&'static str),
    /// It is reached by other means: a loss, `emulated`.
    Emulate,
    /// The nearest thing is taken: a loss, `approximated`.
    Approximate,
    /// It is left out: a loss, `dropped`.
    Drop,
    /// The request is refused with 400, because the answer would be to another question.
    Refuse,
}

/// A header of an upstream's answer by its lower-case name.
pub type HeaderOf<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads the errors of a provider.
pub trait ErrorReader: Sync {
    /// Reads an answer with an error status. Takes whatever comes: a body in an unknown form is the message,
    /// bounded.
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError;
}

/// The upstream half of a chat format.
pub trait ChatCodec: ErrorReader {
    /// What becomes of a parameter, for models of a family. [`settle`] makes losses of it; `encode` writes
    /// what passes.
    fn handling(&self, parameter: Parameter, family: &Family) -> Handling;

    /// How its answers count what they used, for a provider that deviates so.
    fn counting(&self, quirks: &Quirks) -> &'static Counting;

    /// Those headers of a client, by their lower-case names, that `encode` reads in the request: what it takes of
    /// them goes into the body, and they themselves go no further.
    fn reads_headers(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the arguments of earlier calls go out as the model wrote them, be they JSON or not.
    fn keeps_broken_arguments(&self) -> bool {
        false
    }

    /// Writes a request. Whatever of it is not in the body is a loss, or an error.
    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError>;
}

/// Reads the answer to one request; owns what the way there must tell the way back.
pub trait ChatAnswer: Send + Sync {
    /// Reads a whole answer with status 2xx. `headers` for those providers that tell usage there.
    fn whole(&self, headers: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError>;
    fn decoder(&self) -> Box<dyn ChatDecoder>;
}

/// What an answer is called where its provider gives it no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Letters and digits, unique.
    pub id: Box<str>,
    /// Unix seconds.
    pub created: u64,
    pub model: Box<str>,
    /// Input tokens, estimated, for dialects that tell them before the answer begins.
    pub input_estimate: u64,
}

/// A request as a client wrote it, read.
pub struct Asked {
    pub request: ChatRequest,
    /// What the reading itself lost, under the client's own names.
    pub losses: Losses,
    pub writer: Box<dyn ChatWriter>,
}

/// The client half of a chat format.
pub trait ChatFront: Sync {
    fn read(&self, document: &Document) -> Result<Asked, RequestError>;

    /// The client's own name for what codecs report as lost under OpenAI's.
    fn member<'n>(&self, parameter: &'n str) -> &'n str;

    /// A provider's error as a whole body.
    fn error(&self, error: &UpstreamError) -> Vec<u8>;
}

/// Writes the answer to one request in the client's dialect.
pub trait ChatWriter: Send + Sync {
    fn whole(&self, response: &ChatResponse, identity: &Identity) -> Vec<u8>;
    fn encoder(&self, identity: Identity) -> Box<dyn ChatEncoder>;
}

/// Makes losses of what a request asks for and the provider does not have; refuses what must not be left out.
pub fn settle(
    codec: &dyn ChatCodec,
    request: &ChatRequest,
    family: &Family,
    losses: &mut Losses,
) -> Result<(), EncodeError> {
    use model::LossKind::{Approximated, Dropped, Emulated};
    for parameter in Parameter::of(request) {
        match codec.handling(parameter, family) {
            Handling::Pass | Handling::Rename(_) => {}
            Handling::Emulate => losses.add(parameter.name(), Emulated),
            Handling::Approximate => losses.add(parameter.name(), Approximated),
            Handling::Drop => losses.add(parameter.name(), Dropped),
            Handling::Refuse => return Err(EncodeError::Unsupported(parameter.name().into())),
        }
    }
    if !codec.keeps_broken_arguments() && request.messages.iter().any(has_broken_arguments) {
        losses.add("messages.tool_calls.function.arguments", Approximated);
    }
    Ok(())
}

fn has_broken_arguments(message: &Message) -> bool {
    let Message::Assistant(message) = message else { return false };
    let broken = |part: &AssistantPart| {
        matches!(part, AssistantPart::ToolCall(ToolCall { arguments: Arguments::Broken(_), .. }))
    };
    message.parts.iter().any(broken)
}
