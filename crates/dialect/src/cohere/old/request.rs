//! A canonical request written for `/v1/chat`.

use document::{ObjectWriter, append_object};
use model::{ChatRequest, LossKind, Losses, Parameter, ResponseFormat, ToolChoice};

use super::history::History;
use super::tools;
use crate::cohere::request::write_sampling;
use crate::{ChatCall, Delivery, EncodeError, ToolNames, functions};

/// Members that pass as they are.
const KNOWN: [&str; 11] = [
    "citation_quality",
    "connectors",
    "conversation_id",
    "documents",
    "force_single_step",
    "max_input_tokens",
    "preamble",
    "prompt_truncation",
    "raw_prompting",
    "safety_mode",
    "search_queries_only",
];

/// The body; what `settle` has reported is not reported again.
pub(super) fn write(
    request: &ChatRequest,
    call: &ChatCall<'_>,
    names: &ToolNames,
    losses: &mut Losses,
) -> Result<Vec<u8>, EncodeError> {
    let history = History::of(&request.messages, losses);
    let mut functions = functions::told(request, losses)?;
    // Results need the functions that they are of.
    if request.tool_choice == Some(ToolChoice::None) && !history.ends_with_results() {
        functions.clear();
    }
    if functions.iter().any(|function| function.strict == Some(true)) {
        losses.add("tools.strict", LossKind::Dropped);
    }
    let mut out = Vec::new();
    append_object(&mut out, |body| {
        history.write(names, body);
        body.text("model", call.model);
        write_sampling(request, ("p", "k", "stop_sequences"), body, losses);
        body.bool("stream", call.delivery == Delivery::Stream);
        if !functions.is_empty() {
            body.array("tools", |list| {
                for function in &functions {
                    tools::write(function, names, list);
                }
            });
        }
        write_format(request, !functions.is_empty(), body, losses);
        for extra in request.extras.iter() {
            match &*extra.name {
                name if KNOWN.contains(&name) => body.raw(name, extra.value.as_bytes()),
                name => losses.add(name.to_owned(), LossKind::Dropped),
            }
        }
    });
    Ok(out)
}

/// The API does not take a form of the answer together with tools, documents or connectors.
fn write_format(request: &ChatRequest, tools: bool, body: &mut ObjectWriter<'_>, losses: &mut Losses) {
    let (parameter, schema) = match &request.response_format {
        ResponseFormat::Text => return,
        ResponseFormat::JsonObject => (Parameter::JsonObject, None),
        ResponseFormat::JsonSchema { schema, .. } => (Parameter::JsonSchema, Some(schema)),
    };
    if tools || ["connectors", "documents"].iter().any(|name| request.extras.value(name).is_some()) {
        return losses.add(parameter.name(), LossKind::Dropped);
    }
    body.object("response_format", |format| {
        format.text("type", "json_object");
        if let Some(schema) = schema {
            format.raw("schema", schema.as_bytes());
        }
    });
}
