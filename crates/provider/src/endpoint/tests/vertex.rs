//! Models on Vertex AI, tuned models, and where tokens are counted.

use super::*;
use crate::Route;

const PROJECT: &[(&str, &str)] = &[
    ("gemini.api_endpoint", "eu-aiplatform.googleapis.com"),
    ("gemini.project_id", "p"),
    ("gemini.location_id", "l"),
];
const OWN: &[(&str, &str)] = &[
    ("gemini.api_endpoint", "eu-aiplatform.googleapis.com"),
    ("gemini.project_id", "p"),
    ("gemini.location_id", "l"),
    ("gemini.endpoint_id", "123"),
];

/// Where a chat with a model goes, for clients of a format.
#[derive(Clone, Copy)]
struct Chat<'a> {
    provider: &'a str,
    settings: &'a [(&'a str, &'a str)],
    format: ClientFormat,
    model: &'a str,
    written: Option<&'a str>,
    form: Form,
}

impl Chat<'_> {
    fn located(&self) -> Result<(&'static Route, Endpoint), EndpointError> {
        let provider = by_id(self.provider).unwrap();
        let settings = settings_of(self.settings);
        let location = Location {
            model: Some(self.model),
            client: self.format,
            upstream_path: self.written,
            ..Location::of(&settings)
        };
        let route = provider.route(Operation::Chat, self.format, &location).unwrap();
        let asked = Asked { model: Some(self.model), path: "/", form: self.form };
        let binding = provider.binding(&location, &[])?;
        Ok((route, provider.endpoint(route, &location, &asked, &binding)?))
    }

    /// The path, below the project's.
    fn path(&self) -> String {
        let (_, endpoint) = self.located().unwrap_or_else(|error| panic!("{}: {error}", self.model));
        endpoint.path().replacen("/v1/projects/p/locations/l", "", 1)
    }

    /// The path where tokens are counted; none where they are not.
    fn counted(&self) -> Option<String> {
        let (_, endpoint) = Self { form: Form::Count, ..*self }.located().unwrap();
        endpoint.counts().then(|| endpoint.path().replacen("/v1/projects/p/locations/l", "", 1))
    }
}

fn vertex(model: &str) -> Chat<'_> {
    Chat {
        provider: "gemini",
        settings: PROJECT,
        format: ClientFormat::OpenAi,
        model,
        written: None,
        form: Form::Whole,
    }
}

#[test]
fn publishers_decide_what_is_spoken() {
    for (model, whole, stream) in [
        (
            "gemini-2.5-pro",
            "/publishers/google/models/gemini-2.5-pro:generateContent",
            "/publishers/google/models/gemini-2.5-pro:streamGenerateContent",
        ),
        (
            "google/gemini-2.5-pro",
            "/publishers/google/models/gemini-2.5-pro:generateContent",
            "/publishers/google/models/gemini-2.5-pro:streamGenerateContent",
        ),
        (
            "claude-sonnet-4-5-20250929",
            "/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
            "/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
        ),
        (
            "anthropic/claude-opus-4-6",
            "/publishers/anthropic/models/claude-opus-4-6:rawPredict",
            "/publishers/anthropic/models/claude-opus-4-6:streamRawPredict",
        ),
        (
            "mistralai/mistral-small-2503",
            "/publishers/mistralai/models/mistral-small-2503:rawPredict",
            "/publishers/mistralai/models/mistral-small-2503:streamRawPredict",
        ),
        (
            "codestral-2",
            "/publishers/mistralai/models/codestral-2:rawPredict",
            "/publishers/mistralai/models/codestral-2:streamRawPredict",
        ),
        (
            "deepseek-ai/deepseek-v3.1-maas",
            "/endpoints/openapi/chat/completions",
            "/endpoints/openapi/chat/completions",
        ),
        (
            "meta/llama-3.3-70b-instruct-maas",
            "/v1beta1/projects/p/locations/l/endpoints/openapi/chat/completions",
            "/v1beta1/projects/p/locations/l/endpoints/openapi/chat/completions",
        ),
    ] {
        assert_eq!(vertex(model).path(), whole);
        assert_eq!(Chat { form: Form::Stream, ..vertex(model) }.path(), stream);
        let messages = Chat { format: ClientFormat::Anthropic, ..vertex(model) };
        assert_eq!(messages.path(), whole, "for clients of Messages");
    }
}

#[test]
fn endpoints_of_ones_own() {
    for (model, path) in [
        ("gemini-2.5-flash", "/endpoints/123:generateContent"),
        ("my-tuned", "/endpoints/123:generateContent"),
        ("meta/llama3", "/endpoints/123/chat/completions"),
        ("google/gemini-2.5-flash", "/endpoints/123:generateContent"),
    ] {
        assert_eq!(Chat { settings: OWN, ..vertex(model) }.path(), path);
    }
}

#[test]
fn written_paths_decide_more_than_names() {
    for (model, written, relays) in [
        ("gemini-x", "/v1/projects/p/locations/l/endpoints/openapi/chat/completions", true),
        ("meta/llama", "/v1/projects/p/locations/l/publishers/google/models/x:generateContent", false),
        ("any", "/v1/projects/p/locations/l/publishers/mistralai/models/any:rawPredict", true),
        ("any", "/v1/projects/p/locations/l/publishers/anthropic/models/any:rawPredict", false),
    ] {
        let (route, endpoint) = Chat { written: Some(written), ..vertex(model) }.located().unwrap();
        assert_eq!(endpoint.path(), written);
        assert_eq!(route.relays(ClientFormat::OpenAi), relays, "{written}");
    }
    let public =
        Chat { settings: &[], written: Some("/v1beta/openai/chat/completions"), ..vertex("gemini-2.5-pro") };
    assert!(public.located().unwrap().0.relays(ClientFormat::OpenAi));
}

#[test]
fn tuned_models_are_two_segments() {
    let public = |model| Chat { settings: &[], ..vertex(model) };
    for (model, path) in [
        ("gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:generateContent"),
        ("models/gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:generateContent"),
        ("tunedModels/mine", "/v1beta/tunedModels/mine:generateContent"),
        ("tunedModels/a/b c", "/v1beta/tunedModels/a%2Fb%20c:generateContent"),
        ("corpora/x", "/v1beta/models/corpora%2Fx:generateContent"),
    ] {
        assert_eq!(public(model).path(), path);
    }
    for model in [
        "tunedModels/..",
        "tunedModels/../models/x",
        "tunedModels/",
        "tunedModels//x",
        "models/..",
        "models/",
        "tunedModels/x\\..\\y",
        "tunedModels/x\n",
        "../tunedModels/x",
    ] {
        assert_eq!(public(model).located().err(), Some(EndpointError::Segment("model")), "{model:?}");
    }
    for model in ["tunedModels/%2e%2e", "tunedModels/?x", "tunedModels/a:b#c"] {
        let path = public(model).path();
        assert!(path.starts_with("/v1beta/tunedModels/") && path.matches('/').count() == 3, "{path}");
        assert!(!path.contains(['?', '#']), "{path}");
    }
}

#[test]
fn tokens_are_counted_beside_the_model() {
    let bedrock = |model| Chat {
        provider: "bedrock",
        settings: &[("bedrock.aws_region", "us-east-1")],
        ..vertex(model)
    };
    let public = |model| Chat { settings: &[], ..vertex(model) };
    for (chat, path) in [
        (public("gemini-2.5-pro"), Some("/v1beta/models/gemini-2.5-pro:countTokens")),
        (public("tunedModels/x"), Some("/v1beta/tunedModels/x:countTokens")),
        (vertex("gemini-2.5-pro"), Some("/publishers/google/models/gemini-2.5-pro:countTokens")),
        (Chat { settings: OWN, ..vertex("gemini-2.5-pro") }, Some("/endpoints/123:countTokens")),
        (vertex("claude-opus-4-6"), Some("/publishers/anthropic/models/count-tokens:rawPredict")),
        (vertex("meta/llama"), None),
        (vertex("mistral-small"), None),
        (bedrock("us.amazon.nova-pro-v1:0"), Some("/model/amazon.nova-pro-v1%3A0/count-tokens")),
        (bedrock("eu.anthropic.claude-x"), Some("/model/anthropic.claude-x/count-tokens")),
        (Chat { provider: "cohere", settings: &[], ..vertex("command") }, None),
        (
            Chat { provider: "anthropic", settings: &[], ..vertex("claude") },
            Some("/v1/messages/count_tokens"),
        ),
    ] {
        let chat = Chat { format: ClientFormat::Anthropic, ..chat };
        assert_eq!(chat.counted().as_deref(), path, "{} {}", chat.provider, chat.model);
        // Chats themselves go where the model is.
        assert_ne!(Some(&*chat.path()), path);
    }
}

#[test]
fn tokens_are_counted_beside_paths_that_are_written_out() {
    for (provider, model, written, path) in [
        ("gemini", "g", "/p/models/g:generateContent", Some("/p/models/g:countTokens")),
        ("gemini", "g", "/p/models/g:streamGenerateContent", Some("/p/models/g:countTokens")),
        ("gemini", "g", "/p/of/our/own", None),
        (
            "gemini",
            "claude",
            "/x/publishers/anthropic/models/claude:streamRawPredict",
            Some("/x/publishers/anthropic/models/count-tokens:rawPredict"),
        ),
        ("bedrock", "m", "/model/m/converse", Some("/model/m/count-tokens")),
        ("bedrock", "m", "/model/m/invoke-with-response-stream", Some("/model/m/count-tokens")),
        ("bedrock", "m", "/of/our/own", None),
        ("anthropic", "c", "/own/messages", Some("/own/messages/count_tokens")),
    ] {
        let settings: &[_] =
            if provider == "bedrock" { &[("bedrock.aws_region", "us-east-1")] } else { PROJECT };
        let settings = if provider == "anthropic" { &[] } else { settings };
        let chat = Chat {
            provider,
            settings,
            format: ClientFormat::Anthropic,
            written: Some(written),
            ..vertex(model)
        };
        let below = |path: &str| path.replacen("/v1/projects/p/locations/l", "", 1);
        assert_eq!(chat.counted().map(|path| below(&path)).as_deref(), path, "{provider} {written}");
    }
}
