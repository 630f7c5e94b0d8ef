//! Arguments of tool calls: the text that they travel as, and the object that they mostly are.

use document::Document;
use model::{Arguments, Json};

/// Whether `text` is one JSON object and nothing else.
pub(super) fn is_object(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{') && Document::parse(text.to_owned().into()).is_ok()
}

/// Arguments as their text; an empty one is no arguments.
pub(super) fn arguments(text: String) -> Arguments {
    if text.trim_ascii().is_empty() {
        Arguments::none()
    } else if is_object(&text) {
        Arguments::Object(Json::from_checked(text.into_bytes()))
    } else {
        Arguments::Broken(text.into())
    }
}
