//! A canonical request written for `/api/chat` and `/api/generate`.

use document::{ObjectWriter, append_object};
use model::{AssistantPart, ChatRequest, LossKind, Losses, Message, ResponseFormat, ToolChoice, UserMessage};

use super::conversation;
use super::options::{self, Extras};
use crate::paired::{self, Turn, orphan_text};
use crate::{ChatCall, Delivery, EncodeError, functions, prompt};

const NO_PARAMETERS: &[u8] = br#"{"type":"object","properties":{}}"#;

/// Members of `/api/chat` that pass as they are.
const CHAT: [&str; 2] = ["format", "keep_alive"];
/// The same of `/api/generate`.
const GENERATE: [&str; 6] = ["context", "format", "keep_alive", "raw", "suffix", "template"];

/// The body of `/api/chat`; what `settle` has reported is not reported again.
pub(super) fn chat(
    request: &ChatRequest,
    call: &ChatCall<'_>,
    losses: &mut Losses,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    append_object(&mut out, |body| {
        body.text("model", call.model);
        conversation::write(request, call.family.thinking, body, losses)?;
        write_tools(request, body, losses)?;
        write_rest(request, call, &CHAT, body, losses);
        Ok(())
    })?;
    Ok(out)
}

/// The body of `/api/generate`.
pub(super) fn generate(
    request: &ChatRequest,
    call: &ChatCall<'_>,
    losses: &mut Losses,
) -> Result<Vec<u8>, EncodeError> {
    let prompt = Prompt::of(request)?;
    let mut out = Vec::new();
    append_object(&mut out, |body| {
        body.text("model", call.model);
        body.text("prompt", &prompt.text);
        if !prompt.system.is_empty() {
            body.text("system", &prompt.system);
        }
        if !prompt.images.is_empty() {
            body.texts("images", prompt.images.iter().map(|image| image.as_str()));
        }
        write_rest(request, call, &GENERATE, body, losses);
    });
    Ok(out)
}

/// What both have besides the conversation.
fn write_rest(
    request: &ChatRequest,
    call: &ChatCall<'_>,
    known: &[&str],
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) {
    // Without a word of it the server streams.
    body.bool("stream", call.delivery == Delivery::Stream);
    let formatted = request.response_format != ResponseFormat::Text;
    let known: Vec<&str> = known.iter().copied().filter(|name| !(*name == "format" && formatted)).collect();
    let extras = Extras::of(request, &known, losses);
    match &request.response_format {
        ResponseFormat::Text => {}
        ResponseFormat::JsonObject => body.text("format", "json"),
        ResponseFormat::JsonSchema { schema, .. } => body.raw("format", schema.as_bytes()),
    }
    options::write_think(request, call.family, &extras, body, losses);
    if request.sampling.logprobs == Some(true) {
        body.bool("logprobs", true);
    }
    if let Some(number) = request.sampling.top_logprobs {
        body.number("top_logprobs", number);
    }
    extras.write(body);
    options::write(request, &extras, body);
}

fn write_tools(
    request: &ChatRequest,
    body: &mut ObjectWriter<'_>,
    losses: &mut Losses,
) -> Result<(), EncodeError> {
    let functions = functions::told(request, losses)?;
    // A model that is not told of tools calls none.
    if functions.is_empty() || request.tool_choice == Some(ToolChoice::None) {
        return Ok(());
    }
    if functions.iter().any(|function| function.strict == Some(true)) {
        losses.add("tools.strict", LossKind::Dropped);
    }
    body.array("tools", |tools| {
        for function in functions {
            tools.object(|tool| {
                tool.text("type", "function");
                tool.object("function", |object| {
                    object.text("name", &function.name);
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
    Ok(())
}

/// A conversation as one prompt.
struct Prompt<'r> {
    system: String,
    text: String,
    images: Vec<&'r model::Base64>,
}

impl<'r> Prompt<'r> {
    /// One message of a user is the prompt as it is; of more, each says who speaks.
    fn of(request: &'r ChatRequest) -> Result<Self, EncodeError> {
        let mut one = Self { system: String::new(), text: String::new(), images: Vec::new() };
        let spoken = request.messages.iter().filter(|message| !matches!(message, Message::System(_))).count();
        let say = |text: &mut String, who: &str, said: &str| {
            if spoken == 1 {
                return text.push_str(said);
            }
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(who);
            text.push_str(said);
        };
        for turn in paired::turns(&request.messages) {
            match turn {
                Turn::System(system) => {
                    if !one.system.is_empty() {
                        one.system.push('\n');
                    }
                    one.system.push_str(&prompt::instructions(system));
                }
                Turn::User(UserMessage { parts, .. }) => {
                    say(&mut one.text, "User: ", &Message::text_of(parts));
                    one.images.extend(conversation::images(parts)?);
                }
                Turn::Assistant { message, .. } => {
                    let texts = message.parts.iter().filter_map(|part| match part {
                        AssistantPart::Text(part) => Some(part.text.as_str()),
                        AssistantPart::Refusal(text) => Some(text),
                        _ => None,
                    });
                    let text: String = texts.collect();
                    if !text.is_empty() {
                        say(&mut one.text, "Assistant: ", &text);
                    }
                }
                Turn::Result { result: Some(result), .. } | Turn::Orphan(result) => {
                    say(&mut one.text, "User: ", &orphan_text(result));
                }
                Turn::Result { result: None, .. } => {}
            }
        }
        if spoken > 1 {
            say(&mut one.text, "Assistant:", "");
        }
        Ok(one)
    }
}
