//! Mistral: refuses every member that its schema does not name.

use super::openai::{CORE, NONE};
use super::{KeyRule, Manners, Operation, PLAIN, Provider, ReasoningPlace, Route, Rules, UsagePlace};
use crate::member::{Form, Member, member, nullable};
use crate::refusal::Shape;
use crate::rules;

const OWN: &[Member] = &[
    nullable("random_seed", Form::Integer(0, i64::MAX)),
    nullable("metadata", Form::Object),
    nullable("frequency_penalty", Form::Number(-2.0, 2.0)),
    nullable("presence_penalty", Form::Number(-2.0, 2.0)),
    nullable("n", Form::Integer(1, 128)),
    nullable("prediction", Form::Object),
    member("parallel_tool_calls", Form::Bool),
    nullable("reasoning_effort", Form::Text),
    nullable("prompt_mode", Form::OneOf(&["reasoning"])),
    nullable("guardrails", Form::Array),
    nullable("prompt_cache_key", Form::Text),
    nullable("service_tier", Form::Text),
    member("safe_prompt", Form::Bool),
];

const EMBEDDINGS: &[Member] = &[
    member("model", Form::Text),
    member("input", Form::TextOrArray),
    nullable("metadata", Form::Object),
    nullable("output_dimension", Form::Integer(1, 4096)),
    member("output_dtype", Form::OneOf(&["float", "int8", "uint8", "binary", "ubinary"])),
    member("encoding_format", Form::OneOf(&["float", "base64"])),
];

pub(super) const PROVIDER: Provider = Provider {
    id: "mistral",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/v1/embeddings", operation: Operation::Embeddings },
        Route { path: "/v1/models", operation: Operation::Models },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, OWN],
        refused: &[],
        open: false,
        conditions: &[rules::known_message_members, rules::short_call_ids],
    },
    completions: NONE,
    embeddings: Rules { members: &[EMBEDDINGS], refused: &[], open: false, conditions: &[] },
    roles: &["system", "user", "assistant", "tool"],
    parts: &["text", "image_url", "document_url", "input_audio", "reference", "thinking", "file"],
    max_inputs: 512,
    shape: Shape::Mistral,
    manners: Manners {
        usage: UsagePlace::Finish,
        reasoning: ReasoningPlace::ThinkingPart,
        whole_calls: true,
        call_id: ("", 9),
        bare_calls: true,
        ..PLAIN
    },
};
