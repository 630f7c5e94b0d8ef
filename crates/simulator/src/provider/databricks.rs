//! Databricks model serving: no stream options, content as a list where a model reasons.

use super::openai::{CORE, NONE, TUNING};
use super::{KeyRule, Manners, Operation, PLAIN, Provider, ReasoningPlace, Route, Rules, UsagePlace};
use crate::member::{Form, Member, nullable};
use crate::refusal::Shape;
use crate::rules;

const OWN: &[Member] = &[
    nullable("top_k", Form::Integer(0, 1000)),
    nullable("thinking", Form::Object),
    nullable("extra_params", Form::Object),
    nullable("usage_context", Form::Object),
    nullable("client_request_id", Form::Text),
];

pub(super) const PROVIDER: Provider = Provider {
    id: "databricks",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/serving-endpoints/chat/completions", operation: Operation::Chat },
        Route { path: "/serving-endpoints/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/serving-endpoints/{}/invocations", operation: Operation::Chat },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, TUNING, OWN],
        refused: &[
            "stream_options",
            "n",
            "seed",
            "logit_bias",
            "user",
            "parallel_tool_calls",
            "service_tier",
            "max_completion_tokens",
        ],
        open: false,
        conditions: &[rules::thinking_budget],
    },
    completions: NONE,
    embeddings: NONE,
    roles: &["system", "user", "assistant", "tool"],
    parts: &["text", "image_url", "reasoning"],
    max_inputs: 1,
    shape: Shape::Databricks,
    manners: Manners { usage: UsagePlace::Every, reasoning: ReasoningPlace::ReasoningPart, ..PLAIN },
};
