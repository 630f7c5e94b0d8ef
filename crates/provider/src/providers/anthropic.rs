//! Anthropic. Made from <https://docs.anthropic.com/en/api>.

use dialect::{Family, Quirks};
use model::{ClientFormat, Operation};

use crate::{Base, KeyStyle, Provider, Route, Setting};

pub(super) static PROVIDER: Provider = Provider {
    id: "anthropic",
    title: "Anthropic",
    base: Base::Url("https://api.anthropic.com"),
    routes: &[
        Route::unserved(Operation::Chat, "/v1/messages"),
        Route::unserved(Operation::Completions, "/v1/complete"),
        Route::unserved(Operation::Batches, "/v1/messages/batches"),
        Route::preserve(),
        Route::native(ClientFormat::Anthropic, Operation::Completions),
        Route::native(ClientFormat::Anthropic, Operation::Batches),
    ],
    settings: &[Setting::always("anthropic_version")],
    headers: &[("anthropic-version", "anthropic_version")],
    quirks: |_, _| &Quirks::NONE,
    family: |_| &Family::UNKNOWN,
    key: KeyStyle::Header("x-api-key"),
    caller_may_override: true,
};
