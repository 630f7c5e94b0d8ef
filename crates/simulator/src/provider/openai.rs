//! OpenAI: <https://platform.openai.com/docs/api-reference/chat>.

use super::{KeyRule, Operation, PLAIN, Provider, Route, Rules};
use crate::member::{Form, Member, member, nullable};
use crate::refusal::Shape;
use crate::rules;

/// Members of a chat request that every provider takes.
pub(super) const CORE: &[Member] = &[
    member("model", Form::Text),
    member("messages", Form::Array),
    nullable("temperature", Form::Number(0.0, 2.0)),
    nullable("top_p", Form::Number(0.0, 1.0)),
    nullable("max_tokens", Form::Integer(1, i64::MAX)),
    nullable("stop", Form::TextOrArray),
    nullable("stream", Form::Bool),
    member("tools", Form::Array),
    member("tool_choice", Form::TextOrObject),
    member("response_format", Form::Object),
];

/// Members of a chat request that many providers take.
pub(super) const TUNING: &[Member] = &[
    nullable("frequency_penalty", Form::Number(-2.0, 2.0)),
    nullable("presence_penalty", Form::Number(-2.0, 2.0)),
    nullable("n", Form::Integer(1, 128)),
    nullable("seed", Form::Integer(i64::MIN, i64::MAX)),
    nullable("logprobs", Form::Bool),
    nullable("top_logprobs", Form::Integer(0, 20)),
    nullable("logit_bias", Form::NumberMap),
    member("user", Form::Text),
    member("parallel_tool_calls", Form::Bool),
    nullable("max_completion_tokens", Form::Integer(1, i64::MAX)),
    nullable("stream_options", Form::Object),
    nullable("reasoning_effort", Form::OneOf(&["none", "minimal", "low", "medium", "high", "xhigh", "max"])),
    nullable("service_tier", Form::OneOf(&["auto", "default", "flex", "scale", "priority"])),
];

/// Members of a chat request that belong to OpenAI itself.
pub(super) const OWN: &[Member] = &[
    nullable("metadata", Form::Object),
    nullable("modalities", Form::Array),
    nullable("verbosity", Form::OneOf(&["low", "medium", "high"])),
    member("web_search_options", Form::Object),
    nullable("audio", Form::Object),
    nullable("store", Form::Bool),
    nullable("moderation", Form::Object),
    nullable("prediction", Form::Object),
    member("functions", Form::Array),
    member("function_call", Form::TextOrObject),
    nullable("safety_identifier", Form::Text),
    nullable("prompt_cache_key", Form::Text),
    nullable("prompt_cache_retention", Form::Text),
    nullable("prompt_cache_options", Form::Object),
];

/// Members of a request for completions.
pub(super) const COMPLETIONS: &[Member] = &[
    member("model", Form::Text),
    nullable("prompt", Form::TextOrArray),
    nullable("best_of", Form::Integer(0, 20)),
    nullable("echo", Form::Bool),
    nullable("frequency_penalty", Form::Number(-2.0, 2.0)),
    nullable("presence_penalty", Form::Number(-2.0, 2.0)),
    nullable("logit_bias", Form::NumberMap),
    nullable("logprobs", Form::Integer(0, 5)),
    nullable("max_tokens", Form::Integer(0, i64::MAX)),
    nullable("n", Form::Integer(1, 128)),
    nullable("seed", Form::Integer(i64::MIN, i64::MAX)),
    nullable("stop", Form::TextOrArray),
    nullable("stream", Form::Bool),
    nullable("stream_options", Form::Object),
    nullable("suffix", Form::Text),
    nullable("temperature", Form::Number(0.0, 2.0)),
    nullable("top_p", Form::Number(0.0, 1.0)),
    member("user", Form::Text),
];

/// Members of a request for embeddings.
pub(super) const EMBEDDINGS: &[Member] = &[
    member("model", Form::Text),
    member("input", Form::TextOrArray),
    member("encoding_format", Form::OneOf(&["float", "base64"])),
    member("dimensions", Form::Integer(1, 4096)),
    member("user", Form::Text),
];

/// Rules for an operation that the provider does not have: nothing routes to them.
pub(super) const NONE: Rules = Rules { members: &[], refused: &[], open: false, conditions: &[] };

/// Rules for completions as OpenAI has them.
pub(super) const PLAIN_COMPLETIONS: Rules =
    Rules { members: &[COMPLETIONS], refused: &[], open: false, conditions: &[rules::stream_options] };

/// Rules for embeddings as OpenAI has them.
pub(super) const PLAIN_EMBEDDINGS: Rules =
    Rules { members: &[EMBEDDINGS], refused: &[], open: false, conditions: &[] };

pub(super) const PROVIDER: Provider = Provider {
    id: "openai",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/v1/completions", operation: Operation::Completions },
        Route { path: "/v1/embeddings", operation: Operation::Embeddings },
        Route { path: "/v1/models", operation: Operation::Models },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, TUNING, OWN],
        refused: &[],
        open: false,
        conditions: &[
            rules::reasoning_token_limit,
            rules::reasoning_temperature,
            rules::stream_options,
            rules::tools_for_tool_members,
            rules::json_word,
            rules::strict_schema,
        ],
    },
    completions: PLAIN_COMPLETIONS,
    embeddings: PLAIN_EMBEDDINGS,
    roles: &["system", "developer", "user", "assistant", "tool", "function"],
    parts: &["text", "image_url", "input_audio", "file", "refusal"],
    max_inputs: 2048,
    shape: Shape::OpenAi,
    manners: PLAIN,
};
