//! What a model's name says about it: its generation, and how it thinks.

use serde_json::Value;

use super::refusal::invalid;
use crate::refusal::Refusal;

/// A generation of models. Names that say nothing count as 2.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Generation {
    Old,
    TwoFive,
    Three,
}

pub(super) fn generation(model: &str) -> Generation {
    let Some(version) = model.strip_prefix("gemini-") else {
        return Generation::TwoFive;
    };
    if version.starts_with('3') {
        Generation::Three
    } else if version.starts_with("1.") || version.starts_with("2.0") || version.starts_with("pro") {
        Generation::Old
    } else {
        Generation::TwoFive
    }
}

/// The budgets that a model of the 2.5 generation takes beside -1, and whether it can be told not to think.
fn budgets(model: &str) -> (i64, i64, bool) {
    if model.contains("flash-lite") {
        (512, 24_576, true)
    } else if model.contains("-pro") {
        (128, 32_768, false)
    } else {
        (1, 24_576, true)
    }
}

/// Judges `thinkingConfig`, and says how many words the model thinks.
pub(super) fn thoughts(model: &str, config: &Value) -> Result<u64, Refusal> {
    if !config.is_object() {
        return Ok(0);
    }
    let budget = config["thinkingBudget"].as_i64();
    let level = config["thinkingLevel"].as_str();
    match (generation(model), budget, level) {
        (Generation::Old, ..) => Err(invalid("Thinking is not enabled for this model.")),
        (_, Some(_), Some(_)) => {
            Err(invalid("You can only set only one of thinking budget and thinking level."))
        }
        (Generation::TwoFive, _, Some(_)) => Err(invalid("Thinking level is not supported for this model.")),
        (Generation::TwoFive, Some(budget), None) => of_budget(model, budget),
        (Generation::Three, Some(budget), None) => Ok(words_of_budget(budget)),
        (Generation::Three, None, Some(level)) => of_level(model, level),
        (_, None, None) => Ok(8),
    }
}

fn of_budget(model: &str, budget: i64) -> Result<u64, Refusal> {
    let (low, high, can_stop) = budgets(model);
    if budget == 0 && !can_stop {
        return Err(invalid("Budget 0 is invalid. This model only works in thinking mode."));
    }
    let within = (low..=high).contains(&budget);
    if budget != 0 && budget != -1 && !within {
        return Err(invalid(&format!(
            "The thinking budget {budget} is invalid. Please choose a value between {low} and {high}."
        )));
    }
    Ok(words_of_budget(budget))
}

const fn words_of_budget(budget: i64) -> u64 {
    match budget {
        0 => 0,
        1..=512 => 2,
        513..=4096 => 4,
        ..0 | 4097..=12_288 => 8,
        _ => 16,
    }
}

fn of_level(model: &str, level: &str) -> Result<u64, Refusal> {
    let pro = model.contains("-pro");
    let refused = match level {
        "MINIMAL" => pro,
        "MEDIUM" => model.starts_with("gemini-3-pro"),
        _ => false,
    };
    if refused {
        return Err(invalid(&format!(
            "Thinking level {level} is not supported for this model. Please retry with other thinking level."
        )));
    }
    Ok(match level {
        "MINIMAL" => 2,
        "LOW" => 4,
        "MEDIUM" => 8,
        _ => 16,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn thinking_fits_the_generation() {
        let words = |model: &str, config: Value| thoughts(model, &config).ok();
        assert_eq!(words("gemini-2.5-flash", json!({"thinkingBudget": 0})), Some(0));
        assert_eq!(words("gemini-2.5-flash", json!({"thinkingBudget": 24576})), Some(16));
        assert_eq!(words("gemini-2.5-flash", json!({"thinkingBudget": 24577})), None);
        assert_eq!(words("gemini-2.5-pro", json!({"thinkingBudget": 0})), None);
        assert_eq!(words("gemini-2.5-pro", json!({"thinkingBudget": 100})), None);
        assert_eq!(words("gemini-2.5-pro", json!({"thinkingBudget": -1})), Some(8));
        assert_eq!(words("gemini-2.5-pro", json!({"thinkingLevel": "LOW"})), None);
        assert_eq!(words("gemini-3-pro-preview", json!({"thinkingLevel": "LOW"})), Some(4));
        assert_eq!(words("gemini-3-pro-preview", json!({"thinkingLevel": "MEDIUM"})), None);
        assert_eq!(words("gemini-3-flash-preview", json!({"thinkingLevel": "MINIMAL"})), Some(2));
        assert_eq!(words("gemini-3-flash", json!({"thinkingLevel": "LOW", "thinkingBudget": 5})), None);
        assert_eq!(words("gemini-2.0-flash", json!({"thinkingBudget": 5})), None);
        assert_eq!(words("gemini-2.0-flash", Value::Null), Some(0));
    }
}
