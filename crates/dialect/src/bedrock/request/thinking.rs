//! How much a model is told to think.
//!
//! From <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-reasoning.html>.

use document::{quote, write_object};
use model::{ChatRequest, Effort, LossKind, Losses, ReasoningWish};

use super::conversation::Conversation;
use super::fields::{Extras, Fields};
use crate::Thinking as Ability;
use crate::{EffortPlace, Family};

/// The name under which losses are reported.
const MEMBER: &str = "reasoning_effort";
/// The smallest budget that Claude takes.
const LEAST: u64 = 1024;

/// What a request says about thinking, and how long its answer may be.
pub(super) struct Thinking {
    mode: Mode,
    place: EffortPlace,
    max_tokens: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Unsaid,
    Off,
    /// Tokens.
    Budget(u64),
    Adaptive(Option<Effort>),
    Level(Effort),
    /// A level of none.
    NoLevel,
    /// As the client wrote it for the model.
    Raw,
}

impl Thinking {
    /// `forced`: a tool call is forced, which goes with no thinking of Claude's.
    pub(super) fn of(
        request: &ChatRequest,
        family: &Family,
        extras: &Extras,
        conversation: &Conversation<'_>,
        forced: bool,
        losses: &mut Losses,
    ) -> Self {
        let mut thinking = Self { mode: Mode::Unsaid, place: family.effort, max_tokens: request.max_tokens };
        match request.reasoning {
            None if extras.turns_thinking_on() => thinking.mode = Mode::Raw,
            None => {}
            Some(wish) => thinking.mode = mode(wish, family, losses),
        }
        thinking.fit(family, losses);
        let unsealed = matches!(thinking.mode, Mode::Budget(_)) && conversation.continues_without_reasoning();
        if matches!(thinking.mode, Mode::Budget(_) | Mode::Adaptive(_)) && (forced || unsealed) {
            losses.add(MEMBER, LossKind::Dropped);
            thinking.mode = Mode::Unsaid;
        }
        if thinking.excludes_limits() && thinking.max_tokens.take().is_some() {
            losses.add("max_tokens", LossKind::Dropped);
        }
        thinking
    }

    /// Makes budget and limit fit each other: the limit is the larger one.
    fn fit(&mut self, family: &Family, losses: &mut Losses) {
        let Mode::Budget(budget) = self.mode else { return };
        match self.max_tokens {
            Some(limit) if limit <= LEAST => {
                losses.add(MEMBER, LossKind::Dropped);
                self.mode = Mode::Unsaid;
            }
            Some(limit) if budget >= limit => {
                losses.add(MEMBER, LossKind::Approximated);
                self.mode = Mode::Budget(limit - 1);
            }
            None if budget >= family.default_max_tokens => {
                self.max_tokens = Some(family.default_max_tokens.saturating_add(budget));
            }
            _ => {}
        }
    }

    /// Whether Claude thinks: then it takes few other wishes.
    pub(super) fn is_on(&self) -> bool {
        matches!(self.mode, Mode::Budget(_) | Mode::Adaptive(_) | Mode::Raw)
    }

    /// Nova at its highest level takes neither a limit nor temperature and `top_p`.
    pub(super) fn excludes_limits(&self) -> bool {
        self.mode == Mode::Level(Effort::High) && self.place == EffortPlace::ReasoningConfig
    }

    /// The most tokens of the answer.
    pub(super) fn max_tokens(&self) -> Option<u64> {
        self.max_tokens
    }

    pub(super) fn set(&self, fields: &mut Fields) {
        let typed = |kind: &str| write_object(|thinking| thinking.text("type", kind));
        match (self.mode, self.place) {
            (Mode::Unsaid | Mode::Raw, _) => {}
            (Mode::Off, _) => fields.set("thinking", typed("disabled")),
            (Mode::Budget(budget), _) => {
                let value = write_object(|thinking| {
                    thinking.text("type", "enabled");
                    thinking.number("budget_tokens", budget);
                });
                fields.set("thinking", value);
            }
            (Mode::Adaptive(effort), _) => {
                fields.set("thinking", typed("adaptive"));
                let word = effort.map(|effort| effort.max(Effort::Low).name());
                if let Some(word) = word {
                    fields.set("output_config.effort", quote(word));
                }
            }
            (Mode::Level(effort), EffortPlace::Word(name)) => fields.set(name, quote(effort.name())),
            (Mode::NoLevel, EffortPlace::Word(name)) => fields.set(name, quote("none")),
            (Mode::Level(effort), EffortPlace::ReasoningConfig) => {
                let value = write_object(|config| {
                    config.text("type", "enabled");
                    config.text("maxReasoningEffort", effort.name());
                });
                fields.set("reasoningConfig", value);
            }
            (Mode::NoLevel, EffortPlace::ReasoningConfig) => fields.set("reasoningConfig", typed("disabled")),
        }
    }
}

fn mode(wish: ReasoningWish, family: &Family, losses: &mut Losses) -> Mode {
    let (budgets, least) = match family.thinking {
        Ability::None => return Mode::Unsaid,
        Ability::Levels { efforts, may_be_off } => return level(wish, efforts, may_be_off, losses),
        Ability::Budget { least, .. } => (true, least),
        Ability::Adaptive { budget } => (budget && matches!(wish, ReasoningWish::Budget(_)), LEAST),
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

/// The level that is asked for, or the nearest one.
fn level(wish: ReasoningWish, efforts: &[Effort], may_be_off: bool, losses: &mut Losses) -> Mode {
    let Some(wanted) = wish.effort() else {
        return if may_be_off { Mode::NoLevel } else { Mode::Unsaid };
    };
    let above = efforts.iter().copied().find(|effort| *effort >= wanted);
    let Some(effort) = above.or(efforts.last().copied()) else { return Mode::Unsaid };
    if effort != wanted || matches!(wish, ReasoningWish::Budget(_)) {
        losses.add(MEMBER, LossKind::Approximated);
    }
    Mode::Level(effort)
}

/// Whether a model can be told not to think. One that does not think anyway need not be told.
pub(in crate::bedrock) fn may_be_off(thinking: Ability) -> bool {
    match thinking {
        Ability::None | Ability::Adaptive { .. } => true,
        Ability::Budget { may_be_off, .. } | Ability::Levels { may_be_off, .. } => may_be_off,
    }
}
