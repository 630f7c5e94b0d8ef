//! How an OpenAI-speaking provider deviates from OpenAI: data, handed in by `provider`.

/// What is done to one member of the request body. Each change that loses something is reported as a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRule {
    /// The provider refuses or ignores the member: it is taken out and reported.
    Drop(&'static str),
    /// The provider knows the member by another name.
    Rename(&'static str, &'static str),
    /// A string value that the provider knows by another name: member, value, replacement (raw JSON).
    Replace {
        member: &'static str,
        value: &'static str,
        with: &'static str,
    },
}

/// Name of the member that limits the tokens of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenLimit {
    /// Whatever the client wrote; a configured limit goes out as `max_tokens`.
    AsSent,
    /// Always `max_tokens`.
    MaxTokens,
    /// Always `max_completion_tokens`.
    MaxCompletionTokens,
}

/// How a provider reports usage in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageInStream {
    /// Only when `stream_options.include_usage` asks for it.
    OnRequest,
    /// Always; `stream_options` is refused or ignored, so it is never sent.
    Always,
}

/// When a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    Always,
    /// The body has no (or an empty) `tools`.
    WithoutTools,
}

/// Everything about an OpenAI-speaking target that is not OpenAI's own behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    pub rules: &'static [(Requirement, MemberRule)],
    pub token_limit: TokenLimit,
    pub usage_in_stream: UsageInStream,
    /// `developer` messages go out as `system`.
    pub developer_is_system: bool,
    /// Whether `completion_tokens` leaves reasoning out, so that it must be added (xAI).
    pub reasoning_outside_completion: bool,
}

impl Quirks {
    /// OpenAI's own behaviour.
    pub const NONE: Self = Self {
        rules: &[],
        token_limit: TokenLimit::AsSent,
        usage_in_stream: UsageInStream::OnRequest,
        developer_is_system: false,
        reasoning_outside_completion: false,
    };
}
