//! From an environment to a file that loads, and to what people read.

use super::*;
use config::{LoadOptions, PluginConfig};

const CANARY: &str = "sk-canary-7c1e";

/// Every variable that quickstart knows, each with the canary in it.
const EVERY_KEY: &[(&str, &str)] = &[
    ("OPENAI_API_KEY", "sk-canary-7c1e-1"),
    ("ANTHROPIC_API_KEY", "sk-canary-7c1e-2"),
    ("GEMINI_API_KEY", "sk-canary-7c1e-3"),
    ("MISTRAL_API_KEY", "sk-canary-7c1e-4"),
    ("COHERE_API_KEY", "sk-canary-7c1e-5"),
    ("XAI_API_KEY", "sk-canary-7c1e-6"),
    ("DEEPSEEK_API_KEY", "sk-canary-7c1e-7"),
    ("CEREBRAS_API_KEY", "sk-canary-7c1e-8"),
    ("DASHSCOPE_API_KEY", "sk-canary-7c1e-9"),
    ("HF_TOKEN", "sk-canary-7c1e-10"),
    ("AWS_ACCESS_KEY_ID", "sk-canary-7c1e-11"),
    ("AWS_SECRET_ACCESS_KEY", "sk-canary-7c1e-12"),
    ("AZURE_OPENAI_API_KEY", "sk-canary-7c1e-13"),
    ("AZURE_OPENAI_ENDPOINT", "https://my-instance.openai.azure.com/"),
    ("AZURE_OPENAI_DEPLOYMENT", "gpt-4o"),
    ("DATABRICKS_TOKEN", "sk-canary-7c1e-14"),
    ("DATABRICKS_HOST", "https://dbc-1234-5678.cloud.databricks.com"),
];

const ADDRESS: &str = "127.0.0.1:8000";

fn environment(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    move |name| {
        let found = pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    }
}

fn with_keys(pairs: &[(&str, &str)]) -> Targets {
    keys::read(&environment(pairs))
}

fn names(targets: &Targets) -> Vec<&str> {
    targets.entries.iter().map(|entry| entry.name).collect()
}

/// A target as probing finds it.
fn local(name: &'static str, provider: &str, place: Place) -> Entry {
    Entry {
        place,
        chat: vec!["llama3.2:1b".to_owned()],
        embeddings: vec!["nomic-embed-text".to_owned()],
        ..Entry::new(name, by_id(provider).unwrap(), "http://127.0.0.1:1")
    }
}

fn everything() -> Targets {
    let mut targets = with_keys(EVERY_KEY);
    let base = || "http://127.0.0.1:1".to_owned();
    targets.entries.push(local("ollama", "ollama", Place::OpenAi(base())));
    targets.entries.push(local("vllm", "vllm", Place::Base(base())));
    let mut llama = local("llamacpp", "llama2", Place::Base(base()));
    llama.options = vec![("llama2_format", "openai".to_owned())];
    targets.entries.push(llama);
    targets
}

fn load(yaml: &str, pairs: &[(&str, &str)]) -> config::Loaded {
    let environment = environment(pairs);
    let options = LoadOptions {
        environment: &environment,
        ignore_unsupported_plugins: false,
        identity_defect: &|_| None,
    };
    config::load(yaml, "quickstart", &options).unwrap_or_else(|problems| {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{}\n{yaml}", told.join("\n"))
    })
}

/// Variables of keys with the provider that each is for, in the order in which targets are made.
const KEYS_OF: &[(&str, &str)] = &[
    ("OPENAI_API_KEY", "openai"),
    ("ANTHROPIC_API_KEY", "anthropic"),
    ("GEMINI_API_KEY", "gemini"),
    ("MISTRAL_API_KEY", "mistral"),
    ("COHERE_API_KEY", "cohere"),
    ("XAI_API_KEY", "xai"),
    ("DEEPSEEK_API_KEY", "deepseek"),
    ("CEREBRAS_API_KEY", "cerebras"),
    ("DASHSCOPE_API_KEY", "dashscope"),
    ("HF_TOKEN", "huggingface"),
    ("AZURE_OPENAI_API_KEY", "azure"),
    ("DATABRICKS_TOKEN", "databricks"),
    ("AWS_ACCESS_KEY_ID", "bedrock"),
];

/// Whether anything that quickstart offers can be asked of a provider.
fn is_served(id: &str) -> bool {
    let settings = Settings::default();
    let provider = by_id(id).unwrap();
    OPERATIONS.iter().any(|operation| {
        let route = provider.route(*operation, ClientFormat::OpenAi, &Location::of(&settings));
        route.is_some_and(provider::Route::is_served)
    })
}

#[test]
fn keys_become_targets_or_are_named() {
    let targets = with_keys(EVERY_KEY);
    // A way into AWS is told of, and not used: which models an account may use, only its owner knows.
    let (served, unserved): (Vec<_>, Vec<_>) =
        KEYS_OF.iter().partition(|(_, id)| *id != "bedrock" && is_served(id));
    let ids = |rows: &[&(&'static str, &'static str)]| rows.iter().map(|(_, id)| *id).collect::<Vec<_>>();
    assert_eq!(names(&targets), ids(&served.iter().collect::<Vec<_>>()));
    let unusable: Vec<_> = targets.unusable.iter().map(|unusable| unusable.found).collect();
    assert_eq!(unusable, unserved.iter().map(|(variable, _)| *variable).collect::<Vec<_>>());
    assert!(names(&targets).starts_with(&["openai", "anthropic"]) && unusable.contains(&"AWS_ACCESS_KEY_ID"));
    for entry in &targets.entries {
        assert!(!entry.chat.is_empty(), "{}", entry.name);
    }
}

#[test]
fn azure_needs_a_place_and_a_deployment() {
    let azure = |more: &[(&str, &str)]| {
        let mut pairs = vec![("AZURE_OPENAI_API_KEY", CANARY)];
        pairs.extend_from_slice(more);
        let mut targets = with_keys(&pairs);
        match targets.unusable.pop() {
            Some(unusable) => Err(unusable.reason),
            None => Ok(targets.entries.pop().unwrap()),
        }
    };
    let deployment = ("AZURE_OPENAI_DEPLOYMENT_NAME", "my-embed");
    assert_eq!(azure(&[]).err().unwrap(), "AZURE_OPENAI_DEPLOYMENT is not set");
    assert_eq!(azure(&[deployment]).err().unwrap(), "AZURE_OPENAI_ENDPOINT is not set");
    let plain_http = ("AZURE_OPENAI_ENDPOINT", "http://x.openai.azure.com");
    assert!(azure(&[deployment, plain_http]).is_err());
    assert!(azure(&[deployment, ("AZURE_OPENAI_INSTANCE", "a/b")]).is_err());
    let entry = azure(&[deployment, ("AZURE_OPENAI_INSTANCE", "inst")]).unwrap();
    assert_eq!(entry.embeddings, ["my-embed"]);
    assert_eq!(entry.url(Operation::Chat), None);
    let foundry = ("AZURE_OPENAI_ENDPOINT", "https://Res.services.ai.azure.com/x");
    let entry = azure(&[deployment, foundry]).unwrap();
    assert_eq!(entry.url(Operation::Chat).unwrap(), "https://res.services.ai.azure.com");
    assert!(entry.options.contains(&("azure_instance", "res".to_owned())));
}

#[test]
fn databricks_needs_its_workspace() {
    let token = ("DATABRICKS_TOKEN", CANARY);
    assert_eq!(with_keys(&[token]).unusable[0].reason, "DATABRICKS_HOST is not set");
    let other = ("DATABRICKS_HOST", "adb-1.2.azuredatabricks.net");
    let targets = with_keys(&[token, other]);
    assert_eq!(targets.entries[0].url(Operation::Chat).unwrap(), "https://adb-1.2.azuredatabricks.net");
    assert!(with_keys(&[token, ("DATABRICKS_HOST", "https://a b/")]).entries.is_empty());
}

#[test]
fn the_file_loads_and_everything_in_it_is_served() {
    let targets = everything();
    let yaml = declarative(&targets);
    let loaded = load(&yaml, EVERY_KEY);
    let unserved: Vec<_> = loaded.unserved.iter().map(ToString::to_string).collect();
    assert_eq!(unserved, [""; 0], "{yaml}");
    assert!(loaded.warnings.is_empty());
    let configuration = loaded.configuration;
    assert_eq!(configuration.routes.len(), 6);
    assert_eq!(configuration.plugins.len(), 6);
    let lists: Vec<_> = configuration
        .plugins
        .iter()
        .map(|plugin| match &plugin.config {
            PluginConfig::AiProxy(proxy) => proxy,
            _ => panic!("only targets are needed"),
        })
        .collect();
    for (proxy, operation) in lists.iter().zip(OPERATIONS) {
        assert_eq!(proxy.operation, operation);
        let callable: Vec<_> = proxy
            .extensions
            .models
            .iter()
            .flat_map(|list| list.models.iter().map(|model| format!("{}/{model}", list.name)))
            .collect();
        assert_eq!(callable, targets.callable(operation).collect::<Vec<_>>());
    }
    let (messages, listed) = (&lists[3], &lists[5]);
    assert_eq!(messages.format, ClientFormat::Anthropic);
    assert_eq!(messages.extensions.default_model.as_deref(), Some("anthropic"));
    assert!(lists[4].extensions.list_models && lists[4].format == ClientFormat::Anthropic);
    assert!(listed.extensions.list_models);
    let all = listed.extensions.models.iter().map(|list| list.models.len()).sum::<usize>();
    let each: usize = OPERATIONS.iter().map(|operation| targets.callable(*operation).count()).sum();
    assert_eq!(all, each);
}

#[test]
fn keys_arrive_where_the_provider_wants_them() {
    let loaded = load(&declarative(&everything()), EVERY_KEY);
    let PluginConfig::AiProxy(chat) = &loaded.configuration.plugins[0].config else {
        panic!("the first plugin is chat")
    };
    let header = |name: &str| {
        let list = chat.extensions.models.iter().find(|list| &*list.name == name).unwrap();
        let header = list.target.auth.header.as_ref();
        header.map(|(name, value)| (name.to_ascii_lowercase(), value.expose().to_owned()))
    };
    let told = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
    assert_eq!(header("openai"), told("authorization", "Bearer sk-canary-7c1e-1"));
    assert_eq!(header("azure"), told("api-key", "sk-canary-7c1e-13"));
    assert_eq!(header("ollama"), None);
}

#[test]
fn no_key_is_in_the_file_or_in_what_people_read() {
    let targets = everything();
    let address = ADDRESS.parse().unwrap();
    let (yaml, text) = (declarative(&targets), banner(&targets, address, "ai-proxy"));
    assert!(!yaml.contains(CANARY));
    assert!(!text.contains(CANARY));
    assert!(yaml.contains("{vault://env/OPENAI_API_KEY}"));
    assert!(yaml.contains("{vault://env/AZURE_OPENAI_API_KEY}"));
}

#[tokio::test]
async fn without_anything_a_simulated_model_answers() {
    let empty = environment(&[("OPENAI_API_KEY", " ")]);
    let mut targets = Targets::find(&empty, ADDRESS.parse().unwrap()).await;
    // The machine that tests run on may have a model server.
    targets.entries.retain(|entry| entry.key.is_some());
    assert!(targets.entries.is_empty());
    targets.entries.extend(Entry::demonstration());
    let yaml = declarative(&targets);
    let loaded = load(&yaml, &[]);
    assert!(loaded.unserved.is_empty());
    let PluginConfig::AiProxy(chat) = &loaded.configuration.plugins[0].config else {
        panic!("the first plugin is chat")
    };
    assert!(chat.extensions.models[0].simulate);
    assert_eq!(loaded.configuration.routes.len(), 4);
    let text = banner(&targets, ADDRESS.parse().unwrap(), "ai-proxy");
    assert!(text.contains("demo/echo"));
    assert!(text.contains("OPENAI_API_KEY"));
}

#[test]
fn people_are_told_what_to_paste() {
    let text = banner(&everything(), "127.0.0.1:4321".parse().unwrap(), "ai-proxy");
    for line in [
        "http://127.0.0.1:4321/v1",
        "curl http://127.0.0.1:4321/v1/chat/completions",
        "\"model\":\"openai/gpt-5.5\"",
        "base_url=\"http://127.0.0.1:4321/v1\"",
        "ANTHROPIC_BASE_URL=http://127.0.0.1:4321 ",
        "its models go to anthropic;",
        "Codex",
        "ANTHROPIC_API_KEY",
        "ollama/llama3.2:1b",
        "README.md",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// What the banner says of Codex must change once it can be served.
#[test]
fn what_is_said_to_be_missing_is_missing() {
    let openai = by_id("openai").unwrap();
    let settings = Settings::default();
    let location = Location::of(&settings);
    let served = |operation, format| openai.route(operation, format, &location).unwrap().is_served();
    assert!(served(Operation::Chat, ClientFormat::Anthropic));
    assert!(!served(Operation::Responses, ClientFormat::OpenAi));
}
