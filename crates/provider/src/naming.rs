//! What providers call the models that targets name.

use std::borrow::Cow;

use crate::path::{encode_segment, is_safe_name};

/// A model as its provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'m> {
    /// What it is part of, as it stands in a path before the model: empty, or segments that each end with a slash.
    pub collection: Cow<'m, str>,
    /// Its name there, not escaped.
    pub name: Cow<'m, str>,
}

impl<'m> Named<'m> {
    fn within(collection: &'static str, name: &'m str) -> Self {
        Self { collection: Cow::Borrowed(collection), name: Cow::Borrowed(name) }
    }
}

/// The name that the target has.
pub(crate) fn as_it_is(model: &str) -> Named<'_> {
    Named::within("", model)
}

/// Gemini's public API: models and tuned models are two collections, which names may begin with.
pub(crate) fn of_gemini(model: &str) -> Named<'_> {
    match model.strip_prefix("tunedModels/") {
        Some(name) => Named::within("tunedModels/", name),
        None => Named::within("models/", model.strip_prefix("models/").unwrap_or(model)),
    }
}

/// Google's own models on Vertex AI, with or without their publisher.
pub(crate) fn of_google(model: &str) -> Named<'_> {
    as_it_is(without(model, &["publishers/google/models/", "google/", "models/"]))
}

/// Mistral's models on Vertex AI.
pub(crate) fn of_mistral(model: &str) -> Named<'_> {
    as_it_is(without(model, &["publishers/mistralai/models/", "mistralai/"]))
}

/// Claude on Vertex AI, where the day of a version stands behind an `@`.
///
/// From <https://docs.anthropic.com/en/api/claude-on-vertex-ai>.
pub(crate) fn of_claude_on_vertex(model: &str) -> Named<'_> {
    let model = without(model, &["publishers/anthropic/models/", "anthropic/"]);
    let dated =
        model.rsplit_once('-').filter(|(_, day)| day.len() == 8 && day.starts_with("20") && is_number(day));
    let name = match dated {
        // The one whose name differs in more than that.
        Some(("claude-3-5-sonnet", "20241022")) => Cow::Borrowed("claude-3-5-sonnet-v2@20241022"),
        Some((name, day)) => Cow::Owned(format!("{name}@{day}")),
        None => Cow::Borrowed(model),
    };
    Named { collection: Cow::Borrowed(""), name }
}

/// Hugging Face, where the owner of a model is a segment of its own: the Hub answers 400 to a name whose slash is
/// escaped, and its own clients send it as it is.
pub(crate) fn of_hub(model: &str) -> Named<'_> {
    match model.split_once('/').filter(|(owner, _)| is_safe_name(owner)) {
        Some((owner, name)) => {
            Named { collection: Cow::Owned(format!("{}/", encode_segment(owner))), name: Cow::Borrowed(name) }
        }
        None => as_it_is(model),
    }
}

/// What stands before the id of a model in that of an inference profile: where its requests may be routed to.
///
/// From <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html>.
const PROFILES: &[&str] = &["us.", "us-gov.", "eu.", "apac.", "global.", "jp.", "au.", "ca.", "sa."];

/// The model behind an inference profile of Bedrock's own, as only models count tokens. Profiles of customers do
/// not tell their model.
pub(crate) fn behind_profile(model: &str) -> Named<'_> {
    let id = match model.split_once(":inference-profile/") {
        Some((arn, id)) if arn.starts_with("arn:") => id,
        _ => model,
    };
    as_it_is(PROFILES.iter().find_map(|profile| id.strip_prefix(profile)).unwrap_or(id))
}

fn without<'m>(model: &'m str, prefixes: &[&str]) -> &'m str {
    prefixes.iter().find_map(|prefix| model.strip_prefix(prefix)).unwrap_or(model)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(naming: fn(&str) -> Named<'_>, model: &str) -> String {
        let Named { collection, name } = naming(model);
        format!("{collection}|{name}")
    }

    #[test]
    fn tuned_models_are_a_collection() {
        for (model, expected) in [
            ("gemini-2.5-flash", "models/|gemini-2.5-flash"),
            ("models/gemini-2.5-flash", "models/|gemini-2.5-flash"),
            ("tunedModels/mine-1", "tunedModels/|mine-1"),
            ("tunedModels/a/b", "tunedModels/|a/b"),
            ("other/x", "models/|other/x"),
        ] {
            assert_eq!(named(of_gemini, model), expected);
        }
    }

    #[test]
    fn owners_are_segments_of_their_own() {
        for (model, expected) in [
            ("BAAI/bge-m3", "BAAI/|bge-m3"),
            ("gpt2", "|gpt2"),
            ("a b/c/d", "a%20b/|c/d"),
            ("../c", "|../c"),
            ("/c", "|/c"),
        ] {
            assert_eq!(named(of_hub, model), expected);
        }
    }

    #[test]
    fn publishers_need_not_be_named() {
        for model in ["gemini-2.5-pro", "google/gemini-2.5-pro", "publishers/google/models/gemini-2.5-pro"] {
            assert_eq!(named(of_google, model), "|gemini-2.5-pro");
        }
        assert_eq!(named(of_mistral, "mistralai/mistral-small-2503"), "|mistral-small-2503");
    }

    #[test]
    fn days_of_claude_stand_behind_an_at() {
        for (model, expected) in [
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5@20250929"),
            ("anthropic/claude-sonnet-4-5-20250929", "claude-sonnet-4-5@20250929"),
            ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5@20250929"),
            ("claude-3-5-sonnet-20240620", "claude-3-5-sonnet@20240620"),
            ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet-v2@20241022"),
            ("claude-3-5-sonnet-v2-20241022", "claude-3-5-sonnet-v2@20241022"),
            ("claude-opus-4-6", "claude-opus-4-6"),
            ("claude-3-opus-latest", "claude-3-opus-latest"),
            ("claude-x-2024102", "claude-x-2024102"),
            ("claude-x-99999999", "claude-x-99999999"),
        ] {
            assert_eq!(named(of_claude_on_vertex, model), format!("|{expected}"));
        }
    }

    #[test]
    fn models_are_found_behind_profiles() {
        const CLAUDE: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";
        for profile in ["us", "us-gov", "eu", "apac", "global", "jp"] {
            let arn = format!("arn:aws:bedrock:us-east-1:123456789012:inference-profile/{profile}.{CLAUDE}");
            for model in [format!("{profile}.{CLAUDE}"), arn] {
                assert_eq!(named(behind_profile, &model), format!("|{CLAUDE}"));
            }
        }
        for model in [
            CLAUDE,
            "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc",
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
            "zai.glm-4.7",
        ] {
            assert_eq!(named(behind_profile, model), format!("|{model}"));
        }
    }
}
