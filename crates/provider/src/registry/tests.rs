//! The providers' data against the capability matrix, and against the rules for the data itself.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use dialect::{MemberRule, TokenLimit, UsageInStream};
use model::{ClientFormat, Operation};

use super::*;
use crate::{Base, Location, Route, Settings, Wire};

/// Operations of each provider for clients that speak OpenAI, `preserve` apart. `vertex` is `gemini`
/// with a project; `raw` is `llama2` with that format.
const MATRIX: [(&str, &str); 18] = [
    (
        "openai",
        "chat completions embeddings files batches assistants responses audio generations edits videos realtime",
    ),
    (
        "azure",
        "chat completions embeddings files batches assistants responses audio generations edits videos realtime",
    ),
    ("anthropic", "chat completions batches"),
    ("bedrock", "chat completions embeddings batches generations edits videos"),
    ("gemini", "chat embeddings batches generations edits videos"),
    ("vertex", "chat completions embeddings batches generations edits videos"),
    ("cohere", "chat completions embeddings"),
    ("mistral", "chat embeddings"),
    ("llama2", "chat completions embeddings"),
    ("raw", "chat completions"),
    ("ollama", "chat embeddings"),
    ("huggingface", "chat completions embeddings videos"),
    ("dashscope", "chat embeddings generations edits"),
    ("cerebras", "chat"),
    ("deepseek", "chat"),
    ("databricks", "chat"),
    ("vllm", "chat"),
    ("xai", "chat responses generations"),
];

/// What this version serves, `preserve` apart.
const SERVED: [(&str, &str); 18] = [
    ("openai", "chat completions embeddings"),
    ("azure", "chat completions embeddings"),
    ("anthropic", "chat completions"),
    ("bedrock", "chat completions embeddings"),
    ("gemini", "chat embeddings"),
    ("vertex", "chat completions embeddings"),
    ("cohere", "chat completions embeddings"),
    ("mistral", "chat embeddings"),
    ("llama2", "chat completions embeddings"),
    ("raw", "chat completions"),
    ("ollama", "chat embeddings"),
    ("huggingface", "chat completions embeddings"),
    ("dashscope", "chat embeddings"),
    ("cerebras", "chat"),
    ("deepseek", "chat"),
    ("databricks", "chat"),
    ("vllm", "chat"),
    ("xai", "chat"),
];

fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Speech | Operation::Transcription | Operation::Translation => "audio",
        other => {
            let route_type = other.route_type();
            let last = route_type.rsplit('/').next().unwrap_or_default();
            if other == Operation::Video { "videos" } else { last }
        }
    }
}

fn target(row: &str) -> (&'static Provider, Settings) {
    let mut settings = Settings::default();
    let id = match row {
        "vertex" => {
            settings.set("gemini.api_endpoint", "eu-aiplatform.googleapis.com");
            "gemini"
        }
        "raw" => {
            settings.set("llama2_format", "raw");
            "llama2"
        }
        "llama2" => {
            settings.set("llama2_format", "openai");
            "llama2"
        }
        id => id,
    };
    (by_id(id).unwrap(), settings)
}

fn check(rows: &[(&str, &str)], holds: impl Fn(&Route) -> bool) {
    for (row, words) in rows {
        let (provider, settings) = target(row);
        for operation in Operation::ALL {
            let route = provider.route(operation, ClientFormat::OpenAi, &Location::of(&settings));
            let expected = operation == Operation::Preserve || words.split(' ').any(|w| w == word(operation));
            assert_eq!(route.is_some_and(&holds), expected, "{row} {operation:?}");
        }
    }
}

#[test]
fn routes_are_those_of_the_capability_matrix() {
    check(&MATRIX, |_| true);
}

#[test]
fn what_is_served_is_listed() {
    check(&SERVED, Route::is_served);
}

#[test]
fn the_registry_has_each_provider_once() {
    let ids: HashSet<_> = all().iter().map(|provider| provider.id).collect();
    assert_eq!(ids.len(), all().len());
    assert_eq!(all().len(), 16);
    for provider in all() {
        assert_eq!(by_id(provider.id).unwrap().title, provider.title);
    }
    assert!(by_id("OpenAI").is_none());
}

#[test]
fn settings_and_urls_decide_the_wire() {
    let speaks_openai = |id: &str, format: Option<(&str, &str)>, url: Option<&str>| {
        let mut settings = Settings::default();
        if let Some((name, value)) = format {
            settings.set(name, value);
        }
        let location = Location { upstream_url: url, ..Location::of(&settings) };
        let route = by_id(id).unwrap().route(Operation::Chat, ClientFormat::OpenAi, &location);
        matches!(route.unwrap().wire, Wire::Chat { relayed: Some((ClientFormat::OpenAi, _)), .. })
    };
    assert!(speaks_openai("ollama", None, Some("http://h:11434/v1/chat/completions")));
    assert!(!speaks_openai("ollama", None, Some("http://h:11434/v1/messages")));
    assert!(!speaks_openai("ollama", None, Some("http://h:11434/api/chat?a=/v1/")));
    assert!(!speaks_openai("ollama", None, Some("http://h:11434")));
    let mistral = |format| Some(("mistral_format", format));
    assert!(speaks_openai("mistral", None, Some("http://h/v1/chat/completions")));
    assert!(!speaks_openai("mistral", None, Some("http://h/api/chat")));
    assert!(!speaks_openai("mistral", mistral("ollama"), None));
    assert!(speaks_openai("mistral", mistral("openai"), Some("http://h/api/chat")));
    assert!(!speaks_openai("llama2", Some(("llama2_format", "raw")), Some("http://h/v1/x")));
}

#[test]
fn native_formats_go_with_their_own_provider_and_anthropics_with_every_one() {
    let settings = Settings::default();
    let route = |id: &str, operation, format| {
        let found = by_id(id).unwrap().route(operation, format, &Location::of(&settings));
        found.map(Route::is_served)
    };
    for provider in all() {
        // Whoever serves chat serves it to clients of both formats.
        let openai = route(provider.id, Operation::Chat, ClientFormat::OpenAi);
        let anthropic = route(provider.id, Operation::Chat, ClientFormat::Anthropic);
        assert!(anthropic.is_some(), "{}", provider.id);
        assert_eq!(anthropic, openai, "{}", provider.id);
        for format in ClientFormat::ALL {
            let own = match format {
                ClientFormat::OpenAi | ClientFormat::Anthropic => true,
                other => other.name() == provider.id,
            };
            assert_eq!(provider.speaks(format), own, "{} {format:?}", provider.id);
            let preserve = route(provider.id, Operation::Preserve, format);
            let expected = own.then_some(format == ClientFormat::OpenAi);
            assert_eq!(preserve, expected, "{} {format:?}", provider.id);
        }
    }
    let cohere = route("cohere", Operation::Completions, ClientFormat::Cohere);
    assert_eq!(cohere, None);
}

#[test]
fn token_limits_and_usage_follow_model_and_version() {
    let quirks = |id: &str, model: &str, version: Option<&str>| {
        let mut settings = Settings::default();
        if let Some(version) = version {
            settings.set("azure_api_version", version);
        }
        (by_id(id).unwrap().quirks)(Some(model), &settings)
    };
    for id in ["openai", "azure"] {
        for model in ["o3-mini", "gpt-5-nano", "gpt-5.4"] {
            assert_eq!(quirks(id, model, None).token_limit, TokenLimit::MaxCompletionTokens);
        }
        assert_eq!(quirks(id, "gpt-4o", None).token_limit, TokenLimit::AsSent);
    }
    for (version, usage) in [
        ("2023-05-15", UsageInStream::WhenClientAsks),
        ("2024-08-01-preview", UsageInStream::WhenClientAsks),
        ("2024-09-01-preview", UsageInStream::OnRequest),
        ("2025-01-01-preview", UsageInStream::OnRequest),
        ("v1", UsageInStream::OnRequest),
        ("preview", UsageInStream::OnRequest),
    ] {
        for model in ["gpt-4o", "o1", "gpt-5.4"] {
            assert_eq!(quirks("azure", model, Some(version)).usage_in_stream, usage, "{version}");
        }
    }
    assert!(quirks("xai", "grok-4", None).reasoning_outside_completion);
    assert_eq!(quirks("mistral", "mistral-large", None).usage_in_stream, UsageInStream::Always);
}

#[test]
fn azure_paths_name_the_deployment() {
    for (version, named) in [("2024-10-21", true), ("v1", false), ("preview", false)] {
        let mut settings = Settings::default();
        settings.set("azure_api_version", version);
        let azure = by_id("azure").unwrap();
        let route = azure.route(Operation::Chat, ClientFormat::OpenAi, &Location::of(&settings));
        assert_eq!(route.unwrap().names_deployment(), named, "{version}");
    }
    for id in ["openai", "gemini", "bedrock"] {
        // A tuned model of Vertex's is an endpoint.
        for route in by_id(id).unwrap().routes.iter().filter(|route| !route.path.contains("/endpoints/")) {
            let named = route.operation == Operation::Chat && route.names_deployment();
            assert!(!named, "{id}");
        }
    }
}

#[test]
fn top_k_goes_to_those_who_know_it() {
    for (id, dropped) in [
        ("openai", true),
        ("azure", true),
        ("mistral", true),
        ("huggingface", true),
        ("cerebras", true),
        ("xai", true),
        ("deepseek", true),
        ("ollama", true),
        ("dashscope", false),
        ("databricks", false),
        ("vllm", false),
        ("llama2", false),
    ] {
        let provider = by_id(id).unwrap();
        let rules = (provider.quirks)(Some("any"), &Settings::default()).rules;
        let drops = rules.iter().any(|(_, rule)| *rule == MemberRule::Drop("top_k"));
        assert_eq!(drops, dropped, "{id}");
    }
}

/// Every placeholder of a path or base is a setting of its provider, so that config can require it.
#[test]
fn placeholders_are_known_settings() {
    let unknown = |provider: &Provider, template: &str| {
        let names = template.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        let known =
            |name: &&str| *name != "model" && !provider.settings.iter().any(|setting| setting.name == *name);
        names.filter(known).map(str::to_owned).collect::<Vec<_>>()
    };
    let none = Vec::<String>::new();
    for provider in all() {
        for route in provider.routes {
            assert_eq!(unknown(provider, route.path), none, "{}", provider.id);
            assert_eq!(unknown(provider, route.stem), none, "{}", provider.id);
            for (_, setting) in route.query {
                assert!(provider.settings.iter().any(|known| known.name == *setting));
            }
        }
        if let Base::Url(base) = provider.base {
            assert_eq!(unknown(provider, base), none, "{}", provider.id);
        }
        for (name, setting) in provider.headers {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(provider.settings.iter().any(|known| known.name == *setting));
        }
    }
}

#[test]
fn a_provider_is_one_short_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers");
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 150, "{} has {lines} lines", path.display());
        files += 1;
    }
    assert_eq!(files, all().len());
}

#[test]
fn written_paths_decide_the_address() {
    let path = |id: &str, operation, url: Option<&str>, upstream_path: Option<&str>| {
        let mut settings = Settings::default();
        settings.set("llama2_format", "ollama");
        let location = Location { upstream_url: url, upstream_path, ..Location::of(&settings) };
        by_id(id).unwrap().route(operation, ClientFormat::OpenAi, &location).unwrap().path
    };
    let chat = Operation::Chat;
    assert_eq!(path("cohere", chat, None, None), "/v2/chat");
    assert_eq!(path("cohere", chat, None, Some("/v1/chat?a=b")), "/v1/chat");
    assert_eq!(path("cohere", chat, Some("https://h/p/v1/chat"), None), "/v1/chat");
    assert_eq!(path("cohere", chat, Some("https://h/v2/chat"), Some("/v1/chat")), "/v2/chat");
    assert_eq!(path("ollama", chat, Some("http://h:11434/"), None), "/api/chat");
    assert_eq!(path("ollama", chat, Some("http://h:11434/v1/messages"), None), "/v1/messages");
    assert_eq!(
        path("ollama", chat, Some("http://h:11434"), Some("/v1/chat/completions")),
        "/v1/chat/completions"
    );
    assert_eq!(path("ollama", chat, Some("http://h/api/generate"), None), "/api/generate");
    assert_eq!(path("mistral", chat, Some("http://h/api/generate"), None), "/api/generate");
    assert_eq!(path("mistral", chat, Some("http://h/api/chat"), None), "/api/chat");
    assert_eq!(path("llama2", chat, Some("http://h/api/generate"), None), "/api/generate");
    assert_eq!(path("llama2", chat, Some("http://h/"), None), "/api/chat");
    let completions = Operation::Completions;
    assert_eq!(path("llama2", completions, Some("http://h/"), None), "/api/generate");
    assert_eq!(path("huggingface", completions, None, None), "/hf-inference/models/{model}");
    assert_eq!(path("huggingface", completions, Some("http://h/generate"), None), "/generate");
    assert_eq!(path("huggingface", completions, Some("http://h/v1/completions"), None), "/v1/completions");
    assert_eq!(
        path("huggingface", completions, Some("http://h/my/model"), None),
        "/hf-inference/models/{model}"
    );
}
