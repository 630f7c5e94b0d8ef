//! Content blocks of Messages, written.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use document::{ArrayWriter, ObjectWriter};
use model::{Arguments, CacheLife, CacheMark, File, Image, Json, Message, Source, ToolResult, UserPart};

use crate::EncodeError;

/// One block of a turn.
pub(super) enum Block<'r> {
    Text {
        text: Cow<'r, str>,
        cache: Option<CacheMark>,
    },
    Image(&'r Image),
    Document(Paper<'r>),
    Thinking {
        text: &'r str,
        signature: &'r str,
    },
    Redacted(&'r str),
    Call {
        id: Box<str>,
        name: &'r str,
        arguments: &'r Arguments,
        cache: Option<CacheMark>,
    },
    /// The result of a call; none was given where the client left it out.
    Result {
        id: Box<str>,
        result: Option<Shown<'r>>,
    },
    Native(&'r Json),
}

/// What a tool gave, ready to be written.
pub(super) struct Shown<'r> {
    result: &'r ToolResult,
    blocks: Vec<Block<'r>>,
}

/// A document with its text decoded.
pub(super) struct Paper<'r> {
    file: &'r File,
    text: Option<Cow<'r, str>>,
}

impl<'r> Shown<'r> {
    pub(super) fn of(result: &'r ToolResult) -> Result<Self, EncodeError> {
        Ok(Self { result, blocks: of_parts(&result.parts)? })
    }

    fn is_text(&self) -> bool {
        self.blocks.len() <= 1
            && self.blocks.iter().all(|block| matches!(block, Block::Text { cache: None, .. }))
    }

    pub(super) fn has_upload(&self) -> bool {
        self.blocks.iter().any(Block::has_upload)
    }
}

/// What a user or a tool shows; empty texts are left out, because the API refuses them.
pub(super) fn of_parts(parts: &[UserPart]) -> Result<Vec<Block<'_>>, EncodeError> {
    let mut blocks = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            UserPart::Text(part) if part.text.trim().is_empty() => {}
            UserPart::Text(part) => {
                blocks.push(Block::Text { text: Cow::Borrowed(&part.text), cache: part.cache });
            }
            UserPart::Image(image) => {
                if matches!(image.source, Source::Text(_)) {
                    return Err(EncodeError::Invalid { member: "image".into(), reason: "must be a picture" });
                }
                blocks.push(Block::Image(image));
            }
            UserPart::File(file) => blocks.push(Block::Document(Paper::of(file)?)),
            UserPart::Audio(_) => return Err(EncodeError::Unsupported("input_audio".into())),
        }
    }
    Ok(blocks)
}

/// The same as a text, for results that answer nothing.
pub(super) fn orphan_text(result: &ToolResult) -> String {
    let text = Message::text_of(&result.parts);
    match &result.name {
        Some(name) => format!("Result of the tool {name}: {text}"),
        None => format!("Result of a tool: {text}"),
    }
}

impl<'r> Paper<'r> {
    fn of(file: &'r File) -> Result<Self, EncodeError> {
        let refused =
            EncodeError::Invalid { member: "file".into(), reason: "must be a PDF, a text or an image" };
        let text = match &file.source {
            Source::Text(text) => Some(Cow::Borrowed(text.as_str())),
            Source::Inline { media_type, data } if media_type.starts_with("text/") => {
                let text =
                    STANDARD.decode(data.as_str()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                Some(Cow::Owned(text.ok_or(refused)?))
            }
            Source::Inline { media_type, .. } if &**media_type == "application/pdf" => None,
            Source::Inline { media_type, .. } if media_type.starts_with("image/") => None,
            Source::Inline { .. } => return Err(refused),
            Source::Url(_) | Source::Uploaded(_) => None,
        };
        Ok(Self { file, text })
    }

    fn write(&self, block: &mut ObjectWriter<'_>) {
        if let Source::Inline { media_type, .. } = &self.file.source
            && media_type.starts_with("image/")
        {
            block.text("type", "image");
            block.object("source", |source| write_source(&self.file.source, source));
            return write_cache(self.file.cache, block);
        }
        block.text("type", "document");
        block.object("source", |source| match &self.text {
            Some(text) => {
                source.text("type", "text");
                source.text("media_type", "text/plain");
                source.text("data", text);
            }
            None => write_source(&self.file.source, source),
        });
        if let Some(name) = &self.file.name {
            block.text("title", name);
        }
        write_cache(self.file.cache, block);
    }
}

impl Block<'_> {
    pub(super) fn has_upload(&self) -> bool {
        match self {
            Self::Image(image) => matches!(image.source, Source::Uploaded(_)),
            Self::Document(paper) => matches!(paper.file.source, Source::Uploaded(_)),
            Self::Result { result: Some(shown), .. } => shown.has_upload(),
            _ => false,
        }
    }

    pub(super) fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking { .. } | Self::Redacted(_))
    }

    pub(super) fn write(&self, sent_name: &dyn Fn(&str) -> String, blocks: &mut ArrayWriter<'_>) {
        let Self::Native(value) = self else {
            return blocks.object(|block| self.write_members(sent_name, block));
        };
        blocks.raw(value.as_bytes());
    }

    fn write_members(&self, sent_name: &dyn Fn(&str) -> String, block: &mut ObjectWriter<'_>) {
        match self {
            Self::Text { text, cache } => {
                block.text("type", "text");
                block.text("text", text);
                write_cache(*cache, block);
            }
            Self::Image(image) => {
                block.text("type", "image");
                block.object("source", |source| write_source(&image.source, source));
                write_cache(image.cache, block);
            }
            Self::Document(paper) => paper.write(block),
            Self::Thinking { text, signature } => {
                block.text("type", "thinking");
                block.text("thinking", text);
                block.text("signature", signature);
            }
            Self::Redacted(data) => {
                block.text("type", "redacted_thinking");
                block.text("data", data);
            }
            Self::Call { id, name, arguments, cache } => {
                block.text("type", "tool_use");
                block.text("id", id);
                block.text("name", &sent_name(name));
                block.raw("input", arguments.as_object());
                write_cache(*cache, block);
            }
            Self::Result { id, result } => write_result(id, result.as_ref(), sent_name, block),
            Self::Native(_) => {}
        }
    }
}

fn write_result(
    id: &str,
    shown: Option<&Shown<'_>>,
    sent_name: &dyn Fn(&str) -> String,
    block: &mut ObjectWriter<'_>,
) {
    block.text("type", "tool_result");
    block.text("tool_use_id", id);
    let Some(shown) = shown else {
        return block.text("content", "");
    };
    if shown.is_text() {
        let text = shown.blocks.first().map_or("", |block| match block {
            Block::Text { text, .. } => text,
            _ => "",
        });
        block.text("content", text);
    } else {
        block.array("content", |content| {
            shown.blocks.iter().for_each(|block| block.write(sent_name, content));
        });
    }
    if shown.result.failed {
        block.bool("is_error", true);
    }
    write_cache(shown.result.cache, block);
}

fn write_source(source: &Source, object: &mut ObjectWriter<'_>) {
    match source {
        Source::Inline { media_type, data } => {
            object.text("type", "base64");
            // A name that is in use, though not the registered one.
            let media_type = if &**media_type == "image/jpg" { "image/jpeg" } else { media_type };
            object.text("media_type", media_type);
            object.plain("data", data.as_bytes());
        }
        Source::Url(url) => {
            object.text("type", "url");
            object.text("url", url);
        }
        Source::Uploaded(id) => {
            object.text("type", "file");
            object.text("file_id", id);
        }
        Source::Text(text) => {
            object.text("type", "text");
            object.text("media_type", "text/plain");
            object.text("data", text);
        }
    }
}

/// `cache_control`, where there is a mark.
pub(super) fn write_cache(mark: Option<CacheMark>, object: &mut ObjectWriter<'_>) {
    let Some(mark) = mark else { return };
    object.object("cache_control", |control| {
        control.text("type", "ephemeral");
        match mark.life {
            Some(CacheLife::FiveMinutes) => control.text("ttl", "5m"),
            Some(CacheLife::OneHour) => control.text("ttl", "1h"),
            None => {}
        }
    });
}
