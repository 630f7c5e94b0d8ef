//! Azure OpenAI. Made from <https://learn.microsoft.com/azure/ai-foundry/openai/reference>.
//!
//! The API version decides the form of the paths: `v1` has no version argument at all, `preview` has
//! the same paths with one, and a date is the older form in which the path names the deployment.

use dialect::anthropic::{FOUNDRY_CODEC, FOUNDRY_ENVELOPE};
use dialect::{Family, Quirks, UsageInStream};
use model::Operation;

use super::openai::{PLAIN, REASONING, REASONING_WITHOUT_TOOLS};
use crate::families::{claude, is_claude, is_gpt_5_3_or_later, is_openai_reasoning, openai};
use crate::{Base, Cloud, KeyStyle, Location, Provider, Route, Setting, Settings};

const VERSION: &str = "azure_api_version";
const CLAUDE_VERSION: &str = "anthropic_version";
const VERSION_ARGUMENT: &[(&str, &str)] = &[("api-version", VERSION)];
const DEPLOYMENT: &str = "/openai/deployments/{azure_deployment_id}";
const V1: &str = "/openai/v1";

pub(super) static PROVIDER: Provider = Provider {
    id: "azure",
    title: "Azure OpenAI",
    cloud: Some(Cloud::Azure),
    base: Base::Choice(base),
    path_replaces: false,
    routes: &[
        Route::messages("/anthropic/v1/messages", &FOUNDRY_CODEC, &FOUNDRY_ENVELOPE)
            .counting("/anthropic/v1/messages/count_tokens")
            .when(runs_claude),
        versionless(Route::openai_chat("/chat/completions")),
        preview(Route::openai_chat("/chat/completions")),
        dated(Route::openai_chat("/chat/completions")),
        versionless(Route::relay(Operation::Completions, "/completions")),
        preview(Route::relay(Operation::Completions, "/completions")),
        dated(Route::relay(Operation::Completions, "/completions")),
        versionless(Route::relay(Operation::Embeddings, "/embeddings")),
        preview(Route::relay(Operation::Embeddings, "/embeddings")),
        dated(Route::relay(Operation::Embeddings, "/embeddings")),
        versionless(Route::preserve()),
        preview(Route::preserve()),
        dated(Route::preserve()),
        Route::unserved(Operation::Responses, "/openai/v1/responses"),
        Route::unserved(Operation::Assistants, "/openai/assistants"),
        Route::unserved(Operation::Files, "/openai/files"),
        Route::unserved(Operation::Batches, "/openai/batches"),
        dated(Route::unserved(Operation::Speech, "/audio/speech")),
        dated(Route::unserved(Operation::Transcription, "/audio/transcriptions")),
        dated(Route::unserved(Operation::Translation, "/audio/translations")),
        dated(Route::unserved(Operation::ImageGeneration, "/images/generations")),
        dated(Route::unserved(Operation::ImageEdit, "/images/edits")),
        Route::unserved(Operation::Video, "/openai/v1/video/generations/jobs"),
        Route::unserved(Operation::Realtime, "/openai/realtime"),
    ],
    settings: &[
        Setting::always("azure_instance").recorded_as("azure_instance_id"),
        Setting::always("azure_deployment_id").recorded_as("azure_deployment_id"),
        Setting::always(VERSION).recorded_as(VERSION),
        // Claude, where this provider runs it.
        Setting::optional(CLAUDE_VERSION),
    ],
    headers: &[("anthropic-version", CLAUDE_VERSION)],
    quirks,
    family,
    key: KeyStyle::Header("api-key"),
    caller_may_override: true,
};

/// Claude is there under a host of its own.
fn base(settings: &Settings) -> &'static str {
    if settings.value(CLAUDE_VERSION).is_some() {
        "https://{azure_instance}.services.ai.azure.com"
    } else {
        "https://{azure_instance}.openai.azure.com"
    }
}

/// Whether the target is Claude on Foundry: a version of its API is configured, or its path.
fn runs_claude(location: &Location<'_>) -> bool {
    let configured = location.settings.value(CLAUDE_VERSION).is_some() && !location.url_has_path();
    configured || location.url_path_is(|path| path.ends_with("/v1/messages"))
}

fn family(model: &str) -> &'static Family {
    if is_claude(model) { claude(model) } else { openai(model) }
}

/// `v1`: no version argument, and the model in the body selects the deployment.
const fn versionless(route: Route) -> Route {
    route.below(V1).when(|location| version_is(location, "v1"))
}

const fn preview(route: Route) -> Route {
    route.below(V1).query(VERSION_ARGUMENT).when(|location| version_is(location, "preview"))
}

const fn dated(route: Route) -> Route {
    route.below(DEPLOYMENT).query(VERSION_ARGUMENT)
}

fn version_is(location: &Location<'_>, version: &str) -> bool {
    location.settings.value(VERSION) == Some(version)
}

/// First dated version in which `stream_options` is not refused.
const STREAM_OPTIONS_SINCE: &str = "2024-09-01";

fn quirks(model: Option<&str>, settings: &Settings) -> &'static Quirks {
    let dated = |version: &str| version.starts_with(|c: char| c.is_ascii_digit());
    let old = settings.value(VERSION).is_some_and(|version| dated(version) && version < STREAM_OPTIONS_SINCE);
    let name = model.unwrap_or_default();
    match (is_gpt_5_3_or_later(name), is_openai_reasoning(name), old) {
        (true, _, false) => &REASONING_WITHOUT_TOOLS,
        (true, _, true) => const { &unasked(REASONING_WITHOUT_TOOLS) },
        (false, true, false) => &REASONING,
        (false, true, true) => const { &unasked(REASONING) },
        (false, false, false) => &PLAIN,
        (false, false, true) => const { &unasked(PLAIN) },
    }
}

const fn unasked(mut quirks: Quirks) -> Quirks {
    quirks.usage_in_stream = UsageInStream::WhenClientAsks;
    quirks
}
