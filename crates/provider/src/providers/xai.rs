//! xAI. Made from <https://docs.x.ai/docs/api-reference>.

use dialect::MemberRule::{self, Drop, Recast, Replace};
use dialect::{Deviation, Quirks};
use dialect::Requirement::{self, Always, WithoutTools};
use model::Operation;

use crate::families::{ANY_EFFORT, Grok, grok};
use crate::{Base, KeyStyle, Provider, Route, Settings};

pub(super) static PROVIDER: Provider = Provider {
    id: "xai",
    title: "xAI",
    cloud: None,
    base: Base::Url("https://api.x.ai"),
    path_replaces: false,
    routes: &[
        Route::openai_chat("/v1/chat/completions"),
        Route::unserved(Operation::Responses, "/v1/responses"),
        Route::unserved(Operation::ImageGeneration, "/v1/images/generations"),
        Route::preserve(),
    ],
    settings: &[],
    headers: &[],
    quirks,
    family: |_| &ANY_EFFORT,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};

fn quirks(model: Option<&str>, _: &Settings) -> &'static Quirks {
    match model.map_or(Grok::Plain, grok) {
        Grok::Plain => &PLAIN,
        Grok::NonReasoning => &NON_REASONING,
        Grok::Reasoning => &REASONING,
        Grok::LowOrHigh => &LOW_OR_HIGH,
        Grok::Graded => &GRADED,
    }
}

const fn effort(value: &'static str, with: &'static str) -> MemberRule {
    Replace { member: "reasoning_effort", value, with }
}

const LOW: &str = r#""low""#;
const HIGH: &str = r#""high""#;

static PLAIN: Quirks = quirks_with(&[
    (WithoutTools, Drop("tool_choice")),
    (WithoutTools, Drop("parallel_tool_calls")),
    (Always, Drop("logit_bias")),
    (Always, Drop("service_tier")),
    (Always, Drop("top_k")),
]);

static NON_REASONING: Quirks = quirks_with(&[
    (WithoutTools, Drop("tool_choice")),
    (WithoutTools, Drop("parallel_tool_calls")),
    (Always, Drop("logit_bias")),
    (Always, Drop("service_tier")),
    (Always, Drop("top_k")),
    (Always, Drop("reasoning_effort")),
]);

/// Models that reason refuse penalties and stop sequences.
static REASONING: Quirks = quirks_with(&[
    (WithoutTools, Drop("tool_choice")),
    (WithoutTools, Drop("parallel_tool_calls")),
    (Always, Drop("logit_bias")),
    (Always, Drop("service_tier")),
    (Always, Drop("top_k")),
    (Always, Drop("frequency_penalty")),
    (Always, Drop("presence_penalty")),
    (Always, Drop("stop")),
    (Always, Drop("reasoning_effort")),
]);

static LOW_OR_HIGH: Quirks = quirks_with(&[
    (WithoutTools, Drop("tool_choice")),
    (WithoutTools, Drop("parallel_tool_calls")),
    (Always, Drop("logit_bias")),
    (Always, Drop("service_tier")),
    (Always, Drop("top_k")),
    (Always, Drop("frequency_penalty")),
    (Always, Drop("presence_penalty")),
    (Always, Drop("stop")),
    (Always, Recast { member: "reasoning_effort", value: "none", with: &[] }),
    (Always, effort("minimal", LOW)),
    (Always, effort("medium", HIGH)),
    (Always, effort("xhigh", HIGH)),
]);

static GRADED: Quirks = quirks_with(&[
    (WithoutTools, Drop("tool_choice")),
    (WithoutTools, Drop("parallel_tool_calls")),
    (Always, Drop("logit_bias")),
    (Always, Drop("service_tier")),
    (Always, Drop("top_k")),
    (Always, Drop("frequency_penalty")),
    (Always, Drop("presence_penalty")),
    (Always, Drop("stop")),
    (Always, effort("minimal", LOW)),
    (Always, effort("xhigh", HIGH)),
]);

const fn quirks_with(rules: &'static [(Requirement, MemberRule)]) -> Quirks {
    Quirks {
        rules,
        reasoning_outside_completion: true,
        answers: &[Deviation::UsageParts, Deviation::Sources],
        ..Quirks::NONE
    }
}
