//! Mistral, the managed service and compatible servers. Made from <https://docs.mistral.ai/api>.

use dialect::MemberRule::{Drop, Rename, Replace};
use dialect::ollama::{CHAT_CODEC, EMBEDDINGS, GENERATE_CODEC};
use dialect::Requirement::{Always, WithoutTools};
use dialect::{Deviation, Family, MessageRules, Quirks, ThoughtPart, TokenLimit, UsageInStream};
use model::Operation;

use crate::{Base, KeyStyle, Location, Provider, Route, Setting};

pub(super) static PROVIDER: Provider = Provider {
    id: "mistral",
    title: "Mistral",
    cloud: None,
    base: Base::Url("https://api.mistral.ai"),
    path_replaces: false,
    routes: &[
        Route::translated(Operation::Chat, "/api/generate", &GENERATE_CODEC).when(generates),
        Route::translated(Operation::Chat, "/api/chat", &CHAT_CODEC).when(speaks_ollama),
        Route::openai_chat("/v1/chat/completions"),
        Route::embeddings("/api/embed", &EMBEDDINGS).when(speaks_ollama),
        Route::relay(Operation::Embeddings, "/v1/embeddings"),
        Route::preserve(),
    ],
    settings: &[Setting::optional("mistral_format")],
    headers: &[],
    quirks: |_, _| &QUIRKS,
    family: |_| &Family::UNKNOWN,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};

/// `mistral_format`, or else what the path of `upstream_url` tells.
fn speaks_ollama(location: &Location<'_>) -> bool {
    match location.settings.value("mistral_format") {
        Some(format) => format == "ollama",
        None => location.path_is(|path| path.ends_with("/api/chat") || path.ends_with("/api/generate")),
    }
}

/// One prompt, one text, where `upstream_url` says so.
fn generates(location: &Location<'_>) -> bool {
    speaks_ollama(location) && location.path_is(|path| path.ends_with("/api/generate"))
}

/// The API refuses every member that it does not know (422), also in messages, and answers in parts where a model
/// thinks.
pub(crate) static QUIRKS: Quirks = Quirks {
    rules: &[
        (Always, Rename("seed", "random_seed")),
        (Always, Rename("dimensions", "output_dimension")),
        (Always, Replace { member: "tool_choice", value: "required", with: r#""any""# }),
        (WithoutTools, Drop("tool_choice")),
        (WithoutTools, Drop("parallel_tool_calls")),
        (Always, Drop("audio")),
        (Always, Drop("logit_bias")),
        (Always, Drop("logprobs")),
        (Always, Drop("modalities")),
        (Always, Drop("moderation")),
        (Always, Drop("prompt_cache_options")),
        (Always, Drop("prompt_cache_retention")),
        (Always, Drop("safety_identifier")),
        (Always, Drop("service_tier")),
        (Always, Drop("store")),
        (Always, Drop("top_k")),
        (Always, Drop("top_logprobs")),
        (Always, Drop("user")),
        (Always, Drop("verbosity")),
        (Always, Drop("web_search_options")),
    ],
    token_limit: TokenLimit::MaxTokens,
    usage_in_stream: UsageInStream::Always,
    developer_is_system: true,
    reasoning_outside_completion: false,
    reasoning_in_history: false,
    messages: MessageRules {
        members: &[
            ("system", &["role", "content"]),
            ("user", &["role", "content"]),
            ("assistant", &["role", "content", "tool_calls", "prefix"]),
            ("tool", &["role", "content", "tool_call_id", "name"]),
        ],
        call_id: Some(9),
        thoughts: Some(ThoughtPart::Thinking),
    },
    answers: &[
        Deviation::ContentParts,
        Deviation::LooseCalls,
        Deviation::FinishWords,
        Deviation::UsageParts,
    ],
};
