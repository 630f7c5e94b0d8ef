//! A conversation as `/v2/chat` takes it: each call followed by its result, and a user in it.

use document::{ArrayWriter, ObjectWriter};
use model::{
    AssistantMessage, AssistantPart, ChatRequest, Detail, Image, LossKind, Losses, Message, Reasoning,
    Source, ToolResult, UserPart,
};

use crate::paired::{NO_RESULT, Turn, orphan_text, turns};
use crate::{EncodeError, Thinking, ToolNames, prompt};

/// Stands for a user who says nothing.
pub(super) const PLACEHOLDER: &str = ".";

/// Writes `messages`. What says nothing is left out.
pub(super) fn write(
    request: &ChatRequest,
    thinking: Thinking,
    names: &ToolNames,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) -> Result<(), EncodeError> {
    let mut asked = false;
    body.array("messages", |messages| {
        for turn in turns(&request.messages) {
            match turn {
                Turn::System(system) => write_text("system", &prompt::instructions(system), messages),
                Turn::User(user) => asked |= write_user(&user.parts, messages)?,
                Turn::Assistant { message, ids } => {
                    Said::of(message, ids, losses).write(thinking, names, messages);
                }
                Turn::Result { id, result, .. } => {
                    asked = true;
                    write_result(&id, result, losses, messages);
                }
                Turn::Orphan(result) => {
                    asked = true;
                    lose_extras(result, losses);
                    write_text("user", &orphan_text(result), messages);
                }
            }
        }
        if !asked {
            write_text("user", PLACEHOLDER, messages);
        }
        Ok(())
    })
}

pub(super) fn lose_extras(result: &ToolResult, losses: &mut Losses) {
    for extra in result.extras.iter() {
        losses.add(format!("messages.{}", extra.name), LossKind::Dropped);
    }
}

fn write_text(role: &str, text: &str, messages: &mut ArrayWriter<'_>) {
    if !text.is_empty() {
        messages.object(|message| {
            message.text("role", role);
            message.text("content", text);
        });
    }
}

/// Gives whether anything is said.
fn write_user(parts: &[UserPart], messages: &mut ArrayWriter<'_>) -> Result<bool, EncodeError> {
    if parts.iter().all(|part| matches!(part, UserPart::Text(_))) {
        let text = Message::text_of(parts);
        write_text("user", &text, messages);
        return Ok(!text.is_empty());
    }
    messages.object(|message| {
        message.text("role", "user");
        message.array("content", |content| {
            parts.iter().try_for_each(|part| match part {
                UserPart::Text(part) if part.text.is_empty() => Ok(()),
                UserPart::Text(part) => {
                    content.object(|object| {
                        object.text("type", "text");
                        object.text("text", &part.text);
                    });
                    Ok(())
                }
                UserPart::Image(image) => write_image(image, content),
                UserPart::Audio(_) => Err(EncodeError::Unsupported("input_audio".into())),
                UserPart::File(_) => Err(EncodeError::Unsupported("file".into())),
            })
        })
    })?;
    Ok(true)
}

fn write_image(image: &Image, content: &mut ArrayWriter<'_>) -> Result<(), EncodeError> {
    let url = match &image.source {
        Source::Inline { media_type, data } => format!("data:{media_type};base64,{}", data.as_str()),
        Source::Url(url) => url.to_string(),
        Source::Uploaded(_) | Source::Text(_) => {
            let reason = "must be a URL or a data URI";
            return Err(EncodeError::Invalid { member: "image_url".into(), reason });
        }
    };
    content.object(|part| {
        part.text("type", "image_url");
        part.object("image_url", |object| {
            object.text("url", &url);
            if let Some(detail) = image.detail {
                object.text(
                    "detail",
                    match detail {
                        Detail::Auto => "auto",
                        Detail::Low => "low",
                        Detail::High => "high",
                    },
                );
            }
        });
    });
    Ok(())
}

fn write_result(id: &str, result: Option<&ToolResult>, losses: &mut Losses, messages: &mut ArrayWriter<'_>) {
    let text = result.map_or_else(|| NO_RESULT.to_owned(), |result| Message::text_of(&result.parts));
    if let Some(result) = result {
        lose_extras(result, losses);
    }
    messages.object(|message| {
        message.text("role", "tool");
        message.text("tool_call_id", id);
        message.text("content", &text);
    });
}

/// What an assistant said.
pub(super) struct Said<'r> {
    pub(super) text: String,
    thought: String,
    pub(super) calls: Vec<(Box<str>, &'r model::ToolCall)>,
}

impl<'r> Said<'r> {
    pub(super) fn of(message: &'r AssistantMessage, ids: Vec<Box<str>>, losses: &mut Losses) -> Self {
        let mut said = Self { text: String::new(), thought: String::new(), calls: Vec::new() };
        let mut ids = ids.into_iter();
        for part in &message.parts {
            match part {
                AssistantPart::Text(part) => said.text.push_str(&part.text),
                AssistantPart::Refusal(text) => said.text.push_str(text),
                AssistantPart::Reasoning(Reasoning::Open { text, seal: None }) => said.thought.push_str(text),
                AssistantPart::Reasoning(_) => {}
                AssistantPart::ToolCall(call) => {
                    said.calls.push((ids.next().unwrap_or_else(|| call.id.clone()), call));
                }
                AssistantPart::Image(_) | AssistantPart::Native(..) => {
                    losses.add("messages.content", LossKind::Dropped);
                }
            }
        }
        said
    }

    /// Reasoning goes back where the model knows it as its own: as thinking, or as the plan behind its calls.
    fn write(&self, thinking: Thinking, names: &ToolNames, messages: &mut ArrayWriter<'_>) {
        if self.text.is_empty() && self.calls.is_empty() {
            return;
        }
        let thinks = thinking != Thinking::None && !self.thought.is_empty();
        messages.object(|message| {
            message.text("role", "assistant");
            if thinks {
                message.array("content", |content| {
                    content.object(|part| {
                        part.text("type", "thinking");
                        part.text("thinking", &self.thought);
                    });
                    if !self.text.is_empty() {
                        content.object(|part| {
                            part.text("type", "text");
                            part.text("text", &self.text);
                        });
                    }
                });
            } else if !self.text.is_empty() {
                message.text("content", &self.text);
            }
            if self.calls.is_empty() {
                return;
            }
            if !thinks && !self.thought.is_empty() {
                message.text("tool_plan", &self.thought);
            }
            message.array("tool_calls", |calls| {
                for (id, call) in &self.calls {
                    calls.object(|object| {
                        object.text("id", id);
                        object.text("type", "function");
                        object.object("function", |function| {
                            function.text("name", names.outward(&call.name));
                            let arguments = call.arguments.as_object();
                            function.text("arguments", &String::from_utf8_lossy(arguments));
                        });
                    });
                }
            });
        });
    }
}
