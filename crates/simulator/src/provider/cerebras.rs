//! Cerebras: errors without a wrapper, usage and times on the chunk with the finish reason.

use super::openai::{CORE, NONE, PLAIN_COMPLETIONS, TUNING};
use super::{KeyRule, Manners, Operation, PLAIN, Provider, ReasoningPlace, Route, Rules, UsagePlace};
use crate::member::{Form, Member, nullable};
use crate::refusal::Shape;
use crate::rules;

const OWN: &[Member] = &[
    nullable("disable_reasoning", Form::Bool),
    nullable("clear_thinking", Form::Bool),
    nullable("reasoning_format", Form::Text),
    nullable("min_tokens", Form::Integer(0, i64::MAX)),
    nullable("min_completion_tokens", Form::Integer(0, i64::MAX)),
    nullable("prompt_cache_key", Form::Text),
    nullable("prediction", Form::Object),
    nullable("model_parameters", Form::Object),
];

pub(super) const PROVIDER: Provider = Provider {
    id: "cerebras",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/v1/completions", operation: Operation::Completions },
        Route { path: "/v1/models", operation: Operation::Models },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, TUNING, OWN],
        refused: &[
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "parallel_tool_calls",
            "service_tier",
            "n",
        ],
        open: false,
        conditions: &[rules::stream_options],
    },
    completions: PLAIN_COMPLETIONS,
    embeddings: NONE,
    roles: &["system", "developer", "user", "assistant", "tool"],
    parts: &["text", "image_url"],
    max_inputs: 1,
    shape: Shape::Flat,
    manners: Manners {
        usage: UsagePlace::Finish,
        reasoning: ReasoningPlace::Named("reasoning"),
        extras: r#"{"time_info":{"queue_time":0.001,"prompt_time":0.002,"completion_time":0.003,"total_time":0.006,"created":1700000000}}"#,
        ..PLAIN
    },
};
