//! The legal orders of the events of a stream, as a checker for tests and fuzzing.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{CallIndex, ChatEvent, ChoiceIndex};

/// Why a sequence of events is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GrammarError {
    #[error("an event before the start")]
    NotStarted,
    #[error("a second start")]
    StartedTwice,
    #[error("an event after an error")]
    AfterError,
    #[error("an event of choice {0} after its finish")]
    AfterFinish(ChoiceIndex),
    #[error("call {0} begins where another index was due")]
    SparseCall(CallIndex),
    #[error("arguments of call {0}, which has not begun")]
    UnknownCall(CallIndex),
    #[error("call {0} has no id or no name")]
    NamelessCall(CallIndex),
    #[error("a seal without reasoning")]
    NothingSealed,
    #[error("an empty delta")]
    Empty,
}

/// Checks events one by one.
#[derive(Debug, Clone, Default)]
pub struct Grammar {
    started: bool,
    failed: bool,
    choices: BTreeMap<ChoiceIndex, State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    calls: CallIndex,
    reasoning: bool,
    finished: bool,
}

impl Grammar {
    /// Whether `event` may come now.
    pub fn accept(&mut self, event: &ChatEvent) -> Result<(), GrammarError> {
        if self.failed {
            return Err(GrammarError::AfterError);
        }
        match event {
            ChatEvent::Start(_) if self.started => Err(GrammarError::StartedTwice),
            ChatEvent::Start(_) => {
                self.started = true;
                Ok(())
            }
            ChatEvent::Error(_) => {
                self.failed = true;
                Ok(())
            }
            _ if !self.started => Err(GrammarError::NotStarted),
            ChatEvent::Usage(_) | ChatEvent::ServedAs(_) | ChatEvent::Extra(_) => Ok(()),
            _ => self.accept_content(event),
        }
    }

    /// Whether every choice that was seen has finished, and at least one has.
    pub fn is_finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.values().all(|state| state.finished)
    }

    fn accept_content(&mut self, event: &ChatEvent) -> Result<(), GrammarError> {
        let Some(choice) = event.choice() else { return Ok(()) };
        let state = self.choices.entry(choice).or_default();
        if state.finished {
            return Err(GrammarError::AfterFinish(choice));
        }
        match event {
            ChatEvent::Text { delta, .. }
            | ChatEvent::Refusal { delta, .. }
            | ChatEvent::ToolArguments { delta, .. }
            | ChatEvent::Reasoning { delta, .. }
                if delta.is_empty() =>
            {
                Err(GrammarError::Empty)
            }
            ChatEvent::Reasoning { .. } => {
                state.reasoning = true;
                Ok(())
            }
            // Reasoning may be left out and its seal sent all the same.
            ChatEvent::Sealed { seal, .. } | ChatEvent::Redacted { seal, .. } if seal.text.is_empty() => {
                Err(GrammarError::NothingSealed)
            }
            ChatEvent::ToolStart { call, id, name, .. } => {
                if id.is_empty() || name.is_empty() {
                    return Err(GrammarError::NamelessCall(*call));
                }
                if *call != state.calls {
                    return Err(GrammarError::SparseCall(*call));
                }
                state.calls += 1;
                Ok(())
            }
            ChatEvent::ToolArguments { call, .. } if *call >= state.calls => {
                Err(GrammarError::UnknownCall(*call))
            }
            ChatEvent::Finish { .. } => {
                state.finished = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl ChatEvent {
    /// The choice that the event belongs to.
    pub const fn choice(&self) -> Option<ChoiceIndex> {
        match self {
            Self::Text { choice, .. }
            | Self::Reasoning { choice, .. }
            | Self::Sealed { choice, .. }
            | Self::Redacted { choice, .. }
            | Self::Refusal { choice, .. }
            | Self::ToolStart { choice, .. }
            | Self::ToolArguments { choice, .. }
            | Self::Citation { choice, .. }
            | Self::Image { choice, .. }
            | Self::Logprobs { choice, .. }
            | Self::Native { choice, .. }
            | Self::Finish { choice, .. } => Some(*choice),
            Self::Start(_) | Self::Extra(_) | Self::Usage(_) | Self::ServedAs(_) | Self::Error(_) => None,
        }
    }

    /// Bytes of generated text in the event, for an estimate where a provider reports no usage.
    pub fn output_bytes(&self) -> u64 {
        match self {
            Self::Text { delta, .. }
            | Self::Reasoning { delta, .. }
            | Self::Refusal { delta, .. }
            | Self::ToolArguments { delta, .. } => delta.len() as u64,
            Self::ToolStart { name, .. } => name.len() as u64,
            _ => 0,
        }
    }
}
