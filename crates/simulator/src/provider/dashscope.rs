//! `DashScope` in its OpenAI-compatible mode.

use super::openai::{CORE, EMBEDDINGS, NONE, TUNING};
use super::{KeyRule, Manners, Operation, PLAIN, Provider, ReasoningPlace, Route, Rules};
use crate::member::{Form, Member, nullable};
use crate::refusal::Shape;
use crate::rules;

const OWN: &[Member] = &[
    nullable("top_k", Form::Integer(0, 1000)),
    nullable("repetition_penalty", Form::Number(0.0, 10.0)),
    nullable("enable_search", Form::Bool),
    nullable("search_options", Form::Object),
    nullable("enable_thinking", Form::Bool),
    nullable("thinking_budget", Form::Integer(0, i64::MAX)),
    nullable("vl_high_resolution_images", Form::Bool),
    nullable("translation_options", Form::Object),
    nullable("modalities", Form::Array),
    nullable("audio", Form::Object),
];

pub(super) const PROVIDER: Provider = Provider {
    id: "dashscope",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/compatible-mode/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/compatible-mode/v1/embeddings", operation: Operation::Embeddings },
        Route { path: "/compatible-mode/v1/models", operation: Operation::Models },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, TUNING, OWN],
        refused: &["frequency_penalty", "logit_bias", "user", "service_tier", "max_completion_tokens"],
        open: false,
        conditions: &[
            rules::thinking_streams,
            rules::no_required_tool,
            rules::json_word,
            rules::stream_options,
        ],
    },
    completions: NONE,
    embeddings: Rules {
        members: &[EMBEDDINGS],
        refused: &["user"],
        open: false,
        conditions: &[rules::float_only],
    },
    roles: &["system", "user", "assistant", "tool"],
    parts: &["text", "image_url", "input_audio", "video", "video_url"],
    max_inputs: 10,
    shape: Shape::DashScope,
    manners: Manners { reasoning: ReasoningPlace::Named("reasoning_content"), ..PLAIN },
};
