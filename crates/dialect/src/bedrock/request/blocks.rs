//! Content blocks of a turn, written.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use document::{ArrayWriter, Document, Kind, ObjectWriter};
use model::{Arguments, CacheLife, CacheMark, Json, Maker, Message, Seal, ToolResult, UserPart};

use super::media::{Medium, Names};
use crate::{EncodeError, ToolNames};

/// One block of a turn, or of the instructions.
pub(super) enum Block<'r> {
    Text(Cow<'r, str>),
    Medium(Medium<'r>),
    Reasoning {
        text: &'r str,
        signature: &'r str,
    },
    /// Base64 of what was encrypted.
    Redacted(Cow<'r, str>),
    Call {
        id: Box<str>,
        name: &'r str,
        arguments: &'r Arguments,
    },
    /// The result of a call; none was given where the client left it out.
    Result {
        id: Box<str>,
        result: Option<Shown<'r>>,
    },
    CachePoint(CacheMark),
    Native(&'r Json),
}

/// What a tool gave, ready to be written.
pub(super) struct Shown<'r> {
    content: Vec<Given<'r>>,
    failed: bool,
}

enum Given<'r> {
    Text(Cow<'r, str>),
    /// A JSON object, or another value that must be wrapped in one.
    Object(Cow<'r, str>),
    Wrapped(Cow<'r, str>),
    Medium(Medium<'r>),
}

/// What a user shows; blank texts are left out, because Bedrock refuses them.
pub(super) fn of_parts<'r>(parts: &'r [UserPart], names: &mut Names) -> Result<Vec<Block<'r>>, EncodeError> {
    let mut blocks = Vec::with_capacity(parts.len());
    for part in parts {
        let cache = match part {
            UserPart::Text(part) if part.text.trim().is_empty() => None,
            UserPart::Text(part) => {
                blocks.push(Block::Text(Cow::Borrowed(&part.text)));
                part.cache
            }
            UserPart::Image(image) => {
                blocks.push(Block::Medium(Medium::of_image(image)?));
                image.cache
            }
            UserPart::Audio(audio) => {
                blocks.push(Block::Medium(Medium::of_audio(audio)?));
                None
            }
            UserPart::File(file) => {
                blocks.push(Block::Medium(Medium::of_file(file, names)?));
                file.cache
            }
        };
        blocks.extend(cache.map(Block::CachePoint));
    }
    Ok(blocks)
}

/// A result that answers no call, as a text.
pub(super) fn orphan_text(result: &ToolResult) -> String {
    let text = Message::text_of(&result.parts);
    match &result.name {
        Some(name) => format!("Result of the tool {name}: {text}"),
        None => format!("Result of a tool: {text}"),
    }
}

impl<'r> Shown<'r> {
    pub(super) fn of(result: &'r ToolResult, names: &mut Names) -> Result<Self, EncodeError> {
        let only_texts = result.parts.iter().all(|part| matches!(part, UserPart::Text(_)));
        let content = match result.parts.as_slice() {
            [] => vec![Given::of(Cow::Borrowed(""))],
            [UserPart::Text(part)] => vec![Given::of(Cow::Borrowed(&part.text))],
            parts if only_texts => vec![Given::of(Cow::Owned(Message::text_of(parts)))],
            parts => {
                let given = parts.iter().filter_map(|part| match part {
                    UserPart::Text(part) if part.text.trim().is_empty() => None,
                    UserPart::Text(part) => Some(Ok(Given::Text(Cow::Borrowed(&part.text)))),
                    UserPart::Image(image) => Some(Medium::of_image(image).map(Given::Medium)),
                    UserPart::File(file) => Some(Medium::of_file(file, names).map(Given::Medium)),
                    UserPart::Audio(_) => Some(Err(EncodeError::Unsupported("tool(input_audio)".into()))),
                });
                given.collect::<Result<_, _>>()?
            }
        };
        Ok(Self { content, failed: result.failed })
    }
}

impl<'r> Given<'r> {
    /// Text that is JSON goes as JSON, in an object in any case.
    fn of(text: Cow<'r, str>) -> Self {
        if text.trim().is_empty() {
            return Self::Wrapped(Cow::Borrowed("\"\""));
        }
        let wrapped = [b"{\"result\":", text.as_bytes(), b"}"].concat();
        let parsed = Document::parse(Bytes::from(wrapped)).ok();
        // More than one member: the text was no value.
        let value = parsed.as_ref().filter(|parsed| parsed.members().count() == 1);
        match value.and_then(|parsed| parsed.value("result")).map(document::Value::kind) {
            Some(Kind::Object) => Self::Object(text),
            Some(_) => Self::Wrapped(text),
            None => Self::Text(text),
        }
    }

    fn write(&self, block: &mut ObjectWriter<'_>) {
        match self {
            Self::Text(text) => block.text("text", text),
            Self::Object(json) => block.raw("json", json.trim().as_bytes()),
            Self::Wrapped(json) => {
                block.object("json", |object| object.raw("result", json.trim().as_bytes()));
            }
            Self::Medium(medium) => medium.write(block),
        }
    }
}

impl<'r> Block<'r> {
    /// Reasoning that was encrypted, where it is the model's own.
    pub(super) fn redacted(seal: &'r Seal) -> Self {
        Self::Redacted(match seal.maker {
            // Bedrock takes the bytes of what is text at Anthropic's.
            Maker::Anthropic => Cow::Owned(STANDARD.encode(seal.text.as_bytes())),
            _ => Cow::Borrowed(&seal.text),
        })
    }

    pub(super) fn is_reasoning(&self) -> bool {
        matches!(self, Self::Reasoning { .. } | Self::Redacted(_))
    }

    pub(super) fn is_document(&self) -> bool {
        matches!(self, Self::Medium(medium) if medium.is_document())
    }

    pub(super) fn write(&self, names: &ToolNames, blocks: &mut ArrayWriter<'_>) {
        let Self::Native(value) = self else {
            return blocks.object(|block| self.write_members(names, block));
        };
        blocks.raw(value.as_bytes());
    }

    fn write_members(&self, names: &ToolNames, block: &mut ObjectWriter<'_>) {
        match self {
            Self::Text(text) => block.text("text", text),
            Self::Medium(medium) => medium.write(block),
            Self::Reasoning { text, signature } => block.object("reasoningContent", |reasoning| {
                reasoning.object("reasoningText", |reasoning| {
                    reasoning.text("text", text);
                    reasoning.text("signature", signature);
                });
            }),
            Self::Redacted(data) => {
                block.object("reasoningContent", |reasoning| reasoning.text("redactedContent", data));
            }
            Self::Call { id, name, arguments } => block.object("toolUse", |call| {
                call.text("toolUseId", id);
                call.text("name", names.outward(name));
                call.raw("input", arguments.as_object());
            }),
            Self::Result { id, result } => block.object("toolResult", |object| {
                object.text("toolUseId", id);
                object.array("content", |content| match result {
                    Some(shown) => {
                        shown.content.iter().for_each(|given| content.object(|block| given.write(block)));
                    }
                    None => content.object(|block| block.raw("json", br#"{"result":null}"#)),
                });
                if result.as_ref().is_some_and(|shown| shown.failed) {
                    object.text("status", "error");
                }
            }),
            Self::CachePoint(mark) => write_cache_point(*mark, block),
            Self::Native(_) => {}
        }
    }
}

/// A point up to which a prompt cache may keep what was before.
pub(super) fn write_cache_point(mark: CacheMark, block: &mut ObjectWriter<'_>) {
    block.object("cachePoint", |point| {
        point.text("type", "default");
        // The other life is the usual one, and older models refuse to be told.
        if mark.life == Some(CacheLife::OneHour) {
            point.text("ttl", "1h");
        }
    });
}
