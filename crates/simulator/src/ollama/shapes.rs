//! What Ollama's requests may have, as tables. The real server passes over members that it does not know; here
//! they are refused, so that nothing is lost in silence.

use crate::shape::{Kind, Shape};

const TEXTS: Kind = Kind::List(&Kind::Text);

static OPTIONS: Shape = Shape(&[
    ("num_keep", Kind::Integer),
    ("seed", Kind::Integer),
    ("num_predict", Kind::Integer),
    ("draft_num_predict", Kind::Integer),
    ("top_k", Kind::Integer),
    ("top_p", Kind::Number),
    ("min_p", Kind::Number),
    ("typical_p", Kind::Number),
    ("repeat_last_n", Kind::Integer),
    ("temperature", Kind::Number),
    ("repeat_penalty", Kind::Number),
    ("presence_penalty", Kind::Number),
    ("frequency_penalty", Kind::Number),
    ("penalize_newline", Kind::Bool),
    ("stop", TEXTS),
    ("numa", Kind::Bool),
    ("num_ctx", Kind::Integer),
    ("num_batch", Kind::Integer),
    ("num_gpu", Kind::Integer),
    ("main_gpu", Kind::Integer),
    ("use_mmap", Kind::Bool),
    ("num_thread", Kind::Integer),
]);

static CALLED: Shape = Shape(&[
    ("index", Kind::Integer),
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("arguments", Kind::Free),
]);
static CALL: Shape = Shape(&[("id", Kind::Text), ("function", Kind::Of(&CALLED))]);
static MESSAGE: Shape = Shape(&[
    ("role", Kind::Text),
    ("content", Kind::Text),
    ("thinking", Kind::Text),
    ("images", Kind::List(&Kind::Bytes)),
    ("tool_calls", Kind::List(&Kind::Of(&CALL))),
    ("tool_name", Kind::Text),
    ("tool_call_id", Kind::Text),
]);
static FUNCTION: Shape = Shape(&[
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("parameters", Kind::Free),
    ("strict", Kind::Bool),
]);
static TOOL: Shape = Shape(&[("type", Kind::Text), ("function", Kind::Of(&FUNCTION))]);

pub(super) static CHAT: Shape = Shape(&[
    ("model", Kind::Text),
    ("messages", Kind::List(&Kind::Of(&MESSAGE))),
    ("tools", Kind::List(&Kind::Of(&TOOL))),
    ("format", Kind::TextOrObject),
    ("options", Kind::Of(&OPTIONS)),
    ("stream", Kind::Bool),
    ("think", Kind::BoolOrText),
    ("keep_alive", Kind::TextOrNumber),
    ("logprobs", Kind::Bool),
    ("top_logprobs", Kind::Integer),
]);

pub(super) static GENERATE: Shape = Shape(&[
    ("model", Kind::Text),
    ("prompt", Kind::Text),
    ("suffix", Kind::Text),
    ("images", Kind::List(&Kind::Bytes)),
    ("format", Kind::TextOrObject),
    ("system", Kind::Text),
    ("template", Kind::Text),
    ("context", Kind::List(&Kind::Integer)),
    ("stream", Kind::Bool),
    ("think", Kind::BoolOrText),
    ("raw", Kind::Bool),
    ("keep_alive", Kind::TextOrNumber),
    ("options", Kind::Of(&OPTIONS)),
    ("logprobs", Kind::Bool),
    ("top_logprobs", Kind::Integer),
]);

pub(super) static EMBED: Shape = Shape(&[
    ("model", Kind::Text),
    ("input", Kind::TextOrList),
    ("truncate", Kind::Bool),
    ("dimensions", Kind::Integer),
    ("keep_alive", Kind::TextOrNumber),
    ("options", Kind::Of(&OPTIONS)),
]);

pub(super) static OLD_EMBED: Shape = Shape(&[
    ("model", Kind::Text),
    ("prompt", Kind::Text),
    ("keep_alive", Kind::TextOrNumber),
    ("options", Kind::Of(&OPTIONS)),
]);
