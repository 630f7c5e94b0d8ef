//! DeepSeek. Made from <https://api-docs.deepseek.com>.

use dialect::MemberRule::{self, Drop, Recast, Replace, ReplaceKind};
use dialect::Requirement::{Always, WithoutTools};
use dialect::{Deviation, Quirks, TokenLimit};

use crate::families::ANY_TO_MAX;
use crate::{Base, KeyStyle, Provider, Route};

pub(super) static PROVIDER: Provider = Provider {
    id: "deepseek",
    title: "DeepSeek",
    cloud: None,
    base: Base::Url("https://api.deepseek.com"),
    path_replaces: false,
    routes: &[Route::openai_chat("/v1/chat/completions"), Route::preserve()],
    settings: &[],
    headers: &[],
    quirks: |_, _| &QUIRKS,
    family: |_| &ANY_TO_MAX,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};

const fn effort(value: &'static str, with: &'static str) -> MemberRule {
    Replace { member: "reasoning_effort", value, with }
}

static QUIRKS: Quirks = Quirks {
    rules: &[
        (WithoutTools, Drop("tool_choice")),
        (
            Always,
            ReplaceKind { member: "response_format", kind: "json_schema", with: r#"{"type":"json_object"}"# },
        ),
        (
            Always,
            Recast {
                member: "reasoning_effort",
                value: "none",
                with: &[("thinking", r#"{"type":"disabled"}"#)],
            },
        ),
        (Always, effort("minimal", r#""low""#)),
        (Always, effort("medium", r#""high""#)),
        (Always, effort("xhigh", r#""high""#)),
        (Always, Drop("logit_bias")),
        (Always, Drop("n")),
        (Always, Drop("parallel_tool_calls")),
        (Always, Drop("seed")),
        (Always, Drop("service_tier")),
        (Always, Drop("top_k")),
        (Always, Drop("user")),
    ],
    token_limit: TokenLimit::MaxTokens,
    developer_is_system: true,
    reasoning_in_history: true,
    answers: &[Deviation::FinishWords, Deviation::UsageParts],
    ..Quirks::NONE
};
