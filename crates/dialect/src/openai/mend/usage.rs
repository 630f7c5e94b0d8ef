//! Usage as OpenAI counts it: reasoning within the completion, what came out of a cache within the prompt.

use document::{ObjectWriter, Value, write_object};

use crate::openai::usage;

/// The counts with what is missing; none where nothing is.
pub(super) fn mended(counts: Value<'_>, reasoning_outside: bool) -> Option<Vec<u8>> {
    let read = usage::read(counts, reasoning_outside)?;
    let stated = counts.value("completion_tokens").and_then(Value::as_u64);
    let completion = read.completion_tokens();
    let completes = stated.is_some_and(|stated| stated != completion);
    let details = counts.value("prompt_tokens_details");
    let known = details.and_then(|details| details.value("cached_tokens")).and_then(Value::as_u64);
    let cached = (read.cache_read > 0 && known.unwrap_or(0) == 0).then_some(read.cache_read);
    if !completes && cached.is_none() {
        return None;
    }
    let write_details = |details: Option<Value<'_>>, cached: u64, object: &mut ObjectWriter<'_>| {
        object.object("prompt_tokens_details", |object| {
            for member in details.into_iter().flat_map(Value::members) {
                if !member.name.is("cached_tokens") {
                    object.raw(&member.name.decoded(), member.value.raw());
                }
            }
            object.number("cached_tokens", cached);
        });
    };
    Some(write_object(|object| {
        for member in counts.members() {
            if completes && member.name.is("completion_tokens") {
                object.number("completion_tokens", completion);
            } else if cached.is_none() || !member.name.is("prompt_tokens_details") {
                object.raw(&member.name.decoded(), member.value.raw());
            }
        }
        if let Some(cached) = cached {
            write_details(details, cached, object);
        }
    }))
}
