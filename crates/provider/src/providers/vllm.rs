//! vLLM. Made from <https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html>.

use dialect::MemberRule::Drop;
use dialect::{Deviation, Quirks};
use dialect::Requirement::{Always, WithoutTools};

use crate::families::ANY_EFFORT;
use crate::{Base, KeyStyle, Provider, Route};

pub(super) static PROVIDER: Provider = Provider {
    id: "vllm",
    title: "vLLM",
    cloud: None,
    base: Base::UpstreamUrl,
    path_replaces: false,
    routes: &[Route::openai_chat("/v1/chat/completions"), Route::preserve()],
    settings: &[],
    headers: &[],
    quirks: |_, _| &QUIRKS,
    family: |_| &ANY_EFFORT,
    key: KeyStyle::Bearer,
    caller_may_override: true,
};

/// Sampling parameters beyond OpenAI's, `top_k` among them, are known and pass.
static QUIRKS: Quirks = Quirks {
    rules: &[
        (WithoutTools, Drop("tool_choice")),
        (WithoutTools, Drop("parallel_tool_calls")),
        (Always, Drop("service_tier")),
    ],
    developer_is_system: true,
    answers: &[Deviation::FinishWords, Deviation::ReasoningName],
    ..Quirks::NONE
};
