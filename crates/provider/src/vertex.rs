//! Which of the ways to a model on Vertex AI a target takes: Google's own, Claude's, Mistral's, or `OpenAI`'s for
//! what other publishers have there.
//!
//! From <https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/use-partner-models>.

use dialect::MemberRule::Drop;
use dialect::Requirement::Always;
use dialect::openai::CHAT_CODEC as OPENAI_CODEC;
use dialect::{Family, Quirks, TokenLimit};
use model::Operation;

use crate::families::{claude, embeds_one_by_one, gemini, is_claude};
use crate::naming::{of_google, of_mistral};
use crate::{Location, Route, Settings, providers};

/// Streams as server-sent events; without the argument they would come as one array.
pub(crate) const fn streamed(route: Route, path: &'static str) -> Route {
    route.streaming(path).stream_query("alt", "sse")
}

pub(crate) const fn unserved(operation: Operation, path: &'static str) -> Route {
    Route::unserved(operation, path).when(is_vertex)
}

pub(crate) fn is_vertex(location: &Location<'_>) -> bool {
    location.settings.value("gemini.api_endpoint").is_some()
}

/// A model of one's own, or one from the Model Garden.
pub(crate) fn is_endpoint(location: &Location<'_>) -> bool {
    is_vertex(location) && location.settings.value("gemini.endpoint_id").is_some()
}

/// Newer models know another method than the rest.
pub(crate) fn embeds_content(location: &Location<'_>) -> bool {
    is_vertex(location) && location.model.is_some_and(embeds_one_by_one)
}

/// `OpenAI`'s format, which partners' models and such from the Model Garden speak.
pub(crate) const fn openai(path: &'static str, when: fn(&Location<'_>) -> bool) -> Route {
    Route::openai_chat(path).when(when)
}

/// Chat is all they have.
pub(crate) const fn openai_completions(path: &'static str, when: fn(&Location<'_>) -> bool) -> Route {
    Route::translated(Operation::Completions, path, &OPENAI_CODEC).when(when)
}

/// Publishers whose models are spoken to in formats of their own, and words that begin a name but are none.
const NO_PARTNERS: &[&str] =
    &["google", "anthropic", "mistralai", "publishers", "models", "tunedModels", "projects"];

/// The partner that publishes a model, by its name `publisher/model`.
fn partner(model: &str) -> Option<&str> {
    let (publisher, _) = model.split_once('/')?;
    (!NO_PARTNERS.contains(&publisher)).then_some(publisher)
}

/// Whether `OpenAI`'s format is spoken. Where a path is written out, its end says so; else the name of the model does.
pub(crate) fn speaks_openai(location: &Location<'_>) -> bool {
    match location.written_path() {
        Some(path) if names_method(path) => path.ends_with("/chat/completions"),
        _ => is_vertex(location) && location.model.and_then(partner).is_some(),
    }
}

/// Whether a path says what is spoken.
fn names_method(path: &str) -> bool {
    path.ends_with("/chat/completions") || path.rsplit('/').next().is_some_and(|end| end.contains(':'))
}

pub(crate) fn is_meta(location: &Location<'_>) -> bool {
    let meta = location.model.and_then(partner) == Some("meta");
    meta && speaks_openai(location) && !is_endpoint(location)
}

/// A model from the Model Garden, at an endpoint of one's own.
pub(crate) fn is_garden(location: &Location<'_>) -> bool {
    is_endpoint(location) && speaks_openai(location)
}

/// Whether Mistral's own format is spoken through Vertex AI.
pub(crate) fn is_mistral(location: &Location<'_>) -> bool {
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
pub(crate) fn runs_claude(location: &Location<'_>) -> bool {
    let method = location.path_end().and_then(|end| end.rsplit(':').next());
    match method {
        Some("rawPredict" | "streamRawPredict") => true,
        Some("generateContent" | "streamGenerateContent") => false,
        _ => is_vertex(location) && !is_endpoint(location) && location.model.is_some_and(is_claude),
    }
}

pub(crate) fn family(model: &str) -> &'static Family {
    if is_claude(model) {
        claude(model)
    } else if partner(model).is_some() || names_mistral(model) {
        &Family::UNKNOWN
    } else {
        gemini(&of_google(model).name)
    }
}

/// For those models that are spoken to in a format of `OpenAI`'s kind.
pub(crate) fn quirks(model: Option<&str>, _: &Settings) -> &'static Quirks {
    match model {
        Some(model) if names_mistral(model) => &providers::MISTRAL_QUIRKS,
        Some(model) if partner(model).is_some() => &PARTNER_QUIRKS,
        _ => &Quirks::NONE,
    }
}

static PARTNER_QUIRKS: Quirks = Quirks {
    rules: &[(Always, Drop("top_k"))],
    token_limit: TokenLimit::MaxTokens,
    developer_is_system: true,
    ..Quirks::NONE
};
