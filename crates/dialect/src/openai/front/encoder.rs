//! Streams as clients read them.
//!
//! From <https://platform.openai.com/docs/api-reference/chat/streaming>.

use std::collections::BTreeMap;

use document::{ObjectWriter, append_members, append_number, append_object};
use model::{
    ChatEvent, ChoiceIndex, Extras, Finish, Json, Maker, Reasoning, Seal, Start, UpstreamError, Usage,
};
use stream::{ChatEncoder, StreamFault};

use super::{Style, content, logprobs, said, whole};
use crate::openai::error;
use crate::{Identity, sealed_id};

const DONE: &[u8] = b"data: [DONE]\n\n";
/// Bytes of reasoning that are kept until their seal comes. Longer reasoning loses the block that repeats it.
const LONGEST_BLOCK: usize = 4 << 20;

/// Writes one stream.
pub(super) struct Encoder {
    style: Style,
    include_usage: bool,
    id: Box<str>,
    /// Unix seconds.
    created: u64,
    model: Box<str>,
    /// How every chunk begins, up to and with its model.
    head: Vec<u8>,
    choices: BTreeMap<ChoiceIndex, Choice>,
    /// Members for the next chunk.
    extras: Extras,
}

/// What was written of one choice.
#[derive(Default)]
struct Choice {
    calls: u32,
    finished: bool,
    /// Reasoning that may still be sealed; none where it got too long.
    reasoning: Option<String>,
    /// Characters of text, and those before the present run of text.
    length: u64,
    run: u64,
    /// Characters that tokens with log probabilities had.
    offset: u64,
}

impl Encoder {
    pub(super) fn new(identity: Identity, style: Style, include_usage: bool) -> Self {
        let id = whole::id(None, &identity, style).into();
        let mut encoder = Self {
            style,
            include_usage,
            id,
            created: identity.created,
            model: identity.model,
            head: Vec::new(),
            choices: BTreeMap::new(),
            extras: Extras::default(),
        };
        encoder.write_head();
        encoder
    }

    fn write_head(&mut self) {
        let kind = if self.style == Style::Text { "text_completion" } else { "chat.completion.chunk" };
        self.head.clear();
        self.head.extend_from_slice(b"data: ");
        append_object(&mut self.head, |object| {
            object.text("id", &self.id);
            object.text("object", kind);
            object.number("created", self.created);
            object.text("model", &self.model);
        });
        // The brace that ends it.
        self.head.pop();
    }

    fn start(&mut self, start: Start) {
        if let Some(id) = start.id.filter(|id| !id.is_empty()) {
            self.id = id;
        }
        if let Some(model) = start.model.filter(|model| !model.is_empty()) {
            self.model = model;
        }
        self.created = start.created.unwrap_or(self.created);
        self.write_head();
    }

    /// Appends one chunk; `fill` writes its choices and usage.
    fn chunk(&mut self, out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        out.extend_from_slice(&self.head);
        append_members(out, |object| {
            fill(object);
            whole::write_extras(&std::mem::take(&mut self.extras), object);
        });
        out.extend_from_slice(b"\n\n");
    }

    /// Appends a chunk of one choice; `fill` writes all of it but the index. Nearly all chunks are such, so what never
    /// changes in them is written as it stands.
    fn choice(&mut self, index: ChoiceIndex, out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(b",\"choices\":[{\"index\":");
        append_number(out, u64::from(index));
        append_members(out, fill);
        out.extend_from_slice(if self.include_usage { b"],\"usage\":null" } else { b"]" });
        append_members(out, |object| whole::write_extras(&std::mem::take(&mut self.extras), object));
        out.extend_from_slice(b"\n\n");
    }

    /// The same for a choice that goes on.
    fn delta(&mut self, index: ChoiceIndex, out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.choice(index, out, |choice| {
            choice.object("delta", fill);
            choice.null("finish_reason");
        });
    }

    /// The state of a choice; its first chunk tells the role.
    fn open(&mut self, index: ChoiceIndex, out: &mut Vec<u8>) {
        if self.choices.contains_key(&index) {
            return;
        }
        self.choices.insert(index, Choice { reasoning: Some(String::new()), ..Choice::default() });
        if self.style != Style::Text {
            self.delta(index, out, |delta| {
                delta.text("role", "assistant");
                delta.text("content", "");
            });
        }
    }

    fn state(&mut self, index: ChoiceIndex) -> &mut Choice {
        self.choices.entry(index).or_default()
    }

    fn content(&mut self, index: ChoiceIndex, event: ChatEvent, out: &mut Vec<u8>) {
        match event {
            ChatEvent::Text { delta, .. } => {
                let length = said::length(&delta);
                self.state(index).length += length;
                self.delta(index, out, |object| object.text("content", &delta));
            }
            ChatEvent::Refusal { delta, .. } => {
                self.delta(index, out, |object| object.text("refusal", &delta));
            }
            ChatEvent::Reasoning { delta, .. } => {
                self.state(index).remember(&delta);
                self.delta(index, out, |object| object.text("reasoning_content", &delta));
            }
            ChatEvent::Sealed { seal, .. } => self.seal(index, seal, out),
            ChatEvent::Redacted { seal, .. } => self.block(index, &Reasoning::Redacted(seal), out),
            ChatEvent::ToolStart { call, id, name, seal, .. } => {
                let state = self.state(index);
                state.calls = state.calls.max(call.saturating_add(1));
                state.run = state.length;
                let id = sealed_id::join(&id, seal.as_ref());
                self.call(index, call, Some((&id, &name)), "", out);
            }
            ChatEvent::ToolArguments { call, delta, .. } => self.call(index, call, None, &delta, out),
            ChatEvent::Citation { citation, .. } => {
                let state = self.state(index);
                let span = (state.run, state.length);
                let (member, raw) = match (&citation.url, &citation.raw) {
                    (Some(_), _) => ("annotations", None),
                    (None, Some(raw)) => ("citations", Some(raw.clone())),
                    (None, None) => return,
                };
                self.delta(index, out, |object| {
                    object.array(member, |list| match raw {
                        Some(raw) => list.raw(raw.as_bytes()),
                        None => list.object(|object| said::write_annotation(&citation, span, object)),
                    });
                });
            }
            ChatEvent::Image { image, .. } => {
                if let Some(uri) = content::uri(&image.source) {
                    self.delta(index, out, |object| {
                        object.array("images", |images| {
                            images.object(|object| said::write_image(&uri, object));
                        });
                    });
                }
            }
            ChatEvent::Native { maker: Maker::OpenAi, value, .. } => self.native(index, &value, out),
            ChatEvent::Logprobs { value, .. } => {
                self.choice(index, out, |choice| {
                    choice.object("delta", |_| {});
                    choice.raw("logprobs", value.as_bytes());
                    choice.null("finish_reason");
                });
            }
            ChatEvent::Finish { finish, .. } => self.end_choice(index, &finish, out),
            ChatEvent::Native { .. }
            | ChatEvent::Start(_)
            | ChatEvent::Extra(_)
            | ChatEvent::Usage(_)
            | ChatEvent::ServedAs(_)
            | ChatEvent::Error(_) => {}
        }
    }

    /// The same for the older completions, which have text and nothing else.
    fn text(&mut self, index: ChoiceIndex, event: ChatEvent, out: &mut Vec<u8>) {
        match event {
            ChatEvent::Text { delta, .. } => self.choice(index, out, |choice| {
                choice.text("text", &delta);
                choice.null("logprobs");
                choice.null("finish_reason");
            }),
            ChatEvent::Logprobs { value, .. } => {
                let offset = self.state(index).offset;
                if let Some((value, end)) = logprobs::completions(&value, offset) {
                    self.state(index).offset = end;
                    self.choice(index, out, |choice| {
                        choice.text("text", "");
                        choice.raw("logprobs", &value);
                        choice.null("finish_reason");
                    });
                }
            }
            ChatEvent::Finish { finish, .. } => self.end_choice(index, &finish, out),
            _ => {}
        }
    }

    fn seal(&mut self, index: ChoiceIndex, seal: Seal, out: &mut Vec<u8>) {
        // Without the whole text the seal would not fit it.
        if let Some(text) = self.state(index).reasoning.replace(String::new()) {
            self.block(index, &Reasoning::Open { text, seal: Some(seal) }, out);
        }
    }

    fn block(&mut self, index: ChoiceIndex, block: &Reasoning, out: &mut Vec<u8>) {
        self.delta(index, out, |object| {
            object.array("thinking_blocks", |blocks| {
                blocks.object(|object| said::write_block(block, object));
            });
        });
    }

    fn call(
        &mut self,
        index: ChoiceIndex,
        call: u32,
        begin: Option<(&str, &str)>,
        arguments: &str,
        out: &mut Vec<u8>,
    ) {
        let function = |object: &mut ObjectWriter<'_>| {
            if let Some((_, name)) = begin {
                object.text("name", name);
            }
            object.text("arguments", arguments);
        };
        if self.style == Style::FunctionCall {
            // The older form has one call.
            if call == 0 {
                self.delta(index, out, |object| object.object("function_call", function));
            }
            return;
        }
        self.delta(index, out, |object| {
            object.array("tool_calls", |calls| {
                calls.object(|object| {
                    object.number("index", u64::from(call));
                    if let Some((id, _)) = begin {
                        object.text("id", id);
                        object.text("type", "function");
                    }
                    object.object("function", function);
                });
            });
        });
    }

    fn native(&mut self, index: ChoiceIndex, value: &Json, out: &mut Vec<u8>) {
        if !said::is_call(value) {
            self.delta(index, out, |object| said::write_members(value, object));
            return;
        }
        let state = self.state(index);
        let call = state.calls;
        state.calls += 1;
        self.delta(index, out, |object| {
            object.array("tool_calls", |calls| {
                calls.object(|object| {
                    object.number("index", u64::from(call));
                    said::write_members(value, object);
                });
            });
        });
    }

    fn end_choice(&mut self, index: ChoiceIndex, finish: &Finish, out: &mut Vec<u8>) {
        let state = self.state(index);
        state.finished = true;
        let reason = whole::finish(finish.reason, state.calls > 0, self.style);
        let text = self.style == Style::Text;
        self.choice(index, out, |choice| {
            if text {
                choice.text("text", "");
                choice.null("logprobs");
            } else {
                choice.object("delta", |_| {});
            }
            choice.text("finish_reason", reason);
        });
    }
}

impl Choice {
    fn remember(&mut self, delta: &str) {
        if let Some(text) = &mut self.reasoning {
            text.push_str(delta);
            if text.len() > LONGEST_BLOCK {
                self.reasoning = None;
            }
        }
    }
}

impl ChatEncoder for Encoder {
    fn event(&mut self, event: ChatEvent, out: &mut Vec<u8>) -> Result<(), StreamFault> {
        match event {
            ChatEvent::Start(start) => self.start(start),
            ChatEvent::Extra(extra) => self.extras.add(extra.name, extra.value),
            event => {
                let Some(index) = event.choice() else { return Ok(()) };
                if self.choices.get(&index).is_some_and(|choice| choice.finished) {
                    return Ok(());
                }
                self.open(index, out);
                match self.style {
                    Style::Text => self.text(index, event, out),
                    Style::Chat | Style::FunctionCall => self.content(index, event, out),
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, usage: Option<&Usage>, out: &mut Vec<u8>) {
        if self.choices.is_empty() {
            self.open(0, out);
        }
        let open = self.choices.iter().filter(|(_, choice)| !choice.finished).map(|(index, _)| *index);
        for index in open.collect::<Vec<_>>() {
            self.end_choice(index, &Finish::default(), out);
        }
        if let Some(usage) = usage.filter(|_| self.include_usage) {
            self.chunk(out, |object| {
                object.array("choices", |_| {});
                whole::write_usage(usage, object);
            });
        }
        out.extend_from_slice(DONE);
    }

    fn error(&mut self, error: &UpstreamError, out: &mut Vec<u8>) {
        out.extend_from_slice(&error::frame(&error::verdict(error)));
    }

    fn error_body(&self, error: &UpstreamError) -> Vec<u8> {
        error::body(&error::verdict(error))
    }
}
