//! xAI: errors as two strings, tool calls in one piece, reasoning counted apart.

use super::openai::{CORE, NONE, OWN as OPENAI_OWN, TUNING};
use super::{KeyRule, Manners, Operation, PLAIN, Provider, ReasoningPlace, Route, Rules};
use crate::member::{Form, Member, nullable};
use crate::refusal::Shape;
use crate::rules;

const OWN: &[Member] = &[nullable("search_parameters", Form::Object), nullable("deferred", Form::Bool)];

pub(super) const PROVIDER: Provider = Provider {
    id: "xai",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/v1/models", operation: Operation::Models },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, TUNING, OPENAI_OWN, OWN],
        refused: &["service_tier"],
        open: false,
        conditions: &[rules::grok_reasoning, rules::stream_options],
    },
    completions: NONE,
    embeddings: NONE,
    roles: &["system", "developer", "user", "assistant", "tool", "function"],
    parts: &["text", "image_url", "file"],
    max_inputs: 1,
    shape: Shape::Text,
    manners: Manners {
        reasoning: ReasoningPlace::Named("reasoning_content"),
        whole_calls: true,
        reasoning_apart: true,
        ..PLAIN
    },
};
