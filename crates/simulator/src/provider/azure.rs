//! Azure OpenAI: deployments in the path, `api-version` in the query, `api-key` in the head.

use super::openai;
use super::{KeyRule, Manners, Operation, PLAIN, Provider, Route, Rules};
use crate::refusal::Shape;
use crate::rules;

pub(super) const PROVIDER: Provider = Provider {
    id: "azure",
    key: KeyRule::ApiKey,
    routes: &[
        Route { path: "/openai/deployments/{}/chat/completions", operation: Operation::Chat },
        Route { path: "/openai/deployments/{}/completions", operation: Operation::Completions },
        Route { path: "/openai/deployments/{}/embeddings", operation: Operation::Embeddings },
        Route { path: "/openai/models", operation: Operation::Models },
    ],
    needs_api_version: true,
    chat: Rules {
        conditions: &[
            rules::azure_stream_options,
            rules::reasoning_token_limit,
            rules::reasoning_temperature,
            rules::stream_options,
            rules::tools_for_tool_members,
            rules::json_word,
            rules::strict_schema,
        ],
        members: &[openai::CORE, openai::TUNING, openai::OWN],
        refused: &[],
        open: false,
    },
    completions: openai::PLAIN_COMPLETIONS,
    embeddings: openai::PLAIN_EMBEDDINGS,
    roles: openai::PROVIDER.roles,
    parts: openai::PROVIDER.parts,
    max_inputs: 2048,
    shape: Shape::Azure,
    manners: Manners { filter_chunk: true, ..PLAIN },
};
