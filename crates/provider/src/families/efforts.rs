//! Which efforts models of OpenAI-speaking providers can be told, where quirks do not say it.
//!
//! From <https://platform.openai.com/docs/guides/reasoning>.

use dialect::{Family, SamplingRule, Thinking};
use model::Effort;

use super::{base_name, is_openai_reasoning};

/// Takes any of OpenAI's efforts; what its provider does not know is rewritten by rules about the member.
pub(crate) static ANY_EFFORT: Family =
    levels(&[Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::XHigh], true);

/// The same up to `max`, which is not OpenAI's.
pub(crate) static ANY_TO_MAX: Family = levels(&Effort::ALL, true);

/// Three efforts, and no way not to think.
static THREE: Family = levels(&[Effort::Low, Effort::Medium, Effort::High], false);

/// The same, and no say in how it chooses its words.
static O_SERIES: Family = Family { sampling: SamplingRule::Fixed, ..THREE };

static FOUR: Family = Family {
    sampling: SamplingRule::Fixed,
    ..levels(&[Effort::Minimal, Effort::Low, Effort::Medium, Effort::High], false)
};

static WITH_NONE: Family = levels(&[Effort::Low, Effort::Medium, Effort::High], true);

static WITH_XHIGH: Family = levels(&[Effort::Low, Effort::Medium, Effort::High, Effort::XHigh], true);

const fn levels(efforts: &'static [Effort], may_be_off: bool) -> Family {
    Family { thinking: Thinking::Levels { efforts, may_be_off }, ..Family::UNKNOWN }
}

/// OpenAI's models, wherever they run. Those that do not reason refuse to be told an effort.
pub(crate) fn openai(model: &str) -> &'static Family {
    let name = base_name(model);
    if !is_openai_reasoning(name) {
        return gpt_oss(name);
    }
    match name.strip_prefix("gpt-5") {
        None => &O_SERIES,
        Some(rest) if rest.starts_with(".1") => &WITH_NONE,
        Some(rest) if rest.starts_with('.') => &WITH_XHIGH,
        Some(_) => &FOUR,
    }
}

/// Of open models on servers that refuse what a model does not know, those that take an effort.
pub(crate) fn gpt_oss(model: &str) -> &'static Family {
    if model.to_ascii_lowercase().contains("gpt-oss") { &THREE } else { &Family::UNKNOWN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efforts_are_told_by_name() {
        for (name, expected) in [
            ("gpt-4o", &Family::UNKNOWN),
            ("chatgpt-4o-latest", &Family::UNKNOWN),
            ("o3-mini", &O_SERIES),
            ("gpt-5", &FOUR),
            ("gpt-5-mini", &FOUR),
            ("gpt-5.1", &WITH_NONE),
            ("gpt-5.2", &WITH_XHIGH),
            ("gpt-5.3-codex", &WITH_XHIGH),
            ("ft:o4-mini:org::1", &O_SERIES),
            ("openai/gpt-oss-120b", &THREE),
        ] {
            assert_eq!(openai(name), expected, "{name}");
        }
    }
}
