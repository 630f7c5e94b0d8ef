//! A request as `OpenAI` itself would have it.

use document::{ObjectWriter, write_body};
use model::{
    ChatRequest, Effort, Function, Json, LossKind, Losses, Maker, ReasoningWish, ResponseFormat, Tool,
    ToolChoice,
};

use super::conversation::arrange;
use super::message;
use crate::{ChatCall, Delivery, SamplingRule, Structured, Thinking, ToolNames, UsageInStream};

/// Sequences and characters of a user's name that `OpenAI` takes at most.
const MOST_STOPS: usize = 4;
const LONGEST_USER: usize = 64;

/// Members without a place in the model that providers of this format know.
const KNOWN: [&str; 52] = [
    "add_generation_prompt",
    "audio",
    "best_of",
    "cache_salt",
    "chat_template",
    "chat_template_kwargs",
    "clear_thinking",
    "deferred",
    "disable_reasoning",
    "enable_search",
    "enable_thinking",
    "guided_choice",
    "guided_grammar",
    "guided_json",
    "guided_regex",
    "ignore_eos",
    "include_stop_str_in_output",
    "length_penalty",
    "min_p",
    "min_tokens",
    "mm_processor_kwargs",
    "modalities",
    "moderation",
    "prediction",
    "priority",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "prompt_mode",
    "random_seed",
    "reasoning_format",
    "reasoning_split",
    "repetition_penalty",
    "response_format",
    "safe_prompt",
    "safety_identifier",
    "search_options",
    "search_parameters",
    "skip_special_tokens",
    "spaces_between_special_tokens",
    "stop_token_ids",
    "store",
    "structured_outputs",
    "thinking",
    "thinking_budget",
    "thinking_token_budget",
    "tool_choice",
    "top_a",
    "translation_options",
    "verbosity",
    "vl_high_resolution_images",
    "web_search_options",
];

pub(super) fn write(
    request: &ChatRequest,
    call: &ChatCall<'_>,
    names: &ToolNames,
    losses: &mut Losses,
) -> Vec<u8> {
    write_body(|body| {
        if !call.model.is_empty() {
            body.text("model", call.model);
        }
        if let Some(limit) = request.max_tokens {
            body.number("max_tokens", limit);
        }
        write_reasoning(request.reasoning, call.family.thinking, body, losses);
        let style = message::Style { names, reasoning: call.quirks.reasoning_in_history };
        body.array("messages", |messages| {
            for turn in arrange(&request.messages) {
                message::write(&turn, &style, messages, losses);
            }
        });
        write_tools(request, names, body, losses);
        write_format(&request.response_format, call.family.structured, body);
        write_sampling(request, call.family.sampling, body, losses);
        write_names(request, body, losses);
        body.bool("stream", call.delivery == Delivery::Stream);
        // Clients of other formats always want usage, and cannot know which versions refuse the word for that.
        let refused = call.quirks.usage_in_stream == UsageInStream::WhenClientAsks;
        if call.delivery == Delivery::Stream && request.include_usage && !refused {
            body.object("stream_options", |options| options.bool("include_usage", true));
        }
        for extra in request.extras.iter() {
            if KNOWN.contains(&&*extra.name) {
                body.raw(&extra.name, extra.value.as_bytes());
            } else {
                losses.add(plain(&extra.name).to_owned(), LossKind::Dropped);
            }
        }
    })
}

/// A client's name of a member, where it may be repeated in a header.
fn plain(name: &str) -> &str {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.len() <= 64 && name.bytes().all(legal) { name } else { "extra_body" }
}

/// The nearest effort that the model knows.
fn write_reasoning(
    wish: Option<ReasoningWish>,
    thinking: Thinking,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) {
    let efforts: &[Effort] = match thinking {
        Thinking::None => return,
        Thinking::Levels { efforts, .. } => efforts,
        Thinking::Budget { .. } | Thinking::Adaptive { .. } => &Effort::ALL,
    };
    let Some(wish) = wish else { return };
    let Some(effort) = wish.effort() else {
        if super::may_be_off(thinking) {
            body.text("reasoning_effort", "none");
        }
        return;
    };
    let below = efforts.iter().rfind(|known| **known <= effort);
    if let Some(nearest) = below.or_else(|| efforts.first()) {
        body.text("reasoning_effort", nearest.name());
        if *nearest != effort || matches!(wish, ReasoningWish::Budget(_)) {
            losses.add("reasoning_effort", LossKind::Approximated);
        }
    }
}

fn write_tools(request: &ChatRequest, names: &ToolNames, body: &mut ObjectWriter<'_>, losses: &mut Losses) {
    // A choice among some tools is told by leaving the others out.
    let among = match &request.tool_choice {
        Some(ToolChoice::Among { names, .. }) => Some(names),
        _ => None,
    };
    let wanted = |name: &str| among.is_none_or(|among| among.iter().any(|known| &**known == name));
    let tools: Vec<_> = request
        .tools
        .iter()
        .filter(|tool| match tool {
            Tool::Function(function) => wanted(&function.name),
            Tool::Native { maker, name, .. } => *maker == Maker::OpenAi && wanted(name),
        })
        .collect();
    if tools.is_empty() {
        return;
    }
    body.array("tools", |list| {
        for tool in tools {
            match tool {
                Tool::Function(function) => list.object(|object| {
                    object.text("type", "function");
                    object.object("function", |inner| write_function(function, names, inner));
                    if !function.extras.is_empty() && !losses.iter().any(|loss| loss.member == "tools") {
                        losses.add("tools", LossKind::Approximated);
                    }
                }),
                Tool::Native { value, .. } => list.raw(value.as_bytes()),
            }
        }
    });
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto | ToolChoice::Among { required: false, .. }) => {
            body.text("tool_choice", "auto");
        }
        Some(ToolChoice::None) => body.text("tool_choice", "none"),
        Some(ToolChoice::Required | ToolChoice::Among { required: true, .. }) => {
            body.text("tool_choice", "required");
        }
        Some(ToolChoice::Named(name)) => body.object("tool_choice", |choice| {
            choice.text("type", "function");
            choice.object("function", |function| function.text("name", names.outward(name)));
        }),
    }
    if let Some(parallel) = request.parallel_tool_calls {
        body.bool("parallel_tool_calls", parallel);
    }
}

fn write_function(function: &Function, names: &ToolNames, object: &mut ObjectWriter<'_>) {
    object.text("name", names.outward(&function.name));
    if let Some(description) = &function.description {
        object.text("description", description);
    }
    if let Some(parameters) = &function.parameters {
        object.raw("parameters", parameters.as_bytes());
    }
    if let Some(strict) = function.strict {
        object.bool("strict", strict);
    }
}

fn write_format(format: &ResponseFormat, structured: Structured, body: &mut ObjectWriter<'_>) {
    match format {
        ResponseFormat::Text => {}
        ResponseFormat::JsonObject => {
            body.object("response_format", |object| object.text("type", "json_object"));
        }
        ResponseFormat::JsonSchema { .. } if structured == Structured::None => {}
        ResponseFormat::JsonSchema { name, description, schema, strict } => {
            body.object("response_format", |object| {
                object.text("type", "json_schema");
                object.object("json_schema", |inner| {
                    inner.text("name", name);
                    if let Some(description) = description {
                        inner.text("description", description);
                    }
                    inner.raw("schema", schema.as_bytes());
                    if let Some(strict) = strict {
                        inner.bool("strict", *strict);
                    }
                });
            });
        }
    }
}

fn write_sampling(
    request: &ChatRequest,
    rule: SamplingRule,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) {
    let sampling = &request.sampling;
    let numbers = [
        ("temperature", &sampling.temperature),
        ("top_p", &sampling.top_p),
        ("top_k", &sampling.top_k),
        ("frequency_penalty", &sampling.frequency_penalty),
        ("presence_penalty", &sampling.presence_penalty),
        ("seed", &sampling.seed),
    ];
    for (name, number) in numbers {
        let Some(number) = number else { continue };
        if rule == SamplingRule::Fixed && ["temperature", "top_p"].contains(&name) {
            // One is what they have anyway.
            if number.as_str().parse() != Ok(1.0) {
                losses.add(name, LossKind::Dropped);
            }
            continue;
        }
        body.raw(name, number.as_str().as_bytes());
    }
    if !sampling.stop.is_empty() {
        body.texts("stop", sampling.stop.iter().take(MOST_STOPS));
    }
    if sampling.stop.len() > MOST_STOPS {
        losses.add("stop", LossKind::Approximated);
    }
    if let Some(n) = sampling.n {
        body.number("n", n);
    }
    if let Some(wanted) = sampling.logprobs {
        body.bool("logprobs", wanted);
    }
    if let Some(most) = sampling.top_logprobs {
        body.number("top_logprobs", most);
    }
    write_raw("logit_bias", sampling.logit_bias.as_ref(), body);
}

fn write_names(request: &ChatRequest, body: &mut ObjectWriter<'_>, losses: &mut Losses) {
    if let Some(user) = &request.user {
        match user.char_indices().nth(LONGEST_USER).and_then(|(end, _)| user.split_at_checked(end)) {
            None => body.text("user", user),
            Some((start, _)) => {
                body.text("user", start);
                losses.add("user", LossKind::Approximated);
            }
        }
    }
    if let Some(tier) = &request.service_tier {
        body.text("service_tier", tier);
    }
    write_raw("metadata", request.metadata.as_ref(), body);
}

fn write_raw(name: &str, value: Option<&Json>, body: &mut ObjectWriter<'_>) {
    if let Some(value) = value {
        body.raw(name, value.as_bytes());
    }
}
