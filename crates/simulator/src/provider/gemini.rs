//! Gemini's form of OpenAI's chat; its own API is in `crate::gemini`.

use super::openai::{CORE, EMBEDDINGS, NONE, TUNING};
use super::{KeyRule, Operation, PLAIN, Provider, Route, Rules};
use crate::refusal::Shape;
use crate::rules;

pub(super) const PROVIDER: Provider = Provider {
    id: "gemini",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/v1beta/openai/chat/completions", operation: Operation::Chat },
        Route { path: "/v1beta/openai/embeddings", operation: Operation::Embeddings },
        Route { path: "/v1beta/openai/models", operation: Operation::Models },
    ],
    needs_api_version: false,
    chat: Rules { members: &[CORE, TUNING], refused: &[], open: false, conditions: &[rules::stream_options] },
    completions: NONE,
    embeddings: Rules { members: &[EMBEDDINGS], refused: &[], open: false, conditions: &[] },
    roles: &["system", "developer", "user", "assistant", "tool"],
    parts: &["text", "image_url", "input_audio"],
    max_inputs: 100,
    shape: Shape::OpenAi,
    manners: PLAIN,
};
