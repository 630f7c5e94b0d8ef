//! Hugging Face's router and text-generation-inference's chat; what is no chat is in `crate::huggingface`.

use super::openai::{CORE, NONE, TUNING};
use super::{KeyRule, Manners, Operation, PLAIN, Provider, Route, Rules};
use crate::refusal::Shape;
use crate::rules;

pub(super) const PROVIDER: Provider = Provider {
    id: "huggingface",
    key: KeyRule::Bearer,
    routes: &[
        Route { path: "/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/{}/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/models/{}/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/models/{}/{}/v1/chat/completions", operation: Operation::Chat },
        Route { path: "/v1/models", operation: Operation::Models },
    ],
    needs_api_version: false,
    chat: Rules {
        members: &[CORE, TUNING],
        refused: &["n", "logit_bias", "user", "service_tier", "max_completion_tokens"],
        open: false,
        conditions: &[rules::stream_options],
    },
    completions: NONE,
    embeddings: NONE,
    roles: &["system", "user", "assistant", "tool"],
    parts: &["text", "image_url"],
    max_inputs: 1,
    shape: Shape::HuggingFace,
    manners: Manners {
        extras: r#"{"system_fingerprint":"3.3.4-sim"}"#,
        stop_word: "eos_token",
        nameless: true,
        ..PLAIN
    },
};
