//! Llama 2 and its successors on servers of one's own: which of three APIs, `llama2_format` says.

use dialect::MemberRule::Drop;
use dialect::{Family, Quirks};
use dialect::Requirement::WithoutTools;
use model::Operation;

use crate::{Base, KeyStyle, Location, Provider, Route, Setting};

pub(super) static PROVIDER: Provider = Provider {
    id: "llama2",
    title: "Llama",
    cloud: None,
    base: Base::UpstreamUrl,
    routes: &[
        Route::openai_chat("/v1/chat/completions").when(speaks_openai),
        Route::relay(Operation::Completions, "/v1/completions").when(speaks_openai),
        Route::relay(Operation::Embeddings, "/v1/embeddings").when(speaks_openai),
        Route::unserved(Operation::Chat, "/api/chat").when(speaks_ollama),
        Route::unserved(Operation::Completions, "/api/generate").when(speaks_ollama),
        Route::unserved(Operation::Embeddings, "/api/embed").when(speaks_ollama),
        Route::unserved(Operation::Chat, "/"),
        Route::unserved(Operation::Completions, "/"),
        Route::preserve(),
    ],
    settings: &[Setting::always("llama2_format")],
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

/// Such servers ignore what they do not know; chat templates know no developer.
static QUIRKS: Quirks = Quirks {
    rules: &[(WithoutTools, Drop("tool_choice")), (WithoutTools, Drop("parallel_tool_calls"))],
    developer_is_system: true,
    ..Quirks::NONE
};
