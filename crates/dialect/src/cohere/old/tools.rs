//! Functions in the words of the first version: parameters have a description, a type of Python's, and whether
//! they must be given.

use document::{ArrayWriter, ObjectWriter, Value};
use model::Function;

use crate::{ToolNames, read};

pub(super) fn write(function: &Function, names: &ToolNames, tools: &mut ArrayWriter<'_>) {
    tools.object(|tool| {
        tool.text("name", names.outward(&function.name));
        tool.text("description", function.description.as_deref().unwrap_or_default());
        if let Some(schema) = &function.parameters {
            read::json(schema, |schema| write_parameters(schema, tool));
        }
    });
}

fn write_parameters(schema: Value<'_>, tool: &mut ObjectWriter<'_>) {
    let required: Vec<_> =
        schema.value("required").into_iter().flat_map(Value::items).filter_map(Value::as_str).collect();
    tool.object("parameter_definitions", |parameters| {
        for member in schema.value("properties").into_iter().flat_map(Value::members) {
            let name = member.name.decoded();
            parameters.object(&name, |parameter| {
                if let Some(description) = read::text(member.value.value("description")) {
                    parameter.text("description", &description);
                }
                parameter.text("type", python_type(member.value));
                parameter.bool("required", required.contains(&name));
            });
        }
    });
}

/// The type of a schema; of several, the first that is not `null`.
fn python_type(schema: Value<'_>) -> &'static str {
    let kind = schema.value("type");
    let several = kind.into_iter().flat_map(Value::items).filter_map(Value::as_str);
    let kind = kind.and_then(Value::as_str).or_else(|| several.into_iter().find(|kind| kind != "null"));
    match kind.as_deref() {
        Some("integer") => "int",
        Some("number") => "float",
        Some("boolean") => "bool",
        Some("array") => "list",
        Some("object") => "dict",
        _ => "str",
    }
}
