//! How much to think: a budget for one generation of models, a level for the next.

use model::{ChatRequest, Effort, LossKind, Losses, ReasoningWish};

use super::config::Config;
use crate::{Family, Thinking};

/// Writes the wish, if there is one that the model can be told; tells whether.
pub(super) fn take(request: &ChatRequest, family: &Family, config: &mut Config, losses: &mut Losses) -> bool {
    let Some(wish) = request.reasoning else { return false };
    match family.thinking {
        Thinking::None | Thinking::Adaptive { .. } => return false,
        Thinking::Budget { least, may_be_off } => {
            let most = family.gemini.most_budget;
            config.object("thinkingConfig", |config| budget(wish, (least, most), may_be_off, config, losses));
        }
        Thinking::Levels { efforts, .. } => {
            config.object("thinkingConfig", |config| level(wish, efforts, config, losses));
        }
    }
    true
}

/// `bounds`: the least and the most tokens.
fn budget(
    wish: ReasoningWish,
    bounds: (u64, u64),
    may_be_off: bool,
    thinking: &mut Config,
    losses: &mut Losses,
) {
    let (least, most) = bounds;
    match wish {
        ReasoningWish::Off if may_be_off => thinking.set("thinkingBudget", b"0"),
        ReasoningWish::Off => thinking.set("thinkingBudget", least.to_string().as_bytes()),
        // The model decides.
        ReasoningWish::Adaptive(None) => {
            thinking.set("thinkingBudget", b"-1");
            thinking.set("includeThoughts", b"true");
        }
        ReasoningWish::Budget(_) | ReasoningWish::Effort(_) | ReasoningWish::Adaptive(Some(_)) => {
            let asked = wish.budget().unwrap_or(least);
            let taken = asked.clamp(least, most.max(least));
            if taken != asked && matches!(wish, ReasoningWish::Budget(_)) {
                losses.add("reasoning_effort", LossKind::Approximated);
            }
            thinking.set("thinkingBudget", taken.to_string().as_bytes());
            thinking.set("includeThoughts", b"true");
        }
    }
}

fn level(wish: ReasoningWish, efforts: &[Effort], thinking: &mut Config, losses: &mut Losses) {
    let weakest = efforts.first().copied().unwrap_or(Effort::Low);
    let taken = match wish {
        ReasoningWish::Off => Some(weakest),
        // The model decides, which is what it does by itself.
        ReasoningWish::Adaptive(None) => None,
        _ => {
            let asked = wish.effort().unwrap_or(Effort::High);
            // The next stronger one, else the strongest.
            let taken = efforts.iter().copied().find(|effort| *effort >= asked);
            let taken = taken.or(efforts.last().copied()).unwrap_or(asked);
            if taken != asked || matches!(wish, ReasoningWish::Budget(_)) {
                losses.add("reasoning_effort", LossKind::Approximated);
            }
            Some(taken)
        }
    };
    if let Some(taken) = taken {
        thinking.set_text("thinkingLevel", &taken.name().to_ascii_uppercase());
    }
    if wish != ReasoningWish::Off {
        thinking.set("includeThoughts", b"true");
    }
}
