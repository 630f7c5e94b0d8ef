//! How much Claude is told to think.
//!
//! From <https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking>.

use document::{Document, ObjectWriter, Value};
use model::{ChatRequest, Effort, Json, LossKind, Losses, ReasoningWish};

use super::conversation::Conversation;
use super::extras::Extras;
use crate::Family;
use crate::Thinking as Ability;

/// The name under which losses are reported.
const MEMBER: &str = "reasoning_effort";
/// The smallest budget that the API takes.
const LEAST: u64 = 1024;

/// What a request says about thinking, and how long its answer may be.
pub(super) struct Thinking<'r> {
    mode: Mode<'r>,
    max_tokens: u64,
}

enum Mode<'r> {
    Unsaid,
    Off,
    /// Tokens.
    Budget(u64),
    Adaptive(Option<Effort>),
    /// As the client wrote it for Claude.
    Raw {
        value: &'r Json,
        on: bool,
    },
}

impl<'r> Thinking<'r> {
    /// `forced`: a tool call is forced, which goes with no thinking.
    pub(super) fn of(
        request: &ChatRequest,
        family: &Family,
        extras: &Extras<'r>,
        conversation: &Conversation<'_>,
        forced: bool,
        losses: &mut Losses,
    ) -> Self {
        let max_tokens = request.max_tokens.unwrap_or(family.default_max_tokens);
        if let (None, Some(value)) = (request.reasoning, extras.thinking()) {
            return Self { mode: Mode::Raw { value, on: turns_on(value) }, max_tokens };
        }
        let mode = mode(request.reasoning, family, losses);
        let mut thinking = Self { mode, max_tokens };
        thinking.fit(request.max_tokens, losses);
        let unsealed = matches!(thinking.mode, Mode::Budget(_)) && conversation.continues_without_thinking();
        if thinking.is_on() && (forced || unsealed) {
            losses.add(MEMBER, LossKind::Dropped);
            thinking.mode = Mode::Unsaid;
        }
        thinking
    }

    /// Makes budget and limit fit each other: the limit is the larger one.
    fn fit(&mut self, asked: Option<u64>, losses: &mut Losses) {
        let Mode::Budget(budget) = self.mode else { return };
        match asked {
            Some(limit) if limit <= LEAST => {
                losses.add(MEMBER, LossKind::Dropped);
                self.mode = Mode::Unsaid;
            }
            Some(limit) if budget >= limit => {
                losses.add(MEMBER, LossKind::Approximated);
                self.mode = Mode::Budget(limit - 1);
            }
            None if budget >= self.max_tokens => self.max_tokens = self.max_tokens.saturating_add(budget),
            _ => {}
        }
    }

    pub(super) fn is_on(&self) -> bool {
        match self.mode {
            Mode::Unsaid | Mode::Off => false,
            Mode::Budget(_) | Mode::Adaptive(_) => true,
            Mode::Raw { on, .. } => on,
        }
    }

    /// The most tokens of the answer.
    pub(super) fn max_tokens(&self) -> u64 {
        self.max_tokens
    }

    /// The word for `output_config.effort`.
    pub(super) fn effort(&self) -> Option<&'static str> {
        match self.mode {
            Mode::Adaptive(Some(Effort::Minimal)) => Some(Effort::Low.name()),
            Mode::Adaptive(effort) => effort.map(Effort::name),
            _ => None,
        }
    }

    pub(super) fn write(&self, body: &mut ObjectWriter<'_>) {
        match self.mode {
            Mode::Unsaid => {}
            Mode::Off => body.object("thinking", |thinking| thinking.text("type", "disabled")),
            Mode::Budget(budget) => body.object("thinking", |thinking| {
                thinking.text("type", "enabled");
                thinking.number("budget_tokens", budget);
            }),
            Mode::Adaptive(_) => body.object("thinking", |thinking| thinking.text("type", "adaptive")),
            Mode::Raw { value, .. } => body.raw("thinking", value.as_bytes()),
        }
    }
}

fn mode<'r>(wish: Option<ReasoningWish>, family: &Family, losses: &mut Losses) -> Mode<'r> {
    let Some(wish) = wish else { return Mode::Unsaid };
    let (budgets, least) = match family.thinking {
        Ability::None => return Mode::Unsaid,
        Ability::Budget { least, .. } => (true, least),
        Ability::Adaptive { budget } => (budget && matches!(wish, ReasoningWish::Budget(_)), LEAST),
        Ability::Levels { .. } => (false, LEAST),
    };
    match wish {
        ReasoningWish::Off if may_be_off(family.thinking) => Mode::Off,
        ReasoningWish::Off => Mode::Unsaid,
        _ if budgets => {
            let budget = wish.budget().unwrap_or(least);
            let fit = budget.max(least).max(LEAST);
            if fit != budget {
                losses.add(MEMBER, LossKind::Approximated);
            }
            Mode::Budget(fit)
        }
        ReasoningWish::Budget(_) => {
            losses.add(MEMBER, LossKind::Approximated);
            Mode::Adaptive(wish.effort())
        }
        ReasoningWish::Effort(effort) => Mode::Adaptive(Some(effort)),
        ReasoningWish::Adaptive(effort) => Mode::Adaptive(effort),
    }
}

/// Whether a model can be told not to think. One that does not think anyway need not be told.
pub(in crate::anthropic) fn may_be_off(thinking: Ability) -> bool {
    match thinking {
        Ability::None | Ability::Adaptive { .. } => true,
        Ability::Budget { may_be_off, .. } | Ability::Levels { may_be_off, .. } => may_be_off,
    }
}

fn turns_on(value: &Json) -> bool {
    let Ok(document) = Document::parse(bytes::Bytes::copy_from_slice(value.as_bytes())) else { return false };
    document.value("type").and_then(Value::as_str).as_deref() != Some("disabled")
}
