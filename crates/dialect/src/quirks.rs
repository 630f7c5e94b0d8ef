//! How an OpenAI-speaking provider deviates from OpenAI: data, handed in by `provider`.

/// What is done to one member at the top of the request body. Rules read the body as the client sent
/// it; of several rules that fit one member the first counts. Each change that loses something is
/// reported as a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRule {
    /// The provider refuses or ignores the member: it is taken out and reported as dropped.
    Drop(&'static str),
    /// The provider knows the member by another name: old, new. Where the body has the new name as
    /// well, the old one is taken out. Nothing is lost.
    Rename(&'static str, &'static str),
    /// A string value that the provider knows by another name: member, value, replacement (raw JSON).
    /// Reported as approximated.
    Replace { member: &'static str, value: &'static str, with: &'static str },
    /// An object whose `type` is `kind` is replaced by the nearest thing that the provider has (raw
    /// JSON). Reported as approximated.
    ReplaceKind { member: &'static str, kind: &'static str, with: &'static str },
    /// A string value that the provider is told by other members: the member is taken out, and each of
    /// `with` (name, raw JSON) is set unless the body has that name. Reported as emulated, or as dropped
    /// where `with` is empty.
    Recast { member: &'static str, value: &'static str, with: &'static [(&'static str, &'static str)] },
    /// A member that the provider needs and clients do not send: set to raw JSON unless the body has it.
    Default { member: &'static str, with: &'static str },
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
    /// Perhaps when asked: what the client sends passes, the gateway adds nothing of its own, because
    /// older versions of the API refuse `stream_options`.
    WhenClientAsks,
}

/// When a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    Always,
    /// The body has no (or an empty) `tools`.
    WithoutTools,
    /// The body has at least one entry in `tools`.
    WithTools,
    /// The answer is asked for as a whole.
    Whole,
    /// The answer is asked for as a stream.
    Streaming,
    /// The answer may have more tokens than so many, or as many as it likes.
    LimitAbove(u64),
}

/// How answers of a provider differ from OpenAI's, so that its clients could not read them. What differs is put right
/// by span; all else of an answer passes as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deviation {
    /// `content` may be a list of parts: its text is joined, thoughts go to `reasoning_content`.
    ContentParts,
    /// Thoughts are in `reasoning` instead of `reasoning_content`.
    ReasoningName,
    /// Calls may lack `type`, `index` or `id`, or have their arguments as an object.
    LooseCalls,
    /// `finish_reason` has words of its own.
    FinishWords,
    /// `usage` counts in places, or under names, of its own.
    UsageParts,
    /// `id` may be empty.
    EmptyId,
    /// Addresses of sources stand in `citations` at the top instead of in annotations.
    Sources,
}

/// What a provider wants otherwise in the messages of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageRules {
    /// The members that a message of a role may have, for providers that refuse any other: role, names. Others are
    /// taken out, and reported as dropped where they say something.
    pub members: &'static [(&'static str, &'static [&'static str])],
    /// Ids of calls must be this many letters and digits; others are replaced, each by always the same.
    pub call_id: Option<usize>,
    /// Thoughts of the assistant go back in this form of a part of its `content`.
    pub thoughts: Option<ThoughtPart>,
}

/// A part of `content` that tells thoughts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThoughtPart {
    /// `{"type":"thinking","thinking":[{"type":"text","text":"…"}],"signature":"…"}`
    Thinking,
    /// `{"type":"reasoning","summary":[{"type":"summary_text","text":"…","signature":"…"}]}`
    Reasoning,
}

impl MessageRules {
    /// Messages are as OpenAI has them.
    pub const NONE: Self = Self { members: &[], call_id: None, thoughts: None };
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
    /// The reasoning that led to a tool call must come back with it, as `reasoning_content`.
    pub reasoning_in_history: bool,
    pub messages: MessageRules,
    pub answers: &'static [Deviation],
}

impl Quirks {
    /// OpenAI's own behaviour.
    pub const NONE: Self = Self {
        rules: &[],
        token_limit: TokenLimit::AsSent,
        usage_in_stream: UsageInStream::OnRequest,
        developer_is_system: false,
        reasoning_outside_completion: false,
        reasoning_in_history: false,
        messages: MessageRules::NONE,
        answers: &[],
    };
}
