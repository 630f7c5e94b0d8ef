//! Ollama. Made from <https://docs.ollama.com/api> and <https://docs.ollama.com/openai>.
//!
//! Its own API is the default; those that speak OpenAI's and Anthropic's are used where `upstream_url` names them.

use dialect::MemberRule::Drop;
use dialect::anthropic;
use dialect::ollama::{CHAT_CODEC, EMBEDDINGS, GENERATE_CODEC, OLDER_EMBEDDINGS};
use dialect::Requirement::Always;
use dialect::{Deviation, Quirks, TokenLimit};
use model::Operation;

use crate::families::ollama;
use crate::{Base, KeyStyle, Location, Provider, Route};

pub(super) static PROVIDER: Provider = Provider {
    id: "ollama",
    title: "Ollama",
    cloud: None,
    base: Base::UpstreamUrl,
    path_replaces: false,
    routes: &[
        Route::openai_chat("/v1/chat/completions").when(speaks_openai),
        Route::relay(Operation::Embeddings, "/v1/embeddings").when(speaks_openai),
        Route::messages(MESSAGES, &anthropic::CHAT_CODEC, &anthropic::ENVELOPE)
            .when(|location| location.path_is(|path| path.ends_with(MESSAGES))),
        Route::translated(Operation::Chat, "/api/generate", &GENERATE_CODEC)
            .when(|location| location.path_is(|path| path.ends_with("/api/generate"))),
        Route::translated(Operation::Chat, "/api/chat", &CHAT_CODEC),
        Route::embeddings(OLDER, &OLDER_EMBEDDINGS)
            .when(|location| location.path_is(|path| path.ends_with(OLDER))),
        Route::embeddings("/api/embed", &EMBEDDINGS),
        Route::preserve(),
    ],
    settings: &[],
    headers: &[],
    quirks: |_, _| &QUIRKS,
    family: ollama,
    key: KeyStyle::None,
    caller_may_override: true,
};

const MESSAGES: &str = "/v1/messages";
/// Vectors of one text.
const OLDER: &str = "/api/embeddings";

/// `/v1/chat/completions` and its kin, but not `/v1/messages`, which speaks Anthropic's.
fn speaks_openai(location: &Location<'_>) -> bool {
    location.path_is(|path| path.contains("/v1/") && !path.ends_with(MESSAGES))
}

/// What its OpenAI endpoint does not know, it ignores: taken out, so that the caller is told.
static QUIRKS: Quirks = Quirks {
    rules: &[
        (Always, Drop("logit_bias")),
        (Always, Drop("n")),
        (Always, Drop("parallel_tool_calls")),
        (Always, Drop("service_tier")),
        (Always, Drop("tool_choice")),
        (Always, Drop("top_k")),
        (Always, Drop("user")),
    ],
    token_limit: TokenLimit::MaxTokens,
    developer_is_system: true,
    answers: &[Deviation::ReasoningName],
    ..Quirks::NONE
};
