//! Cohere's form of OpenAI's API; its own is in `crate::cohere`.

use super::openai::{CORE, EMBEDDINGS, NONE, TUNING};
use super::{KeyRule, Operation, PLAIN, Provider, Route, Rules};
use crate::refusal::Shape;

pub(super) const PROVIDER: Provider = Provider {
    id: "cohere",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/compatibility/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/compatibility/v1/embeddings", operation: Operation::Embeddings },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, TUNING],
        refused: &["n", "logit_bias", "user"],
        open: false,
        conditions: &[],
    },
    completions: NONE,
    embeddings: Rules { members: &[EMBEDDINGS], refused: &[], open: false, conditions: &[] },
    roles: &["system", "developer", "user", "assistant", "tool"],
    parts: &["text", "image_url"],
    max_inputs: 96,
    shape: Shape::Flat,
    manners: PLAIN,
};
