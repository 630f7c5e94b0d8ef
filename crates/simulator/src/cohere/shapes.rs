//! What Cohere's requests may have, as tables.

use crate::shape::{Kind, Shape};

const TEXTS: Kind = Kind::List(&Kind::Text);

static FUNCTION: Shape =
    Shape(&[("name", Kind::Text), ("description", Kind::Text), ("parameters", Kind::Free)]);
static TOOL: Shape = Shape(&[("type", Kind::Text), ("function", Kind::Of(&FUNCTION))]);
static CALLED: Shape = Shape(&[("name", Kind::Text), ("arguments", Kind::Text)]);
static CALL: Shape = Shape(&[("id", Kind::Text), ("type", Kind::Text), ("function", Kind::Of(&CALLED))]);
static MESSAGE: Shape = Shape(&[
    ("role", Kind::Text),
    ("content", Kind::TextOrList),
    ("tool_calls", Kind::List(&Kind::Of(&CALL))),
    ("tool_plan", Kind::Text),
    ("citations", Kind::List(&Kind::Free)),
    ("tool_call_id", Kind::Text),
]);
static THINKING: Shape =
    Shape(&[("type", Kind::Word(&["enabled", "disabled"])), ("token_budget", Kind::Integer)]);
static FORMAT: Shape = Shape(&[("type", Kind::Word(&["text", "json_object"])), ("json_schema", Kind::Free)]);
static CITATIONS: Shape = Shape(&[("mode", Kind::Word(&["ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF"]))]);

/// `/v2/chat`.
pub(super) static CHAT: Shape = Shape(&[
    ("model", Kind::Text),
    ("messages", Kind::List(&Kind::Of(&MESSAGE))),
    ("stream", Kind::Bool),
    ("tools", Kind::List(&Kind::Of(&TOOL))),
    ("strict_tools", Kind::Bool),
    ("documents", Kind::List(&Kind::Any)),
    ("citation_options", Kind::Of(&CITATIONS)),
    ("response_format", Kind::Of(&FORMAT)),
    ("safety_mode", Kind::Word(&["CONTEXTUAL", "STRICT", "OFF"])),
    ("max_tokens", Kind::Integer),
    ("stop_sequences", TEXTS),
    ("temperature", Kind::Number),
    ("seed", Kind::Integer),
    ("frequency_penalty", Kind::Number),
    ("presence_penalty", Kind::Number),
    ("k", Kind::Integer),
    ("p", Kind::Number),
    ("logprobs", Kind::Bool),
    ("tool_choice", Kind::Word(&["REQUIRED", "NONE"])),
    ("thinking", Kind::Of(&THINKING)),
    ("priority", Kind::Integer),
]);

static OLD_CALL: Shape = Shape(&[("name", Kind::Text), ("parameters", Kind::Free)]);
static OLD_RESULT: Shape = Shape(&[("call", Kind::Of(&OLD_CALL)), ("outputs", Kind::List(&Kind::Free))]);
static OLD_MESSAGE: Shape = Shape(&[
    ("role", Kind::Text),
    ("message", Kind::Text),
    ("tool_calls", Kind::List(&Kind::Of(&OLD_CALL))),
    ("tool_results", Kind::List(&Kind::Of(&OLD_RESULT))),
]);
static PARAMETER: Shape =
    Shape(&[("description", Kind::Text), ("type", Kind::Text), ("required", Kind::Bool)]);
static OLD_TOOL: Shape = Shape(&[
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("parameter_definitions", Kind::Map(&Kind::Of(&PARAMETER))),
]);
static OLD_FORMAT: Shape = Shape(&[("type", Kind::Word(&["text", "json_object"])), ("schema", Kind::Free)]);

/// `/v1/chat`.
pub(super) static OLD_CHAT: Shape = Shape(&[
    ("message", Kind::Text),
    ("model", Kind::Text),
    ("stream", Kind::Bool),
    ("preamble", Kind::Text),
    ("chat_history", Kind::List(&Kind::Of(&OLD_MESSAGE))),
    ("conversation_id", Kind::Text),
    ("prompt_truncation", Kind::Word(&["OFF", "AUTO", "AUTO_PRESERVE_ORDER"])),
    ("connectors", Kind::List(&Kind::Free)),
    ("search_queries_only", Kind::Bool),
    ("documents", Kind::List(&Kind::Free)),
    ("citation_quality", Kind::Word(&["ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF"])),
    ("temperature", Kind::Number),
    ("max_tokens", Kind::Integer),
    ("max_input_tokens", Kind::Integer),
    ("k", Kind::Integer),
    ("p", Kind::Number),
    ("seed", Kind::Integer),
    ("stop_sequences", TEXTS),
    ("frequency_penalty", Kind::Number),
    ("presence_penalty", Kind::Number),
    ("raw_prompting", Kind::Bool),
    ("tools", Kind::List(&Kind::Of(&OLD_TOOL))),
    ("tool_results", Kind::List(&Kind::Of(&OLD_RESULT))),
    ("force_single_step", Kind::Bool),
    ("response_format", Kind::Of(&OLD_FORMAT)),
    ("safety_mode", Kind::Word(&["CONTEXTUAL", "STRICT", "NONE"])),
]);

/// `/v1/generate`.
pub(super) static GENERATE: Shape = Shape(&[
    ("prompt", Kind::Text),
    ("model", Kind::Text),
    ("stream", Kind::Bool),
    ("num_generations", Kind::Integer),
    ("max_tokens", Kind::Integer),
    ("truncate", Kind::Word(&["NONE", "START", "END"])),
    ("temperature", Kind::Number),
    ("seed", Kind::Integer),
    ("preset", Kind::Text),
    ("end_sequences", TEXTS),
    ("stop_sequences", TEXTS),
    ("k", Kind::Integer),
    ("p", Kind::Number),
    ("frequency_penalty", Kind::Number),
    ("presence_penalty", Kind::Number),
    ("return_likelihoods", Kind::Word(&["GENERATION", "ALL", "NONE"])),
    ("raw_prompting", Kind::Bool),
]);

const INPUT_TYPES: Kind =
    Kind::Word(&["search_document", "search_query", "classification", "clustering", "image"]);
const TYPES: Kind = Kind::List(&Kind::Word(&["float", "int8", "uint8", "binary", "ubinary", "base64"]));
static INPUT: Shape = Shape(&[("content", Kind::List(&Kind::Free))]);

/// `/v2/embed`.
pub(super) static EMBED: Shape = Shape(&[
    ("model", Kind::Text),
    ("input_type", INPUT_TYPES),
    ("texts", TEXTS),
    ("images", TEXTS),
    ("inputs", Kind::List(&Kind::Of(&INPUT))),
    ("max_tokens", Kind::Integer),
    ("output_dimension", Kind::Integer),
    ("embedding_types", TYPES),
    ("truncate", Kind::Word(&["NONE", "START", "END"])),
    ("priority", Kind::Integer),
]);

/// `/v1/embed`.
pub(super) static OLD_EMBED: Shape = Shape(&[
    ("model", Kind::Text),
    ("input_type", INPUT_TYPES),
    ("texts", TEXTS),
    ("images", TEXTS),
    ("embedding_types", TYPES),
    ("truncate", Kind::Word(&["NONE", "START", "END"])),
]);
