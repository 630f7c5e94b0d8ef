//! Configuration of `ai-proxy`, but for the options of a model.

use model::{ClientFormat, Operation};

use super::options::OPTIONS;
use super::{
    Field, Kind, MAX_EXACT, Note, Record, TEXTS, boolean, choice, integer, list, record, text, word,
};

/// A route type that Kong announced and its schema does not list: embeddings in the provider's own format.
pub(crate) const MULTIMODAL_EMBEDDINGS: &str = "llm/v1/multimodal-embeddings";

const ROUTE_TYPES: [&str; Operation::ALL.len() + 1] = {
    let mut names = [MULTIMODAL_EMBEDDINGS; Operation::ALL.len() + 1];
    let mut index = 0;
    while index < Operation::ALL.len() {
        names[index] = Operation::ALL[index].route_type();
        index += 1;
    }
    names
};

const FORMATS: [&str; ClientFormat::ALL.len()] = {
    let mut names = [""; ClientFormat::ALL.len()];
    let mut index = 0;
    while index < ClientFormat::ALL.len() {
        names[index] = ClientFormat::ALL[index].name();
        index += 1;
    }
    names
};

const PROVIDERS: &[&str] = &[
    "anthropic",
    "azure",
    "bedrock",
    "cerebras",
    "cohere",
    "dashscope",
    "databricks",
    "deepseek",
    "gemini",
    "huggingface",
    "llama2",
    "mistral",
    "ollama",
    "openai",
    "vllm",
    "xai",
];

/// Where the provider reports nothing that statistics could be made of.
const NO_STATISTICS: [(&str, Operation); 1] = [("anthropic", Operation::Completions)];

/// Whether `log_statistics` must stay off.
pub fn has_no_statistics(provider: &str, operation: Operation) -> bool {
    NO_STATISTICS.contains(&(provider, operation))
}

const CATEGORIES: &[&str] = &[
    "text/generation",
    "text/embeddings",
    "audio/speech",
    "audio/transcription",
    "image/generation",
    "video/generation",
    "realtime/generation",
];

pub(crate) static AI_PROXY: Record = Record {
    title: "ai-proxy",
    doc: "Sends requests to a model of a provider.",
    entity: false,
    fields: &[
        choice("route_type", &ROUTE_TYPES, "What is asked for.").required(),
        choice("genai_category", CATEGORIES, "A label for the record of a request.")
            .or("\"text/generation\""),
        choice("llm_format", &FORMATS, "Wire format that callers speak.").or("\"openai\""),
        choice("response_streaming", &["allow", "deny", "always"], "Whether callers may ask for a stream.")
            .or("\"allow\""),
        integer("max_request_body_size", 0, MAX_EXACT, "Bytes of a request body; 0 is no limit.")
            .or("1048576"),
        boolean("model_name_header", "Whether answers carry `X-Kong-LLM-Model`.").or("true"),
        record("logging", &LOGGING, "What is recorded."),
        record("auth", &AUTH, "The credential that goes upstream."),
        record(
            "model",
            &MODEL,
            "The target. May be absent only where `extensions` has `models` or `list_models`.",
        )
        .conditional(),
        record("extensions", &EXTENSIONS, "Settings that Kong does not have.").note(Note::Ours),
    ],
};

static LOGGING: Record = Record {
    title: "ai-proxy logging",
    doc: "What is recorded of a request.",
    entity: false,
    fields: &[
        boolean("log_statistics", "Tokens, cost and latency.").or("false"),
        boolean("log_payloads", "The bodies of request and answer.").or("false"),
    ],
};

static AUTH: Record = Record {
    title: "ai-proxy auth",
    doc: "The credential that goes upstream: a header, a query argument or body member, or both, or a cloud \
          identity.",
    entity: false,
    fields: &[
        word("header_name", "Header of the credential; goes with `header_value`."),
        word("header_value", "The whole value, with the word `Bearer` where it is wanted.").secret(),
        word("param_name", "Argument of the credential; goes with `param_value` and `param_location`."),
        word("param_value", "Its value.").secret(),
        choice("param_location", &["query", "body"], "Where it stands."),
        boolean("allow_override", "Whether a credential that the caller sends wins over this one.")
            .or("false"),
        word(
            "aws_access_key_id",
            "AWS access key; goes with `aws_secret_access_key`. Without them the environment is searched.",
        )
        .secret(),
        word("aws_secret_access_key", "AWS secret key.").secret(),
        boolean(
            "azure_use_managed_identity",
            "Use an identity of Azure: of the client where id, secret and tenant are given, else the \
             federated one of the workload or the managed one of the host.",
        )
        .or("false"),
        word("azure_client_id", "Azure client, or the identity that the user has assigned to the host."),
        word("azure_client_secret", "Its secret.").secret(),
        word("azure_tenant_id", "Azure tenant."),
        boolean(
            "gcp_use_service_account",
            "Use a Google service account: of the key below, else of `GCP_SERVICE_ACCOUNT`, else of the machine.",
        )
        .or("false"),
        word("gcp_service_account_json", "The service account's key file as text.").secret(),
        word("gcp_oauth_token_url", "Where Google tokens are asked for, in place of the key's `token_uri`."),
        word("gcp_metadata_url", "Where Google metadata is asked for."),
    ],
};

pub(super) static MODEL: Record = Record {
    title: "ai-proxy model",
    doc: "Provider, model and options.",
    entity: false,
    fields: &[
        choice("provider", PROVIDERS, "Who runs the model.").required(),
        text(
            "name",
            "The provider's name of the model. May have placeholders: `$(headers.NAME)`, \
             `$(uri_captures.NAME)`, `$(query_params.NAME)`.",
        ),
        word("model_alias", "Name that callers use instead."),
        record("options", &OPTIONS, "Options of the target."),
    ],
};

static EXTENSIONS: Record = Record {
    title: "ai-proxy extensions",
    doc: "Settings that Kong does not have; the file is Kong's again once they are taken out.",
    entity: false,
    fields: &[
        ours(choice(
            "unsupported",
            &["report", "reject"],
            "What happens to a member that the target cannot be told: reported in the answer's headers, or \
             the request is refused.",
        ))
        .or("\"report\""),
        ours(choice(
            "options_precedence",
            &["request", "config"],
            "Whose temperature, top_p, top_k and token limit counts when both give one.",
        ))
        .or("\"request\""),
        ours(integer(
            "keep_alive_seconds",
            0,
            3600,
            "Seconds of silence in a stream before a keep-alive; 0 is none.",
        ))
        .or("15"),
        ours(boolean(
            "early_head",
            "Whether a stream's 200 goes out at the first keep-alive, before the provider has answered.",
        ))
        .or("false"),
        ours(choice(
            "on_disconnect",
            &["cancel", "drain"],
            "What becomes of the upstream's answer when the client leaves: its connection is closed at once, or the \
             answer is read to its end, so that the record has its usage.",
        ))
        .or("\"cancel\""),
        ours(integer(
            "drain_seconds",
            1,
            3600,
            "How long an answer is read on with `on_disconnect: drain`; then its connection is closed.",
        ))
        .or("60"),
        ours(boolean("http2", "Whether the upstream is spoken to in HTTP/2.")).or("false"),
        ours(Field::new("allowed_hosts", TEXTS, "Hosts that a URL with placeholders in its host may reach.")),
        BEARER_KEY,
        PROMPT_TEMPLATE,
        ours(list("models", &Kind::Record(&MODEL_LIST), "Further targets; callers name them `NAME/MODEL`.")),
        ours(word(
            "default_model",
            "Where a request goes whose model no entry of `models` has: `NAME/MODEL`, or `NAME` alone to keep the \
             caller's model.",
        )),
        ours(boolean("list_models", "Whether this instance answers GET with the list of `models`."))
            .or("false"),
        ours(boolean(
            "simulate",
            "Whether the built-in simulator answers; no credential and no URL is needed.",
        ))
        .or("false"),
    ],
};

static MODEL_LIST: Record = Record {
    title: "ai-proxy extensions models",
    doc: "One further target.",
    entity: false,
    fields: &[
        ours(word("name", "First part of the name that callers use. Unique, without `/`.")).required(),
        ours(Field::new("models", TEXTS, "Models to list; the provider's others can be called too.")),
        ours(record("auth", &AUTH, "The credential that goes upstream.")),
        BEARER_KEY,
        PROMPT_TEMPLATE,
        ours(record("model", &MODEL, "The target.")).required(),
        ours(record("logging", &LOGGING, "What is recorded.")),
        ours(boolean("simulate", "Whether the built-in simulator answers.")).or("false"),
    ],
};

/// A reference to a secret is a whole value, so it cannot stand behind the word `Bearer` in `header_value`.
const BEARER_KEY: Field = ours(
    word(
        "bearer_key",
        "Key that goes upstream as `Authorization: Bearer KEY`, in place of `auth.header_name` and \
         `auth.header_value`.",
    )
    .secret(),
);

/// Kong's own leaves out what the model said before.
const PROMPT_TEMPLATE: Field = ours(choice(
    "prompt_template",
    &["kong", "llama-2", "llama-3"],
    "How a server of raw prompts (`llama2_format` is `raw`) is told a conversation: as Kong does, which leaves \
     out what the model said before, or as the models of Llama 2 and of Llama 3 were trained.",
))
.or("\"kong\"");

const fn ours(field: Field) -> Field {
    field.note(Note::Ours)
}
