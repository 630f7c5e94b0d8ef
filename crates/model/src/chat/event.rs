//! A streamed answer, event by event.

use crate::{Citation, Extra, Finish, Image, Json, Maker, Seal, UpstreamError, Usage};

/// Which of several answers an event belongs to; 0 where there is one.
pub type ChoiceIndex = u32;
/// Which of the tool calls of one answer, counted from 0 without gaps.
pub type CallIndex = u32;

/// What is known of an answer when it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    pub id: Option<Box<str>>,
    pub model: Option<Box<str>>,
    /// Unix seconds.
    pub created: Option<u64>,
}

/// One step of a streamed answer. [`Grammar`](crate::Grammar) has the legal orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatEvent {
    /// Once, before everything else.
    Start(Start),
    Text {
        choice: ChoiceIndex,
        delta: String,
    },
    Reasoning {
        choice: ChoiceIndex,
        delta: String,
    },
    /// The reasoning so far ends, sealed.
    Sealed {
        choice: ChoiceIndex,
        seal: Seal,
    },
    /// A block of reasoning that its maker has encrypted.
    Redacted {
        choice: ChoiceIndex,
        seal: Seal,
    },
    Refusal {
        choice: ChoiceIndex,
        delta: String,
    },
    /// A call begins. Calls may be interleaved; their indexes are dense.
    ToolStart {
        choice: ChoiceIndex,
        call: CallIndex,
        id: Box<str>,
        name: Box<str>,
        seal: Option<Seal>,
    },
    /// Text of the arguments; all deltas of a call together are the arguments, an empty text `{}`.
    ToolArguments {
        choice: ChoiceIndex,
        call: CallIndex,
        delta: String,
    },
    Citation {
        choice: ChoiceIndex,
        citation: Citation,
    },
    Image {
        choice: ChoiceIndex,
        image: Image,
    },
    Logprobs {
        choice: ChoiceIndex,
        value: Json,
    },
    /// A part that only its own dialect knows.
    Native {
        choice: ChoiceIndex,
        maker: Maker,
        value: Json,
    },
    /// Something about the answer as a whole that has no place in the model.
    Extra(Extra),
    /// Nothing of this choice comes after it.
    Finish {
        choice: ChoiceIndex,
        finish: Finish,
    },
    /// So far; the last one counts.
    Usage(Usage),
    /// How the provider serves the request, in its own word, for the account alone; the last one counts.
    ServedAs(Box<str>),
    /// The provider failed; nothing comes after it.
    Error(UpstreamError),
}
