//! Ollama. Made from <https://docs.ollama.com/api> and <https://docs.ollama.com/openai>.
//!
//! Its own API is the default; the one that speaks OpenAI's is used where `upstream_url` names it.

use dialect::MemberRule::Drop;
use dialect::Requirement::Always;
use dialect::{Family, Quirks, TokenLimit};
use model::Operation;

use crate::{Base, KeyStyle, Location, Provider, Route};

pub(super) static PROVIDER: Provider = Provider {
    id: "ollama",
    title: "Ollama",
    cloud: None,
    base: Base::UpstreamUrl,
    routes: &[
        Route::openai_chat("/v1/chat/completions").when(speaks_openai),
        Route::relay(Operation::Embeddings, "/v1/embeddings").when(speaks_openai),
        Route::unserved(Operation::Chat, "/api/chat"),
        Route::unserved(Operation::Embeddings, "/api/embed"),
        Route::preserve(),
    ],
    settings: &[],
    headers: &[],
    quirks: |_, _| &QUIRKS,
    family: |_| &Family::UNKNOWN,
    key: KeyStyle::None,
    caller_may_override: true,
};

/// `/v1/chat/completions` and its kin, but not `/v1/messages`, which speaks Anthropic's.
fn speaks_openai(location: &Location<'_>) -> bool {
    location.url_path_is(|path| path.contains("/v1/") && !path.ends_with("/v1/messages"))
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
    ..Quirks::NONE
};
