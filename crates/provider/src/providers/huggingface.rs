//! Hugging Face: the router, dedicated endpoints and TGI. Made from
//! <https://huggingface.co/docs/inference-providers>.

use dialect::MemberRule::Drop;
use dialect::huggingface::{EMBEDDINGS, GENERATE_CODEC, TGI_CODEC};
use dialect::Requirement::{Always, WithoutTools};
use dialect::{Deviation, Quirks, TokenLimit};
use model::{ClientFormat, Operation};

use crate::families::gpt_oss;
use crate::naming::of_hub;
use crate::{Base, KeyStyle, Location, Provider, Route, Setting};

pub(super) static PROVIDER: Provider = Provider {
    id: "huggingface",
    title: "Hugging Face",
    cloud: None,
    // The host that went before it, api-inference, no longer serves models.
    base: Base::Url("https://router.huggingface.co"),
    path_replaces: false,
    routes: &[
        Route::openai_chat("/v1/chat/completions"),
        Route::relay(Operation::Completions, "/v1/completions")
            .when(|location| location.path_is(|path| path.ends_with("/v1/completions"))),
        Route::translated(Operation::Completions, "/generate", &TGI_CODEC)
            .streaming("/generate_stream")
            .when(is_tgi),
        Route::translated(Operation::Completions, "/hf-inference/models/{model}", &GENERATE_CODEC)
            .naming(of_hub),
        Route::embeddings("/hf-inference/models/{model}/pipeline/feature-extraction", &EMBEDDINGS)
            .naming(of_hub),
        Route::unserved(Operation::Video, "/v1/videos"),
        Route::preserve(),
        Route::native(ClientFormat::HuggingFace, Operation::Chat),
    ],
    settings: &[Setting::optional("huggingface.use_cache"), Setting::optional("huggingface.wait_for_model")],
    headers: &[("x-use-cache", "huggingface.use_cache"), ("x-wait-for-model", "huggingface.wait_for_model")],
    quirks: |_, _| &QUIRKS,
    family: gpt_oss,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};

/// Text generation at an address of its own, with another one for streams.
fn is_tgi(location: &Location<'_>) -> bool {
    location.path_is(|path| path.ends_with("/generate") || path.ends_with("/generate_stream"))
}

/// The router passes a body on to one of many servers, some of which refuse extra inputs.
static QUIRKS: Quirks = Quirks {
    rules: &[
        (WithoutTools, Drop("tool_choice")),
        (WithoutTools, Drop("parallel_tool_calls")),
        (Always, Drop("logit_bias")),
        (Always, Drop("n")),
        (Always, Drop("service_tier")),
        (Always, Drop("top_k")),
        (Always, Drop("user")),
    ],
    token_limit: TokenLimit::MaxTokens,
    developer_is_system: true,
    answers: &[
        Deviation::EmptyId,
        Deviation::FinishWords,
        Deviation::LooseCalls,
        Deviation::ReasoningName,
    ],
    ..Quirks::NONE
};
