//! A lenient OpenAI-shaped server: any member, any place for the key, and a mirror on every other path.

use super::openai::{COMPLETIONS, CORE, EMBEDDINGS, TUNING};
use super::{KeyRule, Operation, PLAIN, Provider, Route, Rules};
use crate::refusal::Shape;

pub(super) const PROVIDER: Provider = Provider {
    id: "generic",
    key: KeyRule::Anywhere,
    routes: &[
        Route { path: "/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/chat/completions", operation: Operation::Chat },
        Route { path: "/v1/completions", operation: Operation::Completions },
        Route { path: "/v1/embeddings", operation: Operation::Embeddings },
        Route { path: "/v1/models", operation: Operation::Models },
        Route { path: "*", operation: Operation::Mirror },
    ],
    needs_api_version: false,
    chat: Rules { members: &[CORE, TUNING], refused: &[], open: true, conditions: &[] },
    completions: Rules { members: &[COMPLETIONS], refused: &[], open: true, conditions: &[] },
    embeddings: Rules { members: &[EMBEDDINGS], refused: &[], open: true, conditions: &[] },
    roles: &["system", "developer", "user", "assistant", "tool", "function"],
    parts: &["text", "image_url", "input_audio", "file", "refusal"],
    max_inputs: 2048,
    shape: Shape::OpenAi,
    manners: PLAIN,
};
