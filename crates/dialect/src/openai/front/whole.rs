//! Whole answers as clients read them.

use std::borrow::Cow;

use document::{ObjectWriter, write_body};
use model::{ChatResponse, Choice, Extras, FinishReason, Usage};

use super::said::Said;
use super::{Style, logprobs};
use crate::Identity;
use crate::openai::usage;

/// Members that the gateway writes, which nothing else may write again.
const OWN: [&str; 8] = ["id", "object", "created", "model", "choices", "usage", "error", "index"];

pub(super) fn write(response: &ChatResponse, identity: &Identity, style: Style) -> Vec<u8> {
    write_body(|object| {
        object.text("id", &id(response.id.as_deref(), identity, style));
        object.text("object", if style == Style::Text { "text_completion" } else { "chat.completion" });
        object.number("created", response.created.unwrap_or(identity.created));
        object.text("model", response.model.as_deref().unwrap_or(&identity.model));
        object.array("choices", |choices| {
            for choice in &response.choices {
                choices.object(|object| write_choice(choice, style, object));
            }
        });
        if let Some(usage) = &response.usage {
            write_usage(usage, object);
        }
        if let Some(tier) = &response.service_tier
            && response.extras.value("service_tier").is_none()
        {
            object.text("service_tier", tier);
        }
        write_extras(&response.extras, object);
    })
}

/// The provider's id, or a made one.
pub(super) fn id<'a>(told: Option<&'a str>, identity: &Identity, style: Style) -> Cow<'a, str> {
    match (told.filter(|id| !id.is_empty()), style) {
        (Some(id), _) => id.into(),
        (None, Style::Text) => format!("cmpl-{}", identity.id).into(),
        (None, _) => format!("chatcmpl-{}", identity.id).into(),
    }
}

pub(super) fn write_usage(counts: &Usage, object: &mut ObjectWriter<'_>) {
    object.object("usage", |object| usage::write(counts, object));
}

pub(super) fn write_extras(extras: &Extras, object: &mut ObjectWriter<'_>) {
    for extra in extras.iter().filter(|extra| !OWN.contains(&&*extra.name)) {
        object.raw(&extra.name, extra.value.as_bytes());
    }
}

fn write_choice(choice: &Choice, style: Style, object: &mut ObjectWriter<'_>) {
    let said = Said::new(&choice.parts);
    object.number("index", u64::from(choice.index));
    if style == Style::Text {
        object.text("text", &said.text);
        match choice.logprobs.as_ref().and_then(|value| logprobs::completions(value, 0)) {
            Some((value, _)) => object.raw("logprobs", &value),
            None => object.null("logprobs"),
        }
    } else {
        object.object("message", |message| said.write(style == Style::FunctionCall, message));
        match &choice.logprobs {
            Some(value) => object.raw("logprobs", value.as_bytes()),
            None => object.null("logprobs"),
        }
    }
    object.text("finish_reason", finish(choice.finish.reason, said.calls_tools(), style));
    write_extras(&choice.extras, object);
}

/// The word for why generation ended. An answer that calls tools ended for that, whatever its provider says.
pub(super) const fn finish(reason: FinishReason, calls: bool, style: Style) -> &'static str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Stop | FinishReason::StopSequence if !calls => "stop",
        FinishReason::Stop | FinishReason::StopSequence | FinishReason::ToolCalls => match style {
            Style::Chat => "tool_calls",
            Style::FunctionCall => "function_call",
            Style::Text => "stop",
        },
    }
}
