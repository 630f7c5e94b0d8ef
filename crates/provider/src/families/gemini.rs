//! Families of Gemini: from Google's pages on models, thinking, structured output and thought signatures, read in
//! November 2026.

use dialect::gemini::Traits;
use dialect::{Family, Thinking};
use model::Effort;

const OLD: Traits = Traits { mixes_tools: false, ..Traits::UNKNOWN };
const NEW: Traits = Traits { json_schema: true, ..OLD };
const SIGNED: Traits = Traits { json_schema: true, signs_calls: true, ..Traits::UNKNOWN };

/// 1.0, and Gemma: no instructions of their own.
static FIRST: Family = Family { system: false, gemini: OLD, ..Family::UNKNOWN };
/// 1.5 and 2.0.
static EARLY: Family = Family { gemini: OLD, ..Family::UNKNOWN };
static FLASH_2_5: Family =
    Family { thinking: Thinking::Budget { least: 1, may_be_off: true }, gemini: NEW, ..Family::UNKNOWN };
static FLASH_LITE_2_5: Family =
    Family { thinking: Thinking::Budget { least: 512, may_be_off: true }, ..FLASH_2_5 };
static PRO_2_5: Family = Family {
    thinking: Thinking::Budget { least: 128, may_be_off: false },
    gemini: Traits { most_budget: 32_768, ..NEW },
    ..Family::UNKNOWN
};
static IMAGE_2_5: Family = Family { gemini: Traits { draws: true, ..NEW }, ..Family::UNKNOWN };
static FLASH_3: Family = Family {
    thinking: Thinking::Levels {
        efforts: &[Effort::Minimal, Effort::Low, Effort::Medium, Effort::High],
        may_be_off: false,
    },
    gemini: SIGNED,
    ..Family::UNKNOWN
};
static PRO_3_1: Family = Family {
    thinking: Thinking::Levels { efforts: &[Effort::Low, Effort::Medium, Effort::High], may_be_off: false },
    ..FLASH_3
};
static PRO_3: Family = Family {
    thinking: Thinking::Levels { efforts: &[Effort::Low, Effort::High], may_be_off: false },
    ..FLASH_3
};
static IMAGE_3: Family = Family { gemini: Traits { draws: true, ..SIGNED }, ..Family::UNKNOWN };
/// Names that move from one generation to the next: what all of them take.
static LATEST: Family = Family {
    thinking: Thinking::Budget { least: 512, may_be_off: false },
    gemini: Traits { signs_calls: true, ..NEW },
    ..Family::UNKNOWN
};

/// The family of a Gemini model; of names that say nothing, such as an endpoint's number, nothing is known.
pub(crate) fn gemini(model: &str) -> &'static Family {
    let name = model.rsplit('/').next().unwrap_or(model);
    if name.starts_with("gemma") {
        return &FIRST;
    }
    let Some(rest) = name.strip_prefix("gemini-") else { return &Family::UNKNOWN };
    let has = |word: &str| rest.split('-').any(|part| part == word);
    match version(rest) {
        None if has("latest") => &LATEST,
        None if has("pro") || has("ultra") => &FIRST,
        None => &Family::UNKNOWN,
        Some((1, 0)) => &FIRST,
        Some((version, minor)) if (version, minor) < (2, 5) => &EARLY,
        Some((2, _)) if has("image") => &IMAGE_2_5,
        Some((2, _)) if has("tts") => &EARLY,
        Some((2, _)) if has("pro") => &PRO_2_5,
        Some((2, _)) if has("lite") => &FLASH_LITE_2_5,
        Some((2, _)) => &FLASH_2_5,
        Some(_) if has("image") => &IMAGE_3,
        Some((3, 0)) if has("pro") => &PRO_3,
        Some(_) if has("pro") => &PRO_3_1,
        Some(_) => &FLASH_3,
    }
}

/// The version in `2.5-flash-lite` and in `3-pro-preview`.
fn version(rest: &str) -> Option<(u32, u32)> {
    let word = rest.split('-').next()?;
    let (major, minor) = word.split_once('.').unwrap_or((word, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether a model of Vertex's takes one text at a time, by a method of its own: `gemini-embedding-2` and later.
pub(crate) fn embeds_one_by_one(model: &str) -> bool {
    let version = model.strip_prefix("gemini-embedding-").and_then(|rest| rest.split(['-', '.']).next());
    version.and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_family() {
        for (name, family) in [
            ("gemini-pro", &FIRST),
            ("gemini-1.0-pro-002", &FIRST),
            ("gemma-3-27b-it", &FIRST),
            ("gemini-1.5-pro", &EARLY),
            ("gemini-2.0-flash-lite", &EARLY),
            ("gemini-2.5-pro", &PRO_2_5),
            ("gemini-2.5-flash", &FLASH_2_5),
            ("models/gemini-2.5-flash-lite-preview-09-2025", &FLASH_LITE_2_5),
            ("gemini-2.5-flash-image", &IMAGE_2_5),
            ("gemini-2.5-flash-preview-tts", &EARLY),
            ("gemini-3-pro-preview", &PRO_3),
            ("gemini-3.1-pro-preview", &PRO_3_1),
            ("gemini-3-flash-preview", &FLASH_3),
            ("gemini-3.5-flash", &FLASH_3),
            ("gemini-3-pro-image-preview", &IMAGE_3),
            ("gemini-4-pro", &PRO_3_1),
            ("gemini-flash-latest", &LATEST),
            ("gemini-pro-latest", &LATEST),
            ("gemini-exp-1206", &Family::UNKNOWN),
            ("1234567890", &Family::UNKNOWN),
            ("m", &Family::UNKNOWN),
        ] {
            assert_eq!(gemini(name), family, "{name}");
        }
    }

    #[test]
    fn newer_embeddings_are_asked_for_one_by_one() {
        for (name, expected) in [
            ("gemini-embedding-001", false),
            ("gemini-embedding-2", true),
            ("gemini-embedding-2-preview", true),
            ("gemini-embedding-10", true),
            ("text-embedding-005", false),
        ] {
            assert_eq!(embeds_one_by_one(name), expected, "{name}");
        }
    }
}
