//! A canonical request written as a request for content.
//!
//! From <https://ai.google.dev/api/generate-content>.

use document::{ObjectWriter, write_body};
use model::{ChatRequest, LossKind, Losses, ResponseFormat, Tool};

use self::config::Config;
use self::conversation::Conversation;
use self::extras::Extras;
use self::tools::Tools;
use super::host::Host;
use crate::{ChatCall, EncodeError, NameRule, ToolNames};

mod config;
mod conversation;
mod extras;
mod format;
mod media;
mod result;
mod thinking;
mod tools;

const TOOL_NAMES: NameRule = NameRule { also: ".:-", longest: 64, starts_with_letter: true };

/// A request as Gemini reads it.
pub(super) struct Written {
    pub(super) body: Vec<u8>,
    pub(super) names: ToolNames,
}

/// Writes `request`; what `settle` has reported is not reported again.
pub(super) fn write(
    host: &Host,
    request: &ChatRequest,
    call: &ChatCall<'_>,
    losses: &mut Losses,
) -> Result<Written, EncodeError> {
    let names = ToolNames::of(request, TOOL_NAMES);
    let mut conversation = Conversation::of(host, request, call.family, &names, losses)?;
    let extras = Extras::of(host, request, losses);
    let tools = Tools::of(host, request, call.family, &names, losses);
    let functions = request.tools.iter().any(|tool| matches!(tool, Tool::Function(_)));
    // Models that cannot do both are asked for JSON in words.
    let in_words =
        request.response_format != ResponseFormat::Text && functions && !call.family.gemini.mixes_tools;
    if in_words {
        conversation.ask_for_json(&request.response_format);
        losses.add(
            match request.response_format {
                ResponseFormat::JsonSchema { .. } => "response_format(json_schema)",
                _ => "response_format(json_object)",
            },
            LossKind::Emulated,
        );
    }
    let mut config = Config::default();
    config.take_request(request, losses);
    if !in_words {
        format::take(&request.response_format, call.family, &mut config, losses);
    }
    let thought = thinking::take(request, call.family, &mut config, losses);
    extras.fill(&mut config, thought, losses);
    if call.family.gemini.draws {
        config.fill_raw("responseModalities", b"[\"TEXT\",\"IMAGE\"]");
    }
    let cached = extras.cached();
    if cached.is_some() {
        lose_cached(&conversation, request, losses);
    }
    let body = write_body(|body| {
        conversation.write(cached.is_none(), body);
        if cached.is_none() {
            tools.write(extras.tool_config(), body);
        }
        config.write(body);
        write_tier(host, request, body, losses);
        extras.write(body);
    });
    Ok(Written { body, names })
}

/// What a cache holds cannot be said again.
fn lose_cached(conversation: &Conversation<'_>, request: &ChatRequest, losses: &mut Losses) {
    if conversation.has_system() {
        losses.add("messages.system", LossKind::Dropped);
    }
    if !request.tools.is_empty() {
        losses.add("tools", LossKind::Dropped);
    }
    if request.tool_choice.is_some() {
        losses.add("tool_choice", LossKind::Dropped);
    }
}

fn write_tier(host: &Host, request: &ChatRequest, body: &mut ObjectWriter<'_>, losses: &mut Losses) {
    let Some(tier) = request.service_tier.as_deref().filter(|_| host.service_tier) else { return };
    match tier {
        "auto" => body.text("serviceTier", "unspecified"),
        "default" | "standard" => body.text("serviceTier", "standard"),
        "flex" | "priority" => body.text("serviceTier", tier),
        _ => losses.add("service_tier", LossKind::Dropped),
    }
}
