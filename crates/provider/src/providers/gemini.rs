//! Google's Gemini: the public API, and Vertex AI where a project is given. Made from
//! <https://ai.google.dev/api> and <https://cloud.google.com/vertex-ai/docs/reference/rest>.

use dialect::{Family, Quirks};
use model::{ClientFormat, Operation};

use crate::{Base, Cloud, KeyStyle, Location, Provider, Required, Route, Setting, Settings};

const ENDPOINT: &str = "gemini.api_endpoint";

pub(super) static PROVIDER: Provider = Provider {
    id: "gemini",
    title: "Google Gemini",
    cloud: Some(Cloud::Google),
    base: Base::Choice(base),
    routes: &[
        vertex(Operation::Chat, "/{model}:generateContent"),
        vertex(Operation::Completions, "/{model}:generateContent"),
        vertex(Operation::Embeddings, "/{model}:predict"),
        vertex(Operation::Batches, ""),
        vertex(Operation::ImageGeneration, "/{model}:generateContent"),
        vertex(Operation::ImageEdit, "/{model}:generateContent"),
        vertex(Operation::Video, "/{model}:predictLongRunning"),
        Route::unserved(Operation::Chat, "/v1beta/models/{model}:generateContent"),
        Route::unserved(Operation::Embeddings, "/v1beta/models/{model}:batchEmbedContents"),
        Route::unserved(Operation::Batches, "/v1beta/batches"),
        Route::unserved(Operation::ImageGeneration, "/v1beta/models/{model}:generateContent"),
        Route::unserved(Operation::ImageEdit, "/v1beta/models/{model}:generateContent"),
        Route::unserved(Operation::Video, "/v1beta/models/{model}:predictLongRunning"),
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
        Setting::optional("gemini.endpoint_id"),
        // Claude, where this provider runs it.
        Setting::optional("anthropic_version"),
    ],
    headers: &[],
    quirks: |_, _| &Quirks::NONE,
    family: |_| &Family::UNKNOWN,
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

const fn vertex(operation: Operation, path: &'static str) -> Route {
    Route::unserved(operation, path)
        .below("/v1/projects/{gemini.project_id}/locations/{gemini.location_id}/publishers/google/models")
        .when(is_vertex)
}

fn is_vertex(location: &Location<'_>) -> bool {
    location.settings.value(ENDPOINT).is_some()
}
