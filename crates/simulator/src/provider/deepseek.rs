//! `DeepSeek`: no JSON schemas, no pictures, comments while a request waits.

use super::openai::{CORE, NONE, TUNING};
use super::{KeyRule, Manners, Operation, PLAIN, Provider, ReasoningPlace, Route, Rules, UsagePlace};
use crate::member::{Form, Member, nullable};
use crate::refusal::Shape;
use crate::rules;

const OWN: &[Member] = &[nullable("thinking", Form::Object)];

pub(super) const PROVIDER: Provider = Provider {
    id: "deepseek",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/chat/completions", operation: Operation::Chat },
        Route { path: "/v1/models", operation: Operation::Models },
        Route { path: "/models", operation: Operation::Models },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, TUNING, OWN],
        refused: &[
            "n",
            "seed",
            "logit_bias",
            "user",
            "parallel_tool_calls",
            "service_tier",
            "max_completion_tokens",
        ],
        open: false,
        conditions: &[rules::no_json_schema, rules::stream_options],
    },
    completions: NONE,
    embeddings: NONE,
    roles: &["system", "user", "assistant", "tool"],
    parts: &["text"],
    max_inputs: 1,
    shape: Shape::OpenAi,
    manners: Manners {
        usage: UsagePlace::Finish,
        reasoning: ReasoningPlace::Named("reasoning_content"),
        comment: true,
        ..PLAIN
    },
};
