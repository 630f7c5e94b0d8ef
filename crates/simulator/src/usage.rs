//! Counting: a word is a token.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::{messages, text};

/// What a request used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) prompt: u64,
    pub(crate) cached: u64,
    /// Without reasoning.
    pub(crate) completion: u64,
    pub(crate) reasoning: u64,
}

/// Tokens of a chat request's messages.
pub(crate) fn of_messages(ask: &Ask) -> Counts {
    let prompt = ask.list("messages").iter().map(|message| text::count(&messages::text_of(message))).sum();
    let marked = messages::last_user_text(ask).contains("cached_prompt");
    let cached = if marked || ask.member("prompt_cache_key").is_some() { prompt / 2 } else { 0 };
    Counts { prompt, cached, completion: 0, reasoning: reasoning(ask) }
}

/// Tokens of thinking that the request asks for.
fn reasoning(ask: &Ask) -> u64 {
    let thinks = ask.flag("enable_thinking")
        || ask.member("thinking").is_some_and(|thinking| thinking["type"] == "enabled")
        || ask.text("prompt_mode") == Some("reasoning");
    match ask.text("reasoning_effort") {
        Some("none") => 0,
        Some("minimal") => 2,
        Some("low") => 4,
        Some("medium") => 8,
        Some("high") => 16,
        Some(_) => 32,
        None if thinks => 8,
        None => 0,
    }
}

impl Counts {
    /// The `usage` object of a chat or completions answer.
    pub(crate) fn object(&self, ask: &Ask) -> Value {
        let apart = ask.provider.manners.reasoning_apart;
        let completion = if apart { self.completion } else { self.completion + self.reasoning };
        let mut usage = json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": completion,
            "total_tokens": self.prompt + self.completion + self.reasoning,
            "prompt_tokens_details": {"cached_tokens": self.cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        });
        if ask.provider.id == "deepseek" {
            // Its own names and no others.
            if let Some(fields) = usage.as_object_mut() {
                fields.remove("prompt_tokens_details");
            }
            usage["prompt_cache_hit_tokens"] = self.cached.into();
            usage["prompt_cache_miss_tokens"] = (self.prompt - self.cached).into();
        }
        usage
    }
}
