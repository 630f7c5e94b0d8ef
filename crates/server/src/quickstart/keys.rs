//! Targets from keys in the environment. The keys themselves are looked at only to see that they are there.

use provider::{Provider, by_id};

use super::{Entry, Place, Targets, Unusable, catalogue};

/// Looks a variable up; empty ones do not count.
type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A variable that has a key, and whose.
struct Key {
    variable: &'static str,
    provider: &'static str,
    options: &'static [(&'static str, &'static str)],
}

const fn key(variable: &'static str, provider: &'static str) -> Key {
    Key { variable, provider, options: &[] }
}

/// Providers that need a key and nothing else.
const KEYS: &[Key] = &[
    key("OPENAI_API_KEY", "openai"),
    Key { options: &[("anthropic_version", "2023-06-01")], ..key("ANTHROPIC_API_KEY", "anthropic") },
    key("GEMINI_API_KEY", "gemini"),
    key("MISTRAL_API_KEY", "mistral"),
    key("COHERE_API_KEY", "cohere"),
    key("XAI_API_KEY", "xai"),
    key("DEEPSEEK_API_KEY", "deepseek"),
    key("CEREBRAS_API_KEY", "cerebras"),
    key("DASHSCOPE_API_KEY", "dashscope"),
    key("HF_TOKEN", "huggingface"),
];

/// Variables each of which means that there is a way into AWS.
const AWS: [&str; 3] = ["AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"];

const AWS_REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

const AZURE_KEY: &str = "AZURE_OPENAI_API_KEY";
const AZURE_DEPLOYMENTS: [&str; 3] =
    ["AZURE_OPENAI_DEPLOYMENT", "AZURE_OPENAI_DEPLOYMENT_NAME", "AZURE_OPENAI_DEPLOYMENT_ID"];
const AZURE_INSTANCES: [&str; 2] = ["AZURE_OPENAI_INSTANCE", "AZURE_OPENAI_INSTANCE_NAME"];
const AZURE_VERSIONS: [&str; 2] = ["AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION"];
/// The version that is asked for where none is set: the last one that is generally available and dated.
const AZURE_VERSION: &str = "2024-10-21";

pub(super) fn read(environment: &Environment<'_>) -> Targets {
    let mut targets = Targets { entries: Vec::new(), unusable: Vec::new() };
    for known in KEYS {
        if environment(known.variable).is_some() {
            targets.add(known.variable, by_key(known));
        }
    }
    if environment(AZURE_KEY).is_some() {
        targets.add(AZURE_KEY, azure(environment));
    }
    if environment("DATABRICKS_TOKEN").is_some() {
        targets.add("DATABRICKS_TOKEN", databricks(environment));
    }
    if let Some(found) = AWS.into_iter().find(|name| environment(name).is_some()) {
        targets.add(found, bedrock(found, environment));
    }
    targets
}

impl Targets {
    fn add(&mut self, found: &'static str, entry: Result<Entry, String>) {
        match entry {
            Ok(entry) => self.entries.push(entry),
            Err(reason) => self.unusable.push(Unusable { found, reason }),
        }
    }
}

fn provider(id: &str) -> Result<&'static Provider, String> {
    by_id(id).ok_or_else(|| format!("{id} is not a provider of this version"))
}

fn not_served(provider: &Provider) -> String {
    format!("this version does not serve {} yet", provider.title)
}

/// The entry itself, if requests can go there.
fn usable(entry: Entry) -> Result<Entry, String> {
    if super::OPERATIONS.iter().any(|operation| entry.serves(*operation)) {
        Ok(entry)
    } else {
        Err(not_served(entry.provider))
    }
}

fn by_key(known: &Key) -> Result<Entry, String> {
    let provider = provider(known.provider)?;
    let mut entry = Entry::new(provider.id, provider, known.variable);
    entry.key = Some(known.variable);
    entry.options = known.options.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    catalogue::fill(&mut entry);
    usable(entry)
}

fn first(environment: &Environment<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| environment(name))
}

/// Azure answers for one deployment; which model that is, only its owner knows.
fn azure(environment: &Environment<'_>) -> Result<Entry, String> {
    let provider = provider("azure")?;
    let mut entry = Entry::new("azure", provider, AZURE_KEY);
    let deployment = first(environment, &AZURE_DEPLOYMENTS)
        .ok_or_else(|| format!("{} is not set", AZURE_DEPLOYMENTS[0]))?;
    let instance = match (first(environment, &AZURE_INSTANCES), environment("AZURE_OPENAI_ENDPOINT")) {
        (Some(instance), _) => instance,
        (None, Some(endpoint)) => {
            let host =
                host_of(&endpoint).ok_or("AZURE_OPENAI_ENDPOINT is not a URL of the form https://HOST")?;
            if !host.ends_with(".openai.azure.com") {
                entry.place = Place::Base(format!("https://{host}"));
            }
            host.split('.').next().unwrap_or_default().to_owned()
        }
        (None, None) => return Err("AZURE_OPENAI_ENDPOINT is not set".to_owned()),
    };
    let version = first(environment, &AZURE_VERSIONS).unwrap_or_else(|| AZURE_VERSION.to_owned());
    entry.key = Some(AZURE_KEY);
    entry.options = vec![
        ("azure_instance", instance),
        ("azure_deployment_id", deployment.clone()),
        ("azure_api_version", version),
    ];
    if deployment.contains("embed") {
        entry.embeddings = vec![deployment];
    } else {
        entry.chat = vec![deployment];
    }
    if entry.serves(model::Operation::Chat) {
        Ok(entry)
    } else {
        Err("the instance, the deployment or the endpoint cannot be a part of a URL".to_owned())
    }
}

/// The gateway finds AWS's credentials by itself, as AWS's own programs do; only the region must be said.
fn bedrock(found: &'static str, environment: &Environment<'_>) -> Result<Entry, String> {
    let provider = provider("bedrock")?;
    let mut entry = Entry::new("bedrock", provider, found);
    let region = first(environment, &AWS_REGIONS).ok_or_else(|| format!("{} is not set", AWS_REGIONS[0]))?;
    entry.options = vec![("bedrock.aws_region", region)];
    catalogue::fill(&mut entry);
    usable(entry)
}

fn databricks(environment: &Environment<'_>) -> Result<Entry, String> {
    let provider = provider("databricks")?;
    let mut entry = Entry::new("databricks", provider, "DATABRICKS_TOKEN");
    let given = environment("DATABRICKS_HOST").ok_or("DATABRICKS_HOST is not set")?;
    let host = host_of(&given).ok_or("DATABRICKS_HOST is not a host or a URL of the form https://HOST")?;
    match host.strip_suffix(".cloud.databricks.com") {
        Some(instance) => {
            entry.options = vec![("databricks.workspace_instance_id", instance.to_owned())];
        }
        None => entry.place = Place::Base(format!("https://{host}")),
    }
    entry.key = Some("DATABRICKS_TOKEN");
    catalogue::fill(&mut entry);
    usable(entry)
}

/// Host of an https URL, or a bare host; anything behind it is left out.
fn host_of(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
        Some(_) => return None,
        None => text,
    };
    let host = rest.split(['/', '?', '#']).next()?;
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (host.contains('.') && host.chars().all(valid)).then(|| host.to_ascii_lowercase())
}
