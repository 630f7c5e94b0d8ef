//! The older `functions` and `function_call`, as tools and a choice among them.

use document::{Document, Kind};
use model::{Tool, ToolChoice};

use super::field::Field;
use super::tools;
use crate::RequestError;

pub(super) fn functions(document: &Document, field: Field<'_, '_>) -> Result<Vec<Tool>, RequestError> {
    let mut functions = Vec::new();
    field.items(|item| {
        item.object()?;
        functions.push(Tool::Function(tools::function(document, item)?));
        Ok(())
    })?;
    Ok(functions)
}

pub(super) fn choice(field: Field<'_, '_>) -> Result<ToolChoice, RequestError> {
    const EXPECTED: &str = "'none', 'auto' or an object with a name";
    match field.value.kind() {
        Kind::String => match &*field.text()? {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            _ => Err(field.wrong(EXPECTED)),
        },
        Kind::Object => match field.member("name") {
            Some(name) => name.boxed().map(ToolChoice::Named),
            None => Err(field.missing("name", "a string")),
        },
        _ => Err(field.wrong(EXPECTED)),
    }
}
