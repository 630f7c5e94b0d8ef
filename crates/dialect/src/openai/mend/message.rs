//! The message of an answer, or a part of one, as OpenAI's clients read it.

use document::{ArrayWriter, Kind, ObjectWriter, Value, write_object};
use model::{Citation, Maker, Reasoning, Seal};

use super::parts::Parts;
use super::{Extent, Spoken};
use crate::Deviation;
use crate::openai::front::{text_length, write_annotation, write_block};

/// Bytes of thoughts that are kept until their seal comes. Longer ones lose the block that repeats them.
const LONGEST_THOUGHT: usize = 4 << 20;

/// What of a message is not as it should be.
struct Changes<'d> {
    parts: Option<Parts<'d>>,
    /// Thoughts under the other name.
    renamed: Option<Value<'d>>,
    calls: Option<Vec<u8>>,
    sources: Vec<Box<str>>,
}

/// The message as it should be; none where it is that.
pub(super) fn mended(
    message: Value<'_>,
    deviations: &[Deviation],
    extent: Extent,
    sources: Option<Value<'_>>,
    seed: &str,
    spoken: &mut Spoken,
) -> Option<Vec<u8>> {
    let has = |deviation| deviations.contains(&deviation);
    let member = |name| message.value(name).filter(|value: &Value<'_>| !value.is_null());
    let list = member("content").filter(|content| content.kind() == Kind::Array);
    let before = spoken.thoughts.take();
    let too_long = before.is_none();
    let parts = list.filter(|_| has(Deviation::ContentParts));
    let mut parts = parts.map(|list| Parts::new(list, before.clone().unwrap_or_default()));
    spoken.thoughts = match &mut parts {
        None => before,
        Some(parts) => keep(parts, too_long),
    };
    let renamed = member("reasoning").filter(|thoughts| thoughts.kind() == Kind::String);
    let renamed = renamed.filter(|_| has(Deviation::ReasoningName) && member("reasoning_content").is_none());
    let calls = member("tool_calls").filter(|calls| calls.kind() == Kind::Array);
    let calls = calls.and_then(|calls| {
        let mended = spoken.calls.mended(calls, extent, seed);
        mended.filter(|_| has(Deviation::LooseCalls))
    });
    let sources = sources.filter(|_| member("annotations").is_none_or(Value::is_empty));
    let sources = sources.into_iter().flat_map(Value::items);
    let sources: Vec<Box<str>> = sources.filter_map(|url| Some(url.as_str()?.as_ref().into())).collect();
    let changes = Changes { parts, renamed, calls, sources };
    let right = changes.parts.is_none() && changes.renamed.is_none() && changes.calls.is_none();
    if right && changes.sources.is_empty() {
        return None;
    }
    Some(write_object(|object| changes.write(message, extent, object)))
}

/// What may still be sealed. Without the whole text a seal would not fit it.
fn keep(parts: &mut Parts<'_>, too_long: bool) -> Option<String> {
    let sealed = !parts.sealed.is_empty();
    if too_long && sealed {
        parts.sealed.remove(0);
    }
    let kept = std::mem::take(&mut parts.unsealed);
    ((!too_long || sealed) && kept.len() <= LONGEST_THOUGHT).then_some(kept)
}

impl Changes<'_> {
    fn write(&self, message: Value<'_>, extent: Extent, object: &mut ObjectWriter<'_>) {
        for member in message.members() {
            let name = member.name.decoded();
            match (&*name, &self.parts) {
                ("content", Some(parts)) => write_content(parts, message, extent, object),
                // They are written with the parts.
                ("reasoning_content", Some(parts)) if !parts.reasoning.is_empty() => {}
                ("refusal", Some(parts)) if !parts.refusal.is_empty() => {}
                ("images", Some(parts)) if !parts.images.is_empty() => {}
                ("reasoning_content", None) if self.renamed.is_some() => {}
                ("reasoning", _) if self.renamed.is_some() => {
                    object.raw("reasoning_content", member.value.raw());
                }
                ("annotations", _) if !self.sources.is_empty() => {}
                ("tool_calls", _) => {
                    object.raw("tool_calls", self.calls.as_deref().unwrap_or(member.value.raw()));
                }
                (name, _) => object.raw(name, member.value.raw()),
            }
        }
        if !self.sources.is_empty() {
            // They are told at the end, for all of the text; a stream has not kept it.
            let text = message.value("content").and_then(Value::as_str).unwrap_or_default();
            let length = text_length(&text);
            object.array("annotations", |list| {
                for url in &self.sources {
                    let citation = Citation { url: Some(url.clone()), title: None, span: None, raw: None };
                    list.object(|object| write_annotation(&citation, (0, length), object));
                }
            });
        }
    }
}

/// What the list says, in the places of OpenAI's messages.
fn write_content(parts: &Parts<'_>, message: Value<'_>, extent: Extent, object: &mut ObjectWriter<'_>) {
    let calls = message.value("tool_calls").is_some_and(|calls| !calls.is_null() && !calls.is_empty());
    match (&parts.text, extent) {
        (Some(text), _) => object.text("content", text),
        (None, Extent::Whole) if !calls => object.text("content", ""),
        (None, Extent::Whole) => object.null("content"),
        // A chunk of thoughts says nothing of the text.
        (None, Extent::Delta) => {}
    }
    if !parts.reasoning.is_empty() {
        let before = message.value("reasoning_content").and_then(Value::as_str).unwrap_or_default();
        object.text("reasoning_content", &format!("{before}{}", parts.reasoning));
    }
    if !parts.sealed.is_empty() {
        object.array("thinking_blocks", |blocks| {
            for (text, seal) in &parts.sealed {
                let seal = Some(Seal { maker: Maker::Anthropic, text: seal.as_str().into() });
                let block = Reasoning::Open { text: text.clone(), seal };
                blocks.object(|object| write_block(&block, object));
            }
        });
    }
    if !parts.refusal.is_empty() {
        object.text("refusal", &parts.refusal);
    }
    let lists =
        [("images", &parts.images), ("citations", &parts.references), ("content_parts", &parts.others)];
    for (name, values) in lists.into_iter().filter(|(_, values)| !values.is_empty()) {
        object.array(name, |list: &mut ArrayWriter<'_>| {
            for value in values {
                list.raw(value.raw());
            }
        });
    }
}
