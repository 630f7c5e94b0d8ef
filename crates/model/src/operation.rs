//! What a caller asks for, under the names that Kong's `route_type` gives it.

/// An operation of the gateway; its name in configuration is [`Operation::route_type`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    Chat,
    Completions,
    Embeddings,
    Files,
    Batches,
    Assistants,
    Responses,
    Speech,
    Transcription,
    Translation,
    ImageGeneration,
    ImageEdit,
    Video,
    Realtime,
    /// Path and body pass untouched; only authentication is applied.
    Preserve,
}

impl Operation {
    /// Every operation, in the order of Kong's schema.
    pub const ALL: [Self; 15] = [
        Self::Chat,
        Self::Completions,
        Self::Embeddings,
        Self::Files,
        Self::Batches,
        Self::Assistants,
        Self::Responses,
        Self::Speech,
        Self::Transcription,
        Self::Translation,
        Self::ImageGeneration,
        Self::ImageEdit,
        Self::Video,
        Self::Realtime,
        Self::Preserve,
    ];

    /// The value of `route_type` that selects this operation.
    pub const fn route_type(self) -> &'static str {
        match self {
            Self::Chat => "llm/v1/chat",
            Self::Completions => "llm/v1/completions",
            Self::Embeddings => "llm/v1/embeddings",
            Self::Files => "llm/v1/files",
            Self::Batches => "llm/v1/batches",
            Self::Assistants => "llm/v1/assistants",
            Self::Responses => "llm/v1/responses",
            Self::Speech => "audio/v1/audio/speech",
            Self::Transcription => "audio/v1/audio/transcriptions",
            Self::Translation => "audio/v1/audio/translations",
            Self::ImageGeneration => "image/v1/images/generations",
            Self::ImageEdit => "image/v1/images/edits",
            Self::Video => "video/v1/videos/generations",
            Self::Realtime => "realtime/v1/realtime",
            Self::Preserve => "preserve",
        }
    }

    /// The operation that a `route_type` names.
    pub fn from_route_type(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.route_type() == name)
    }

    /// Whether an answer of this operation can be an event stream of generated text.
    pub const fn streams(self) -> bool {
        matches!(self, Self::Chat | Self::Completions | Self::Responses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_found_again() {
        for operation in Operation::ALL {
            assert_eq!(Operation::from_route_type(operation.route_type()), Some(operation));
        }
        assert_eq!(Operation::from_route_type("llm/v1/chats"), None);
    }
}
