//! Tools of a request, and which of them must be called.

use document::{Document, Kind, Value};
use model::{ChatRequest, Extras, Function, LossKind, Losses, Maker, Tool, ToolChoice};

use super::{cache, given, json, member_text, wrong};
use crate::RequestError;

/// Members of a tool that have a place in the model.
const KNOWN: [&str; 6] = ["type", "name", "description", "input_schema", "strict", "cache_control"];

pub(super) fn read(
    document: &Document,
    request: &mut ChatRequest,
    losses: &mut Losses,
) -> Result<(), RequestError> {
    if let Some(tools) = given(document, "tools") {
        if tools.kind() != Kind::Array {
            return Err(wrong("tools", "an array"));
        }
        for (index, tool) in tools.items().enumerate() {
            request.tools.push(read_tool(document, tool, index, losses)?);
        }
    }
    if let Some(choice) = given(document, "tool_choice") {
        let kind = member_text(choice, "type", || "tool_choice.type".into())?;
        request.tool_choice = Some(match &*kind {
            "auto" => ToolChoice::Auto,
            "any" => ToolChoice::Required,
            "none" => ToolChoice::None,
            "tool" => ToolChoice::Named(member_text(choice, "name", || "tool_choice.name".into())?.into()),
            _ => return Err(wrong("tool_choice.type", "auto, any, tool or none")),
        });
        let single = choice.value("disable_parallel_tool_use").and_then(Value::as_bool);
        request.parallel_tool_calls = single.map(|single| !single);
    }
    Ok(())
}

fn read_tool(
    document: &Document,
    tool: Value<'_>,
    index: usize,
    losses: &mut Losses,
) -> Result<Tool, RequestError> {
    let kind = tool.value("type").and_then(Value::as_str).filter(|kind| kind != "custom");
    if let Some(kind) = kind {
        let name = tool.value("name").and_then(Value::as_str).unwrap_or(kind).into();
        return Ok(Tool::Native { maker: Maker::Anthropic, name, value: json(document, tool) });
    }
    let name = member_text(tool, "name", || format!("tools[{index}].name").into())?;
    if name.is_empty() {
        return Err(wrong(format!("tools[{index}].name"), "a non-empty string"));
    }
    let schema = tool.value("input_schema").filter(|schema| schema.kind() == Kind::Object);
    let schema = schema.ok_or_else(|| wrong(format!("tools[{index}].input_schema"), "an object"))?;
    let mut extras = Extras::default();
    for member in tool.members().filter(|member| !member.value.is_null()) {
        let name = member.name.decoded();
        if !KNOWN.contains(&&*name) {
            extras.add(name, json(document, member.value));
        }
    }
    let strict = tool.value("strict").filter(|strict| !strict.is_null());
    if strict.is_some_and(|strict| strict.as_bool().is_none()) {
        losses.add("tools.strict", LossKind::Dropped);
    }
    Ok(Tool::Function(Function {
        name: name.into(),
        description: tool.value("description").and_then(Value::as_str).map(Into::into),
        parameters: Some(json(document, schema)),
        strict: strict.and_then(Value::as_bool),
        cache: cache(tool, losses),
        extras,
    }))
}
