//! Cohere. Made from <https://docs.cohere.com/reference/about>.

use dialect::Quirks;
use dialect::cohere::{CHAT_CODEC, CHAT_V1_CODEC, EMBEDDINGS, GENERATE_CODEC};
use model::{ClientFormat, Operation};

use crate::families::cohere;
use crate::{Base, KeyStyle, Provider, Route, Setting};

pub(super) static PROVIDER: Provider = Provider {
    id: "cohere",
    title: "Cohere",
    cloud: None,
    base: Base::Url("https://api.cohere.com"),
    path_replaces: false,
    routes: &[
        Route::translated(Operation::Chat, "/v1/chat", &CHAT_V1_CODEC)
            .when(|location| location.path_is(|path| path.ends_with("/v1/chat"))),
        Route::translated(Operation::Chat, "/v2/chat", &CHAT_CODEC),
        Route::translated(Operation::Completions, "/v1/generate", &GENERATE_CODEC),
        Route::embeddings("/v2/embed", &EMBEDDINGS),
        Route::preserve(),
        Route::native(ClientFormat::Cohere, Operation::Chat),
        Route::native(ClientFormat::Cohere, Operation::Embeddings),
    ],
    settings: &[Setting::optional("cohere.embedding_input_type"), Setting::optional("cohere.wait_for_model")],
    headers: &[],
    quirks: |_, _| &Quirks::NONE,
    family: cohere,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};
