//! What a message of an answer, or a delta of one, says.

use document::{Document, Kind, Value, write_object};
use model::{ChatEvent, ChoiceIndex, Citation, Finish, Json, Maker, Seal};
use stream::Unreadable;

use super::Way;
use super::calls::Calls;
use crate::openai::finish;
use crate::openai::front::{Field, Place, maker_of, media};

/// One choice of an answer, while it is read.
#[derive(Debug, Default)]
pub(super) struct Choice {
    calls: Calls,
    pub(super) finished: bool,
    /// Addresses that the answer rests on, told apart from its text.
    pub(super) sources: Vec<Box<str>>,
}

/// Where events of a choice go.
pub(super) struct Sink<'a> {
    pub(super) choice: ChoiceIndex,
    pub(super) way: &'a Way,
    pub(super) document: &'a Document,
    pub(super) events: &'a mut Vec<ChatEvent>,
}

impl Sink<'_> {
    fn text(&mut self, delta: String) {
        if !delta.is_empty() {
            self.events.push(ChatEvent::Text { choice: self.choice, delta });
        }
    }

    fn reasoning(&mut self, delta: String) {
        if !delta.is_empty() {
            self.events.push(ChatEvent::Reasoning { choice: self.choice, delta });
        }
    }

    fn refusal(&mut self, delta: String) {
        if !delta.is_empty() {
            self.events.push(ChatEvent::Refusal { choice: self.choice, delta });
        }
    }

    fn seal(&mut self, text: Option<String>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let seal = Seal { maker: Maker::Anthropic, text: text.into() };
            self.events.push(ChatEvent::Sealed { choice: self.choice, seal });
        }
    }

    fn image(&mut self, value: Value<'_>) {
        if let Ok(image) = media::image(self.document, Field::new(value, Place::Top)) {
            self.events.push(ChatEvent::Image { choice: self.choice, image });
        }
    }
}

/// The members of a message or a delta that matter.
#[derive(Default)]
struct Parts<'d> {
    content: Option<Value<'d>>,
    reasoning_content: Option<Value<'d>>,
    reasoning: Option<Value<'d>>,
    thinking_blocks: Option<Value<'d>>,
    refusal: Option<Value<'d>>,
    images: Option<Value<'d>>,
    annotations: Option<Value<'d>>,
    audio: Option<Value<'d>>,
    tool_calls: Option<Value<'d>>,
    function_call: Option<Value<'d>>,
}

impl<'d> Parts<'d> {
    fn new(value: Value<'d>) -> Self {
        let mut parts = Self::default();
        for member in value.members().filter(|member| !member.value.is_null()) {
            let place = match &*member.name.decoded() {
                "content" => &mut parts.content,
                "reasoning_content" => &mut parts.reasoning_content,
                "reasoning" => &mut parts.reasoning,
                "thinking_blocks" => &mut parts.thinking_blocks,
                "refusal" => &mut parts.refusal,
                "images" => &mut parts.images,
                "annotations" => &mut parts.annotations,
                "audio" => &mut parts.audio,
                "tool_calls" => &mut parts.tool_calls,
                "function_call" => &mut parts.function_call,
                _ => continue,
            };
            *place = Some(member.value);
        }
        parts
    }
}

impl Choice {
    /// Reads a `message` (`whole`) or a `delta`.
    pub(super) fn read(
        &mut self,
        value: Value<'_>,
        whole: bool,
        sink: &mut Sink<'_>,
    ) -> Result<(), Unreadable> {
        let parts = Parts::new(value);
        read_reasoning(&parts, whole, sink);
        if let Some(content) = parts.content {
            read_content(content, sink);
        }
        sink.refusal(string(parts.refusal));
        for image in items(parts.images) {
            sink.image(image.value("image_url").unwrap_or(image));
        }
        for annotation in items(parts.annotations) {
            if let Some(citation) = citation(annotation, sink.document) {
                sink.events.push(ChatEvent::Citation { choice: sink.choice, citation });
            }
        }
        if let Some(audio) = parts.audio.filter(|audio| audio.kind() == Kind::Object) {
            let value = Json::from_checked(write_object(|object| object.raw("audio", audio.raw())));
            sink.events.push(ChatEvent::Native { choice: sink.choice, maker: Maker::OpenAi, value });
        }
        for call in items(parts.tool_calls).filter(|call| call.kind() == Kind::Object) {
            self.calls.add(call, whole, sink.choice, sink.way, sink.events)?;
        }
        match parts.function_call.filter(|call| call.kind() == Kind::Object) {
            Some(call) => self.calls.add_function_call(call, sink.choice, sink.way, sink.events),
            None => Ok(()),
        }
    }

    /// Ends the choice.
    pub(super) fn finish(&mut self, word: &str, sequence: Option<Box<str>>, sink: &mut Sink<'_>) {
        for url in std::mem::take(&mut self.sources) {
            let citation = Citation { url: Some(url), title: None, span: None, raw: None };
            sink.events.push(ChatEvent::Citation { choice: sink.choice, citation });
        }
        self.calls.finish(sink.choice, sink.way, sink.events);
        let finish: Finish = finish::read(word, sequence, !self.calls.is_empty());
        self.finished = true;
        sink.events.push(ChatEvent::Finish { choice: sink.choice, finish });
    }
}

/// Reasoning as one text, as blocks, or as both.
fn read_reasoning(parts: &Parts<'_>, whole: bool, sink: &mut Sink<'_>) {
    let text = string(parts.reasoning_content);
    let text = if text.is_empty() { string(parts.reasoning) } else { text };
    // Of a whole answer the blocks say more; in a stream they repeat what deltas have said.
    let told = |block: Value<'_>| !string(block.value("thinking")).is_empty();
    let in_blocks = whole && items(parts.thinking_blocks).any(told);
    if !in_blocks {
        sink.reasoning(text);
    }
    for block in items(parts.thinking_blocks) {
        if let Some(data) = block.value("data").and_then(Value::as_str).filter(|data| !data.is_empty()) {
            let seal = Seal { maker: maker_of(block), text: data.as_ref().into() };
            sink.events.push(ChatEvent::Redacted { choice: sink.choice, seal });
            continue;
        }
        if in_blocks {
            sink.reasoning(string(block.value("thinking")));
        }
        let signature = string(block.value("signature"));
        if !signature.is_empty() {
            let seal = Seal { maker: maker_of(block), text: signature.into() };
            sink.events.push(ChatEvent::Sealed { choice: sink.choice, seal });
        }
    }
}

/// A text, or parts as Mistral and Databricks send them.
fn read_content(content: Value<'_>, sink: &mut Sink<'_>) {
    if content.kind() == Kind::String {
        return sink.text(string(Some(content)));
    }
    for part in content.items() {
        if part.kind() == Kind::String {
            sink.text(string(Some(part)));
            continue;
        }
        match &*string(part.value("type")) {
            "text" | "output_text" | "" => sink.text(string(part.value("text"))),
            "refusal" => sink.refusal(string(part.value("refusal"))),
            "thinking" => {
                sink.reasoning(texts(part.value("thinking")));
                sink.seal(part.value("signature").map(|seal| string(Some(seal))));
            }
            "reasoning" => {
                let told = ["summary", "content", "text"].into_iter().find_map(|name| part.value(name));
                sink.reasoning(texts(told));
                let signed = items(part.value("summary")).find_map(|item| item.value("signature"));
                sink.seal(signed.map(|seal| string(Some(seal))));
            }
            "image_url" => {
                if let Some(image) = part.value("image_url") {
                    sink.image(image);
                }
            }
            _ => {}
        }
    }
}

/// A text, or the texts of parts.
fn texts(value: Option<Value<'_>>) -> String {
    match value {
        Some(list) if list.kind() == Kind::Array => {
            list.items().map(|item| string(item.value("text").or(Some(item)))).collect()
        }
        other => string(other),
    }
}

fn string(value: Option<Value<'_>>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().into_owned()
}

pub(super) fn items(list: Option<Value<'_>>) -> impl Iterator<Item = Value<'_>> {
    list.into_iter().flat_map(Value::items)
}

fn citation(annotation: Value<'_>, document: &Document) -> Option<Citation> {
    let source = annotation.value("url_citation").unwrap_or(annotation);
    let text = |name| source.value(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let number = |name| source.value(name).and_then(Value::as_u64);
    let raw = Some(Json::from_checked(document.share(&annotation)));
    Some(Citation {
        url: Some(text("url")?.as_ref().into()),
        title: text("title").map(|title| title.as_ref().into()),
        span: number("start_index").zip(number("end_index")),
        raw,
    })
}
