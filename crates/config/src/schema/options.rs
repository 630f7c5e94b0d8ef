//! The options of a model: `model.options` of `ai-proxy`.

use super::{
    Field, Kind, MAX_EXACT, Note, Record, boolean, choice, integer, list, number, record, text, word,
};

pub(super) static OPTIONS: Record = Record {
    title: "ai-proxy model options",
    doc: "Options of the target. Texts may have placeholders, as the model's name. Options of another provider \
          have no effect.",
    entity: false,
    fields: &[
        integer("max_tokens", 0, MAX_EXACT, "Most tokens of an answer."),
        number("temperature", Some(0.0), Some(5.0), "Sampling temperature."),
        number("top_p", Some(0.0), Some(1.0), "Nucleus sampling."),
        integer("top_k", 0, 500, "Most likely tokens to sample from."),
        integer("embeddings_dimensions", 1, MAX_EXACT, "Length of an embedding."),
        price(
            "input_cost",
            "Price of a million input tokens. Without this and `output_cost` the catalogue's prices count.",
        ),
        price("output_cost", "Price of a million output tokens."),
        price("cache_read_cost", "Price of a million input tokens read from a cache."),
        price("cache_write_cost", "Price of a million input tokens written to a cache."),
        list(
            "cache_write_cost_list",
            &Kind::Record(&CACHE_WRITE_COST),
            "Prices of cache writes by lifetime.",
        ),
        list(
            "context_window_factor",
            &Kind::Record(&CONTEXT_WINDOW_FACTOR),
            "Factors for long inputs; that of the largest size counts.",
        ),
        list(
            "service_tier_factor",
            &Kind::Record(&SERVICE_TIER_FACTOR),
            "Factors by service tier; that of the longest word counts.",
        ),
        text("anthropic_version", "Anthropic API version, such as `2023-06-01`."),
        text("azure_instance", "Azure: first label of the host."),
        text("azure_deployment_id", "Azure: the deployment."),
        text("azure_api_version", "Azure: version of the API.").or("\"2023-05-15\""),
        choice("llama2_format", &["raw", "openai", "ollama"], "Format of a Llama 2 server."),
        choice(
            "mistral_format",
            &["openai", "ollama"],
            "Format of a Mistral server; `openai` where it is absent, `ollama` where `upstream_url` ends in \
             Ollama's path.",
        ),
        word(
            "upstream_url",
            "Full URL of the endpoint, or a base without path to which the provider's path is added.",
        ),
        word("upstream_path", "Path in place of the provider's.")
            .note(Note::Deprecated("write the whole address into 'upstream_url'")),
        record("gemini", &GEMINI, "Options of Gemini on Vertex AI."),
        record("bedrock", &BEDROCK, "Options of Amazon Bedrock."),
        record("cohere", &COHERE, "Options of Cohere."),
        record("huggingface", &HUGGINGFACE, "Options of Hugging Face."),
        record("dashscope", &DASHSCOPE, "Options of DashScope."),
        record("databricks", &DATABRICKS, "Options of Databricks."),
    ],
};

const fn price(name: &'static str, doc: &'static str) -> Field {
    number(name, Some(0.0), None, doc)
}

static CACHE_WRITE_COST: Record = Record {
    title: "ai-proxy cache write cost",
    doc: "Price of cache writes with one lifetime.",
    entity: false,
    fields: &[
        word("ttl", "Lifetime: `5m`, `1h`.").required(),
        price("cost", "Price of a million tokens.").required(),
    ],
};

static CONTEXT_WINDOW_FACTOR: Record = Record {
    title: "ai-proxy context window factor",
    doc: "Factors for inputs above a size.",
    entity: false,
    fields: &[
        word("above", "Input tokens above which the factors apply: `200000`, `200k`, `1m`.").required(),
        price("input_factor", "Factor of the input price.").required(),
        price("output_factor", "Factor of the output price.").required(),
    ],
};

static SERVICE_TIER_FACTOR: Record = Record {
    title: "ai-proxy service tier factor",
    doc: "Factor of a service tier.",
    entity: false,
    fields: &[
        word("tier", "Part of the name that the provider gives the tier: `priority`, `flex`.").required(),
        price("factor", "Factor of all prices.").required(),
    ],
};

static GEMINI: Record = Record {
    title: "ai-proxy gemini options",
    doc: "Gemini on Vertex AI; the first three all or none.",
    entity: false,
    fields: &[
        text("api_endpoint", "Host of the regional API."),
        text("project_id", "Google Cloud project."),
        text("location_id", "Google Cloud location."),
        text("endpoint_id", "Endpoint of the Model Garden."),
    ],
};

static BEDROCK: Record = Record {
    title: "ai-proxy bedrock options",
    doc: "Amazon Bedrock.",
    entity: false,
    fields: &[
        text("aws_region", "Region; else `AWS_REGION`, then `AWS_DEFAULT_REGION`."),
        text("aws_assume_role_arn", "Role to take on."),
        text("aws_role_session_name", "Name of its session."),
        text("aws_sts_endpoint_url", "Where roles are asked for."),
        boolean("embeddings_normalize", "Whether embeddings are normalised.").or("false"),
        text(
            "performance_config_latency",
            "Latency of the performance configuration; the caller's where it is empty.",
        ),
        text("video_output_s3_uri", "Where videos are put; needed for video."),
        text("batch_role_arn", "Role of batches."),
        text("batch_bucket_prefix", "Bucket and prefix of batches."),
    ],
};

static COHERE: Record = Record {
    title: "ai-proxy cohere options",
    doc: "Cohere.",
    entity: false,
    fields: &[
        choice(
            "embedding_input_type",
            &["classification", "clustering", "image", "search_document", "search_query"],
            "What embeddings are for.",
        )
        .or("\"classification\""),
        boolean("wait_for_model", "Whether a model that is not loaded is waited for."),
    ],
};

static HUGGINGFACE: Record = Record {
    title: "ai-proxy huggingface options",
    doc: "Hugging Face.",
    entity: false,
    fields: &[
        boolean("use_cache", "Whether cached answers are taken."),
        boolean("wait_for_model", "Whether a model that is not loaded is waited for."),
    ],
};

static DASHSCOPE: Record = Record {
    title: "ai-proxy dashscope options",
    doc: "DashScope.",
    entity: false,
    fields: &[boolean("international", "Whether the international endpoint is used.").or("true")],
};

static DATABRICKS: Record = Record {
    title: "ai-proxy databricks options",
    doc: "Databricks.",
    entity: false,
    fields: &[text("workspace_instance_id", "First label of the host: `dbc-xxx-yyy`.")],
};
