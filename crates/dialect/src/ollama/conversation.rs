//! A conversation as Ollama takes it: text and pictures apart, results under the name of their function.

use document::{ArrayWriter, ObjectWriter};
use model::{
    AssistantMessage, AssistantPart, Base64, ChatRequest, Image, LossKind, Losses, Message, Reasoning,
    Source, ToolCall, ToolResult, UserPart,
};

use crate::paired::{NO_RESULT, Turn, orphan_text, turns};
use crate::{EncodeError, Thinking, prompt};

/// One message.
struct Said<'r> {
    role: &'static str,
    content: String,
    thinking: Option<String>,
    images: Vec<&'r Base64>,
    calls: Vec<&'r ToolCall>,
    tool_name: Option<&'r str>,
}

/// Writes `messages`. What says nothing is left out; a conversation that says nothing at all is refused, because
/// it would only load the model.
pub(super) fn write(
    request: &ChatRequest,
    thinking: Thinking,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) -> Result<(), EncodeError> {
    body.array("messages", |messages| {
        for turn in turns(&request.messages) {
            if let Some(said) = said(&turn, thinking, losses)? {
                said.write(messages);
            }
        }
        if messages.is_empty() {
            return Err(EncodeError::Invalid { member: "messages".into(), reason: "has nothing to answer" });
        }
        Ok(())
    })
}

fn said<'r>(
    turn: &Turn<'r>,
    thinking: Thinking,
    losses: &mut Losses,
) -> Result<Option<Said<'r>>, EncodeError> {
    let said = match turn {
        Turn::System(system) => Said::new("system", prompt::instructions(system)),
        Turn::User(user) => {
            let images = images(&user.parts)?;
            Said { images, ..Said::new("user", Message::text_of(&user.parts)) }
        }
        Turn::Assistant { message, .. } => of_assistant(message, thinking, losses),
        Turn::Result { call, result, .. } => return of_result(&call.name, *result, losses).map(Some),
        Turn::Orphan(result) => {
            lose_extras(result, losses);
            Said { images: images(&result.parts)?, ..Said::new("user", orphan_text(result)) }
        }
    };
    let silent = said.content.is_empty() && said.images.is_empty() && said.calls.is_empty();
    Ok((!silent).then_some(said))
}

fn of_assistant<'r>(message: &'r AssistantMessage, thinks: Thinking, losses: &mut Losses) -> Said<'r> {
    let mut said = Said::new("assistant", String::new());
    for part in &message.parts {
        match part {
            AssistantPart::Text(part) => said.content.push_str(&part.text),
            AssistantPart::Refusal(text) => said.content.push_str(text),
            AssistantPart::Reasoning(Reasoning::Open { text, seal: None })
                if thinks != Thinking::None && !text.is_empty() =>
            {
                said.thinking.get_or_insert_default().push_str(text);
            }
            AssistantPart::Reasoning(_) => {}
            AssistantPart::ToolCall(call) => said.calls.push(call),
            AssistantPart::Image(_) | AssistantPart::Native(..) => {
                losses.add("messages.content", LossKind::Dropped);
            }
        }
    }
    said
}

fn of_result<'r>(
    name: &'r str,
    result: Option<&'r ToolResult>,
    losses: &mut Losses,
) -> Result<Said<'r>, EncodeError> {
    let mut said = Said { tool_name: Some(name), ..Said::new("tool", NO_RESULT.to_owned()) };
    if let Some(result) = result {
        lose_extras(result, losses);
        said.content = Message::text_of(&result.parts);
        said.images = images(&result.parts)?;
    }
    Ok(said)
}

fn lose_extras(result: &ToolResult, losses: &mut Losses) {
    for extra in result.extras.iter() {
        losses.add(format!("messages.{}", extra.name), LossKind::Dropped);
    }
}

/// Pictures that come with their bytes; there is no way to tell of others, nor of any other medium.
pub(super) fn images(parts: &[UserPart]) -> Result<Vec<&Base64>, EncodeError> {
    let image = |part| match part {
        &UserPart::Text(_) => None,
        UserPart::Image(Image { source: Source::Inline { data, .. }, .. }) => Some(Ok(data)),
        UserPart::Image(_) => {
            let reason = "must carry the picture itself, as a data URI";
            Some(Err(EncodeError::Invalid { member: "image_url".into(), reason }))
        }
        UserPart::Audio(_) => Some(Err(EncodeError::Unsupported("input_audio".into()))),
        UserPart::File(_) => Some(Err(EncodeError::Unsupported("file".into()))),
    };
    parts.iter().filter_map(image).collect()
}

impl Said<'_> {
    fn new(role: &'static str, content: String) -> Self {
        Self { role, content, thinking: None, images: Vec::new(), calls: Vec::new(), tool_name: None }
    }

    fn write(&self, messages: &mut ArrayWriter<'_>) {
        messages.object(|message| {
            message.text("role", self.role);
            message.text("content", &self.content);
            if let Some(thinking) = &self.thinking {
                message.text("thinking", thinking);
            }
            if !self.images.is_empty() {
                message.texts("images", self.images.iter().map(|image| image.as_str()));
            }
            if !self.calls.is_empty() {
                message.array("tool_calls", |calls| {
                    for call in &self.calls {
                        calls.object(|object| {
                            object.object("function", |function| {
                                function.text("name", &call.name);
                                function.raw("arguments", call.arguments.as_object());
                            });
                        });
                    }
                });
            }
            if let Some(name) = self.tool_name {
                message.text("tool_name", name);
            }
        });
    }
}
