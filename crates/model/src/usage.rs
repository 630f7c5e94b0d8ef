//! What an answer used, in parts that do not overlap.

/// Where the counts of a [`Usage`] come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageSource {
    /// The provider said so.
    Reported,
    /// The gateway estimated, because the provider said nothing.
    Estimated,
}

/// Token counts in disjoint parts; views such as [`Usage::prompt_tokens`] are sums of parts.
///
/// Unit: tokens. A part that a provider does not tell apart stays 0 and is counted in the
/// part that contains it (`fresh_input` or `output`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Text input that was neither read from nor written to a prompt cache.
    pub fresh_input: u64,
    /// Input read from the provider's prompt cache.
    pub cache_read: u64,
    /// Input written to the provider's prompt cache, for its usual time.
    pub cache_write: u64,
    /// Input written to the provider's prompt cache for an hour.
    pub cache_write_hour: u64,
    /// Audio input.
    pub audio_input: u64,
    /// Pictures and films as input, where the provider counts them apart.
    pub image_input: u64,
    /// Input that the provider made itself: results of the tools that it runs.
    pub tool_input: u64,
    /// Visible text output.
    pub output: u64,
    /// Output spent on reasoning.
    pub reasoning: u64,
    /// Audio output.
    pub audio_output: u64,
    /// Pictures as output.
    pub image_output: u64,
    /// Of the output: what was in the prediction that the caller sent along. It is told, not added.
    pub accepted_prediction: u64,
    /// Of the output: what of the prediction was generated in vain, and is charged for. It is told, not added.
    pub rejected_prediction: u64,
}

impl Usage {
    /// All input: the `prompt_tokens` of OpenAI's view.
    pub const fn prompt_tokens(&self) -> u64 {
        self.uncached_input().saturating_add(self.cache_read).saturating_add(self.cache_writes())
    }

    /// All input that has nothing to do with a prompt cache.
    pub const fn uncached_input(&self) -> u64 {
        self.fresh_input
            .saturating_add(self.audio_input)
            .saturating_add(self.image_input)
            .saturating_add(self.tool_input)
    }

    /// All that was written to the provider's prompt cache.
    pub const fn cache_writes(&self) -> u64 {
        self.cache_write.saturating_add(self.cache_write_hour)
    }

    /// All output: the `completion_tokens` of OpenAI's view.
    pub const fn completion_tokens(&self) -> u64 {
        self.output
            .saturating_add(self.reasoning)
            .saturating_add(self.audio_output)
            .saturating_add(self.image_output)
    }

    /// Both together, part by part.
    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        Self {
            fresh_input: self.fresh_input.saturating_add(more.fresh_input),
            cache_read: self.cache_read.saturating_add(more.cache_read),
            cache_write: self.cache_write.saturating_add(more.cache_write),
            cache_write_hour: self.cache_write_hour.saturating_add(more.cache_write_hour),
            audio_input: self.audio_input.saturating_add(more.audio_input),
            image_input: self.image_input.saturating_add(more.image_input),
            tool_input: self.tool_input.saturating_add(more.tool_input),
            output: self.output.saturating_add(more.output),
            reasoning: self.reasoning.saturating_add(more.reasoning),
            audio_output: self.audio_output.saturating_add(more.audio_output),
            image_output: self.image_output.saturating_add(more.image_output),
            accepted_prediction: self.accepted_prediction.saturating_add(more.accepted_prediction),
            rejected_prediction: self.rejected_prediction.saturating_add(more.rejected_prediction),
        }
    }

    /// These counts of an answer that was not over, with as much output as `other` has.
    #[must_use]
    pub const fn with_output_of(self, other: &Self) -> Self {
        let missing = other.completion_tokens().saturating_sub(self.completion_tokens());
        Self { output: self.output.saturating_add(missing), ..self }
    }

    /// Input and output together.
    pub const fn total_tokens(&self) -> u64 {
        self.prompt_tokens().saturating_add(self.completion_tokens())
    }
}
