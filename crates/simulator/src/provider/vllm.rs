//! vLLM's OpenAI server: takes members that it does not know, needs no key unless told.

use super::openai::{COMPLETIONS, CORE, EMBEDDINGS, TUNING};
use super::{KeyRule, Manners, Operation, PLAIN, Provider, ReasoningPlace, Route, Rules};
use crate::member::{Form, Member, nullable};
use crate::refusal::Shape;
use crate::rules;

const OWN: &[Member] = &[
    nullable("top_k", Form::Integer(-1, i64::MAX)),
    nullable("min_p", Form::Number(0.0, 1.0)),
    nullable("repetition_penalty", Form::Number(0.0, 10.0)),
    nullable("stop_token_ids", Form::Array),
    nullable("ignore_eos", Form::Bool),
    nullable("min_tokens", Form::Integer(0, i64::MAX)),
    nullable("chat_template_kwargs", Form::Object),
    nullable("structured_outputs", Form::Object),
    nullable("priority", Form::Integer(i64::MIN, i64::MAX)),
];

pub(super) const PROVIDER: Provider = Provider {
    id: "vllm",
    key: KeyRule::OptionalBearer,
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
        open: true,
        conditions: &[rules::stream_options],
    },
    completions: Rules { members: &[COMPLETIONS, OWN], refused: &[], open: true, conditions: &[] },
    embeddings: Rules { members: &[EMBEDDINGS], refused: &[], open: true, conditions: &[] },
    roles: &["system", "developer", "user", "assistant", "tool"],
    parts: &["text", "image_url", "input_audio", "video_url"],
    max_inputs: 2048,
    shape: Shape::Vllm,
    manners: Manners {
        reasoning: ReasoningPlace::Named("reasoning"),
        extras: r#"{"kv_transfer_params":null}"#,
        call_id: ("chatcmpl-tool-", 46),
        ..PLAIN
    },
};
