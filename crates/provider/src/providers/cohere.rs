//! Cohere. Made from <https://docs.cohere.com/reference/about>.

use dialect::{Family, Quirks};
use model::{ClientFormat, Operation};

use crate::{Base, KeyStyle, Provider, Route, Setting};

pub(super) static PROVIDER: Provider = Provider {
    id: "cohere",
    title: "Cohere",
    cloud: None,
    base: Base::Url("https://api.cohere.com"),
    routes: &[
        Route::unserved(Operation::Chat, "/v2/chat"),
        Route::unserved(Operation::Completions, "/v1/generate"),
        Route::unserved(Operation::Embeddings, "/v2/embed"),
        Route::preserve(),
        Route::native(ClientFormat::Cohere, Operation::Chat),
        Route::native(ClientFormat::Cohere, Operation::Embeddings),
    ],
    settings: &[Setting::optional("cohere.embedding_input_type"), Setting::optional("cohere.wait_for_model")],
    headers: &[],
    quirks: |_, _| &Quirks::NONE,
    family: |_| &Family::UNKNOWN,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};
