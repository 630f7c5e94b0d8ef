//! Ollama's form of OpenAI's API; its own is in `crate::ollama`.

use super::openai::{COMPLETIONS, CORE, EMBEDDINGS, TUNING};
use super::{KeyRule, Manners, Operation, PLAIN, Provider, ReasoningPlace, Route, Rules};
use crate::refusal::Shape;

pub(super) const PROVIDER: Provider = Provider {
    id: "ollama",
    key: KeyRule::OptionalBearer,
    routes: &[
        Route { path: "/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/v1/completions", operation: Operation::Completions },
        Route { path: "/v1/embeddings", operation: Operation::Embeddings },
        Route { path: "/v1/models", operation: Operation::Models },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, TUNING],
        refused: &["tool_choice", "logit_bias", "n", "user"],
        open: false,
        conditions: &[],
    },
    completions: Rules {
        members: &[COMPLETIONS],
        refused: &["logit_bias", "n", "best_of"],
        open: false,
        conditions: &[],
    },
    embeddings: Rules { members: &[EMBEDDINGS], refused: &[], open: false, conditions: &[] },
    roles: &["system", "user", "assistant", "tool"],
    parts: &["text", "image_url"],
    max_inputs: 2048,
    shape: Shape::OpenAi,
    manners: Manners { reasoning: ReasoningPlace::Named("reasoning"), ..PLAIN },
};
