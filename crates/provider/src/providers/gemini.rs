//! Google's Gemini: the public API, and Vertex AI where a project is given. Made from
//! <https://ai.google.dev/api> and <https://cloud.google.com/vertex-ai/docs/reference/rest>.

use dialect::anthropic::{VERTEX_CODEC as CLAUDE_CODEC, VERTEX_COUNT as CLAUDE_COUNT, VERTEX_ENVELOPE};
use dialect::gemini::{
    CHAT_CODEC, COUNT, EMBEDDINGS, VERTEX_CODEC, VERTEX_COUNT, VERTEX_EMBED_CONTENT, VERTEX_EMBEDDINGS,
};
use model::{ClientFormat, Operation};

use crate::naming::{of_claude_on_vertex, of_gemini, of_google, of_mistral};
use crate::vertex::{
    embeds_content, family, is_endpoint, is_garden, is_meta, is_mistral, is_vertex, openai, openai_completions,
    quirks, runs_claude, speaks_openai, streamed, unserved,
};
use crate::{Base, Cloud, KeyStyle, Provider, Required, Route, Setting, Settings};

const ENDPOINT: &str = "gemini.api_endpoint";
const ENDPOINT_ID: &str = "gemini.endpoint_id";

/// A path of the public API.
macro_rules! public {
    ($method:literal) => {
        concat!("/v1beta/{model}", $method)
    };
}

/// A path within the project.
macro_rules! project {
    ($path:literal) => {
        concat!("/v1/projects/{gemini.project_id}/locations/{gemini.location_id}", $path)
    };
}

const CLAUDE: &str = project!("/publishers/anthropic/models/{model}:rawPredict");
const CLAUDE_STREAM: &str = project!("/publishers/anthropic/models/{model}:streamRawPredict");
const CLAUDE_COUNTS: &str = project!("/publishers/anthropic/models/count-tokens:rawPredict");
const MISTRAL: &str = project!("/publishers/mistralai/models/{model}:rawPredict");
const MISTRAL_STREAM: &str = project!("/publishers/mistralai/models/{model}:streamRawPredict");
const PARTNERS: &str = project!("/endpoints/openapi/chat/completions");
/// Where the models of Meta are.
const META: &str =
    "/v1beta1/projects/{gemini.project_id}/locations/{gemini.location_id}/endpoints/openapi/chat/completions";
const GARDEN: &str = project!("/endpoints/{gemini.endpoint_id}/chat/completions");
const VERTEX: &str = project!("/publishers/google/models/{model}:generateContent");
const VERTEX_STREAM: &str = project!("/publishers/google/models/{model}:streamGenerateContent");
const VERTEX_COUNTS: &str = project!("/publishers/google/models/{model}:countTokens");
const TUNED_COUNTS: &str = project!("/endpoints/{gemini.endpoint_id}:countTokens");
const TUNED: &str = project!("/endpoints/{gemini.endpoint_id}:generateContent");
const TUNED_STREAM: &str = project!("/endpoints/{gemini.endpoint_id}:streamGenerateContent");

pub(super) static PROVIDER: Provider = Provider {
    id: "gemini",
    title: "Google Gemini",
    cloud: Some(Cloud::Google),
    base: Base::Choice(base),
    path_replaces: true,
    routes: &[
        openai(META, is_meta),
        openai_completions(META, is_meta),
        openai(GARDEN, is_garden),
        openai_completions(GARDEN, is_garden),
        openai(PARTNERS, speaks_openai),
        openai_completions(PARTNERS, speaks_openai),
        openai(MISTRAL, is_mistral).streaming(MISTRAL_STREAM).naming(of_mistral),
        openai_completions(MISTRAL, is_mistral).streaming(MISTRAL_STREAM).naming(of_mistral),
        Route::messages(CLAUDE, &CLAUDE_CODEC, &VERTEX_ENVELOPE)
            .streaming(CLAUDE_STREAM)
            .counting_by(CLAUDE_COUNTS, &CLAUDE_COUNT)
            .naming(of_claude_on_vertex)
            .when(runs_claude),
        Route::translated(Operation::Completions, CLAUDE, &CLAUDE_CODEC)
            .streaming(CLAUDE_STREAM)
            .naming(of_claude_on_vertex)
            .when(runs_claude),
        streamed(Route::translated(Operation::Chat, TUNED, &VERTEX_CODEC), TUNED_STREAM)
            .counting_by(TUNED_COUNTS, &VERTEX_COUNT)
            .when(is_endpoint),
        streamed(Route::translated(Operation::Completions, TUNED, &VERTEX_CODEC), TUNED_STREAM)
            .when(is_endpoint),
        streamed(Route::translated(Operation::Chat, VERTEX, &VERTEX_CODEC), VERTEX_STREAM)
            .counting_by(VERTEX_COUNTS, &VERTEX_COUNT)
            .naming(of_google)
            .when(is_vertex),
        streamed(Route::translated(Operation::Completions, VERTEX, &VERTEX_CODEC), VERTEX_STREAM)
            .naming(of_google)
            .when(is_vertex),
        Route::embeddings(project!("/endpoints/{gemini.endpoint_id}:predict"), &VERTEX_EMBEDDINGS)
            .when(is_endpoint),
        Route::embeddings(
            project!("/publishers/google/models/{model}:embedContent"),
            &VERTEX_EMBED_CONTENT,
        )
        .naming(of_google)
        .when(embeds_content),
        Route::embeddings(project!("/publishers/google/models/{model}:predict"), &VERTEX_EMBEDDINGS)
            .naming(of_google)
            .when(is_vertex),
        unserved(Operation::Batches, project!("/batchPredictionJobs")),
        unserved(Operation::ImageGeneration, VERTEX),
        unserved(Operation::ImageEdit, VERTEX),
        unserved(Operation::Video, project!("/publishers/google/models/{model}:predictLongRunning")),
        streamed(
            Route::translated(Operation::Chat, public!(":generateContent"), &CHAT_CODEC),
            public!(":streamGenerateContent"),
        )
        .counting_by(public!(":countTokens"), &COUNT)
        .naming(of_gemini),
        Route::embeddings(public!(":batchEmbedContents"), &EMBEDDINGS).naming(of_gemini),
        Route::unserved(Operation::Batches, "/v1beta/batches"),
        Route::unserved(Operation::ImageGeneration, public!(":generateContent")).naming(of_gemini),
        Route::unserved(Operation::ImageEdit, public!(":generateContent")).naming(of_gemini),
        Route::unserved(Operation::Video, public!(":predictLongRunning")).naming(of_gemini),
        Route::preserve(),
        Route::native(ClientFormat::Gemini, Operation::Chat),
        Route::native(ClientFormat::Gemini, Operation::Embeddings),
        Route::native(ClientFormat::Gemini, Operation::Files),
        Route::native(ClientFormat::Gemini, Operation::Batches),
        Route::native(ClientFormat::Gemini, Operation::ImageGeneration),
        Route::native(ClientFormat::Gemini, Operation::ImageEdit),
        Route::native(ClientFormat::Gemini, Operation::Video),
        Route::native(ClientFormat::Gemini, Operation::Realtime),
    ],
    settings: &[
        Setting::new(ENDPOINT, Required::Group("gemini")),
        Setting::new("gemini.project_id", Required::Group("gemini")),
        Setting::new("gemini.location_id", Required::Group("gemini")),
        Setting::optional(ENDPOINT_ID),
        // Claude, where this provider runs it.
        Setting::optional("anthropic_version"),
    ],
    headers: &[],
    quirks,
    family,
    key: KeyStyle::Header("x-goog-api-key"),
    caller_may_override: false,
};

fn base(settings: &Settings) -> &'static str {
    if settings.value(ENDPOINT).is_some() {
        "https://{gemini.api_endpoint}"
    } else {
        "https://generativelanguage.googleapis.com"
    }
}
