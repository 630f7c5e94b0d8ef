//! OpenAI's `usage` object: read into disjoint parts, and written.
//!
//! From <https://platform.openai.com/docs/api-reference/chat/object>, with what other providers add to it.

use document::{Cursor, ObjectWriter, Value};
use model::Usage;

/// A count above this is no count of tokens.
const SANE: u64 = 1_000_000_000_000;

/// The members that are read, as they stand; a count that is no sane number is as good as absent.
#[derive(Default)]
struct Counts {
    prompt: Option<u64>,
    completion: Option<u64>,
    total: Option<u64>,
    cached: u64,
    cache_written: u64,
    audio_in: u64,
    image_in: u64,
    reasoning: u64,
    audio_out: u64,
    image_out: u64,
    accepted: u64,
    rejected: u64,
}

/// Reads a `usage` object; none where it counts nothing. Unknown members are passed over.
///
/// `reasoning_outside` says that the provider leaves reasoning out of `completion_tokens`.
pub(super) fn read(usage: Value<'_>, reasoning_outside: bool) -> Option<Usage> {
    read_at(&mut usage.cursor(), reasoning_outside)
}

/// Reads the `usage` object that a walk stands on.
pub(super) fn read_at(usage: &mut Cursor<'_>, reasoning_outside: bool) -> Option<Usage> {
    let mut counts = Counts::default();
    usage.members(|name, cursor| {
        if name.is("prompt_tokens") {
            counts.prompt = count_at(cursor);
        } else if name.is("completion_tokens") {
            counts.completion = count_at(cursor);
        } else if name.is("total_tokens") {
            counts.total = count_at(cursor);
        } else if name.is("prompt_tokens_details") {
            counts.read_prompt_details(cursor);
        } else if name.is("completion_tokens_details") {
            counts.read_completion_details(cursor);
        } else if name.is("prompt_cache_hit_tokens")
            || name.is("cached_tokens")
            || name.is("num_cached_tokens")
        {
            // DeepSeek; Together and Moonshot; Mistral.
            counts.add_cached(cursor);
        }
    });
    counts.split(reasoning_outside)
}

impl Counts {
    fn add_cached(&mut self, cursor: &mut Cursor<'_>) {
        self.cached = self.cached.max(count_at(cursor).unwrap_or(0));
    }

    fn read_prompt_details(&mut self, details: &mut Cursor<'_>) {
        details.members(|name, cursor| {
            if name.is("cached_tokens") {
                self.add_cached(cursor);
            } else if name.is("audio_tokens") {
                self.audio_in = count_at(cursor).unwrap_or(0);
            } else if name.is("image_tokens") || name.is("video_tokens") {
                // DashScope counts films apart.
                self.image_in += count_at(cursor).unwrap_or(0);
            } else if name.is("cache_write_tokens") {
                self.cache_written = count_at(cursor).unwrap_or(0);
            }
        });
    }

    fn read_completion_details(&mut self, details: &mut Cursor<'_>) {
        details.members(|name, cursor| {
            if name.is("reasoning_tokens") {
                self.reasoning = count_at(cursor).unwrap_or(0);
            } else if name.is("audio_tokens") {
                self.audio_out = count_at(cursor).unwrap_or(0);
            } else if name.is("image_tokens") {
                self.image_out = count_at(cursor).unwrap_or(0);
            } else if name.is("accepted_prediction_tokens") {
                self.accepted = count_at(cursor).unwrap_or(0);
            } else if name.is("rejected_prediction_tokens") {
                self.rejected = count_at(cursor).unwrap_or(0);
            }
        });
    }

    /// Parts that do not overlap and add up, whatever the details claim.
    fn split(self, reasoning_outside: bool) -> Option<Usage> {
        if self.prompt.is_none() && self.completion.is_none() && self.total.is_none() {
            return None;
        }
        let stated = self.completion.unwrap_or(0);
        let prompt = self.prompt.unwrap_or_else(|| self.total.unwrap_or(0).saturating_sub(stated));
        let completion = if self.reasoning_is_outside(prompt, stated, reasoning_outside) {
            stated + self.reasoning
        } else {
            stated
        };
        let cache_read = self.cached.min(prompt);
        let cache_write = self.cache_written.min(prompt - cache_read);
        let fresh = prompt - cache_read - cache_write;
        let audio_input = self.audio_in.min(fresh);
        let image_input = self.image_in.min(fresh - audio_input);
        let reasoning = self.reasoning.min(completion);
        let audio_output = self.audio_out.min(completion - reasoning);
        let image_output = self.image_out.min(completion - reasoning - audio_output);
        Some(Usage {
            fresh_input: fresh - audio_input - image_input,
            cache_read,
            cache_write,
            audio_input,
            image_input,
            output: completion - reasoning - audio_output - image_output,
            reasoning,
            audio_output,
            image_output,
            accepted_prediction: self.accepted.min(completion),
            rejected_prediction: self.rejected.min(completion),
            ..Usage::default()
        })
    }

    /// Whether reasoning must be added to the completion. The total decides where it can; the provider's
    /// habit where it cannot.
    fn reasoning_is_outside(&self, prompt: u64, completion: u64, habit: bool) -> bool {
        let without = prompt + completion;
        match self.total {
            Some(total) if total == without => false,
            Some(total) if total == without + self.reasoning => true,
            _ => habit || self.reasoning > completion,
        }
    }
}

/// The count of tokens that a walk stands on: not negative, whole, sane.
#[inline]
fn count_at(cursor: &mut Cursor<'_>) -> Option<u64> {
    let number = cursor.whole_number().or_else(|| cursor.value().and_then(whole_decimal));
    number.filter(|&number| number <= SANE)
}

/// Some servers write 12.0.
#[cold]
fn whole_decimal(value: Value<'_>) -> Option<u64> {
    let text = std::str::from_utf8(value.raw()).ok()?;
    let (whole, fraction) = text.split_once('.')?;
    let zero = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
    zero.then(|| whole.parse().ok()).flatten()
}

/// Writes the members of a `usage` object.
pub(super) fn write(usage: &Usage, object: &mut ObjectWriter<'_>) {
    object.number("prompt_tokens", usage.prompt_tokens());
    object.number("completion_tokens", usage.completion_tokens());
    object.number("total_tokens", usage.total_tokens());
    if usage.cache_read + usage.cache_writes() + usage.audio_input + usage.image_input > 0 {
        object.object("prompt_tokens_details", |details| {
            details.number("cached_tokens", usage.cache_read);
            details.number("audio_tokens", usage.audio_input);
            if usage.cache_writes() > 0 {
                details.number("cache_write_tokens", usage.cache_writes());
            }
            if usage.image_input > 0 {
                details.number("image_tokens", usage.image_input);
            }
        });
    }
    let predicted = usage.accepted_prediction + usage.rejected_prediction;
    if usage.reasoning + usage.audio_output + usage.image_output + predicted > 0 {
        object.object("completion_tokens_details", |details| {
            details.number("reasoning_tokens", usage.reasoning);
            details.number("audio_tokens", usage.audio_output);
            if usage.image_output > 0 {
                details.number("image_tokens", usage.image_output);
            }
            if predicted > 0 {
                details.number("accepted_prediction_tokens", usage.accepted_prediction);
                details.number("rejected_prediction_tokens", usage.rejected_prediction);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use document::write_object;

    use super::*;

    fn parse_with(text: &str, outside: bool) -> Option<Usage> {
        let body = format!(r#"{{"usage":{text}}}"#);
        let mut usage = None;
        document::scan_members(body.as_bytes(), |member| {
            usage = read(member.value, outside);
            ControlFlow::Continue(())
        })
        .unwrap();
        usage
    }

    fn parse(text: &str) -> Option<Usage> {
        parse_with(text, false)
    }

    #[test]
    fn parts_are_disjoint_and_add_up() {
        let usage = parse(
            r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
                "prompt_tokens_details":{"cached_tokens":60,"audio_tokens":10,"cache_write_tokens":5,"new":{"x":[1]}},
                "completion_tokens_details":{"reasoning_tokens":20,"audio_tokens":3,"accepted_prediction_tokens":7,"rejected_prediction_tokens":99}}"#,
        )
        .unwrap();
        let expected = Usage {
            fresh_input: 25,
            cache_read: 60,
            cache_write: 5,
            cache_write_hour: 0,
            audio_input: 10,
            output: 27,
            reasoning: 20,
            audio_output: 3,
            accepted_prediction: 7,
            rejected_prediction: 50,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
        assert_eq!((usage.prompt_tokens(), usage.completion_tokens()), (100, 50));
    }

    #[test]
    fn pictures_and_films_are_told_apart() {
        let usage = parse(
            r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
                "prompt_tokens_details":{"text_tokens":30,"image_tokens":40,"video_tokens":10,"audio_tokens":20},
                "completion_tokens_details":{"text_tokens":5,"image_tokens":45}}"#,
        )
        .unwrap();
        assert_eq!((usage.fresh_input, usage.image_input, usage.audio_input), (30, 50, 20));
        assert_eq!((usage.output, usage.image_output), (5, 45));
        let cut = parse(
            r#"{"prompt_tokens":4,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":3,"image_tokens":9}}"#,
        );
        let cut = cut.unwrap();
        assert_eq!((cut.cache_read, cut.image_input, cut.fresh_input), (3, 1, 0));
    }

    #[test]
    fn details_beyond_their_sum_are_cut_to_it() {
        let usage = parse(
            r#"{"prompt_tokens":5,"completion_tokens":5,"total_tokens":10,
                "prompt_tokens_details":{"cached_tokens":9,"audio_tokens":9},
                "completion_tokens_details":{"reasoning_tokens":9}}"#,
        )
        .unwrap();
        assert_eq!((usage.prompt_tokens(), usage.completion_tokens()), (5, 5));
        assert_eq!((usage.cache_read, usage.reasoning), (5, 5));
    }

    #[test]
    fn deepseek_counts_its_cache_beside() {
        let usage = parse(
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}"#,
        )
        .unwrap();
        assert_eq!((usage.cache_read, usage.fresh_input, usage.output), (6, 4, 5));
    }

    #[test]
    fn xai_counts_reasoning_outside() {
        let text = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}"#;
        for habit in [true, false] {
            let usage = parse_with(text, habit).unwrap();
            assert_eq!((usage.output, usage.reasoning, usage.total_tokens()), (5, 20, 35));
        }
        let without_total = r#"{"prompt_tokens":10,"completion_tokens":25,"completion_tokens_details":{"reasoning_tokens":20}}"#;
        assert_eq!(parse_with(without_total, true).unwrap().completion_tokens(), 45);
        assert_eq!(parse_with(without_total, false).unwrap().completion_tokens(), 25);
        let inside = text.replace("35", "15");
        assert_eq!(parse_with(&inside, true).unwrap().completion_tokens(), 5);
    }

    #[test]
    fn what_is_no_count_is_absent() {
        assert_eq!(parse("{}"), None);
        assert_eq!(parse(r#"{"prompt_tokens":-3,"completion_tokens":null}"#), None);
        assert_eq!(parse(r#"{"prompt_tokens":1e400,"total_tokens":"5"}"#), None);
        assert_eq!(parse(r#"{"prompt_tokens":99999999999999999999}"#), None);
        assert_eq!(parse(r#"{"prompt_tokens":9999999999999}"#), None);
        assert_eq!(parse(r#"{"prompt_tokens":12.0}"#).unwrap().fresh_input, 12);
        assert_eq!(parse(r#"{"prompt_tokens":12.5}"#), None);
        assert_eq!(
            parse(r#"{"prompt_tokens":-1,"completion_tokens":4,"total_tokens":9}"#).unwrap().fresh_input,
            5
        );
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let usage = Usage {
            fresh_input: 1,
            cache_read: 2,
            cache_write: 3,
            cache_write_hour: 0,
            audio_input: 4,
            image_input: 8,
            output: 5,
            reasoning: 6,
            audio_output: 7,
            image_output: 9,
            accepted_prediction: 2,
            rejected_prediction: 1,
            ..Usage::default()
        };
        let written = |usage: &Usage| String::from_utf8(write_object(|object| write(usage, object))).unwrap();
        assert_eq!(parse(&written(&usage)), Some(usage));
        let few = Usage { fresh_input: 18, output: 7, ..Usage::default() };
        assert_eq!(written(&few), r#"{"prompt_tokens":18,"completion_tokens":7,"total_tokens":25}"#);
    }
}
