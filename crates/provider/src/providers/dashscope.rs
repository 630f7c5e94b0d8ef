//! DashScope, Alibaba's Model Studio. Made from
//! <https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope>.

use dialect::MemberRule::{self, Default, Drop, Recast, Replace};
use dialect::Requirement::{self, Always, Streaming, Whole, WithoutTools};
use dialect::openai::Numbers;
use dialect::{Quirks, TokenLimit};
use model::Operation;

use crate::families::{ANY_EFFORT, is_hybrid_open_qwen};
use crate::{Base, KeyStyle, Provider, Route, Setting, Settings};

const INTERNATIONAL: &str = "dashscope.international";

pub(super) static PROVIDER: Provider = Provider {
    id: "dashscope",
    title: "DashScope",
    cloud: None,
    base: Base::Choice(base),
    path_replaces: false,
    routes: &[
        Route::openai_chat("/compatible-mode/v1/chat/completions"),
        Route::embeddings("/compatible-mode/v1/embeddings", &VECTORS),
        Route::unserved(Operation::ImageGeneration, "/api/v1/services/aigc/multimodal-generation/generation"),
        Route::unserved(Operation::ImageEdit, "/api/v1/services/aigc/image2image/image-synthesis"),
        Route::preserve(),
    ],
    settings: &[Setting::optional(INTERNATIONAL)],
    headers: &[],
    quirks,
    family: |_| &ANY_EFFORT,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};

/// Numbers only, and few inputs a call: twenty-five for the first two models, ten since.
static VECTORS: Numbers = Numbers {
    batch: |model| if matches!(model, "text-embedding-v1" | "text-embedding-v2") { 25 } else { 10 },
};

fn base(settings: &Settings) -> &'static str {
    if settings.value(INTERNATIONAL) == Some("false") {
        "https://dashscope.aliyuncs.com"
    } else {
        "https://dashscope-intl.aliyuncs.com"
    }
}

fn quirks(model: Option<&str>, _: &Settings) -> &'static Quirks {
    match model {
        Some(name) if is_hybrid_open_qwen(name) => &HYBRID,
        _ => &PLAIN,
    }
}

/// Thinking is told by two members of their own.
const fn effort(value: &'static str, with: &'static [(&'static str, &'static str)]) -> MemberRule {
    Recast { member: "reasoning_effort", value, with }
}

const NONE: MemberRule = effort("none", &[("enable_thinking", "false")]);
const MINIMAL: MemberRule = effort("minimal", LITTLE);
const LOW: MemberRule = effort("low", LITTLE);
const MEDIUM: MemberRule = effort("medium", &[("enable_thinking", "true"), ("thinking_budget", "2048")]);
const HIGH: MemberRule = effort("high", &[("enable_thinking", "true"), ("thinking_budget", "4096")]);
const HIGHEST: MemberRule = effort("xhigh", &[("enable_thinking", "true"), ("thinking_budget", "8192")]);
const LITTLE: &[(&str, &str)] = &[("enable_thinking", "true"), ("thinking_budget", "1024")];

const NO_FREE_CHOICE: MemberRule = Replace { member: "tool_choice", value: "required", with: r#""auto""# };

static PLAIN: Quirks = quirks_with(&[
    (WithoutTools, Drop("tool_choice")),
    (WithoutTools, Drop("parallel_tool_calls")),
    (Always, NO_FREE_CHOICE),
    (Always, Drop("frequency_penalty")),
    (Always, Drop("logit_bias")),
    (Always, Drop("service_tier")),
    (Always, Drop("user")),
    (Always, NONE),
    (Always, MINIMAL),
    (Always, LOW),
    (Always, MEDIUM),
    (Always, HIGH),
    (Always, HIGHEST),
]);

/// These models think by default, and refuse to where the answer is not a stream.
static HYBRID: Quirks = quirks_with(&[
    (WithoutTools, Drop("tool_choice")),
    (WithoutTools, Drop("parallel_tool_calls")),
    (Always, NO_FREE_CHOICE),
    (Always, Drop("frequency_penalty")),
    (Always, Drop("logit_bias")),
    (Always, Drop("service_tier")),
    (Always, Drop("user")),
    (Streaming, NONE),
    (Streaming, MINIMAL),
    (Streaming, LOW),
    (Streaming, MEDIUM),
    (Streaming, HIGH),
    (Streaming, HIGHEST),
    (Whole, Drop("reasoning_effort")),
    (Whole, WITHOUT_THINKING),
]);

const WITHOUT_THINKING: MemberRule = Default { member: "enable_thinking", with: "false" };

const fn quirks_with(rules: &'static [(Requirement, MemberRule)]) -> Quirks {
    Quirks { rules, token_limit: TokenLimit::MaxTokens, developer_is_system: true, ..Quirks::NONE }
}
