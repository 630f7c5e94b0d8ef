//! Speaks to providers of OpenAI's API and of all that resembles it.
//!
//! A request is written as `OpenAI` itself would have it; what its provider wants otherwise is done by the same
//! edits that a relayed body gets, so that each rule exists once.

mod answer;
mod body;
mod calls;
mod conversation;
mod decoder;
mod errors;
mod message;
mod said;

pub(super) use errors::read as read_error;

use std::sync::Arc;

use document::{Document, Edits};
use model::{
    ChatRequest, ChatResponse, ConfiguredOptions, LossKind, Losses, Maker, Operation, Parameter,
    UpstreamError, foreign_tools,
};
use stream::ChatDecoder;

use super::request;
use crate::{
    Call, ChatAnswer, ChatCall, ChatCodec, Counting, DecodeError, EncodeError, Encoded, ErrorReader, Family,
    Handling, HeaderOf, NameRule, Quirks, Structured, Thinking, ToolNames, counting, settle,
};

/// Choices that one answer may have; `OpenAI` allows 128.
const MAX_CHOICES: u32 = 128;
/// What `OpenAI` takes as the name of a tool.
const NAMES: NameRule = NameRule { also: "-", longest: 64, starts_with_letter: false };

/// The upstream half of chat.
#[derive(Debug, Clone, Copy)]
pub struct Codec;

/// The one [`Codec`].
pub static CHAT_CODEC: Codec = Codec;

/// What the way to a provider tells the way back.
#[derive(Debug)]
struct Way {
    names: ToolNames,
    /// `completion_tokens` leaves reasoning out.
    reasoning_outside: bool,
    nonce: Box<str>,
}

impl Way {
    /// An id for a call that its provider gave none.
    fn made_id(&self, choice: u32, call: usize) -> Box<str> {
        format!("{}_{choice}_{call}", self.nonce).into()
    }
}

impl ErrorReader for Codec {
    fn error(&self, status: u16, _: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        errors::read(status, body)
    }
}

impl ChatCodec for Codec {
    fn keeps_broken_arguments(&self) -> bool {
        true
    }

    fn counting(&self, quirks: &Quirks) -> &'static Counting {
        if quirks.reasoning_outside_completion { &counting::REASONING_BESIDE } else { &counting::OPENAI }
    }

    fn handling(&self, parameter: Parameter, family: &Family) -> Handling {
        match parameter {
            // Caches of these providers decide for themselves.
            Parameter::CacheMark => Handling::Drop,
            // By another message, by a word before the text, by leaving tools out.
            Parameter::ToolResultImage | Parameter::ToolResultError | Parameter::ToolChoiceAmong => {
                Handling::Emulate
            }
            Parameter::Reasoning if family.thinking == Thinking::None => Handling::Drop,
            Parameter::ReasoningOff if !may_be_off(family.thinking) => Handling::Drop,
            Parameter::JsonSchema if family.structured == Structured::None => Handling::Drop,
            _ => Handling::Pass,
        }
    }

    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        let mut losses = Losses::default();
        settle(self, request, call.family, &mut losses)?;
        for name in foreign_tools(request, Some(Maker::OpenAi)) {
            losses.add(format!("tools({name})"), LossKind::Dropped);
        }
        message::check(&request.messages)?;
        let names = ToolNames::of(request, NAMES);
        let written = body::write(request, call, &names, &mut losses);
        let body = fit(written, call, &mut losses)?;
        let way = Way {
            names,
            reasoning_outside: call.quirks.reasoning_outside_completion,
            nonce: call.nonce.into(),
        };
        Ok(Encoded { body, headers: Vec::new(), losses, answer: Box::new(Answer(Arc::new(way))) })
    }
}

const fn may_be_off(thinking: Thinking) -> bool {
    match thinking {
        Thinking::None => false,
        Thinking::Adaptive { .. } => true,
        Thinking::Budget { may_be_off, .. } | Thinking::Levels { may_be_off, .. } => may_be_off,
    }
}

/// Makes the edits that a relayed body for the same target gets.
fn fit(body: Vec<u8>, call: &ChatCall<'_>, losses: &mut Losses) -> Result<Vec<u8>, EncodeError> {
    const TOO_DEEP: EncodeError =
        EncodeError::Invalid { member: std::borrow::Cow::Borrowed("tools"), reason: "is nested too deep" };
    let document = Document::parse(body.into()).map_err(|_| TOO_DEEP)?;
    let options = ConfiguredOptions::default();
    let call = Call {
        operation: Operation::Chat,
        model: Some(call.model).filter(|model| !model.is_empty()),
        options: &options,
        family: call.family,
        settings: call.settings,
        quirks: call.quirks,
        delivery: call.delivery,
        want_usage: call.want_usage,
        credential: None,
        betas: "",
        version: "",
    };
    let mut edits = Edits::default();
    request::edit(&document, &call, &mut edits, losses);
    Ok(document.apply(&edits).to_bytes().into())
}

struct Answer(Arc<Way>);

impl ChatAnswer for Answer {
    fn whole(&self, _: HeaderOf<'_>, body: &[u8]) -> Result<ChatResponse, DecodeError> {
        answer::read(body, &self.0)
    }

    fn decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(decoder::Decoder::new(Arc::clone(&self.0)))
    }
}

#[cfg(test)]
mod tests;
