//! The targets. A provider more is a row more.

/// How the streams of a target are framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    Events,
    /// AWS's binary frames.
    Binary,
    /// One JSON object a line.
    Lines,
}

/// One target, and what it can do.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// In paths, names of routes and tags.
    pub name: &'static str,
    pub provider: &'static str,
    pub model: &'static str,
    /// The inside of `auth`, in YAML.
    pub auth: &'static str,
    /// The same with a key that the provider does not know; empty where it asks for none.
    pub wrong: &'static str,
    /// The inside of `options`, in YAML.
    pub options: &'static str,
    pub framing: Framing,
    /// Clients of `OpenAI` are relayed.
    pub speaks_openai: bool,
    /// Clients of Messages are relayed.
    pub speaks_messages: bool,
    /// What a relayed answer calls the model, if not as it is configured.
    pub relayed_as: Option<&'static str>,
    /// Tools can be called.
    pub tools: bool,
    /// Several at once.
    pub parallel: bool,
    pub vision: bool,
    /// Answers can be made to fit a schema.
    pub schema: bool,
    /// Thoughts have seals that must come back.
    pub seals: bool,
    /// Streams.
    pub streams: bool,
    /// Conversations become one prompt, which is what is said.
    pub prompts: bool,
    /// Says what it used, and whether it was cut short.
    pub reports: bool,
    /// What `please_refuse` comes to in `OpenAI`'s words.
    pub refusal: Option<&'static str>,
    /// A member of `OpenAI`'s that is lost here.
    pub lost: &'static str,
    /// Tokens are counted by the provider.
    pub counts: bool,
}

/// What speaks `OpenAI`'s format and can do everything.
const OPENAI: Target = Target {
    name: "openai",
    provider: "openai",
    model: "gpt-4o",
    auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-openai",
    wrong: "header_name: Authorization, header_value: Bearer CANARY-wrong",
    options: r#"upstream_url: "http://@UPSTREAM@/v1/chat/completions""#,
    framing: Framing::Events,
    speaks_openai: true,
    speaks_messages: false,
    relayed_as: None,
    tools: true,
    parallel: true,
    vision: true,
    schema: true,
    seals: false,
    streams: true,
    prompts: false,
    reports: true,
    refusal: None,
    lost: "top_k",
    counts: false,
};

/// What has a format of its own and can do everything.
const OWN: Target = Target { speaks_openai: false, lost: "logit_bias", ..OPENAI };

const BEDROCK: Target = Target {
    provider: "bedrock",
    auth: "aws_access_key_id: SIMKEY-own, aws_secret_access_key: sim-secret-access-key",
    wrong: "aws_access_key_id: SIMKEY-own, aws_secret_access_key: CANARY-wrong",
    options: r#"bedrock: {aws_region: us-east-1}, upstream_url: "http://@UPSTREAM@""#,
    framing: Framing::Binary,
    ..OWN
};

const COHERE: Target = Target {
    provider: "cohere",
    auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-cohere",
    vision: false,
    ..OWN
};

const OLLAMA: Target = Target {
    name: "ollama",
    provider: "ollama",
    model: "llama3.2",
    auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-ollama",
    options: r#"upstream_url: "http://@UPSTREAM@/api/chat""#,
    framing: Framing::Lines,
    ..OWN
};

pub const TARGETS: &[Target] = &[
    Target {
        name: "anthropic",
        provider: "anthropic",
        model: "claude-sonnet-4-5",
        auth: "header_name: x-api-key, header_value: sk-sim-CANARY-anthropic",
        wrong: "header_name: x-api-key, header_value: CANARY-wrong",
        options: r#"anthropic_version: "2023-06-01", upstream_url: "http://@UPSTREAM@/sim/anthropic/v1/messages""#,
        speaks_messages: true,
        seals: true,
        refusal: Some("content_filter"),
        counts: true,
        ..OWN
    },
    // Without structured output of its own: a forced tool stands in for it.
    Target {
        name: "anthropic-early",
        provider: "anthropic",
        model: "claude-3-5-haiku-latest",
        auth: "header_name: x-api-key, header_value: sk-sim-CANARY-anthropic-early",
        wrong: "header_name: x-api-key, header_value: CANARY-wrong",
        options: r#"anthropic_version: "2023-06-01", upstream_url: "http://@UPSTREAM@/sim/anthropic/v1/messages""#,
        speaks_messages: true,
        refusal: Some("content_filter"),
        counts: true,
        ..OWN
    },
    // Converse for clients of OpenAI, InvokeModel in Claude's own format for those of Messages.
    Target {
        name: "bedrock-claude",
        model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        speaks_messages: true,
        relayed_as: Some("claude-sonnet-4-5-20250929"),
        seals: true,
        counts: true,
        ..BEDROCK
    },
    Target { name: "bedrock-nova", model: "amazon.nova-pro-v1:0", ..BEDROCK },
    Target {
        name: "cohere",
        model: "command-a-03-2025",
        options: r#"upstream_url: "http://@UPSTREAM@/v2/chat""#,
        ..COHERE
    },
    Target {
        name: "cohere-v1",
        model: "command-r-plus",
        options: r#"upstream_url: "http://@UPSTREAM@/sim/cohere/v1/chat""#,
        framing: Framing::Lines,
        ..COHERE
    },
    OLLAMA,
    Target {
        name: "llama2-ollama",
        provider: "llama2",
        options: r#"llama2_format: ollama, upstream_url: "http://@UPSTREAM@/api/chat""#,
        ..OLLAMA
    },
    Target {
        name: "mistral-ollama",
        provider: "mistral",
        options: r#"mistral_format: ollama, upstream_url: "http://@UPSTREAM@/api/chat""#,
        ..OLLAMA
    },
    Target {
        name: "ollama-prompt",
        options: r#"upstream_url: "http://@UPSTREAM@/api/generate""#,
        tools: false,
        parallel: false,
        prompts: true,
        ..OLLAMA
    },
    Target {
        name: "llama2-raw",
        provider: "llama2",
        model: "llama2-7b",
        options: r#"llama2_format: raw, upstream_url: "http://@UPSTREAM@/sim/llama2/raw""#,
        tools: false,
        parallel: false,
        vision: false,
        schema: false,
        streams: false,
        reports: false,
        ..OLLAMA
    },
    OPENAI,
    Target { name: "openai-reasoning", model: "gpt-5-mini", ..OPENAI },
    Target {
        name: "azure",
        provider: "azure",
        auth: "header_name: api-key, header_value: sk-sim-CANARY-azure",
        wrong: "header_name: api-key, header_value: CANARY-wrong",
        options: r#"azure_instance: dummy, azure_deployment_id: d1, azure_api_version: 2024-10-21, upstream_url: "http://@UPSTREAM@/openai/deployments/d1/chat/completions""#,
        ..OPENAI
    },
    Target {
        name: "mistral",
        provider: "mistral",
        model: "mistral-small",
        options: r#"mistral_format: openai, upstream_url: "http://@UPSTREAM@/sim/mistral/v1/chat/completions""#,
        ..OPENAI
    },
    Target {
        name: "cerebras",
        provider: "cerebras",
        model: "llama3.1-8b",
        options: r#"upstream_url: "http://@UPSTREAM@/sim/cerebras/v1/chat/completions""#,
        ..OPENAI
    },
    Target {
        name: "deepseek",
        provider: "deepseek",
        model: "deepseek-chat",
        vision: false,
        options: r#"upstream_url: "http://@UPSTREAM@/sim/deepseek/v1/chat/completions""#,
        ..OPENAI
    },
    Target {
        name: "xai",
        provider: "xai",
        model: "grok-4",
        options: r#"upstream_url: "http://@UPSTREAM@/sim/xai/v1/chat/completions""#,
        ..OPENAI
    },
    Target {
        name: "dashscope",
        provider: "dashscope",
        model: "qwen3-32b",
        options: r#"upstream_url: "http://@UPSTREAM@/compatible-mode/v1/chat/completions""#,
        ..OPENAI
    },
    Target {
        name: "databricks",
        provider: "databricks",
        model: "databricks-gpt-oss-120b",
        options: r#"upstream_url: "http://@UPSTREAM@/serving-endpoints/chat/completions""#,
        ..OPENAI
    },
    Target {
        name: "huggingface",
        provider: "huggingface",
        model: "org/model",
        options: r#"upstream_url: "http://@UPSTREAM@/sim/huggingface/v1/chat/completions""#,
        ..OPENAI
    },
    Target {
        name: "vllm",
        provider: "vllm",
        model: "sim-vllm",
        options: r#"upstream_url: "http://@UPSTREAM@/sim/vllm/v1/chat/completions""#,
        ..OPENAI
    },
    Target {
        name: "gemini",
        provider: "gemini",
        model: "gemini-2.5-flash",
        auth: "header_name: x-goog-api-key, header_value: sk-sim-CANARY-gemini",
        wrong: "header_name: x-goog-api-key, header_value: CANARY-wrong",
        options: r#"upstream_url: "http://@UPSTREAM@/""#,
        counts: true,
        refusal: Some("content_filter"),
        ..OWN
    },
    Target {
        name: "gemini-sealed",
        provider: "gemini",
        model: "gemini-3-flash-preview",
        auth: "header_name: x-goog-api-key, header_value: sk-sim-CANARY-gemini-sealed",
        wrong: "header_name: x-goog-api-key, header_value: CANARY-wrong",
        options: r#"upstream_url: "http://@UPSTREAM@/""#,
        seals: true,
        counts: true,
        refusal: Some("content_filter"),
        ..OWN
    },
    Target {
        name: "vertex",
        provider: "gemini",
        model: "gemini-2.5-pro",
        auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-vertex",
        options: r#"upstream_url: "http://@UPSTREAM@/", gemini: {api_endpoint: eu-aiplatform.googleapis.com, project_id: p, location_id: l}"#,
        counts: true,
        refusal: Some("content_filter"),
        ..OWN
    },
    Target {
        name: "vertex-claude",
        provider: "gemini",
        model: "claude-sonnet-4-5-20250929",
        auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-vertex-claude",
        options: r#"upstream_url: "http://@UPSTREAM@/", gemini: {api_endpoint: eu-aiplatform.googleapis.com, project_id: p, location_id: l}"#,
        speaks_messages: true,
        relayed_as: Some("claude-sonnet-4-5-20250929"),
        seals: true,
        refusal: Some("content_filter"),
        counts: true,
        ..OWN
    },
    // Spoken to in OpenAI's format, as a partner's model.
    Target {
        name: "vertex-partner",
        provider: "gemini",
        model: "meta/llama-3.3-70b-instruct-maas",
        auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-vertex-partner",
        options: r#"upstream_url: "http://@UPSTREAM@/", gemini: {api_endpoint: eu-aiplatform.googleapis.com, project_id: p, location_id: l}"#,
        ..OPENAI
    },
    Target {
        name: "vertex-mistral",
        provider: "gemini",
        model: "mistralai/mistral-small-2503",
        auth: "header_name: Authorization, header_value: Bearer sk-sim-CANARY-vertex-mistral",
        options: r#"upstream_url: "http://@UPSTREAM@/", gemini: {api_endpoint: eu-aiplatform.googleapis.com, project_id: p, location_id: l}"#,
        relayed_as: Some("mistral-small-2503"),
        ..OPENAI
    },
];

impl Target {
    /// A piece of configuration with the row's words in it.
    pub fn fill(&self, template: &str) -> String {
        let model =
            format!("provider: {}, name: \"{}\", options: {{{}}}", self.provider, self.model, self.options);
        template
            .replace("@NAME@", self.name)
            .replace("@AUTH@", self.auth)
            .replace("@WRONG@", self.wrong)
            .replace("@MODEL@", &model)
    }

    /// Whether clients of Messages are relayed errors of another form than their own.
    pub fn has_foreign_errors(&self) -> bool {
        self.speaks_messages && self.provider != "anthropic" && self.provider != "bedrock"
    }

    /// What clients of Messages are told that the model is.
    pub fn told(&self) -> &'static str {
        self.relayed_as.unwrap_or(self.model)
    }

    /// Where counts in records come from.
    pub fn source(&self) -> &'static str {
        if self.reports { "reported" } else { "estimated" }
    }

    /// What the header with the model's name has.
    pub fn model_header(&self) -> String {
        format!("{}/{}", self.provider, self.model)
    }
}
