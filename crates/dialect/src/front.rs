//! What a client format has: one place where all its parts are found.

use document::{Document, Edits};
use model::{ClientFormat, Operation, UpstreamError};

use crate::{ChatFront, EmbeddingsFront, Envelope, RequestError, anthropic, openai};

/// The client-facing half of a dialect.
pub struct Front {
    /// What a relay may know, and how errors are written.
    pub envelope: &'static dyn Envelope,
    chat: &'static dyn ChatFront,
    completions: Option<&'static dyn ChatFront>,
    embeddings: Option<&'static dyn EmbeddingsFront>,
    asides: Option<&'static dyn Asides>,
    /// What the names of its own headers begin with. Lower case.
    header_prefix: &'static str,
    /// The header in which a client asks for betas, where the format has one.
    pub beta_header: Option<&'static str>,
    /// The header in which a client says which version of the format it speaks, where it has any.
    pub version_header: Option<&'static str>,
}

/// What clients of a format ask for besides answers, at paths of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    /// How many tokens a request has.
    Count,
    /// Which models there are, or whether there is one.
    Models,
}

/// Answers asides.
pub trait Asides: Sync {
    /// What a path asks for.
    fn of_path(&self, path: &str) -> Option<Aside>;
    /// The count of a request, estimated.
    fn count(&self, document: &Document) -> Result<Vec<u8>, RequestError>;
    /// A count that a provider told.
    fn counted(&self, tokens: u64) -> Vec<u8>;
    /// Makes a request the provider's own to count: nothing but the model is changed.
    fn edit_count(&self, model: Option<&str>, edits: &mut Edits);
    /// The list of models.
    fn models(&self, names: &[String]) -> Vec<u8>;
    /// The segment of a path that names the one model which is asked for, escaped; none where all are.
    fn model_of<'p>(&self, path: &'p str) -> Option<&'p str>;
    /// One model.
    fn model(&self, name: &str) -> Vec<u8>;
}

impl Front {
    pub fn asides(&self) -> Option<&'static dyn Asides> {
        self.asides
    }

    /// How requests for generated text are read; none where the format has no such operation.
    pub fn chat(&self, operation: Operation) -> Option<&'static dyn ChatFront> {
        match operation {
            Operation::Chat => Some(self.chat),
            Operation::Completions => self.completions,
            _ => None,
        }
    }

    /// A provider's error as a whole body.
    pub fn error(&self, error: &UpstreamError) -> Vec<u8> {
        self.chat.error(error)
    }

    pub fn embeddings(&self) -> Option<&'static dyn EmbeddingsFront> {
        self.embeddings
    }
}

static OPENAI: Front = Front {
    envelope: &openai::OPENAI,
    chat: &openai::CHAT_FRONT,
    completions: Some(&openai::COMPLETIONS_FRONT),
    embeddings: Some(&openai::EMBEDDINGS_FRONT),
    asides: None,
    header_prefix: "openai-",
    beta_header: None,
    version_header: None,
};

static ANTHROPIC: Front = Front {
    envelope: &anthropic::ENVELOPE,
    chat: &anthropic::CHAT_FRONT,
    completions: None,
    embeddings: None,
    asides: Some(&anthropic::ASIDES),
    header_prefix: "anthropic-",
    beta_header: Some("anthropic-beta"),
    version_header: Some("anthropic-version"),
};

/// Whether a header, by its lower-case name, is one of a client format's own: what a client tells the provider
/// whose format it speaks, and nobody else.
pub fn is_format_header(name: &str) -> bool {
    [&OPENAI, &ANTHROPIC].iter().any(|front| name.starts_with(front.header_prefix))
}

/// The front of a client format; none where this version does not speak it.
pub fn front(format: ClientFormat) -> Option<&'static Front> {
    match format {
        ClientFormat::OpenAi => Some(&OPENAI),
        ClientFormat::Anthropic => Some(&ANTHROPIC),
        ClientFormat::Bedrock | ClientFormat::Cohere | ClientFormat::Gemini | ClientFormat::HuggingFace => {
            None
        }
    }
}
