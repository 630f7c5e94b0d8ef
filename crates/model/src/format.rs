//! The wire format that a client speaks: Kong's `llm_format`.

/// A client's wire format; its name in configuration is [`ClientFormat::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientFormat {
    OpenAi,
    Anthropic,
    Bedrock,
    Cohere,
    Gemini,
    HuggingFace,
}

impl ClientFormat {
    /// Every format, in the order of Kong's schema.
    pub const ALL: [Self; 6] =
        [Self::OpenAi, Self::Anthropic, Self::Bedrock, Self::Cohere, Self::Gemini, Self::HuggingFace];

    /// The value of `llm_format` that selects this format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Bedrock => "bedrock",
            Self::Cohere => "cohere",
            Self::Gemini => "gemini",
            Self::HuggingFace => "huggingface",
        }
    }

    /// The format that an `llm_format` names.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}
