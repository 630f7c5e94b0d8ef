//! Cerebras. Made from <https://inference-docs.cerebras.ai/api-reference/chat-completions>.

use dialect::MemberRule::Drop;
use dialect::Requirement::{Always, WithoutTools};
use dialect::{Deviation, Quirks, TokenLimit};

use crate::families::gpt_oss;
use crate::{Base, KeyStyle, Provider, Route};

pub(super) static PROVIDER: Provider = Provider {
    id: "cerebras",
    title: "Cerebras",
    cloud: None,
    base: Base::Url("https://api.cerebras.ai"),
    path_replaces: false,
    routes: &[Route::openai_chat("/v1/chat/completions"), Route::preserve()],
    settings: &[],
    headers: &[],
    quirks: |_, _| &QUIRKS,
    family: gpt_oss,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};

/// The API answers 400 to each of these members.
static QUIRKS: Quirks = Quirks {
    rules: &[
        (WithoutTools, Drop("tool_choice")),
        (Always, Drop("frequency_penalty")),
        (Always, Drop("logit_bias")),
        (Always, Drop("n")),
        (Always, Drop("parallel_tool_calls")),
        (Always, Drop("presence_penalty")),
        (Always, Drop("service_tier")),
        (Always, Drop("top_k")),
    ],
    token_limit: TokenLimit::MaxCompletionTokens,
    answers: &[Deviation::ReasoningName],
    ..Quirks::NONE
};
