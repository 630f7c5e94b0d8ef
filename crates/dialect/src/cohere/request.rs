//! A canonical request written for `/v2/chat`.

use document::{ObjectWriter, append_object};
use model::{ChatRequest, Function, LossKind, Losses, Parameter, ReasoningWish, ResponseFormat, ToolChoice};

use super::conversation;
use crate::{ChatCall, Delivery, EncodeError, Family, Thinking, ToolNames, functions};

/// What a function without parameters takes.
pub(super) const NO_PARAMETERS: &[u8] = br#"{"type":"object","properties":{}}"#;
const MOST_STOPS: usize = 5;
/// Members that pass as they are.
const KNOWN: [&str; 4] = ["citation_options", "documents", "priority", "safety_mode"];

/// The body; what `settle` has reported is not reported again.
pub(super) fn write(
    request: &ChatRequest,
    call: &ChatCall<'_>,
    names: &ToolNames,
    losses: &mut Losses,
) -> Result<Vec<u8>, EncodeError> {
    let functions = functions(request, losses)?;
    let mut out = Vec::new();
    append_object(&mut out, |body| {
        body.text("model", call.model);
        conversation::write(request, call.family.thinking, names, body, losses)?;
        // The API insists on it.
        body.bool("stream", call.delivery == Delivery::Stream);
        write_tools(request, &functions, names, body, losses);
        write_format(request, !functions.is_empty(), body, losses);
        write_sampling(request, ("p", "k", "stop_sequences"), body, losses);
        if request.sampling.logprobs == Some(true) {
            body.bool("logprobs", true);
        }
        let thinking = write_thinking(request, call.family, body);
        for extra in request.extras.iter() {
            match &*extra.name {
                "thinking" if !thinking => body.raw("thinking", extra.value.as_bytes()),
                name if KNOWN.contains(&name) => body.raw(name, extra.value.as_bytes()),
                name => losses.add(name.to_owned(), LossKind::Dropped),
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// The functions that the model is told of: only the one that it must call, if it is one.
fn functions<'r>(request: &'r ChatRequest, losses: &mut Losses) -> Result<Vec<&'r Function>, EncodeError> {
    let mut functions = functions::told(request, losses)?;
    if let Some(ToolChoice::Named(name)) = &request.tool_choice
        && functions.iter().any(|function| function.name == *name)
    {
        functions.retain(|function| function.name == *name);
    }
    Ok(functions)
}

fn write_tools(
    request: &ChatRequest,
    functions: &[&Function],
    names: &ToolNames,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) {
    let (choice, parameter) = match &request.tool_choice {
        None | Some(ToolChoice::Auto | ToolChoice::Among { required: false, .. }) => (None, None),
        Some(ToolChoice::None) => (Some("NONE"), Some(Parameter::ToolChoiceNone)),
        Some(ToolChoice::Required) => (Some("REQUIRED"), Some(Parameter::ToolChoiceRequired)),
        Some(ToolChoice::Named(_) | ToolChoice::Among { .. }) => (Some("REQUIRED"), None),
    };
    if functions.is_empty() {
        if let Some(parameter) = parameter {
            losses.add(parameter.name(), LossKind::Dropped);
        }
        return;
    }
    body.array("tools", |tools| {
        for function in functions {
            tools.object(|tool| {
                tool.text("type", "function");
                tool.object("function", |object| {
                    object.text("name", names.outward(&function.name));
                    if let Some(description) = &function.description {
                        object.text("description", description);
                    }
                    let schema =
                        function.parameters.as_ref().map_or(NO_PARAMETERS, |schema| schema.as_bytes());
                    object.raw("parameters", schema);
                });
            });
        }
    });
    if functions.iter().any(|function| function.strict == Some(true)) {
        body.bool("strict_tools", true);
    }
    if let Some(choice) = choice {
        body.text("tool_choice", choice);
    }
}

/// The API does not take a form of the answer together with tools or documents.
fn write_format(request: &ChatRequest, tools: bool, body: &mut ObjectWriter<'_>, losses: &mut Losses) {
    let (parameter, schema) = match &request.response_format {
        ResponseFormat::Text => return,
        ResponseFormat::JsonObject => (Parameter::JsonObject, None),
        ResponseFormat::JsonSchema { schema, .. } => (Parameter::JsonSchema, Some(schema)),
    };
    if tools || request.extras.value("documents").is_some() {
        return losses.add(parameter.name(), LossKind::Dropped);
    }
    body.object("response_format", |format| {
        format.text("type", "json_object");
        if let Some(schema) = schema {
            format.raw("json_schema", schema.as_bytes());
        }
    });
}

/// What all of Cohere's ways to ask for text share; `names` are those of `top_p`, `top_k` and `stop`.
pub(super) fn write_sampling(
    request: &ChatRequest,
    names: (&str, &str, &str),
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) {
    let sampling = &request.sampling;
    if let Some(limit) = request.max_tokens {
        body.number("max_tokens", limit);
    }
    for (name, value) in [
        ("temperature", &sampling.temperature),
        (names.0, &sampling.top_p),
        (names.1, &sampling.top_k),
        ("seed", &sampling.seed),
        ("frequency_penalty", &sampling.frequency_penalty),
        ("presence_penalty", &sampling.presence_penalty),
    ] {
        if let Some(value) = value {
            body.raw(name, value.as_str().as_bytes());
        }
    }
    if !sampling.stop.is_empty() {
        if sampling.stop.len() > MOST_STOPS {
            losses.add(Parameter::Stop.name(), LossKind::Approximated);
        }
        body.texts(names.2, sampling.stop.iter().take(MOST_STOPS));
    }
}

/// Gives whether anything was asked for. A model that does not think need not be told not to.
fn write_thinking(request: &ChatRequest, family: &Family, body: &mut ObjectWriter<'_>) -> bool {
    let Some(wish) = request.reasoning else { return false };
    if family.thinking != Thinking::None {
        body.object("thinking", |thinking| match wish {
            ReasoningWish::Off => thinking.text("type", "disabled"),
            ReasoningWish::Adaptive(None) => thinking.text("type", "enabled"),
            wish => {
                thinking.text("type", "enabled");
                if let Some(budget) = wish.budget() {
                    thinking.number("token_budget", budget);
                }
            }
        });
    }
    true
}
