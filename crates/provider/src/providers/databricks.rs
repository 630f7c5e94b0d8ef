//! Databricks model serving. Made from
//! <https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference>.

use dialect::MemberRule::{self, Drop, Recast};
use dialect::Requirement::{self, Always, LimitAbove, WithoutTools};
use dialect::anthropic::{DATABRICKS_CODEC, DATABRICKS_ENVELOPE};
use dialect::{Deviation, Family, MessageRules, Quirks, ThoughtPart, TokenLimit, UsageInStream};
use model::ClientFormat;

use crate::families::{ANY_EFFORT, claude, is_claude};
use crate::{Base, KeyStyle, Location, Provider, Required, Route, Setting, Settings};

const INSTANCE: &str = "databricks.workspace_instance_id";

pub(super) static PROVIDER: Provider = Provider {
    id: "databricks",
    title: "Databricks",
    cloud: None,
    base: Base::Url("https://{databricks.workspace_instance_id}.cloud.databricks.com"),
    path_replaces: false,
    routes: &[
        Route::messages("/serving-endpoints/anthropic/v1/messages", &DATABRICKS_CODEC, &DATABRICKS_ENVELOPE)
            .when(speaks_messages),
        Route::openai_chat("/serving-endpoints/v1/chat/completions"),
        Route::preserve(),
    ],
    settings: &[Setting::new(INSTANCE, Required::UnlessUpstreamUrl)],
    headers: &[],
    quirks,
    family,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};

/// Claude's clients reach Claude in its own format, others in OpenAI's.
fn speaks_messages(location: &Location<'_>) -> bool {
    let claude = location.client == ClientFormat::Anthropic && location.model.is_some_and(is_claude);
    (claude && !location.url_has_path()) || location.url_path_is(|path| path.ends_with("/v1/messages"))
}

fn family(model: &str) -> &'static Family {
    if is_claude(model) { claude(model) } else { &ANY_EFFORT }
}

fn quirks(model: Option<&str>, _: &Settings) -> &'static Quirks {
    match model {
        Some(name) if is_claude(name) => &CLAUDE,
        _ => &PLAIN,
    }
}

static PLAIN: Quirks = quirks_with(&[
    (WithoutTools, Drop("tool_choice")),
    (Always, Drop("frequency_penalty")),
    (Always, Drop("logit_bias")),
    (Always, Drop("metadata")),
    (Always, Drop("n")),
    (Always, Drop("parallel_tool_calls")),
    (Always, Drop("presence_penalty")),
    (Always, Drop("seed")),
    (Always, Drop("service_tier")),
    (Always, Drop("store")),
    (Always, Drop("user")),
]);

const BUDGET_OF_1024: &[(&str, &str)] = &[("thinking", r#"{"type":"enabled","budget_tokens":1024}"#)];
const BUDGET_OF_2048: &[(&str, &str)] = &[("thinking", r#"{"type":"enabled","budget_tokens":2048}"#)];
const BUDGET_OF_4096: &[(&str, &str)] = &[("thinking", r#"{"type":"enabled","budget_tokens":4096}"#)];
const BUDGET_OF_8192: &[(&str, &str)] = &[("thinking", r#"{"type":"enabled","budget_tokens":8192}"#)];

/// Endpoints of Claude take a budget for thinking instead of an effort: at least 1024 tokens, and fewer than the answer may
/// have.
static CLAUDE: Quirks = quirks_with(&[
    (WithoutTools, Drop("tool_choice")),
    (Always, Drop("frequency_penalty")),
    (Always, Drop("logit_bias")),
    (Always, Drop("metadata")),
    (Always, Drop("n")),
    (Always, Drop("parallel_tool_calls")),
    (Always, Drop("presence_penalty")),
    (Always, Drop("seed")),
    (Always, Drop("service_tier")),
    (Always, Drop("store")),
    (Always, Drop("user")),
    (Always, thinking("none", &[("thinking", r#"{"type":"disabled"}"#)])),
    (LimitAbove(8192), thinking("xhigh", BUDGET_OF_8192)),
    (LimitAbove(4096), thinking("xhigh", BUDGET_OF_4096)),
    (LimitAbove(4096), thinking("high", BUDGET_OF_4096)),
    (LimitAbove(2048), thinking("xhigh", BUDGET_OF_2048)),
    (LimitAbove(2048), thinking("high", BUDGET_OF_2048)),
    (LimitAbove(2048), thinking("medium", BUDGET_OF_2048)),
    (LimitAbove(1024), thinking("xhigh", BUDGET_OF_1024)),
    (LimitAbove(1024), thinking("high", BUDGET_OF_1024)),
    (LimitAbove(1024), thinking("medium", BUDGET_OF_1024)),
    (LimitAbove(1024), thinking("low", BUDGET_OF_1024)),
    (LimitAbove(1024), thinking("minimal", BUDGET_OF_1024)),
    (Always, Drop("reasoning_effort")),
]);

const fn thinking(value: &'static str, with: &'static [(&'static str, &'static str)]) -> MemberRule {
    Recast { member: "reasoning_effort", value, with }
}

const fn quirks_with(rules: &'static [(Requirement, MemberRule)]) -> Quirks {
    Quirks {
        rules,
        token_limit: TokenLimit::MaxTokens,
        usage_in_stream: UsageInStream::Always,
        developer_is_system: true,
        reasoning_outside_completion: false,
        reasoning_in_history: false,
        // Where a model thinks, its answers are lists, and go back as such.
        messages: MessageRules { thoughts: Some(ThoughtPart::Reasoning), ..MessageRules::NONE },
        answers: &[Deviation::ContentParts],
    }
}
