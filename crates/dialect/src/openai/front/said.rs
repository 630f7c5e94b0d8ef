//! The parts of an answer in the places where OpenAI's messages have them.

use std::borrow::Cow;

use document::{Document, ObjectWriter, Value};
use model::{AssistantPart, Citation, Image, Json, Maker, Reasoning, ToolCall};

use super::content;
use crate::sealed_id;

/// What one answer says, sorted by where it is written.
#[derive(Default)]
pub(super) struct Said<'r> {
    pub(super) text: Cow<'r, str>,
    refusal: String,
    reasoning: String,
    blocks: Vec<&'r Reasoning>,
    pub(super) calls: Vec<&'r ToolCall>,
    customs: Vec<&'r Json>,
    native: Vec<&'r Json>,
    images: Vec<&'r Image>,
    citations: Vec<(&'r Citation, Span)>,
}

/// Characters of the text: first, one after the last.
pub(in crate::openai) type Span = (u64, u64);

impl<'r> Said<'r> {
    pub(super) fn new(parts: &'r [AssistantPart]) -> Self {
        let mut said = Self::default();
        for part in parts {
            said.add(part);
        }
        said
    }

    fn add(&mut self, part: &'r AssistantPart) {
        match part {
            AssistantPart::Text(part) => {
                if part.citations.is_empty() {
                    self.text += &*part.text;
                    return;
                }
                let start = length(&self.text);
                self.text += &*part.text;
                let span = (start, length(&self.text));
                self.citations.extend(part.citations.iter().map(|citation| (citation, span)));
            }
            AssistantPart::Reasoning(block) => {
                if let Reasoning::Open { text, .. } = block {
                    self.reasoning.push_str(text);
                }
                self.blocks.push(block);
            }
            AssistantPart::Refusal(text) => self.refusal.push_str(text),
            AssistantPart::ToolCall(call) => self.calls.push(call),
            AssistantPart::Image(image) => self.images.push(image),
            AssistantPart::Native(Maker::OpenAi, value) if is_call(value) => self.customs.push(value),
            AssistantPart::Native(Maker::OpenAi, value) => self.native.push(value),
            // Nobody here could read it.
            AssistantPart::Native(..) => {}
        }
    }

    pub(super) fn calls_tools(&self) -> bool {
        !self.calls.is_empty() || !self.customs.is_empty()
    }

    /// Writes the message. `function_call`: the first call in the older form, instead of all in the newer.
    pub(super) fn write(&self, function_call: bool, message: &mut ObjectWriter<'_>) {
        message.text("role", "assistant");
        let other = self.calls_tools() || !self.refusal.is_empty() || !self.native.is_empty();
        if self.text.is_empty() && other {
            message.null("content");
        } else {
            message.text("content", &self.text);
        }
        if !self.reasoning.is_empty() {
            message.text("reasoning_content", &self.reasoning);
        }
        if self.blocks.iter().any(|block| is_sealed(block)) {
            message.array("thinking_blocks", |blocks| {
                for block in &self.blocks {
                    blocks.object(|object| write_block(block, object));
                }
            });
        }
        if self.refusal.is_empty() {
            message.null("refusal");
        } else {
            message.text("refusal", &self.refusal);
        }
        self.write_calls(function_call, message);
        if !self.images.is_empty() {
            message.array("images", |images| {
                for uri in self.images.iter().filter_map(|image| content::uri(&image.source)) {
                    images.object(|object| write_image(&uri, object));
                }
            });
        }
        self.write_citations(message);
        for value in &self.native {
            write_members(value, message);
        }
    }

    fn write_calls(&self, function_call: bool, message: &mut ObjectWriter<'_>) {
        if function_call {
            if let Some(call) = self.calls.first() {
                message.object("function_call", |function| {
                    function.text("name", &call.name);
                    function.text("arguments", call.arguments.as_text());
                });
            }
        } else if self.calls_tools() {
            message.array("tool_calls", |calls| {
                for call in &self.calls {
                    calls.object(|object| {
                        object.text("id", &sealed_id::join(&call.id, call.seal.as_ref()));
                        object.text("type", "function");
                        object.object("function", |function| {
                            function.text("name", &call.name);
                            function.text("arguments", call.arguments.as_text());
                        });
                    });
                }
                self.customs.iter().for_each(|call| calls.raw(call.as_bytes()));
            });
        }
    }

    fn write_citations(&self, message: &mut ObjectWriter<'_>) {
        if self.citations.iter().any(|(citation, _)| citation.url.is_some()) {
            message.array("annotations", |annotations| {
                for (citation, span) in &self.citations {
                    if citation.url.is_some() {
                        annotations.object(|object| write_annotation(citation, *span, object));
                    }
                }
            });
        }
        let without = || self.citations.iter().filter(|(citation, _)| citation.url.is_none());
        if without().any(|(citation, _)| citation.raw.is_some()) {
            message.array("citations", |citations| {
                let raw = without().filter_map(|(citation, _)| citation.raw.as_ref());
                raw.for_each(|raw| citations.raw(raw.as_bytes()));
            });
        }
    }
}

pub(in crate::openai) fn length(text: &str) -> u64 {
    text.chars().count() as u64
}

const fn is_sealed(block: &Reasoning) -> bool {
    matches!(block, Reasoning::Redacted(_) | Reasoning::Open { seal: Some(_), .. })
}

/// Whether something of OpenAI's own is a call of a custom tool; else it is members of a message.
pub(in crate::openai) fn is_call(value: &Json) -> bool {
    let document = Document::parse(value.as_bytes().to_vec().into());
    document.is_ok_and(|document| document.value("custom").is_some())
}

/// Writes the members of an object among those of another.
pub(in crate::openai) fn write_members(value: &Json, object: &mut ObjectWriter<'_>) {
    let Ok(document) = Document::parse(value.as_bytes().to_vec().into()) else { return };
    for member in document.members() {
        object.raw(&member.name.decoded(), member.value.raw());
    }
}

/// One of `thinking_blocks`.
pub(in crate::openai) fn write_block(block: &Reasoning, object: &mut ObjectWriter<'_>) {
    let seal = match block {
        Reasoning::Open { text, seal } => {
            object.text("type", "thinking");
            object.text("thinking", text);
            if let Some(seal) = seal {
                object.text("signature", &seal.text);
            }
            seal.as_ref()
        }
        Reasoning::Redacted(seal) => {
            object.text("type", "redacted_thinking");
            object.text("data", &seal.text);
            Some(seal)
        }
    };
    if let Some(maker) = seal.and_then(|seal| maker_name(seal.maker)) {
        object.text("maker", maker);
    }
}

/// Whose a seal is, where it is not Anthropic's, whose form the blocks have.
const fn maker_name(maker: Maker) -> Option<&'static str> {
    match maker {
        Maker::Anthropic => None,
        Maker::Gemini => Some("gemini"),
        Maker::OpenAi => Some("openai"),
        Maker::Cohere => Some("cohere"),
        Maker::Bedrock => Some("bedrock"),
    }
}

/// Whose the seal of a block is.
pub(in crate::openai) fn maker_of(block: Value<'_>) -> Maker {
    let named = block.value("maker").and_then(Value::as_str);
    let makers = [Maker::Gemini, Maker::OpenAi, Maker::Cohere, Maker::Bedrock];
    let known = |maker: &Maker| named.is_some() && maker_name(*maker) == named.as_deref();
    makers.into_iter().find(known).unwrap_or(Maker::Anthropic)
}

/// One of `images`.
pub(super) fn write_image(uri: &str, object: &mut ObjectWriter<'_>) {
    object.text("type", "image_url");
    object.object("image_url", |image| image.text("url", uri));
}

/// One of `annotations`. `span` is where the text is that has the citation, for citations that do not say.
pub(in crate::openai) fn write_annotation(citation: &Citation, span: Span, object: &mut ObjectWriter<'_>) {
    let (start, end) = citation.span.unwrap_or(span);
    object.text("type", "url_citation");
    object.object("url_citation", |source| {
        source.number("start_index", start);
        source.number("end_index", end);
        source.text("title", citation.title.as_deref().unwrap_or_default());
        source.text("url", citation.url.as_deref().unwrap_or_default());
    });
}
