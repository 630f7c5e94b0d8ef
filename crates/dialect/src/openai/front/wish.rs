//! What a client says about reasoning, in OpenAI's words and in Anthropic's.

use document::Kind;
use model::{Effort, ReasoningWish};

use super::field::Field;
use crate::RequestError;

/// `reasoning_effort` and `thinking`, which decide together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish {
    pub(super) effort: Option<ReasoningWish>,
    pub(super) thinking: Option<Thinking>,
}

/// What `thinking` says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Thinking {
    Off,
    On,
    Adaptive,
    Budget(u64),
}

impl Wish {
    pub(super) fn decide(self) -> Option<ReasoningWish> {
        let effort = self.effort.and_then(ReasoningWish::effort);
        Some(match (self.thinking, self.effort) {
            (None, wish) => return wish,
            (Some(Thinking::Off), _) => ReasoningWish::Off,
            (Some(Thinking::Budget(budget)), _) => ReasoningWish::Budget(budget),
            (Some(Thinking::Adaptive), _) => ReasoningWish::Adaptive(effort),
            (Some(Thinking::On), Some(wish)) => wish,
            (Some(Thinking::On), None) => ReasoningWish::Adaptive(None),
        })
    }
}

pub(super) fn effort(field: Field<'_, '_>) -> Result<ReasoningWish, RequestError> {
    let word = field.text()?;
    if word == "none" {
        return Ok(ReasoningWish::Off);
    }
    Effort::from_name(&word)
        .map(ReasoningWish::Effort)
        .ok_or_else(|| field.wrong("'none', 'minimal', 'low', 'medium', 'high', 'xhigh' or 'max'"))
}

/// None where only the provider can know what it means.
pub(super) fn thinking(field: Field<'_, '_>) -> Result<Option<Thinking>, RequestError> {
    if field.value.kind() != Kind::Object {
        return Ok(None);
    }
    let kind = field.member("type").map(|kind| kind.text()).transpose()?;
    Ok(match kind.as_deref() {
        Some("disabled") => Some(Thinking::Off),
        Some("adaptive" | "auto") => Some(Thinking::Adaptive),
        Some("enabled") => match field.member("budget_tokens") {
            Some(budget) => Some(Thinking::Budget(budget.whole_number()?)),
            None => Some(Thinking::On),
        },
        _ => None,
    })
}
