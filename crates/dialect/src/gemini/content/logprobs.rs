//! Log probabilities, turned into OpenAI's form.

use document::{ArrayWriter, ObjectWriter, Value, write_object};
use model::Json;

/// None where no tokens are told.
pub(super) fn read(result: Value<'_>) -> Option<Json> {
    let chosen = result.value("chosenCandidates").filter(|chosen| !chosen.is_empty())?;
    let mut tops = result.value("topCandidates").into_iter().flat_map(Value::items);
    let written = write_object(|object| {
        object.array("content", |content| {
            for token in chosen.items() {
                let top = tops.next().and_then(|top| top.value("candidates"));
                content.object(|object| {
                    write(token, object);
                    object.array("top_logprobs", |list| {
                        top.into_iter().flat_map(Value::items).for_each(|other| item(other, list));
                    });
                });
            }
        });
        object.null("refusal");
    });
    Some(Json::from_checked(written))
}

fn item(token: Value<'_>, list: &mut ArrayWriter<'_>) {
    list.object(|object| write(token, object));
}

fn write(token: Value<'_>, object: &mut ObjectWriter<'_>) {
    let text = token.value("token").and_then(Value::as_str).unwrap_or_default();
    object.text("token", &text);
    object.raw("logprob", token.value("logProbability").map_or(b"0".as_slice(), Value::raw));
    object.array("bytes", |bytes| text.bytes().for_each(|byte| bytes.number(byte.into())));
}
