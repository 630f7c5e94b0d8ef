//! Google's Gemini: the public API, and Vertex AI where a project is given. Made from
//! <https://ai.google.dev/api> and <https://cloud.google.com/vertex-ai/docs/reference/rest>.

use dialect::anthropic::{VERTEX_CODEC as CLAUDE_CODEC, VERTEX_ENVELOPE};
use dialect::gemini::{CHAT_CODEC, EMBEDDINGS, VERTEX_CODEC, VERTEX_EMBED_CONTENT, VERTEX_EMBEDDINGS};
use dialect::{Family, Quirks};
use model::{ClientFormat, Operation};

use crate::families::{claude, embeds_one_by_one, gemini, is_claude};
use crate::{Base, Cloud, KeyStyle, Location, Provider, Required, Route, Setting, Settings};

const ENDPOINT: &str = "gemini.api_endpoint";
const ENDPOINT_ID: &str = "gemini.endpoint_id";

/// A path of the public API.
macro_rules! public {
    ($method:literal) => {
        concat!("/v1beta/models/{model}", $method)
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
const VERTEX: &str = project!("/publishers/google/models/{model}:generateContent");
const VERTEX_STREAM: &str = project!("/publishers/google/models/{model}:streamGenerateContent");
const TUNED: &str = project!("/endpoints/{gemini.endpoint_id}:generateContent");
const TUNED_STREAM: &str = project!("/endpoints/{gemini.endpoint_id}:streamGenerateContent");

pub(super) static PROVIDER: Provider = Provider {
    id: "gemini",
    title: "Google Gemini",
    cloud: Some(Cloud::Google),
    base: Base::Choice(base),
    path_replaces: true,
    routes: &[
        Route::messages(CLAUDE, &CLAUDE_CODEC, &VERTEX_ENVELOPE)
            .streaming(CLAUDE_STREAM)
            .when(runs_claude),
        Route::translated(Operation::Completions, CLAUDE, &CLAUDE_CODEC)
            .streaming(CLAUDE_STREAM)
            .when(runs_claude),
        streamed(Route::translated(Operation::Chat, TUNED, &VERTEX_CODEC), TUNED_STREAM).when(is_endpoint),
        streamed(Route::translated(Operation::Completions, TUNED, &VERTEX_CODEC), TUNED_STREAM)
            .when(is_endpoint),
        streamed(Route::translated(Operation::Chat, VERTEX, &VERTEX_CODEC), VERTEX_STREAM).when(is_vertex),
        streamed(Route::translated(Operation::Completions, VERTEX, &VERTEX_CODEC), VERTEX_STREAM)
            .when(is_vertex),
        Route::embeddings(project!("/endpoints/{gemini.endpoint_id}:predict"), &VERTEX_EMBEDDINGS)
            .when(is_endpoint),
        Route::embeddings(
            project!("/publishers/google/models/{model}:embedContent"),
            &VERTEX_EMBED_CONTENT,
        )
        .when(embeds_content),
        Route::embeddings(project!("/publishers/google/models/{model}:predict"), &VERTEX_EMBEDDINGS)
            .when(is_vertex),
        vertex(Operation::Batches, project!("/batchPredictionJobs")),
        vertex(Operation::ImageGeneration, VERTEX),
        vertex(Operation::ImageEdit, VERTEX),
        vertex(Operation::Video, project!("/publishers/google/models/{model}:predictLongRunning")),
        streamed(
            Route::translated(Operation::Chat, public!(":generateContent"), &CHAT_CODEC),
            public!(":streamGenerateContent"),
        ),
        Route::embeddings(public!(":batchEmbedContents"), &EMBEDDINGS),
        Route::unserved(Operation::Batches, "/v1beta/batches"),
        Route::unserved(Operation::ImageGeneration, public!(":generateContent")),
        Route::unserved(Operation::ImageEdit, public!(":generateContent")),
        Route::unserved(Operation::Video, public!(":predictLongRunning")),
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
    quirks: |_, _| &Quirks::NONE,
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

/// Streams as server-sent events; without the argument they would come as one array.
const fn streamed(route: Route, path: &'static str) -> Route {
    route.streaming(path).stream_query("alt", "sse")
}

const fn vertex(operation: Operation, path: &'static str) -> Route {
    Route::unserved(operation, path).when(is_vertex)
}

fn is_vertex(location: &Location<'_>) -> bool {
    location.settings.value(ENDPOINT).is_some()
}

/// A model of one's own, or one from the Model Garden.
fn is_endpoint(location: &Location<'_>) -> bool {
    is_vertex(location) && location.settings.value(ENDPOINT_ID).is_some()
}

/// Newer models know another method than the rest.
fn embeds_content(location: &Location<'_>) -> bool {
    is_vertex(location) && location.model.is_some_and(embeds_one_by_one)
}

/// Whether Claude is spoken to in its own format. Where a path is written out, its end says so; else the name of
/// the model does.
fn runs_claude(location: &Location<'_>) -> bool {
    let method = location.path_end().and_then(|end| end.rsplit(':').next());
    match method {
        Some("rawPredict" | "streamRawPredict") => true,
        Some("generateContent" | "streamGenerateContent") => false,
        _ => is_vertex(location) && !is_endpoint(location) && location.model.is_some_and(is_claude),
    }
}

fn family(model: &str) -> &'static Family {
    if is_claude(model) { claude(model) } else { gemini(model) }
}
