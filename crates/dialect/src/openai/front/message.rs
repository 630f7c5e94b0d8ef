//! Messages as clients send them.

use document::{Document, Kind};
use model::{
    Arguments, AssistantMessage, AssistantPart, CacheMark, Extras, Json, LossKind, Losses, Maker, Message,
    Reasoning, SystemMessage, ToolCall, ToolResult, UserMessage, UserPart,
};

use super::content;
use super::field::Field;
use crate::openai::object;
use crate::{RequestError, sealed_id};

/// Members of messages of answers, which clients send back without meaning anything by them.
const MEANINGLESS: [&str; 9] = [
    "role",
    "id",
    "annotations",
    "logprobs",
    "images",
    "provider_specific_fields",
    "type",
    "status",
    "citations",
];

/// Reads one message. An id that the client left out is empty; [`super::repair`] finds one.
pub(super) fn read(
    document: &Document,
    message: Field<'_, '_>,
    losses: &mut Losses,
) -> Result<Message, RequestError> {
    const ROLES: &str = "'system', 'developer', 'user', 'assistant', 'tool' or 'function'";
    message.object()?;
    let role = message.member("role").ok_or_else(|| message.missing("role", ROLES))?;
    match &*role.text()? {
        "system" | "developer" => system(message, losses),
        "user" => user(document, message, losses),
        "assistant" => assistant(document, message, losses),
        "tool" | "function" => tool(document, message, losses),
        _ => Err(role.wrong(ROLES)),
    }
}

/// Reports a member that the model has no place for; a name that is no plain word is not repeated.
fn lose(name: &str, losses: &mut Losses) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if MEANINGLESS.contains(&name) {
        return;
    }
    let path = if name.len() <= 40 && name.bytes().all(plain) {
        format!("messages.{name}")
    } else {
        "messages".to_owned()
    };
    if !losses.iter().any(|loss| loss.member == path) {
        losses.add(path, LossKind::Dropped);
    }
}

fn system(message: Field<'_, '_>, losses: &mut Losses) -> Result<Message, RequestError> {
    let mut parts = Vec::new();
    message.members(|name, field| {
        match name {
            "content" => parts = content::system(field)?,
            // Names are for telling speakers of one role apart, which instructions have no need of.
            "cache_control" | "name" => {}
            _ => lose(name, losses),
        }
        Ok(())
    })?;
    if let (Some(last), Some(mark)) = (parts.last_mut(), content::cache(message)) {
        last.cache = Some(mark);
    }
    Ok(Message::System(SystemMessage { parts }))
}

fn user(document: &Document, message: Field<'_, '_>, losses: &mut Losses) -> Result<Message, RequestError> {
    let mut user = UserMessage::default();
    message.members(|name, field| {
        match name {
            "content" => user.parts = content::user(document, field)?,
            "name" => user.name = Some(field.boxed()?),
            "cache_control" => {}
            _ => lose(name, losses),
        }
        Ok(())
    })?;
    mark_last(&mut user.parts, content::cache(message));
    Ok(Message::User(user))
}

fn mark_last(parts: &mut [UserPart], mark: Option<CacheMark>) {
    match parts.last_mut() {
        Some(UserPart::Text(part)) => part.cache = part.cache.or(mark),
        Some(UserPart::Image(part)) => part.cache = part.cache.or(mark),
        Some(UserPart::File(part)) => part.cache = part.cache.or(mark),
        Some(UserPart::Audio(_)) | None => {}
    }
}

fn tool(document: &Document, message: Field<'_, '_>, losses: &mut Losses) -> Result<Message, RequestError> {
    let mut result = ToolResult {
        call: Box::default(),
        name: None,
        parts: Vec::new(),
        failed: false,
        cache: content::cache(message),
        extras: Extras::default(),
    };
    message.members(|name, field| {
        match name {
            "content" => result.parts = content::user(document, field)?,
            "tool_call_id" => result.call = sealed_id::split(&field.text()?).0.into(),
            "name" => result.name = Some(field.boxed()?).filter(|name| !name.is_empty()),
            "is_error" => result.failed = field.bool()?,
            "cache_control" => {}
            _ => lose(name, losses),
        }
        Ok(())
    })?;
    Ok(Message::Tool(result))
}

/// What an assistant's message has besides its content, each in its place.
#[derive(Default)]
struct Said {
    reasoning: Option<String>,
    blocks: Vec<Reasoning>,
    content: Vec<AssistantPart>,
    refusal: Option<String>,
    calls: Vec<AssistantPart>,
    native: Vec<AssistantPart>,
}

fn assistant(
    document: &Document,
    message: Field<'_, '_>,
    losses: &mut Losses,
) -> Result<Message, RequestError> {
    let mut said = Said::default();
    let mut speaker = None;
    message.members(|name, field| {
        match name {
            "content" => said.content = content::assistant(document, field)?,
            "reasoning_content" => said.reasoning = Some(field.text()?.into_owned()),
            "reasoning" if field.value.kind() == Kind::String => {
                let text = field.text()?.into_owned();
                said.reasoning.get_or_insert(text);
            }
            "thinking_blocks" => field.items(|block| {
                block.object()?;
                said.blocks.extend(content::reasoning(block)?);
                Ok(())
            })?,
            "refusal" => said.refusal = Some(field.text()?.into_owned()),
            "tool_calls" => field.items(|call| {
                said.calls.push(tool_call(document, call)?);
                Ok(())
            })?,
            "function_call" => said.calls.push(function_call(document, field)?),
            "audio" => {
                // A sound that the provider keeps, named by its id.
                let member = [b"{\"audio\":", field.value.raw(), b"}"].concat();
                said.native.push(AssistantPart::Native(Maker::OpenAi, Json::from_checked(member)));
            }
            "name" => speaker = Some(field.boxed()?),
            "cache_control" => {}
            _ => lose(name, losses),
        }
        Ok(())
    })?;
    let mut parts = said.into_parts();
    if let Some(mark) = content::cache(message) {
        match parts.last_mut() {
            Some(AssistantPart::Text(part)) => part.cache = Some(mark),
            Some(AssistantPart::ToolCall(call)) => call.cache = Some(mark),
            _ => {}
        }
    }
    Ok(Message::Assistant(AssistantMessage { parts, name: speaker }))
}

impl Said {
    /// In the order in which models say it.
    fn into_parts(mut self) -> Vec<AssistantPart> {
        let text = self.reasoning.filter(|text| !text.is_empty());
        if let Some(text) = text {
            fill(&mut self.blocks, text);
        }
        let mut parts: Vec<_> = self.blocks.into_iter().map(AssistantPart::Reasoning).collect();
        // A client that keeps reasoning in the content and beside it has it twice.
        let twice = !parts.is_empty();
        let content = self.content.into_iter();
        parts.extend(content.filter(|part| !(twice && matches!(part, AssistantPart::Reasoning(_)))));
        parts.extend(self.refusal.map(AssistantPart::Refusal));
        parts.extend(self.native);
        parts.extend(self.calls);
        parts
    }
}

/// Puts reasoning that came as one text where no block has it.
fn fill(blocks: &mut Vec<Reasoning>, text: String) {
    let has_text = |block: &Reasoning| matches!(block, Reasoning::Open { text, .. } if !text.is_empty());
    if blocks.iter().any(has_text) {
        return;
    }
    let empty = blocks.iter_mut().find_map(|block| match block {
        Reasoning::Open { text, .. } => Some(text),
        Reasoning::Redacted(_) => None,
    });
    match empty {
        Some(empty) => *empty = text,
        None => blocks.insert(0, Reasoning::Open { text, seal: None }),
    }
}

fn tool_call(document: &Document, call: Field<'_, '_>) -> Result<AssistantPart, RequestError> {
    call.object()?;
    if call.member("type").and_then(|kind| kind.value.as_str()).as_deref() == Some("custom") {
        let raw = Json::from_checked(document.share(&call.value));
        return Ok(AssistantPart::Native(Maker::OpenAi, raw));
    }
    let function = call.member("function").ok_or_else(|| call.missing("function", "an object"))?;
    let (name, arguments) = called(document, function)?;
    let id = call.member("id");
    // Some servers number their calls.
    let id = id
        .map(|id| if id.value.kind() == Kind::Number { Ok(raw_text(id)) } else { id.boxed() })
        .transpose()?;
    let id = id.unwrap_or_default();
    let (bare, seal) = sealed_id::split(&id);
    let cache = content::cache(call);
    Ok(AssistantPart::ToolCall(ToolCall { id: bare.into(), name, arguments, seal, cache }))
}

fn function_call(document: &Document, call: Field<'_, '_>) -> Result<AssistantPart, RequestError> {
    let (name, arguments) = called(document, call)?;
    let id = Box::default();
    Ok(AssistantPart::ToolCall(ToolCall { id, name, arguments, seal: None, cache: None }))
}

fn raw_text(field: Field<'_, '_>) -> Box<str> {
    String::from_utf8_lossy(field.value.raw()).into()
}

/// `name` and `arguments`: a text of JSON, or, wrongly, the JSON itself.
fn called(document: &Document, call: Field<'_, '_>) -> Result<(Box<str>, Arguments), RequestError> {
    call.object()?;
    let name = call.member("name").ok_or_else(|| call.missing("name", "a string"))?;
    let name_text = name.boxed()?;
    if name_text.is_empty() {
        return Err(name.wrong("a name"));
    }
    let arguments = match call.member("arguments") {
        None => Arguments::none(),
        Some(field) => match field.value.kind() {
            Kind::String => object::arguments(field.text()?.into_owned()),
            Kind::Object => Arguments::Object(Json::from_checked(document.share(&field.value))),
            _ => Arguments::Broken(raw_text(field)),
        },
    };
    Ok((name_text, arguments))
}
