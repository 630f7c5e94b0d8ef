//! Messages as `OpenAI` reads them.

use document::{ArrayWriter, ObjectWriter};
use model::{
    AssistantMessage, AssistantPart, Detail, File, Image, LossKind, Losses, Maker, Message, Reasoning,
    Source, SystemMessage, TextPart, ToolResult, UserPart,
};

use super::conversation::Turn;
use crate::openai::front::{is_call, uri, write_members};
use crate::{EncodeError, ToolNames};

/// What stands in a tool message whose result is shown in the next one.
const SHOWN_NEXT: &str = "(shown in the next message)";

/// Refuses what a provider cannot be shown.
pub(super) fn check(messages: &[Message]) -> Result<(), EncodeError> {
    let parts = messages.iter().filter_map(|message| match message {
        Message::User(user) => Some(&user.parts),
        Message::Tool(result) => Some(&result.parts),
        Message::System(_) | Message::Assistant(_) => None,
    });
    parts.flatten().try_for_each(|part| match part {
        UserPart::Image(Image { source: Source::Uploaded(_) | Source::Text(_), .. }) => {
            Err(EncodeError::Invalid {
                member: "messages.content.image_url".into(),
                reason: "must have the picture or its address: uploaded files are not taken here",
            })
        }
        UserPart::File(File { source: Source::Url(_), .. }) => {
            Err(EncodeError::Unsupported("file_url".into()))
        }
        _ => Ok(()),
    })
}

/// What decides how messages are written.
pub(super) struct Style<'a> {
    pub(super) names: &'a ToolNames,
    /// The provider wants the reasoning that led to a call back.
    pub(super) reasoning: bool,
}

/// Writes one message, where there is something in it.
pub(super) fn write(turn: &Turn<'_>, style: &Style<'_>, messages: &mut ArrayWriter<'_>, losses: &mut Losses) {
    match turn {
        Turn::System(list) => messages.object(|message| write_system(list, message)),
        Turn::User(user) => messages.object(|message| {
            message.text("role", "user");
            if let Some(name) = &user.name {
                message.text("name", name);
            }
            write_content(&user.parts, message);
        }),
        Turn::Assistant(assistant) => write_assistant(assistant, style, messages, losses),
        Turn::Tool(id, result) => messages.object(|message| {
            message.text("role", "tool");
            message.text("tool_call_id", id);
            message.text("content", &result.map(result_text).unwrap_or_default());
        }),
        Turn::Shown(results) => messages.object(|message| {
            message.text("role", "user");
            message.array("content", |parts| {
                for result in results {
                    let tool = result.name.as_deref().unwrap_or(&result.call);
                    write_text(&format!("Shown by {tool}:"), parts);
                    let shown = result.parts.iter().filter(|part| !matches!(part, UserPart::Text(_)));
                    shown.for_each(|part| write_part(part, parts));
                }
            });
        }),
        Turn::Orphan(result) => messages.object(|message| {
            message.text("role", "user");
            let tool = result.name.as_deref().unwrap_or(&result.call);
            let mut parts =
                vec![UserPart::Text(TextPart::new(format!("Result of {tool}: {}", result_text(result))))];
            parts.extend(result.parts.iter().filter(|part| !matches!(part, UserPart::Text(_))).cloned());
            write_content(&parts, message);
        }),
    }
}

fn write_system(list: &[&SystemMessage], message: &mut ObjectWriter<'_>) {
    message.text("role", "system");
    let texts = list.iter().flat_map(|system| &system.parts).map(|part| part.text.as_str());
    message.text("content", &joined(texts));
}

/// Texts that were apart stay apart by a line end.
fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

fn text_of(part: &UserPart) -> Option<&str> {
    match part {
        UserPart::Text(part) => Some(&part.text),
        _ => None,
    }
}

/// The text of a result. That it failed is said in it, where nothing else could say it.
fn result_text(result: &ToolResult) -> String {
    let text = joined(result.parts.iter().filter_map(text_of));
    let shows = result.parts.iter().any(|part| text_of(part).is_none());
    let text = if text.is_empty() && shows { SHOWN_NEXT.to_owned() } else { text };
    if result.failed { format!("Error: {text}") } else { text }
}

fn write_content(parts: &[UserPart], message: &mut ObjectWriter<'_>) {
    let has_text = |part: &&UserPart| text_of(part).is_none_or(|text| !text.is_empty());
    let parts: Vec<_> = parts.iter().filter(has_text).collect();
    match parts.as_slice() {
        [] => message.text("content", ""),
        [UserPart::Text(part)] => message.text("content", &part.text),
        parts => message.array("content", |list| {
            for part in parts {
                write_part(part, list);
            }
        }),
    }
}

fn write_text(text: &str, parts: &mut ArrayWriter<'_>) {
    parts.object(|object| {
        object.text("type", "text");
        object.text("text", text);
    });
}

fn write_part(part: &UserPart, parts: &mut ArrayWriter<'_>) {
    match part {
        UserPart::Text(part) => write_text(&part.text, parts),
        UserPart::Image(image) => parts.object(|object| {
            object.text("type", "image_url");
            object.object("image_url", |inner| {
                inner.text("url", &uri(&image.source).unwrap_or_default());
                if let Some(detail) = image.detail {
                    inner.text("detail", detail_name(detail));
                }
            });
        }),
        UserPart::Audio(audio) => parts.object(|object| {
            object.text("type", "input_audio");
            object.object("input_audio", |inner| {
                inner.text("data", audio.data.as_str());
                inner.text("format", &audio.format);
            });
        }),
        UserPart::File(File { source: Source::Text(text), name, .. }) => match name {
            Some(name) => write_text(&format!("{name}:\n{text}"), parts),
            None => write_text(text, parts),
        },
        UserPart::File(file) => parts.object(|object| {
            object.text("type", "file");
            object.object("file", |inner| {
                if let Source::Uploaded(id) = &file.source {
                    inner.text("file_id", id);
                } else {
                    inner.text("filename", file.name.as_deref().unwrap_or("document.pdf"));
                    inner.text("file_data", &uri(&file.source).unwrap_or_default());
                }
            });
        }),
    }
}

const fn detail_name(detail: Detail) -> &'static str {
    match detail {
        Detail::Auto => "auto",
        Detail::Low => "low",
        Detail::High => "high",
    }
}

fn write_assistant(
    assistant: &AssistantMessage,
    style: &Style<'_>,
    messages: &mut ArrayWriter<'_>,
    losses: &mut Losses,
) {
    let mut texts = Vec::new();
    let (mut refusal, mut reasoning) = (String::new(), String::new());
    let (mut calls, mut customs, mut native) = (Vec::new(), Vec::new(), Vec::new());
    for part in &assistant.parts {
        match part {
            AssistantPart::Text(part) => texts.push(part.text.as_str()),
            AssistantPart::Refusal(text) => refusal.push_str(text),
            AssistantPart::Reasoning(Reasoning::Open { text, .. }) => reasoning.push_str(text),
            // What another has sealed or encrypted means nothing here.
            AssistantPart::Reasoning(Reasoning::Redacted(_)) => {}
            AssistantPart::ToolCall(call) => calls.push(call),
            AssistantPart::Native(Maker::OpenAi, value) if is_call(value) => customs.push(value),
            AssistantPart::Native(Maker::OpenAi, value) => native.push(value),
            AssistantPart::Native(..) => lose("messages.content", losses),
            AssistantPart::Image(_) => lose("messages.images", losses),
        }
    }
    let text = joined(texts.into_iter());
    let acts = !calls.is_empty() || !customs.is_empty();
    if text.is_empty() && refusal.is_empty() && native.is_empty() && !acts {
        return;
    }
    messages.object(|message| {
        message.text("role", "assistant");
        if let Some(name) = &assistant.name {
            message.text("name", name);
        }
        if text.is_empty() {
            message.null("content");
        } else {
            message.text("content", &text);
        }
        if style.reasoning && acts && !reasoning.is_empty() {
            message.text("reasoning_content", &reasoning);
        }
        if !refusal.is_empty() {
            message.text("refusal", &refusal);
        }
        for value in native {
            write_members(value, message);
        }
        if acts {
            message.array("tool_calls", |list| {
                for call in calls {
                    list.object(|object| {
                        object.text("id", &call.id);
                        object.text("type", "function");
                        object.object("function", |function| {
                            function.text("name", style.names.outward(&call.name));
                            function.text("arguments", call.arguments.as_text());
                        });
                    });
                }
                for call in customs {
                    list.raw(call.as_bytes());
                }
            });
        }
    });
}

fn lose(member: &'static str, losses: &mut Losses) {
    if !losses.iter().any(|loss| loss.member == member) {
        losses.add(member, LossKind::Dropped);
    }
}
