//! Google's Gemini: the public API, and Vertex AI where a project is given. Made from
//! <https://ai.google.dev/api> and <https://cloud.google.com/vertex-ai/docs/reference/rest>.

use dialect::anthropic::{VERTEX_CODEC as CLAUDE_CODEC, VERTEX_COUNT as CLAUDE_COUNT, VERTEX_ENVELOPE};
use dialect::gemini::{
    CHAT_CODEC, COUNT, EMBEDDINGS, VERTEX_CODEC, VERTEX_COUNT, VERTEX_EMBED_CONTENT, VERTEX_EMBEDDINGS,
};
use dialect::openai::CHAT_CODEC as OPENAI_CODEC;
use dialect::{Family, Quirks, TokenLimit};
use model::{ClientFormat, Operation};

use super::mistral;
use crate::families::{claude, embeds_one_by_one, gemini, is_claude};
use crate::naming::{of_claude_on_vertex, of_gemini, of_google, of_mistral};
use crate::{Base, Cloud, KeyStyle, Location, Provider, Required, Route, Setting, Settings};

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
            .replaced_by_path()
            .when(runs_claude),
        Route::translated(Operation::Completions, CLAUDE, &CLAUDE_CODEC)
            .streaming(CLAUDE_STREAM)
            .naming(of_claude_on_vertex)
            .replaced_by_path()
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
            .replaced_by_path()
            .when(is_endpoint),
        Route::embeddings(
            project!("/publishers/google/models/{model}:embedContent"),
            &VERTEX_EMBED_CONTENT,
        )
        .naming(of_google)
        .replaced_by_path()
        .when(embeds_content),
        Route::embeddings(project!("/publishers/google/models/{model}:predict"), &VERTEX_EMBEDDINGS)
            .naming(of_google)
            .replaced_by_path()
            .when(is_vertex),
        vertex(Operation::Batches, project!("/batchPredictionJobs")),
        vertex(Operation::ImageGeneration, VERTEX),
        vertex(Operation::ImageEdit, VERTEX),
        vertex(Operation::Video, project!("/publishers/google/models/{model}:predictLongRunning")),
        streamed(
            Route::translated(Operation::Chat, public!(":generateContent"), &CHAT_CODEC),
            public!(":streamGenerateContent"),
        )
        .counting_by(public!(":countTokens"), &COUNT)
        .naming(of_gemini),
        Route::embeddings(public!(":batchEmbedContents"), &EMBEDDINGS).naming(of_gemini).replaced_by_path(),
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

/// Streams as server-sent events; without the argument they would come as one array.
const fn streamed(route: Route, path: &'static str) -> Route {
    route.streaming(path).stream_query("alt", "sse").replaced_by_path()
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

/// `OpenAI`'s format, which partners' models and such from the Model Garden speak.
const fn openai(path: &'static str, when: fn(&Location<'_>) -> bool) -> Route {
    Route::openai_chat(path).replaced_by_path().when(when)
}

/// Chat is all they have.
const fn openai_completions(path: &'static str, when: fn(&Location<'_>) -> bool) -> Route {
    Route::translated(Operation::Completions, path, &OPENAI_CODEC).replaced_by_path().when(when)
}

/// Publishers whose models are spoken to in formats of their own, and words that begin a name but are none.
const NO_PARTNERS: &[&str] = &["google", "anthropic", "mistralai", "publishers", "models", "tunedModels", "projects"];

/// The partner that publishes a model, by its name `publisher/model`.
fn partner(model: &str) -> Option<&str> {
    let (publisher, _) = model.split_once('/')?;
    (!NO_PARTNERS.contains(&publisher)).then_some(publisher)
}

/// Whether `OpenAI`'s format is spoken. Where a path is written out, its end says so; else the name of the model does.
fn speaks_openai(location: &Location<'_>) -> bool {
    match location.written_path() {
        Some(path) if names_method(path) => path.ends_with("/chat/completions"),
        _ => is_vertex(location) && location.model.and_then(partner).is_some(),
    }
}

/// Whether a path says what is spoken.
fn names_method(path: &str) -> bool {
    path.ends_with("/chat/completions") || path.rsplit('/').next().is_some_and(|end| end.contains(':'))
}

fn is_meta(location: &Location<'_>) -> bool {
    let meta = location.model.and_then(partner) == Some("meta");
    meta && speaks_openai(location) && !is_endpoint(location)
}

/// A model from the Model Garden, at an endpoint of one's own.
fn is_garden(location: &Location<'_>) -> bool {
    is_endpoint(location) && speaks_openai(location)
}

/// Whether Mistral's own format is spoken through Vertex AI.
fn is_mistral(location: &Location<'_>) -> bool {
    match location.written_path() {
        Some(path) if names_method(path) => {
            path.contains("/publishers/mistralai/") && path.to_ascii_lowercase().ends_with("rawpredict")
        }
        _ => is_vertex(location) && !is_endpoint(location) && location.model.is_some_and(names_mistral),
    }
}

fn names_mistral(model: &str) -> bool {
    let name = of_mistral(model).name;
    let families = ["mistral-", "ministral-", "codestral-", "mixtral-"];
    name.len() < model.len() || families.iter().any(|family| name.starts_with(family))
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
    if is_claude(model) {
        claude(model)
    } else if partner(model).is_some() || names_mistral(model) {
        &Family::UNKNOWN
    } else {
        gemini(&of_google(model).name)
    }
}

/// For those models that are spoken to in a format of `OpenAI`'s kind.
fn quirks(model: Option<&str>, _: &Settings) -> &'static Quirks {
    if model.is_some_and(names_mistral) { &mistral::QUIRKS } else { &PARTNER_QUIRKS }
}

static PARTNER_QUIRKS: Quirks =
    Quirks { token_limit: TokenLimit::MaxTokens, developer_is_system: true, ..Quirks::NONE };
