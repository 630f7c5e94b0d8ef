//! Where requests go, provider by provider.

use model::ClientFormat;

use super::*;
use crate::Form;
use crate::{Settings, by_id};

mod bedrock;
mod vertex;

/// A target and a request, with what they must come to.
#[derive(Default)]
struct Case {
    provider: &'static str,
    operation: Option<Operation>,
    settings: &'static [(&'static str, &'static str)],
    url: Option<&'static str>,
    upstream_path: Option<&'static str>,
    model: Option<&'static str>,
    path: &'static str,
    query: Option<&'static str>,
}

fn settings_of(pairs: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in pairs {
        settings.set(*name, *value);
    }
    settings
}

impl Case {
    fn endpoint(&self) -> Result<Endpoint, EndpointError> {
        let provider = by_id(self.provider).unwrap();
        let settings = settings_of(self.settings);
        let location =
            Location { upstream_url: self.url, upstream_path: self.upstream_path, ..Location::of(&settings) };
        let operation = self.operation.unwrap_or(Operation::Chat);
        let route = provider.route(operation, ClientFormat::OpenAi, &location).unwrap();
        let asked = Asked { model: self.model, path: self.path, form: Form::Whole };
        let binding = provider.binding(&location, &[])?;
        provider.endpoint(route, &location, &asked, &binding)
    }

    fn goes_to(&self, url: &str) {
        let endpoint = self.endpoint().unwrap_or_else(|error| panic!("{}: {error}", self.provider));
        let given = format!(
            "{}://{}{}",
            endpoint.scheme().name(),
            endpoint.authority(),
            endpoint.path_and_query(self.query)
        );
        assert_eq!(given, url, "{}", self.provider);
    }
}

fn case(provider: &'static str, operation: Operation) -> Case {
    Case { provider, operation: Some(operation), path: "/ai/own?no", ..Case::default() }
}

const AZURE: &[(&str, &str)] = &[
    ("azure_instance", "My-Instance"),
    ("azure_deployment_id", "gpt 4/o"),
    ("azure_api_version", "2024-10-21"),
];

type Place = (&'static str, Operation, &'static [(&'static str, &'static str)], &'static str);

/// Provider, operation, settings: URL, for the model `org/m:1`.
const PLACES: &[Place] = &[
    ("openai", Operation::Chat, &[], "https://api.openai.com/v1/chat/completions"),
    ("openai", Operation::Completions, &[], "https://api.openai.com/v1/completions"),
    ("openai", Operation::Embeddings, &[], "https://api.openai.com/v1/embeddings"),
    (
        "azure",
        Operation::Chat,
        AZURE,
        "https://my-instance.openai.azure.com/openai/deployments/gpt%204%2Fo/chat/completions\
             ?api-version=2024-10-21",
    ),
    (
        "azure",
        Operation::Completions,
        AZURE,
        "https://my-instance.openai.azure.com/openai/deployments/gpt%204%2Fo/completions\
             ?api-version=2024-10-21",
    ),
    (
        "azure",
        Operation::Embeddings,
        AZURE,
        "https://my-instance.openai.azure.com/openai/deployments/gpt%204%2Fo/embeddings\
             ?api-version=2024-10-21",
    ),
    ("mistral", Operation::Chat, &[], "https://api.mistral.ai/v1/chat/completions"),
    ("mistral", Operation::Embeddings, &[], "https://api.mistral.ai/v1/embeddings"),
    ("huggingface", Operation::Chat, &[], "https://router.huggingface.co/v1/chat/completions"),
    (
        "huggingface",
        Operation::Completions,
        &[],
        "https://router.huggingface.co/hf-inference/models/org/m%3A1",
    ),
    (
        "huggingface",
        Operation::Embeddings,
        &[],
        "https://router.huggingface.co/hf-inference/models/org/m%3A1/pipeline/feature-extraction",
    ),
    (
        "dashscope",
        Operation::Chat,
        &[],
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions",
    ),
    (
        "dashscope",
        Operation::Embeddings,
        &[("dashscope.international", "false")],
        "https://dashscope.aliyuncs.com/compatible-mode/v1/embeddings",
    ),
    (
        "dashscope",
        Operation::Chat,
        &[("dashscope.international", "true")],
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions",
    ),
    ("cerebras", Operation::Chat, &[], "https://api.cerebras.ai/v1/chat/completions"),
    ("xai", Operation::Chat, &[], "https://api.x.ai/v1/chat/completions"),
    ("deepseek", Operation::Chat, &[], "https://api.deepseek.com/v1/chat/completions"),
    (
        "databricks",
        Operation::Chat,
        &[("databricks.workspace_instance_id", "dbc-1-2")],
        "https://dbc-1-2.cloud.databricks.com/serving-endpoints/v1/chat/completions",
    ),
    ("anthropic", Operation::Chat, &[], "https://api.anthropic.com/v1/messages"),
    ("cohere", Operation::Chat, &[], "https://api.cohere.com/v2/chat"),
    (
        "gemini",
        Operation::Chat,
        &[],
        "https://generativelanguage.googleapis.com/v1beta/models/org%2Fm%3A1:generateContent",
    ),
    (
        "gemini",
        Operation::Chat,
        &[
            ("gemini.api_endpoint", "us-central1-aiplatform.googleapis.com"),
            ("gemini.project_id", "p"),
            ("gemini.location_id", "l"),
        ],
        "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models\
             /org%2Fm%3A1:generateContent",
    ),
    (
        "bedrock",
        Operation::Chat,
        &[("bedrock.aws_region", "eu-west-1")],
        "https://bedrock-runtime.eu-west-1.amazonaws.com/model/org%2Fm%3A1/converse",
    ),
];

#[test]
fn each_provider_has_its_place() {
    for (provider, operation, settings, url) in PLACES {
        Case { settings, model: Some("org/m:1"), ..case(provider, *operation) }.goes_to(url);
    }
}

#[test]
fn a_base_gets_the_providers_path_and_a_full_url_is_kept() {
    for (provider, settings, base_gives) in [
        ("openai", &[][..], "/v1/chat/completions"),
        ("mistral", &[], "/v1/chat/completions"),
        ("llama2", &[("llama2_format", "openai")], "/v1/chat/completions"),
        ("llama2", &[("llama2_format", "ollama")], "/api/chat"),
        ("ollama", &[], "/api/chat"),
        ("vllm", &[], "/v1/chat/completions"),
        ("huggingface", &[], "/v1/chat/completions"),
        ("databricks", &[], "/serving-endpoints/v1/chat/completions"),
        ("cerebras", &[], "/v1/chat/completions"),
    ] {
        let at = |url| Case { settings, url: Some(url), ..case(provider, Operation::Chat) };
        at("http://h.internal:8000").goes_to(&format!("http://h.internal:8000{base_gives}"));
        at("http://h.internal/?a=b").goes_to(&format!("http://h.internal{base_gives}"));
        at("https://h.internal:443//x/y%20z?a=b#c").goes_to("https://h.internal/x/y%20z");
        at("http://[::1]:443/x").goes_to("http://[::1]:443/x");
        at("HTTP://Host.Internal:80/x").goes_to("http://host.internal/x");
    }
}

#[test]
fn azure_versions_choose_the_form_of_the_path() {
    let version = |settings, query, upstream_path, operation| Case {
        settings,
        upstream_path,
        query,
        ..case("azure", operation)
    };
    let v1 = &[("azure_instance", "i"), ("azure_deployment_id", "d"), ("azure_api_version", "v1")];
    let preview = &[("azure_instance", "i"), ("azure_deployment_id", "d"), ("azure_api_version", "preview")];
    let host = "https://i.openai.azure.com";
    version(v1, None, None, Operation::Chat).goes_to(&format!("{host}/openai/v1/chat/completions"));
    version(v1, None, None, Operation::Embeddings).goes_to(&format!("{host}/openai/v1/embeddings"));
    version(preview, None, None, Operation::Chat)
        .goes_to(&format!("{host}/openai/v1/chat/completions?api-version=preview"));
    let dated = "https://my-instance.openai.azure.com/openai/deployments/gpt%204%2Fo";
    version(AZURE, Some("a=1&api-version=2025-01-01"), None, Operation::Chat)
        .goes_to(&format!("{dated}/chat/completions?a=1&api-version=2025-01-01"));
    version(AZURE, Some("api%2Dversion=x"), None, Operation::Chat)
        .goes_to(&format!("{dated}/chat/completions?api%2Dversion=x"));
    version(AZURE, Some("a=1"), None, Operation::Chat)
        .goes_to(&format!("{dated}/chat/completions?a=1&api-version=2024-10-21"));
    version(AZURE, None, Some("images/x"), Operation::Chat)
        .goes_to(&format!("{dated}/images/x?api-version=2024-10-21"));
    version(AZURE, None, Some("/images/x"), Operation::Preserve)
        .goes_to(&format!("{dated}/images/x?api-version=2024-10-21"));
    Case {
        settings: AZURE,
        url: Some("https://foundry.example.com/models/chat/completions"),
        ..case("azure", Operation::Chat)
    }
    .goes_to("https://foundry.example.com/models/chat/completions?api-version=2024-10-21");
}

#[test]
fn preserve_keeps_the_clients_path_unless_one_is_configured() {
    let preserve = |url, upstream_path, path| Case {
        url,
        upstream_path,
        path,
        query: Some("after=x&b=%20"),
        ..case("openai", Operation::Preserve)
    };
    let query = "?after=x&b=%20";
    preserve(None, None, "/v1/files/file-1%2Fx")
        .goes_to(&format!("https://api.openai.com/v1/files/file-1%2Fx{query}"));
    preserve(Some("http://h:1/base/x"), None, "/v1/y").goes_to(&format!("http://h:1/v1/y{query}"));
    preserve(Some("http://h:1/base/x"), Some("p?q"), "/v1/y").goes_to(&format!("http://h:1/p{query}"));
    preserve(None, Some("//p"), "/v1/y").goes_to(&format!("https://api.openai.com/p{query}"));
    preserve(None, None, "").goes_to(&format!("https://api.openai.com/{query}"));
}

#[test]
fn nothing_climbs_out_of_its_path() {
    let deployment = |id| Case {
        settings: match id {
            ".." => &[("azure_instance", "i"), ("azure_deployment_id", "..")],
            "a/../b" => &[("azure_instance", "i"), ("azure_deployment_id", "a/../b")],
            "" => &[("azure_instance", "i"), ("azure_deployment_id", "")],
            _ => &[("azure_instance", "i"), ("azure_deployment_id", "a\nb")],
        },
        ..case("azure", Operation::Chat)
    };
    for id in ["..", "a/../b", "", "control"] {
        let refused = Err(EndpointError::Segment("azure_deployment_id"));
        assert_eq!(deployment(id).endpoint(), refused, "{id:?}");
    }
    let model = |model| Case { model, ..case("gemini", Operation::Chat) };
    assert_eq!(model(Some("../../x")).endpoint(), Err(EndpointError::Segment("model")));
    assert_eq!(model(None).endpoint(), Err(EndpointError::MissingModel));
    for path in ["/v1/../x", "/v1/%2e%2e/x", "/v1/\u{7f}", "/v1\\..\\x"] {
        let preserved = Case { path, ..case("openai", Operation::Preserve) };
        assert_eq!(preserved.endpoint(), Err(EndpointError::Path), "{path}");
    }
    let url = |url| Case { url: Some(url), ..case("openai", Operation::Chat) };
    assert_eq!(url("https://h.example.com/a/../b").endpoint(), Err(EndpointError::Path));
    assert_eq!(url("https://u:p@h.example.com/").endpoint(), Err(EndpointError::Url(UrlError::Userinfo)));
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(
        case("azure", Operation::Chat).endpoint(),
        Err(EndpointError::MissingSetting("azure_instance"))
    );
    assert_eq!(case("vllm", Operation::Chat).endpoint(), Err(EndpointError::MissingSetting("upstream_url")));
}

/// What a request comes to whose target was written as `written` and resolved to `resolved`.
fn templated(written: &str, resolved: &str, allowed: &[Box<str>]) -> Result<String, EndpointError> {
    let provider = by_id("openai").unwrap();
    let settings = Settings::default();
    let at = |url| Location { upstream_url: Some(url), ..Location::of(&settings) };
    let binding = provider.binding(&at(written), allowed)?;
    let location = at(resolved);
    let route = provider.route(Operation::Chat, ClientFormat::OpenAi, &location).unwrap();
    let asked = Asked { model: None, path: "/", form: Form::Whole };
    provider.endpoint(route, &location, &asked, &binding).map(|endpoint| endpoint.to_string())
}

#[test]
fn a_templated_host_stays_within_its_pattern() {
    let written = "https://$(headers.x).example.com/$(query_params.y)";
    let goes = |resolved| templated(written, resolved, &[]);
    assert_eq!(goes("https://eu-1.example.com/chat").as_deref(), Ok("https://eu-1.example.com/chat"));
    for elsewhere in [
        "https://evil.com/.example.com/chat",
        "https://a.b.example.com/chat",
        "https://eu-1.example.com:8443/chat",
        "http://eu-1.example.com/chat",
    ] {
        assert_eq!(goes(elsewhere), Err(EndpointError::Host), "{elsewhere}");
    }
    assert_eq!(goes("https://evil.com%2F.example.com/chat"), Err(EndpointError::Url(UrlError::Host)));
    let refused = EndpointError::Pattern(HostPatternError::NoLiteralSuffix);
    assert_eq!(templated("https://$(headers.h)/", "https://evil.com/", &[]), Err(refused));
    let allowed = ["one.example.com".into()];
    assert!(templated("https://$(headers.h)/x", "https://one.example.com/x", &allowed).is_ok());
    assert_eq!(
        templated("https://$(headers.h)/x", "https://two.example.com/x", &allowed),
        Err(EndpointError::Host)
    );
}

#[test]
fn a_templated_setting_is_one_label_of_its_host() {
    let provider = by_id("azure").unwrap();
    let written = settings_of(&[("azure_instance", "eu-$(headers.x)")]);
    let binding = provider.binding(&Location::of(&written), &[]).unwrap();
    let goes = |instance: &str| {
        let settings = settings_of(&[("azure_instance", instance), ("azure_deployment_id", "d")]);
        let location = Location::of(&settings);
        let route = provider.route(Operation::Chat, ClientFormat::OpenAi, &location).unwrap();
        let asked = Asked { model: None, path: "/", form: Form::Whole };
        provider.endpoint(route, &location, &asked, &binding)
    };
    assert_eq!(goes("eu-one").unwrap().host(), "eu-one.openai.azure.com");
    for elsewhere in ["us-one", "eu-a.b", "eu-evil.com/", "eu-", "eu-a#"] {
        assert_eq!(goes(elsewhere), Err(EndpointError::Host), "{elsewhere}");
    }
}

const VERTEX: &[(&str, &str)] =
    &[("gemini.api_endpoint", "h.googleapis.com"), ("gemini.project_id", "p"), ("gemini.location_id", "l")];
const TUNED: &[(&str, &str)] = &[
    ("gemini.api_endpoint", "h.googleapis.com"),
    ("gemini.project_id", "p"),
    ("gemini.location_id", "l"),
    ("gemini.endpoint_id", "77"),
];

/// Path and query of a request to Gemini.
fn gemini(
    settings: &[(&str, &str)],
    url: Option<&str>,
    upstream_path: Option<&str>,
    model: &str,
    (operation, form): (Operation, Form),
) -> String {
    let provider = by_id("gemini").unwrap();
    let settings = settings_of(settings);
    let location =
        Location { upstream_url: url, upstream_path, model: Some(model), ..Location::of(&settings) };
    let route = provider.route(operation, ClientFormat::OpenAi, &location).unwrap();
    let asked = Asked { model: Some(model), path: "/own", form };
    let binding = provider.binding(&location, &[]).unwrap();
    let endpoint = provider.endpoint(route, &location, &asked, &binding).unwrap();
    endpoint.path_and_query(None).into_owned()
}

#[test]
fn gemini_has_a_method_for_each_thing() {
    let whole = (Operation::Chat, Form::Whole);
    let stream = (Operation::Chat, Form::Stream);
    let embeddings = (Operation::Embeddings, Form::Whole);
    let in_project = |path: &str| format!("/v1/projects/p/locations/l{path}");
    let flash = "gemini-2.5-flash";
    for (model, asked, expected) in [
        (flash, whole, "/v1beta/models/gemini-2.5-flash:generateContent"),
        (flash, stream, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        ("gemini-embedding-001", embeddings, "/v1beta/models/gemini-embedding-001:batchEmbedContents"),
    ] {
        assert_eq!(gemini(&[], None, None, model, asked), expected);
    }
    for (model, asked, expected) in [
        (flash, whole, "/publishers/google/models/gemini-2.5-flash:generateContent"),
        (flash, stream, "/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        (
            flash,
            (Operation::Completions, Form::Whole),
            "/publishers/google/models/gemini-2.5-flash:generateContent",
        ),
        ("text-embedding-005", embeddings, "/publishers/google/models/text-embedding-005:predict"),
        ("gemini-embedding-2", embeddings, "/publishers/google/models/gemini-embedding-2:embedContent"),
        (
            "claude-opus-4-6@20260205",
            whole,
            "/publishers/anthropic/models/claude-opus-4-6@20260205:rawPredict",
        ),
        ("claude-opus-4-6", stream, "/publishers/anthropic/models/claude-opus-4-6:streamRawPredict"),
    ] {
        assert_eq!(gemini(VERTEX, None, None, model, asked), in_project(expected));
    }
    for (asked, expected) in [
        (whole, "/endpoints/77:generateContent"),
        (stream, "/endpoints/77:streamGenerateContent?alt=sse"),
        (embeddings, "/endpoints/77:predict"),
    ] {
        assert_eq!(gemini(TUNED, None, None, "m", asked), in_project(expected));
    }
}

#[test]
fn a_path_for_gemini_replaces_the_one_of_its_url() {
    let url = Some("https://h.example.com/proxy/x:generateContent");
    let goes = |settings, url, path, form| gemini(settings, url, path, "m", (Operation::Chat, form));
    assert_eq!(goes(&[], url, None, Form::Whole), "/proxy/x:generateContent");
    assert_eq!(goes(&[], url, None, Form::Stream), "/proxy/x:streamGenerateContent?alt=sse");
    assert_eq!(goes(&[], url, Some("/own/y:generateContent"), Form::Whole), "/own/y:generateContent");
    let streamed = "/own/y:streamGenerateContent?alt=sse";
    assert_eq!(goes(&[], url, Some("own/y:generateContent"), Form::Stream), streamed);
    assert_eq!(goes(VERTEX, None, Some("/own/y:generateContent"), Form::Stream), streamed);
    assert_eq!(
        goes(&[], Some("https://h.example.com/"), None, Form::Whole),
        "/v1beta/models/m:generateContent"
    );
    let claude = Some("/v1/projects/p/locations/l/publishers/anthropic/models/mine:rawPredict");
    assert_eq!(
        goes(VERTEX, None, claude, Form::Stream),
        "/v1/projects/p/locations/l/publishers/anthropic/models/mine:streamRawPredict"
    );
}
