//! OpenAI. Made from <https://platform.openai.com/docs/api-reference>.

use dialect::MemberRule::{Drop, Replace};
use dialect::Requirement::{Always, WithTools, WithoutTools};
use dialect::{MemberRule, Quirks, Requirement, TokenLimit};
use model::Operation;

use crate::families::{openai, is_gpt_5_3_or_later, is_openai_reasoning};
use crate::{Base, KeyStyle, Provider, Route, Settings};

pub(super) static PROVIDER: Provider = Provider {
    id: "openai",
    title: "OpenAI",
    cloud: None,
    base: Base::Url("https://api.openai.com"),
    path_replaces: false,
    routes: &[
        Route::openai_chat("/v1/chat/completions"),
        Route::relay(Operation::Completions, "/v1/completions"),
        Route::relay(Operation::Embeddings, "/v1/embeddings"),
        Route::unserved(Operation::Responses, "/v1/responses"),
        Route::unserved(Operation::Assistants, "/v1/assistants"),
        Route::unserved(Operation::Files, "/v1/files"),
        Route::unserved(Operation::Batches, "/v1/batches"),
        Route::unserved(Operation::Speech, "/v1/audio/speech"),
        Route::unserved(Operation::Transcription, "/v1/audio/transcriptions"),
        Route::unserved(Operation::Translation, "/v1/audio/translations"),
        Route::unserved(Operation::ImageGeneration, "/v1/images/generations"),
        Route::unserved(Operation::ImageEdit, "/v1/images/edits"),
        Route::unserved(Operation::Video, "/v1/videos"),
        Route::unserved(Operation::Realtime, "/v1/realtime"),
        Route::preserve(),
    ],
    settings: &[],
    headers: &[],
    quirks,
    family: openai,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};

fn quirks(model: Option<&str>, _: &Settings) -> &'static Quirks {
    match model {
        Some(name) if is_gpt_5_3_or_later(name) => &REASONING_WITHOUT_TOOLS,
        Some(name) if is_openai_reasoning(name) => &REASONING,
        _ => &PLAIN,
    }
}

type Rules = &'static [(Requirement, MemberRule)];

/// The API refuses what it does not know, and a choice among tools where there are none.
const RULES: Rules = &[
    (Always, Drop("top_k")),
    (WithoutTools, Drop("tool_choice")),
    (WithoutTools, Drop("parallel_tool_calls")),
];

const RULES_WITHOUT_REASONING_BESIDE_TOOLS: Rules = &[
    (Always, Drop("top_k")),
    (WithoutTools, Drop("tool_choice")),
    (WithoutTools, Drop("parallel_tool_calls")),
    (WithTools, no_effort("minimal")),
    (WithTools, no_effort("low")),
    (WithTools, no_effort("medium")),
    (WithTools, no_effort("high")),
    (WithTools, no_effort("xhigh")),
];

const fn no_effort(value: &'static str) -> MemberRule {
    Replace { member: "reasoning_effort", value, with: r#""none""# }
}

pub(super) const PLAIN: Quirks = Quirks { rules: RULES, ..Quirks::NONE };

pub(super) const REASONING: Quirks = Quirks { token_limit: TokenLimit::MaxCompletionTokens, ..PLAIN };

pub(super) const REASONING_WITHOUT_TOOLS: Quirks =
    Quirks { rules: RULES_WITHOUT_REASONING_BESIDE_TOOLS, ..REASONING };
