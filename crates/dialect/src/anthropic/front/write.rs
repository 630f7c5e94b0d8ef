//! Whole answers in Messages, and what a streamed one has in common with them.
//!
//! From <https://docs.anthropic.com/en/api/messages>.

use std::borrow::Cow;

use document::{ArrayWriter, ObjectWriter, write_body, write_object};
use model::{
    Arguments, AssistantPart, ChatResponse, Citation, Finish, FinishReason, Maker, Reasoning, Seal, TextPart,
    ToolCall, Usage,
};
use stream::ChatEncoder;

use super::encoder::Encoder;
use super::seal;
use super::stretches::stretches;
use crate::anthropic::{ids, usage};
use crate::{ChatWriter, Identity, sealed_id};

/// The member that arguments are told in which are no JSON object, which an `input` must be:
/// <https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/fine-grained-tool-streaming>. With none in their
/// place a tool would run as if it had been asked for nothing.
const BROKEN: &str = "INVALID_JSON";

/// Writes the answer to one request.
pub(super) struct Writer {
    /// The client wants to see thinking.
    pub(super) thinking: bool,
    /// The model, as the client named it.
    pub(super) asked: Option<Box<str>>,
}

impl ChatWriter for Writer {
    fn whole(&self, response: &ChatResponse, identity: &Identity) -> Vec<u8> {
        let choice = response.choices.first();
        let parts = choice.map_or(&[][..], |choice| &choice.parts);
        let calls = parts.iter().any(|part| matches!(part, AssistantPart::ToolCall(_)));
        let finish = choice.map(|choice| choice.finish.clone()).unwrap_or_default();
        let usage = response.usage.unwrap_or_else(|| estimate(identity, parts));
        write_body(|message| {
            message.text("id", &message_id(response.id.as_deref().unwrap_or(&identity.id)));
            message.text("type", "message");
            message.text("role", "assistant");
            message.text("model", name(self.asked.as_deref(), response.model.as_deref(), identity));
            message.array("content", |content| {
                let mut start = 0;
                for part in parts {
                    self.write_part(part, start, content);
                    if let AssistantPart::Text(part) = part {
                        start += part.text.chars().count() as u64;
                    }
                }
            });
            write_stop(&finish, calls, message);
            message.object("usage", |object| usage::write(&usage, object));
        })
    }

    fn encoder(&self, identity: Identity) -> Box<dyn ChatEncoder> {
        Box::new(Encoder::new(identity, self.thinking, self.asked.clone()))
    }
}

impl Writer {
    fn write_part(&self, part: &AssistantPart, start: u64, content: &mut ArrayWriter<'_>) {
        match part {
            AssistantPart::Text(part) => write_text(part, start, content),
            AssistantPart::Refusal(text) => write_text(&TextPart::new(text.as_str()), start, content),
            AssistantPart::Reasoning(reasoning) if self.thinking => write_reasoning(reasoning, content),
            AssistantPart::ToolCall(call) => write_call(call, content),
            AssistantPart::Native(Maker::Anthropic, value) => content.raw(value.as_bytes()),
            // There is no block for them.
            AssistantPart::Reasoning(_) | AssistantPart::Native(..) | AssistantPart::Image(_) => {}
        }
    }
}

/// What the client is told of which model answered: what it asked for, where the provider was asked for another name;
/// else what the provider says.
pub(super) fn name<'n>(asked: Option<&'n str>, said: Option<&'n str>, identity: &'n Identity) -> &'n str {
    asked.filter(|asked| *asked != &*identity.model).or(said).unwrap_or(&identity.model)
}

/// Writes a text that begins at this character of all text; as several blocks where only some of it has a source,
/// since a citation is of a block.
fn write_text(part: &TextPart, start: u64, content: &mut ArrayWriter<'_>) {
    for (text, citations) in stretches(part, start) {
        if text.is_empty() {
            continue;
        }
        content.object(|block| {
            block.text("type", "text");
            block.text("text", text);
            if !citations.is_empty() {
                block.array("citations", |list| citations.iter().for_each(|citation| list.raw(citation)));
            }
        });
    }
}

fn write_reasoning(reasoning: &Reasoning, content: &mut ArrayWriter<'_>) {
    match reasoning {
        Reasoning::Open { text, seal: None } if text.is_empty() => {}
        // Gemini seals text as well.
        Reasoning::Open { text, seal: Some(seal) } if text.is_empty() && seal.maker == Maker::Gemini => {}
        Reasoning::Open { text, seal } => content.object(|block| {
            block.text("type", "thinking");
            block.text("thinking", text);
            block.text("signature", &seal.as_ref().map(seal::signature).unwrap_or_default());
        }),
        Reasoning::Redacted(seal) => content.raw(&redacted(seal)),
    }
}

fn write_call(call: &ToolCall, content: &mut ArrayWriter<'_>) {
    content.object(|block| {
        block.text("type", "tool_use");
        block.text("id", &call_id(&call.id, call.seal.as_ref()));
        block.text("name", &call.name);
        match &call.arguments {
            Arguments::Broken(text) if text.trim() != "null" => {
                block.object("input", |input| input.text(BROKEN, text));
            }
            arguments => block.raw("input", arguments.as_object()),
        }
    });
}

/// A block of thinking that its maker has encrypted.
pub(super) fn redacted(seal: &Seal) -> Vec<u8> {
    write_object(|block| {
        block.text("type", "redacted_thinking");
        block.text("data", &seal::signature(seal));
    })
}

/// The id of a call as clients take it, with its seal.
pub(super) fn call_id<'i>(id: &'i str, seal: Option<&Seal>) -> Cow<'i, str> {
    match ids::legal(id) {
        Cow::Borrowed(id) => sealed_id::join_plain(id, seal),
        Cow::Owned(id) => Cow::Owned(sealed_id::join_plain(&id, seal).into_owned()),
    }
}

/// The id of a message, which begins as all of Anthropic's do.
pub(super) fn message_id(id: &str) -> Cow<'_, str> {
    if id.starts_with("msg_") { Cow::Borrowed(id) } else { Cow::Owned(format!("msg_{id}")) }
}

/// `stop_reason` and `stop_sequence`.
pub(super) fn write_stop(finish: &Finish, calls: bool, object: &mut ObjectWriter<'_>) {
    let (reason, sequence) = stop(finish, calls);
    object.text("stop_reason", reason);
    match sequence {
        Some(sequence) => object.text("stop_sequence", sequence),
        None => object.null("stop_sequence"),
    }
}

/// Many providers say `stop` where tools are called, and some the reverse.
fn stop(finish: &Finish, calls: bool) -> (&'static str, Option<&str>) {
    match (finish.reason, finish.sequence.as_deref()) {
        (FinishReason::Length, _) => ("max_tokens", None),
        (FinishReason::ContentFilter, _) => ("refusal", None),
        _ if calls => ("tool_use", None),
        (FinishReason::Stop | FinishReason::StopSequence, Some(sequence)) => {
            ("stop_sequence", Some(sequence))
        }
        // No tool is called whatever is said, or no sequence was named.
        (FinishReason::ToolCalls | FinishReason::Stop | FinishReason::StopSequence, _) => ("end_turn", None),
    }
}

/// A citation as Claude writes it, or as one of a web search; none where neither fits.
pub(super) fn citation(citation: &Citation) -> Option<Vec<u8>> {
    let raw = citation.raw.as_ref().map(model::Json::as_str).filter(|raw| {
        ["char", "page", "content_block", "web_search_result", "search_result"]
            .iter()
            .any(|kind| raw.contains(&format!("\"{kind}_location\"")))
    });
    if let Some(raw) = raw {
        return Some(raw.as_bytes().to_vec());
    }
    let url = citation.url.as_deref()?;
    Some(write_object(|object| {
        object.text("type", "web_search_result_location");
        object.text("url", url);
        match &citation.title {
            Some(title) => object.text("title", title),
            None => object.null("title"),
        }
        object.text("cited_text", "");
        object.text("encrypted_index", "");
    }))
}

/// What an answer may have used, where its provider does not say.
fn estimate(identity: &Identity, parts: &[AssistantPart]) -> Usage {
    let bytes = |part: &AssistantPart| match part {
        AssistantPart::Text(part) => part.text.len(),
        AssistantPart::Refusal(text) | AssistantPart::Reasoning(Reasoning::Open { text, .. }) => text.len(),
        AssistantPart::ToolCall(call) => call.name.len() + call.arguments.as_text().len(),
        _ => 0,
    };
    let bytes: usize = parts.iter().map(bytes).sum();
    estimated(identity, bytes as u64)
}

/// One token for four bytes.
pub(super) fn estimated(identity: &Identity, output_bytes: u64) -> Usage {
    Usage { fresh_input: identity.input_estimate, output: output_bytes.div_ceil(4), ..Usage::default() }
}
