//! Sources of what was said.

use document::{Kind, Value};
use model::{ChatEvent, Citation};

use crate::read;

/// The citations of an object or of a list of objects that are about the text of the answer.
pub(super) fn events(value: Option<Value<'_>>) -> Vec<ChatEvent> {
    let Some(value) = value else { return Vec::new() };
    let told = |value| citation(value).map(|citation| ChatEvent::Citation { choice: 0, citation });
    if value.kind() == Kind::Array {
        value.items().filter_map(told).collect()
    } else {
        told(value).into_iter().collect()
    }
}

fn citation(value: Value<'_>) -> Option<Citation> {
    if value.kind() != Kind::Object {
        return None;
    }
    let about = read::text(value.value("type"));
    if about.is_some_and(|about| about != "TEXT_CONTENT") {
        return None;
    }
    let of_source = |name: &str| {
        let found = value.value("sources")?.items().find_map(|source| {
            let shown = source.value("document").or_else(|| source.value("tool_output"))?;
            read::text(shown.value(name))
        });
        found.map(String::into_boxed_str)
    };
    let place = |name: &str| read::count(value.value(name));
    let span = place("start").zip(place("end")).filter(|(start, end)| start < end);
    Some(Citation { url: of_source("url"), title: of_source("title"), span, raw: Some(read::raw(value)) })
}
