//! The form of the answer.

use document::write_array;
use model::{LossKind, Losses, ResponseFormat};

use super::config::Config;
use crate::Family;
use crate::gemini::schema;

pub(super) fn take(format: &ResponseFormat, family: &Family, config: &mut Config, losses: &mut Losses) {
    let schema = match format {
        ResponseFormat::Text => return,
        ResponseFormat::JsonObject => None,
        ResponseFormat::JsonSchema { schema, .. } => Some(schema),
    };
    config.set("responseMimeType", b"\"application/json\"");
    let Some(schema) = schema else { return };
    if family.gemini.json_schema {
        config.set("responseJsonSchema", schema.as_bytes());
    } else if let Some(normalised) = schema::normalise(schema) {
        if normalised.lossy {
            losses.add("response_format.json_schema.schema", LossKind::Approximated);
        }
        config.set("responseSchema", &normalised.json);
    } else {
        config.set("responseSchema", b"{\"type\":\"object\"}");
    }
}

/// One of some words, as vLLM's clients ask for it.
pub(super) fn take_choice<T: AsRef<str>>(words: &[T], config: &mut Config) {
    config.set("responseMimeType", b"\"text/x.enum\"");
    let words = write_array(|list| words.iter().for_each(|word| list.text(word.as_ref())));
    config.set("responseSchema", &[b"{\"type\":\"string\",\"enum\":", words.as_slice(), b"}"].concat());
}
