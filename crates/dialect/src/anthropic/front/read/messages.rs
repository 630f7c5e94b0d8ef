//! The messages of a request: turns of blocks, cut into what the model has as messages.

use std::borrow::Cow;

use document::{Document, Kind, Value};
use model::{
    Arguments, AssistantMessage, AssistantPart, LossKind, Losses, Maker, Message, Reasoning, Seal,
    SystemMessage, TextPart, ToolCall, ToolResult, UserMessage, UserPart,
};

use super::blocks::{Blocks, blocks_of};
use super::{cache, given, json, member_text, wrong};
use crate::RequestError;
use crate::anthropic::front::seal;
use crate::sealed_id::split_plain;

/// Appends what the messages of a request are.
pub(super) fn read(
    document: &Document,
    messages: &mut Vec<Message>,
    losses: &mut Losses,
) -> Result<(), RequestError> {
    let list = given(document, "messages").ok_or(RequestError::NoPrompt)?;
    if list.kind() != Kind::Array {
        return Err(wrong("messages", "an array"));
    }
    if list.is_empty() {
        return Err(RequestError::NoPrompt);
    }
    let mut reader = Reader { document, messages, losses, index: 0 };
    for message in list.items() {
        reader.message(message)?;
        reader.index += 1;
    }
    Ok(())
}

struct Reader<'d, 'r> {
    document: &'d Document,
    messages: &'r mut Vec<Message>,
    losses: &'r mut Losses,
    index: usize,
}

impl<'d> Reader<'d, '_> {
    fn path(&self, rest: &str) -> Cow<'static, str> {
        format!("messages[{}].{rest}", self.index).into()
    }

    fn message(&mut self, message: Value<'d>) -> Result<(), RequestError> {
        let role = member_text(message, "role", || self.path("role"))?;
        let content = message.value("content").filter(|content| !content.is_null());
        let content = content.ok_or_else(|| wrong(self.path("content"), "a string or an array of blocks"))?;
        match &*role {
            "user" => self.user(content),
            "assistant" => self.assistant(content),
            "system" | "developer" => self.system(content),
            _ => Err(wrong(self.path("role"), "user, assistant or system")),
        }
    }

    fn blocks(&self, content: Value<'d>) -> Result<Blocks<'d>, RequestError> {
        blocks_of(content).ok_or_else(|| wrong(self.path("content"), "a string or an array of blocks"))
    }

    fn system(&mut self, content: Value<'d>) -> Result<(), RequestError> {
        let parts = match self.blocks(content)? {
            Blocks::Text(text) => vec![TextPart::new(text)],
            Blocks::List(list) => {
                let mut parts = Vec::new();
                for (at, block) in list.items().enumerate() {
                    // Tools may come and go within a conversation, for Claude.
                    let kind = block.value("type").and_then(Value::as_str);
                    if let Some(kind) = kind.filter(|kind| kind != "text") {
                        self.losses.add(format!("messages.content.{kind}"), LossKind::Dropped);
                        continue;
                    }
                    let text = member_text(block, "text", || self.path(&format!("content[{at}].text")))?;
                    parts.push(TextPart { cache: cache(block, self.losses), ..TextPart::new(text) });
                }
                parts
            }
        };
        if !parts.is_empty() {
            self.messages.push(Message::System(SystemMessage { parts }));
        }
        Ok(())
    }

    /// Results come before all else that the user says, each as a message of its own.
    fn user(&mut self, content: Value<'d>) -> Result<(), RequestError> {
        let list = match self.blocks(content)? {
            Blocks::Text(text) => {
                let parts = vec![UserPart::Text(TextPart::new(text))];
                self.messages.push(Message::User(UserMessage { parts, name: None }));
                return Ok(());
            }
            Blocks::List(list) => list,
        };
        let mut parts = Vec::new();
        for (at, block) in list.items().enumerate() {
            let path = self.path(&format!("content[{at}]"));
            let kind = member_text(block, "type", || format!("{path}.type").into())?;
            if kind == "tool_result" {
                let result = self.tool_result(block, &path)?;
                self.messages.push(Message::Tool(result));
            } else {
                super::blocks::read(self.document, block, &kind, &path, &mut parts, self.losses)?;
            }
        }
        if !parts.is_empty() {
            self.messages.push(Message::User(UserMessage { parts, name: None }));
        }
        Ok(())
    }

    fn tool_result(&mut self, block: Value<'d>, path: &str) -> Result<ToolResult, RequestError> {
        let id = member_text(block, "tool_use_id", || format!("{path}.tool_use_id").into())?;
        let (bare, _) = split_plain(&id);
        let mut parts = Vec::new();
        if let Some(content) = block.value("content").filter(|content| !content.is_null()) {
            let refused = || wrong(format!("{path}.content"), "a string or an array of blocks");
            match blocks_of(content).ok_or_else(refused)? {
                Blocks::Text(text) => parts.push(UserPart::Text(TextPart::new(text))),
                Blocks::List(list) => {
                    for (at, inner) in list.items().enumerate() {
                        let path = format!("{path}.content[{at}]");
                        let kind = member_text(inner, "type", || format!("{path}.type").into())?;
                        // What points to a tool says nothing to a model that does not search for tools.
                        if kind != "tool_reference" {
                            super::blocks::read(self.document, inner, &kind, &path, &mut parts, self.losses)?;
                        }
                    }
                }
            }
        }
        Ok(ToolResult {
            name: self.called(bare),
            call: bare.into(),
            parts,
            failed: block.value("is_error").and_then(Value::as_bool) == Some(true),
            cache: cache(block, self.losses),
            extras: model::Extras::default(),
        })
    }

    /// The name of the tool that a call called.
    fn called(&self, id: &str) -> Option<Box<str>> {
        let assistants = self.messages.iter().rev().filter_map(|message| match message {
            Message::Assistant(assistant) => Some(&assistant.parts),
            _ => None,
        });
        assistants.flatten().find_map(|part| match part {
            AssistantPart::ToolCall(call) if &*call.id == id => Some(call.name.clone()),
            _ => None,
        })
    }

    fn assistant(&mut self, content: Value<'d>) -> Result<(), RequestError> {
        let parts = match self.blocks(content)? {
            Blocks::Text(text) => vec![AssistantPart::Text(TextPart::new(text))],
            Blocks::List(list) => {
                let mut parts = Vec::new();
                for (at, block) in list.items().enumerate() {
                    let path = self.path(&format!("content[{at}]"));
                    parts.extend(self.assistant_part(block, &path)?);
                }
                parts
            }
        };
        if !parts.is_empty() {
            self.messages.push(Message::Assistant(AssistantMessage { parts, name: None }));
        }
        Ok(())
    }

    fn assistant_part(
        &mut self,
        block: Value<'d>,
        path: &str,
    ) -> Result<Option<AssistantPart>, RequestError> {
        let kind = member_text(block, "type", || format!("{path}.type").into())?;
        let text = |name: &str| member_text(block, name, || format!("{path}.{name}").into());
        Ok(Some(match &*kind {
            "text" => {
                let cache = cache(block, self.losses);
                AssistantPart::Text(TextPart { cache, ..TextPart::new(text("text")?) })
            }
            "thinking" => {
                let signature = block.value("signature").and_then(Value::as_str).unwrap_or_default();
                let seal = seal::seal(&signature);
                AssistantPart::Reasoning(Reasoning::Open { text: text("thinking")?.into_owned(), seal })
            }
            "redacted_thinking" => match seal::seal(&text("data")?) {
                Some(seal) => AssistantPart::Reasoning(Reasoning::Redacted(seal)),
                None => return Ok(None),
            },
            "tool_use" => AssistantPart::ToolCall(self.tool_call(block, path)?),
            "tool_result" => {
                return Err(wrong(format!("{path}.type"), "a block that an assistant may say"));
            }
            "image" | "document" => {
                self.losses.add(format!("messages.content.{kind}"), LossKind::Dropped);
                return Ok(None);
            }
            // Tools that Anthropic runs itself, and what they gave.
            _ => AssistantPart::Native(Maker::Anthropic, json(self.document, block)),
        }))
    }

    /// A call with whatever seal its id carries.
    fn tool_call(&mut self, block: Value<'d>, path: &str) -> Result<ToolCall, RequestError> {
        let id = member_text(block, "id", || format!("{path}.id").into())?;
        let name = member_text(block, "name", || format!("{path}.name").into())?;
        if name.is_empty() {
            return Err(wrong(format!("{path}.name"), "a non-empty string"));
        }
        let (bare, seal): (&str, Option<Seal>) = split_plain(&id);
        let input = block.value("input").filter(|input| input.kind() == Kind::Object);
        let arguments =
            input.map_or(Arguments::none(), |input| Arguments::Object(json(self.document, input)));
        Ok(ToolCall { id: bare.into(), name: name.into(), arguments, seal, cache: cache(block, self.losses) })
    }
}
