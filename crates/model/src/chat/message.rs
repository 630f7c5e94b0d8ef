//! Messages of a conversation. What no conversation can have cannot be written down: a tool result answers a
//! call, and only an assistant calls.

use crate::{Base64, Extras, Json};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Instructions of whoever runs the application (`system`, `developer`), at any place.
    System(SystemMessage),
    User(UserMessage),
    Assistant(AssistantMessage),
    /// What one tool call gave.
    Tool(ToolResult),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemMessage {
    pub parts: Vec<TextPart>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserMessage {
    pub parts: Vec<UserPart>,
    pub name: Option<Box<str>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssistantMessage {
    /// In the order in which they were said.
    pub parts: Vec<AssistantPart>,
    pub name: Option<Box<str>>,
}

/// A prompt cache may keep everything up to the part that bears this mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheMark {
    /// None is the provider's default.
    pub life: Option<CacheLife>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheLife {
    FiveMinutes,
    OneHour,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextPart {
    pub text: String,
    pub cache: Option<CacheMark>,
    /// Sources that an assistant named for this text.
    pub citations: Vec<Citation>,
}

impl TextPart {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), cache: None, citations: Vec::new() }
    }
}

/// A source of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    pub url: Option<Box<str>>,
    pub title: Option<Box<str>>,
    /// Characters of the answer's text that rest on the source, where told: first, one after the last.
    pub span: Option<(u64, u64)>,
    /// The citation as its provider wrote it.
    pub raw: Option<Json>,
}

/// What a user, or a tool, can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserPart {
    Text(TextPart),
    Image(Image),
    Audio(Audio),
    File(File),
}

/// Where the bytes of a medium are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Inline {
        media_type: Box<str>,
        data: Base64,
    },
    /// The provider fetches it; the gateway never does.
    Url(Box<str>),
    /// Id of a file that was uploaded to the provider.
    Uploaded(Box<str>),
    /// The text of a plain text document itself.
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    Auto,
    Low,
    High,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub source: Source,
    pub detail: Option<Detail>,
    pub cache: Option<CacheMark>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// As OpenAI names it: `wav`, `mp3`.
    pub format: Box<str>,
    pub data: Base64,
}

/// A document, such as a PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub source: Source,
    pub name: Option<Box<str>>,
    pub cache: Option<CacheMark>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssistantPart {
    Text(TextPart),
    Reasoning(Reasoning),
    Refusal(String),
    ToolCall(ToolCall),
    /// A picture that the model made.
    Image(Image),
    /// Something that only its own dialect knows, such as the trace of a tool that the provider ran: name, value.
    Native(Maker, Json),
}

/// Whose data an opaque piece is: it means something there and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Maker {
    Anthropic,
    Gemini,
    OpenAi,
    Cohere,
    Bedrock,
}

/// Proof of a model's reasoning that must come back with it in the next turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    pub maker: Maker,
    pub text: Box<str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reasoning {
    Open {
        text: String,
        seal: Option<Seal>,
    },
    /// Reasoning that its maker has encrypted.
    Redacted(Seal),
}

/// A call of a tool by the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    pub id: Box<str>,
    pub name: Box<str>,
    pub arguments: Arguments,
    /// Reasoning that led to the call, sealed.
    pub seal: Option<Seal>,
    pub cache: Option<CacheMark>,
}

/// What models emit as arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arguments {
    /// A JSON object.
    Object(Json),
    /// Anything else: text that is no JSON, or another JSON value. Empty text is [`Arguments::none`].
    Broken(Box<str>),
}

impl Arguments {
    /// No arguments at all: an empty object.
    pub const fn none() -> Self {
        Self::Object(Json::from_static("{}"))
    }

    /// As the text of OpenAI's `arguments`.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Object(json) => json.as_str(),
            Self::Broken(text) => text,
        }
    }

    /// The object; an empty one stands for arguments that are none.
    pub fn as_object(&self) -> &[u8] {
        match self {
            Self::Object(json) => json.as_bytes(),
            Self::Broken(_) => b"{}",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    /// Id of the call.
    pub call: Box<str>,
    /// Name of the tool, where the client says it or the conversation tells.
    pub name: Option<Box<str>>,
    pub parts: Vec<UserPart>,
    pub failed: bool,
    pub cache: Option<CacheMark>,
    pub extras: Extras,
}

impl Message {
    /// The text parts of a user's or tool's content, joined without anything between.
    pub fn text_of(parts: &[UserPart]) -> String {
        let texts = parts.iter().filter_map(|part| match part {
            UserPart::Text(part) => Some(part.text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}
