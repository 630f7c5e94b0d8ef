//! A canonical request written as Messages.
//!
//! From <https://docs.anthropic.com/en/api/messages>.

use document::{ObjectWriter, write_body};
use model::{ChatRequest, LossKind, Losses, ResponseFormat};

use super::hosting::{Hosting, VERSION};
use super::ids::TOOL_NAMES;
use crate::{ChatCall, Delivery, EncodeError, Structured, ToolNames};

mod blocks;
mod conversation;
mod extras;
mod sampling;
mod search;
mod thinking;
mod tools;

use conversation::Conversation;
use extras::Extras;
use thinking::Thinking;
pub(super) use thinking::may_be_off;
use tools::Tools;

/// A request as Claude reads it.
pub(super) struct Written {
    pub(super) body: Vec<u8>,
    /// Betas for the header.
    pub(super) betas: Vec<Box<str>>,
    pub(super) names: ToolNames,
    /// The tool whose arguments are the answer's content.
    pub(super) answer_tool: Option<Box<str>>,
    /// The model was told to think.
    pub(super) thinks: bool,
}

/// Writes `request`; what `settle` has reported is not reported again.
pub(super) fn write(
    hosting: &Hosting,
    request: &ChatRequest,
    call: &ChatCall<'_>,
    losses: &mut Losses,
) -> Result<Written, EncodeError> {
    let names = ToolNames::of(request, TOOL_NAMES);
    let conversation = Conversation::of(request, losses)?;
    let mut extras = Extras::of(request, hosting, losses);
    if hosting.model_in_body && conversation.has_uploads() {
        extras.add_beta("files-api-2025-04-14");
    }
    let emulated = matches!(request.response_format, ResponseFormat::JsonSchema { .. })
        && call.family.structured == Structured::ForcedTool;
    let thinking = Thinking::of(request, call.family, &extras, &conversation, emulated, losses);
    let tools = Tools::of(request, hosting, call.family, &names, thinking.is_on(), losses)?;
    let body = write_body(|body| {
        if hosting.model_in_body {
            body.text("model", call.model);
        }
        if let Some(version) = hosting.version_for(call.settings.value(VERSION)) {
            body.text("anthropic_version", version);
        }
        if !hosting.has_beta_header() && !extras.betas().is_empty() {
            body.texts("anthropic_beta", extras.betas());
        }
        body.number("max_tokens", thinking.max_tokens());
        conversation.write(&names, body);
        tools.write(body);
        thinking.write(body);
        write_output_config(request, call, &thinking, &extras, body);
        let free = !hosting.samples_by_itself("", call.settings);
        sampling::write(request, call.family, free, &thinking, body, losses);
        write_account(request, hosting, &extras, body, losses);
        if hosting.stream_in_body {
            body.bool("stream", call.delivery == Delivery::Stream);
        }
        extras.write(body);
    });
    let betas = if hosting.has_beta_header() { extras.take_betas() } else { Vec::new() };
    let answer_tool = tools.into_answer();
    Ok(Written { body, betas, names, answer_tool, thinks: thinking.is_on() })
}

/// The form of the answer and the effort, which have one member.
fn write_output_config(
    request: &ChatRequest,
    call: &ChatCall<'_>,
    thinking: &Thinking<'_>,
    extras: &Extras<'_>,
    body: &mut ObjectWriter<'_>,
) {
    let schema = match &request.response_format {
        ResponseFormat::JsonSchema { schema, .. } if call.family.structured == Structured::Native => {
            Some(schema)
        }
        _ => None,
    };
    let effort = thinking.effort();
    let others: Vec<_> = extras
        .output_config()
        .filter(|(name, _)| !(*name == "format" && schema.is_some() || *name == "effort" && effort.is_some()))
        .collect();
    if schema.is_none() && effort.is_none() && others.is_empty() {
        return;
    }
    body.object("output_config", |config| {
        if let Some(effort) = effort {
            config.text("effort", effort);
        }
        if let Some(schema) = schema {
            config.object("format", |format| {
                format.text("type", "json_schema");
                format.raw("schema", schema.as_bytes());
            });
        }
        for (name, value) in &others {
            config.raw(name, value);
        }
    });
}

/// For whom and at which tier.
fn write_account(
    request: &ChatRequest,
    hosting: &Hosting,
    extras: &Extras<'_>,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) {
    if let Some(user) = &request.user {
        body.object("metadata", |metadata| metadata.text("user_id", user));
    }
    if let Some(tier) = &request.service_tier
        && !hosting.refuses("service_tier", extras.betas())
    {
        match &**tier {
            "auto" => body.text("service_tier", "auto"),
            "default" | "standard_only" => body.text("service_tier", "standard_only"),
            _ => losses.add("service_tier", LossKind::Dropped),
        }
    }
}
