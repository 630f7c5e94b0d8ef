//! Anthropic. Made from <https://docs.anthropic.com/en/api>.

use dialect::Quirks;
use dialect::anthropic::{CHAT_CODEC, COMPLETE_CODEC, ENVELOPE};
use model::{ClientFormat, Operation};

use crate::families::claude;
use crate::{Base, KeyStyle, Provider, Route, Setting};

pub(super) static PROVIDER: Provider = Provider {
    id: "anthropic",
    title: "Anthropic",
    cloud: None,
    base: Base::Url("https://api.anthropic.com"),
    path_replaces: false,
    routes: &[
        Route::messages("/v1/messages", &CHAT_CODEC, &ENVELOPE)
            .counting("/v1/messages/count_tokens"),
        Route::translated(Operation::Completions, "/v1/complete", &COMPLETE_CODEC),
        Route::unserved(Operation::Batches, "/v1/messages/batches"),
        Route::preserve(),
        Route::native(ClientFormat::Anthropic, Operation::Completions),
        Route::native(ClientFormat::Anthropic, Operation::Batches),
    ],
    settings: &[Setting::always("anthropic_version")],
    headers: &[("anthropic-version", "anthropic_version")],
    quirks: |_, _| &Quirks::NONE,
    family: claude,
    key: KeyStyle::Header("x-api-key"),
    caller_may_override: true,
};
