//! Llama 2 and its successors on servers of one's own: which of three APIs, `llama2_format` says.

use dialect::MemberRule::Drop;
use dialect::{Family, Quirks};
use dialect::llama::RAW_CODEC;
use dialect::ollama::{CHAT_CODEC, EMBEDDINGS, GENERATE_CODEC};
use dialect::Requirement::WithoutTools;
use model::Operation;

use crate::{Base, KeyStyle, Location, Provider, Route, Setting};

pub(super) static PROVIDER: Provider = Provider {
    id: "llama2",
    title: "Llama",
    cloud: None,
    base: Base::UpstreamUrl,
    path_replaces: false,
    routes: &[
        Route::openai_chat("/v1/chat/completions").when(speaks_openai),
        Route::relay(Operation::Completions, "/v1/completions").when(speaks_openai),
        Route::relay(Operation::Embeddings, "/v1/embeddings").when(speaks_openai),
        Route::translated(Operation::Chat, "/api/generate", &GENERATE_CODEC).when(generates),
        Route::translated(Operation::Chat, "/api/chat", &CHAT_CODEC).when(speaks_ollama),
        Route::translated(Operation::Completions, "/api/generate", &GENERATE_CODEC).when(speaks_ollama),
        Route::embeddings("/api/embed", &EMBEDDINGS).when(speaks_ollama),
        Route::translated(Operation::Chat, "/", &RAW_CODEC),
        Route::translated(Operation::Completions, "/", &RAW_CODEC),
        Route::preserve(),
    ],
    settings: &[Setting::always("llama2_format"), Setting::optional("extensions.prompt_template")],
    headers: &[],
    quirks: |_, _| &QUIRKS,
    family: |_| &Family::UNKNOWN,
    key: KeyStyle::None,
    caller_may_override: true,
};

fn speaks_openai(location: &Location<'_>) -> bool {
    location.settings.value("llama2_format") == Some("openai")
}

fn speaks_ollama(location: &Location<'_>) -> bool {
    location.settings.value("llama2_format") == Some("ollama")
}

/// One prompt, one text, where `upstream_url` says so.
fn generates(location: &Location<'_>) -> bool {
    speaks_ollama(location) && location.path_is(|path| path.ends_with("/api/generate"))
}

/// Such servers ignore what they do not know; chat templates know no developer.
static QUIRKS: Quirks = Quirks {
    rules: &[(WithoutTools, Drop("tool_choice")), (WithoutTools, Drop("parallel_tool_calls"))],
    developer_is_system: true,
    ..Quirks::NONE
};
