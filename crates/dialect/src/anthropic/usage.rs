//! Anthropic's `usage`: read into disjoint parts, and written.
//!
//! From <https://docs.anthropic.com/en/api/messages>. `input_tokens` leaves out what was read from and written to
//! the prompt cache.

use document::{ObjectWriter, Value};
use model::Usage;

/// A count above this is no count of tokens.
const SANE: u64 = 1_000_000_000_000;

/// What has been told so far; each member that comes replaces the one before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_written: Option<u64>,
    five_minutes: Option<u64>,
    hour: Option<u64>,
    thinking: Option<u64>,
    /// All rounds of an answer that took several, which the other counts leave out.
    rounds: Option<Usage>,
}

impl Counts {
    /// Reads a `usage` object.
    pub(super) fn update(&mut self, usage: Value<'_>) {
        for member in usage.members() {
            let value = member.value;
            let slot = match member.name.raw() {
                b"input_tokens" => &mut self.input,
                b"output_tokens" => &mut self.output,
                b"cache_read_input_tokens" => &mut self.cache_read,
                b"cache_creation_input_tokens" => &mut self.cache_written,
                b"cache_creation" => {
                    set(&mut self.five_minutes, value.value("ephemeral_5m_input_tokens"));
                    set(&mut self.hour, value.value("ephemeral_1h_input_tokens"));
                    continue;
                }
                b"output_tokens_details" => {
                    set(&mut self.thinking, value.value("thinking_tokens"));
                    continue;
                }
                b"iterations" => {
                    self.rounds = value.items().filter_map(round).reduce(Usage::plus).or(self.rounds);
                    continue;
                }
                _ => continue,
            };
            set(slot, Some(value));
        }
    }

    /// Reads what Bedrock adds to the last event.
    pub(super) fn update_from_metrics(&mut self, metrics: Value<'_>) {
        let told = [
            (&mut self.input, "inputTokenCount"),
            (&mut self.output, "outputTokenCount"),
            (&mut self.cache_read, "cacheReadInputTokenCount"),
            (&mut self.cache_written, "cacheWriteInputTokenCount"),
        ];
        for (slot, name) in told {
            // What the answer itself has told counts.
            if slot.is_none() {
                set(slot, metrics.value(name));
            }
        }
    }

    /// Forgets the count of output, which is no more than a guess when an answer begins.
    pub(super) fn without_output(mut self) -> Self {
        self.output = None;
        self
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        if self.rounds.is_some() {
            return self.rounds;
        }
        if self.input.is_none() && self.output.is_none() {
            return None;
        }
        let hour = self.hour.unwrap_or(0);
        let written =
            self.cache_written.unwrap_or_else(|| self.five_minutes.unwrap_or(0).saturating_add(hour));
        let hour = hour.min(written);
        let output = self.output.unwrap_or(0);
        let reasoning = self.thinking.unwrap_or(0).min(output);
        Some(Usage {
            fresh_input: self.input.unwrap_or(0),
            cache_read: self.cache_read.unwrap_or(0),
            cache_write: written - hour,
            cache_write_hour: hour,
            output: output - reasoning,
            reasoning,
            ..Usage::default()
        })
    }

    /// What was counted of the input alone. Servers that do not count write noughts.
    pub(super) fn input(&self) -> Option<Usage> {
        self.usage().filter(|usage| usage.prompt_tokens() > 0)
    }
}

fn set(slot: &mut Option<u64>, value: Option<Value<'_>>) {
    *slot = value.and_then(Value::as_u64).filter(|&count| count <= SANE).or(*slot);
}

/// One round; rounds have no rounds.
fn round(value: Value<'_>) -> Option<Usage> {
    let mut counts = Counts::default();
    counts.update(value);
    counts.rounds = None;
    counts.usage()
}

/// How a request was served, where a `usage` object says it.
pub(super) fn tier(usage: Value<'_>) -> Option<Box<str>> {
    let tier = usage.value("service_tier").and_then(Value::as_str)?;
    (!tier.is_empty()).then(|| tier.into())
}

/// Writes the members of a `usage` object.
pub(super) fn write(usage: &Usage, object: &mut ObjectWriter<'_>) {
    object.number("input_tokens", usage.uncached_input());
    object.number("cache_creation_input_tokens", usage.cache_writes());
    object.number("cache_read_input_tokens", usage.cache_read);
    if usage.cache_writes() > 0 {
        object.object("cache_creation", |written| {
            written.number("ephemeral_5m_input_tokens", usage.cache_write);
            written.number("ephemeral_1h_input_tokens", usage.cache_write_hour);
        });
    }
    object.number("output_tokens", usage.completion_tokens());
    if usage.reasoning > 0 {
        object.object("output_tokens_details", |details| details.number("thinking_tokens", usage.reasoning));
    }
}

#[cfg(test)]
mod tests;
