//! Azure OpenAI. Made from <https://learn.microsoft.com/azure/ai-foundry/openai/reference>.
//!
//! The API version decides the form of the paths: `v1` has no version argument at all, `preview` has
//! the same paths with one, and a date is the older form in which the path names the deployment.

use dialect::{Quirks, UsageInStream};
use model::Operation;

use super::openai::{PLAIN, REASONING, REASONING_WITHOUT_TOOLS};
use crate::families::{openai, is_gpt_5_3_or_later, is_openai_reasoning};
use crate::{Base, KeyStyle, Location, Provider, Route, Setting, Settings};

const VERSION: &str = "azure_api_version";
const VERSION_ARGUMENT: &[(&str, &str)] = &[("api-version", VERSION)];
const DEPLOYMENT: &str = "/openai/deployments/{azure_deployment_id}";
const V1: &str = "/openai/v1";

pub(super) static PROVIDER: Provider = Provider {
    id: "azure",
    title: "Azure OpenAI",
    base: Base::Url("https://{azure_instance}.openai.azure.com"),
    routes: &[
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
        Setting::always("azure_instance"),
        Setting::always("azure_deployment_id"),
        Setting::always(VERSION),
        // Claude, where this provider runs it.
        Setting::optional("anthropic_version"),
    ],
    headers: &[],
    quirks,
    family: openai,
    key: KeyStyle::Header("api-key"),
    caller_may_override: true,
};

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
