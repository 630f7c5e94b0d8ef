//! Tools and the choice among them as clients send them.

use document::{Document, Kind, Value};
use model::{Extras, Function, Json, Maker, Tool, ToolChoice};

use super::content;
use super::field::Field;
use crate::RequestError;

/// Tools of Gemini are told by the one member that they have.
const GEMINI: [&str; 13] = [
    "googleSearch",
    "google_search",
    "googleSearchRetrieval",
    "google_search_retrieval",
    "codeExecution",
    "code_execution",
    "urlContext",
    "url_context",
    "googleMaps",
    "google_maps",
    "enterpriseWebSearch",
    "fileSearch",
    "computerUse",
];

/// Reads one of `tools`; none where it is null.
pub(super) fn tool(document: &Document, tool: Field<'_, '_>) -> Result<Option<Tool>, RequestError> {
    if tool.value.is_null() {
        return Ok(None);
    }
    tool.object()?;
    let kind = tool.member("type").map(|kind| kind.boxed()).transpose()?;
    let read = match kind.as_deref() {
        Some("function") => function_tool(document, tool)?,
        None if tool.member("function").is_some() => function_tool(document, tool)?,
        None => keyed(document, tool).ok_or_else(|| tool.missing("type", "a string"))?,
        Some(kind) => native(document, tool, kind),
    };
    Ok(Some(read))
}

fn function_tool(document: &Document, tool: Field<'_, '_>) -> Result<Tool, RequestError> {
    // Without the wrapper it is a tool of the Responses API.
    let mut read = match tool.member("function") {
        Some(wrapped) => function(document, wrapped)?,
        None if tool.member("name").is_some() => function(document, tool)?,
        None => return Err(tool.missing("function", "an object")),
    };
    read.cache = read.cache.or_else(|| content::cache(tool));
    Ok(Tool::Function(read))
}

/// A function with its name, as in `tools` and in the older `functions`.
pub(super) fn function(document: &Document, field: Field<'_, '_>) -> Result<Function, RequestError> {
    let mut function = Function {
        name: Box::default(),
        description: None,
        parameters: None,
        strict: None,
        cache: content::cache(field),
        extras: Extras::default(),
    };
    field.members(|name, member| {
        match name {
            "name" => function.name = member.boxed()?,
            "description" => function.description = Some(member.text()?.into_owned()),
            "parameters" => {
                member.object()?;
                function.parameters = Some(Json::from_checked(document.share(&member.value)));
            }
            "strict" => function.strict = Some(member.bool()?),
            "type" | "cache_control" => {}
            _ => function.extras.add(name, Json::from_checked(document.share(&member.value))),
        }
        Ok(())
    })?;
    if function.name.is_empty() {
        return Err(field.missing("name", "a name"));
    }
    Ok(function)
}

fn keyed(document: &Document, tool: Field<'_, '_>) -> Option<Tool> {
    let name = GEMINI.into_iter().find(|name| tool.value.value(name).is_some());
    let (maker, name) = match name {
        Some(name) => (Maker::Gemini, name),
        None if tool.value.value("systemTool").is_some() => (Maker::Bedrock, "systemTool"),
        None => return None,
    };
    let value = Json::from_checked(document.share(&tool.value));
    Some(Tool::Native { maker, name: name.into(), value })
}

fn native(document: &Document, tool: Field<'_, '_>, kind: &str) -> Tool {
    let maker = if is_anthropic(kind) { Maker::Anthropic } else { Maker::OpenAi };
    let own = tool.value.value("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = match (maker, own) {
        (Maker::Anthropic, Some(name)) => name.as_ref().into(),
        _ => kind.into(),
    };
    Tool::Native { maker, name, value: Json::from_checked(document.share(&tool.value)) }
}

/// Anthropic's types end in the date of their version: `web_search_20250305`.
fn is_anthropic(kind: &str) -> bool {
    let dated = kind
        .rsplit_once('_')
        .is_some_and(|(_, date)| date.len() == 8 && date.bytes().all(|digit| digit.is_ascii_digit()));
    dated || kind == "mcp_toolset"
}

/// What `tool_choice` says; none where only its own dialect knows.
pub(super) fn choice(field: Field<'_, '_>) -> Result<Option<ToolChoice>, RequestError> {
    const EXPECTED: &str = "'none', 'auto', 'required' or an object that names tools";
    match field.value.kind() {
        Kind::String => match &*field.text()? {
            "auto" => Ok(Some(ToolChoice::Auto)),
            "none" => Ok(Some(ToolChoice::None)),
            "required" | "any" => Ok(Some(ToolChoice::Required)),
            _ => Err(field.wrong(EXPECTED)),
        },
        Kind::Object => {
            let kind = field.member("type").map(|kind| kind.boxed()).transpose()?;
            Ok(Some(match kind.as_deref() {
                Some("function" | "tool") | None => ToolChoice::Named(chosen(field)?),
                Some("allowed_tools") => allowed(field)?,
                Some("auto") => ToolChoice::Auto,
                Some("none") => ToolChoice::None,
                Some("any" | "required") => ToolChoice::Required,
                Some(_) => return Ok(None),
            }))
        }
        _ => Err(field.wrong(EXPECTED)),
    }
}

/// The name in `function`, or beside the type.
pub(super) fn chosen(field: Field<'_, '_>) -> Result<Box<str>, RequestError> {
    let name = match field.member("function") {
        Some(function) => return named(function),
        None => named(field),
    };
    name.map_err(|_| field.missing("function", "an object with a name"))
}

fn named(field: Field<'_, '_>) -> Result<Box<str>, RequestError> {
    field.object()?;
    match field.member("name") {
        Some(name) => name.boxed(),
        None => Err(field.missing("name", "a string")),
    }
}

fn allowed(field: Field<'_, '_>) -> Result<ToolChoice, RequestError> {
    let list = field.member("allowed_tools").unwrap_or(field);
    let required = match list.member("mode").map(|mode| mode.text()).transpose()?.as_deref() {
        Some("required") => true,
        Some("auto") | None => false,
        Some(_) => return Err(list.missing("mode", "'auto' or 'required'")),
    };
    let mut names = Vec::new();
    let tools = list.member("tools").ok_or_else(|| list.missing("tools", "an array"))?;
    tools.items(|tool| {
        tool.object()?;
        names.push(chosen(tool)?);
        Ok(())
    })?;
    Ok(ToolChoice::Among { names, required })
}
