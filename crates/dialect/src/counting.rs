//! How each format counts what an answer used: one row each. The readers of the formats follow them, and tests hold
//! both against each other.

/// Where tokens of a kind are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Within the count of input, or of output.
    Inside,
    /// Beside it: to be added.
    Beside,
    /// Not told.
    Untold,
}

/// How the counts of a stream come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InStream {
    /// With the end; where they come more often, each replaces those before, because they are running totals.
    Running,
    /// Input at the beginning, with a guess at the output; what the end says replaces both, member by member.
    BothEnds,
    /// Once, with the last event.
    Last,
    /// Never.
    Untold,
}

/// The convention of one format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counting {
    /// What the format is called.
    pub format: &'static str,
    /// Where a whole answer has its counts.
    pub whole: &'static str,
    /// Where a stream has them.
    pub stream: &'static str,
    pub in_stream: InStream,
    /// Tokens read from a prompt cache, against the count of input.
    pub cache_read: Counted,
    /// Tokens written to a prompt cache, likewise.
    pub cache_write: Counted,
    /// Tokens of reasoning, against the count of output.
    pub reasoning: Counted,
    /// Tokens of sound, pictures and films, against input and output.
    pub media: Counted,
    /// Tokens of the caller's prediction, taken or in vain, against the count of output. Where they are told, they stay
    /// within the parts of the output.
    pub predicted: Counted,
    /// Where the answer says how it was served.
    pub tier: Option<&'static str>,
}

/// All rows.
pub static COUNTINGS: [&Counting; 10] = [
    &OPENAI,
    &REASONING_BESIDE,
    &MESSAGES,
    &COMPLETE,
    &GENERATE_CONTENT,
    &CONVERSE,
    &COHERE,
    &OLLAMA,
    &TEXT_GENERATION,
    &TEXT_ALONE,
];

/// <https://platform.openai.com/docs/api-reference/chat/object>, and those who speak it: `DeepSeek` and others tell
/// their caches under names of their own, with the same meaning.
pub static OPENAI: Counting = Counting {
    format: "OpenAI",
    whole: "`usage`",
    stream: "`usage` of the last chunk that has one",
    in_stream: InStream::Running,
    cache_read: Counted::Inside,
    cache_write: Counted::Inside,
    reasoning: Counted::Inside,
    media: Counted::Inside,
    predicted: Counted::Inside,
    tier: Some("`service_tier`"),
};

/// <https://docs.x.ai/docs/api-reference>. Where the total tells otherwise, the total counts.
pub static REASONING_BESIDE: Counting =
    Counting { format: "OpenAI with reasoning apart", reasoning: Counted::Beside, ..OPENAI };

/// <https://docs.anthropic.com/en/api/messages>. The rounds of an answer that took several (`iterations`) are added up.
pub static MESSAGES: Counting = Counting {
    format: "Anthropic Messages",
    whole: "`usage`",
    stream: "`message_start`, then `message_delta`; on Bedrock also the metrics of `message_stop`",
    in_stream: InStream::BothEnds,
    cache_read: Counted::Beside,
    cache_write: Counted::Beside,
    reasoning: Counted::Inside,
    media: Counted::Untold,
    predicted: Counted::Untold,
    tier: Some("`usage.service_tier`"),
};

/// <https://docs.anthropic.com/en/api/complete>.
pub static COMPLETE: Counting = Counting { format: "Anthropic completions", ..TEXT_ALONE };

/// <https://ai.google.dev/api/generate-content#UsageMetadata>. What Google's own tools put into the prompt is beside it.
pub static GENERATE_CONTENT: Counting = Counting {
    format: "Gemini",
    whole: "`usageMetadata`",
    stream: "`usageMetadata` of any chunk",
    in_stream: InStream::Running,
    cache_read: Counted::Inside,
    cache_write: Counted::Untold,
    reasoning: Counted::Beside,
    media: Counted::Inside,
    predicted: Counted::Untold,
    tier: Some("`usageMetadata.serviceTier`, on Vertex AI `usageMetadata.trafficType`"),
};

/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html>.
pub static CONVERSE: Counting = Counting {
    format: "Bedrock Converse",
    whole: "`usage`",
    stream: "`metadata.usage`",
    in_stream: InStream::Last,
    cache_read: Counted::Beside,
    cache_write: Counted::Beside,
    reasoning: Counted::Untold,
    media: Counted::Untold,
    predicted: Counted::Untold,
    tier: Some("`serviceTier.type`, else `performanceConfig.latency`"),
};

/// <https://docs.cohere.com/v2/reference/chat>. What was used counts, not what is billed, which leaves out Cohere's own
/// preamble.
pub static COHERE: Counting = Counting {
    format: "Cohere",
    whole: "`usage.tokens`; of the first version `meta.tokens`; else `billed_units` there",
    stream: "the same in `message-end` or `stream-end`",
    in_stream: InStream::Last,
    cache_read: Counted::Inside,
    cache_write: Counted::Untold,
    reasoning: Counted::Untold,
    media: Counted::Untold,
    predicted: Counted::Untold,
    tier: None,
};

/// <https://docs.ollama.com/api>.
pub static OLLAMA: Counting = Counting {
    format: "Ollama",
    whole: "`prompt_eval_count`, `eval_count`",
    stream: "the same in the object that is `done`",
    in_stream: InStream::Last,
    cache_read: Counted::Untold,
    cache_write: Counted::Untold,
    reasoning: Counted::Untold,
    media: Counted::Untold,
    predicted: Counted::Untold,
    tier: None,
};

/// <https://huggingface.github.io/text-generation-inference/>.
pub static TEXT_GENERATION: Counting = Counting {
    format: "Text generation",
    whole: "`details`: `generated_tokens`, and `input_length` or the length of `prefill`",
    stream: "the same beside the last token",
    ..OLLAMA
};

/// Servers that answer with text and nothing else.
pub static TEXT_ALONE: Counting = Counting {
    format: "Text alone",
    whole: "",
    stream: "",
    in_stream: InStream::Untold,
    cache_read: Counted::Untold,
    cache_write: Counted::Untold,
    reasoning: Counted::Untold,
    media: Counted::Untold,
    predicted: Counted::Untold,
    tier: None,
};

#[cfg(test)]
mod tests;
