//! The part of a record about the model: `ai.proxy`.

use std::time::Duration;

use model::{Told, UsageSource};

use super::Record;
use super::line::Line;
use super::payload::Payload;
use crate::cost::{Cost, PriceSource};

/// How the answer was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    Oneshot,
    Stream,
    Realtime,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Oneshot, Self::Stream, Self::Realtime];

    /// The word in records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oneshot => "oneshot",
            Self::Stream => "stream",
            Self::Realtime => "realtime",
        }
    }
}

/// What was asked of a model, and what it has told.
#[derive(Debug, Clone)]
pub struct Ai<'a> {
    /// Whether tokens, cost and latency are told.
    pub statistics: bool,
    /// Id of the plugin instance that chose the target.
    pub plugin_id: &'a str,
    pub provider: &'static str,
    /// None where only the URL names it.
    pub request_model: Option<&'a str>,
    /// The model's name is the configuration's, not the caller's.
    pub model_is_configured: bool,
    pub told: &'a Told,
    pub mode: Mode,
    /// From sending the request to the end of its answer.
    pub latency: Duration,
    /// From sending the request to the first token, or to the head of a whole answer.
    pub first_token: Option<Duration>,
    /// Settings of the target that the provider has records tell, by the name that they have there.
    pub settings: Vec<(&'static str, &'a str)>,
    pub cost: Cost,
    /// Where the prices come from that make the cost.
    pub price_source: PriceSource,
    pub payload: Option<Payload<'a>>,
}

impl Ai<'_> {
    /// The model by which the request is counted.
    pub fn model(&self) -> &str {
        self.request_model.unwrap_or("UNSPECIFIED")
    }

    pub(super) fn write(&self, record: &Record<'_>, line: &mut Line<'_>) {
        line.raw(",\"ai\":{\"proxy\":{");
        if self.statistics {
            self.write_meta(line);
            line.raw(",");
            self.write_usage(record, line);
            line.raw(",\"tried_targets\":[");
            let mut first = true;
            record.attempts.each(&mut |attempt| {
                if !std::mem::take(&mut first) {
                    line.raw(",");
                }
                attempt.write_target(line);
            });
            line.raw("]");
        }
        if let Some(payload) = &self.payload {
            line.raw(if self.statistics { ",\"payload\":" } else { "\"payload\":" });
            payload.write(self.told, record.usage.as_ref().map(|(usage, _)| usage), line);
        }
        line.raw("}}");
    }

    fn write_meta(&self, line: &mut Line<'_>) {
        line.raw("\"meta\":{\"plugin_id\":\"").text(self.plugin_id);
        line.raw("\",\"provider_name\":\"").word(self.provider);
        line.raw("\",\"request_model\":\"").text(self.model());
        line.raw("\",\"response_model\":\"").text(self.told.model.as_deref().unwrap_or(self.model()));
        line.raw("\",\"request_mode\":\"").word(self.mode.name());
        line.raw("\",\"llm_latency\":").number(whole_milliseconds(self.latency));
        line.optional_text(",\"response_id\":\"", self.told.id.as_deref());
        line.optional_text(",\"service_tier\":\"", self.told.service_tier.as_deref());
        for (name, value) in &self.settings {
            line.raw(",\"").word(name).raw("\":\"").text(value).raw("\"");
        }
        line.raw("}");
    }

    fn write_usage(&self, record: &Record<'_>, line: &mut Line<'_>) {
        let usage = record.usage.map(|(usage, _)| usage).unwrap_or_default();
        line.raw("\"usage\":{\"prompt_tokens\":").number(usage.prompt_tokens());
        line.raw(",\"prompt_tokens_details\":{\"cached_tokens\":").number(usage.cache_read);
        line.raw(",\"cache_write_tokens\":").number(usage.cache_writes());
        line.raw(",\"audio_tokens\":").number(usage.audio_input);
        line.raw("},\"completion_tokens\":").number(usage.completion_tokens());
        line.raw(",\"completion_tokens_details\":{\"reasoning_tokens\":").number(usage.reasoning);
        line.raw(",\"audio_tokens\":").number(usage.audio_output);
        line.raw(",\"accepted_prediction_tokens\":").number(usage.accepted_prediction);
        line.raw(",\"rejected_prediction_tokens\":").number(usage.rejected_prediction);
        line.raw("},\"total_tokens\":").number(usage.total_tokens());
        line.raw(",\"time_per_token\":").milliseconds(per_token(self.latency, usage.completion_tokens()));
        if let Some(latency) = self.first_token {
            line.raw(",\"time_to_first_token\":").number(whole_milliseconds(latency));
        }
        match self.cost {
            Cost::Known(amount) => line.raw(",\"cost\":").decimal(amount.decimal()),
            Cost::Unknown => line.raw(",\"cost\":null"),
        };
        line.raw(",\"cost_source\":\"").word(self.price_source.name()).raw("\"");
        // The words of `counts`: whether the numbers are the provider's, ours, or nobody's.
        line.raw(",\"counts\":\"").word(match record.usage {
            Some((_, UsageSource::Reported)) => "exact",
            Some((_, UsageSource::Estimated)) => "estimated",
            None => "unknown",
        });
        line.raw("\"}");
    }
}

fn whole_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Nothing where there are no tokens.
fn per_token(latency: Duration, tokens: u64) -> Duration {
    let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
    latency.checked_div(tokens).unwrap_or_default()
}
