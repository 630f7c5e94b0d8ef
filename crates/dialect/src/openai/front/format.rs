//! `response_format`.

use document::Document;
use model::{Json, ResponseFormat};

use super::field::Field;
use crate::RequestError;

/// None where only the provider can know what it means.
pub(super) fn read(
    document: &Document,
    field: Field<'_, '_>,
) -> Result<Option<ResponseFormat>, RequestError> {
    field.object()?;
    let kind = field.member("type").ok_or_else(|| field.missing("type", "a string"))?;
    Ok(Some(match &*kind.text()? {
        "text" => ResponseFormat::Text,
        "json_object" => ResponseFormat::JsonObject,
        "json_schema" => {
            let wrapped = field.member("json_schema").unwrap_or(field);
            wrapped.object()?;
            let schema = match wrapped.member("schema") {
                Some(schema) => {
                    schema.object()?;
                    Json::from_checked(document.share(&schema.value))
                }
                None => return Err(wrapped.missing("schema", "an object")),
            };
            let name = wrapped.member("name").map(|name| name.boxed()).transpose()?;
            let description = wrapped.member("description").map(|text| text.text()).transpose()?;
            let strict = wrapped.member("strict").map(|strict| strict.bool()).transpose()?;
            ResponseFormat::JsonSchema {
                name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| "response".into()),
                description: description.map(Into::into),
                schema,
                strict,
            }
        }
        _ => return Ok(None),
    }))
}
