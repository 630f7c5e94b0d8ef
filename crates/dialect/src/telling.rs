//! Conversations as the conventions of OpenTelemetry write them: `gen_ai.input.messages` and `gen_ai.output.messages`
//! (<https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/>, their JSON schemas of version 1.40).

use document::{ArrayWriter, Document, Kind, ObjectWriter, Value, write_array};
use model::{
    Arguments, AssistantPart, ChatRequest, FinishReason, Image, Message, Number, Reasoning, ResponseFormat,
    Sampling, Source, ToolCall, UserPart,
};

/// How much more may be told. What is behind the end is left out and said so, so that the JSON stays whole.
struct Room(usize);

impl Room {
    /// As much of a text as there is room for.
    fn cut(&mut self, text: &str) -> String {
        let fits = text.get(..text.floor_char_boundary(self.0)).unwrap_or_default();
        self.0 -= fits.len();
        if fits.len() < text.len() {
            return format!("{fits} [truncated, {} bytes]", text.len());
        }
        fits.to_owned()
    }
}

/// What of a client's request shapes its answer, and nothing else of it: read from the top of the body, in either format of
/// clients, without judging what is there.
pub fn read_parameters(document: &Document) -> ChatRequest {
    let number = |name: &str| {
        let value = document.value(name).filter(|value| value.kind() == Kind::Number)?;
        Some(Number::from_checked(std::str::from_utf8(value.raw()).ok()?))
    };
    let count = |name: &str| document.value(name).and_then(Value::as_u64);
    let format = document.value("response_format").and_then(|format| format.value("type")?.as_str());
    let asks_json = format.is_some_and(|format| format != "text")
        || document.value("output_format").is_some_and(|format| !format.is_null())
        || document.value("output_config").and_then(|config| config.value("format")).is_some();
    ChatRequest {
        max_tokens: count("max_completion_tokens").or_else(|| count("max_tokens")),
        sampling: Sampling {
            temperature: number("temperature"),
            top_p: number("top_p"),
            top_k: number("top_k"),
            frequency_penalty: number("frequency_penalty"),
            presence_penalty: number("presence_penalty"),
            n: count("n"),
            ..Sampling::default()
        },
        response_format: if asks_json { ResponseFormat::JsonObject } else { ResponseFormat::Text },
        ..ChatRequest::default()
    }
}

/// The messages of a request as a JSON array. `limit` is for the bytes of their content.
pub fn tell_messages(request: &ChatRequest, limit: usize) -> Vec<u8> {
    let mut room = Room(limit);
    write_array(|messages| {
        for message in &request.messages {
            // An empty shell would tell nothing.
            if room.0 == 0 {
                return;
            }
            messages.object(|out| tell_message(message, &mut room, out));
        }
    })
}

/// The text of an answer as a JSON array of one message; `bytes` is what the text had in all.
pub fn tell_answer(text: &str, bytes: u64, finish: Option<FinishReason>, limit: usize) -> Vec<u8> {
    let mut content = Room(limit).cut(text);
    if bytes > text.len() as u64 && text.len() <= limit {
        content = format!("{text} [truncated, {bytes} bytes]");
    }
    write_array(|messages| {
        messages.object(|message| {
            message.text("role", "assistant");
            message.array("parts", |parts| {
                if !content.is_empty() {
                    parts.object(|part| tell_text(&content, part));
                }
            });
            if let Some(finish) = finish {
                message.text("finish_reason", finish.convention_name());
            }
        });
    })
}

fn tell_message(message: &Message, room: &mut Room, out: &mut ObjectWriter<'_>) {
    match message {
        Message::System(system) => {
            out.text("role", "system");
            out.array("parts", |parts| {
                for part in &system.parts {
                    parts.object(|out| tell_text(&room.cut(&part.text), out));
                }
            });
        }
        Message::User(user) => {
            out.text("role", "user");
            if let Some(name) = &user.name {
                out.text("name", name);
            }
            out.array("parts", |parts| tell_user(&user.parts, room, parts));
        }
        Message::Assistant(assistant) => {
            out.text("role", "assistant");
            out.array("parts", |parts| {
                for part in &assistant.parts {
                    tell_assistant(part, room, parts);
                }
            });
        }
        Message::Tool(result) => {
            out.text("role", "tool");
            out.array("parts", |parts| {
                parts.object(|out| {
                    out.text("type", "tool_call_response");
                    out.text("id", &result.call);
                    out.text("response", &room.cut(&Message::text_of(&result.parts)));
                });
                let others = result.parts.iter().filter(|part| !matches!(part, UserPart::Text(_)));
                others.for_each(|part| tell_user(std::slice::from_ref(part), room, parts));
            });
        }
    }
}

fn tell_user(content: &[UserPart], room: &mut Room, parts: &mut ArrayWriter<'_>) {
    for part in content {
        parts.object(|out| match part {
            UserPart::Text(text) => tell_text(&room.cut(&text.text), out),
            UserPart::Image(image) => tell_medium("image", &image.source, room, out),
            UserPart::Audio(audio) => tell_blob("audio", &audio.format, audio.data.as_str(), out),
            UserPart::File(file) => tell_medium("document", &file.source, room, out),
        });
    }
}

fn tell_assistant(part: &AssistantPart, room: &mut Room, parts: &mut ArrayWriter<'_>) {
    match part {
        AssistantPart::Text(text) => parts.object(|out| tell_text(&room.cut(&text.text), out)),
        AssistantPart::Refusal(text) => parts.object(|out| tell_text(&room.cut(text), out)),
        AssistantPart::Reasoning(Reasoning::Open { text, .. }) => parts.object(|out| {
            out.text("type", "reasoning");
            out.text("content", &room.cut(text));
        }),
        AssistantPart::ToolCall(call) => parts.object(|out| tell_call(call, room, out)),
        AssistantPart::Image(Image { source, .. }) => {
            parts.object(|out| tell_medium("image", source, room, out));
        }
        // Nobody but their makers can read them.
        AssistantPart::Reasoning(Reasoning::Redacted(_)) | AssistantPart::Native(..) => {}
    }
}

fn tell_text(text: &str, out: &mut ObjectWriter<'_>) {
    out.text("type", "text");
    out.text("content", text);
}

fn tell_call(call: &ToolCall, room: &mut Room, out: &mut ObjectWriter<'_>) {
    out.text("type", "tool_call");
    out.text("id", &call.id);
    out.text("name", &call.name);
    match &call.arguments {
        Arguments::Object(json) if json.as_bytes().len() <= room.0 => {
            room.0 -= json.as_bytes().len();
            out.raw("arguments", json.as_bytes());
        }
        arguments => out.text("arguments", &room.cut(arguments.as_text())),
    }
}

fn tell_medium(modality: &str, source: &Source, room: &mut Room, out: &mut ObjectWriter<'_>) {
    match source {
        Source::Inline { media_type, data } => tell_blob(modality, media_type, data.as_str(), out),
        Source::Url(url) => {
            out.text("type", "uri");
            out.text("modality", modality);
            out.text("uri", &room.cut(url));
        }
        Source::Uploaded(id) => {
            out.text("type", "file");
            out.text("modality", modality);
            out.text("file_id", id);
        }
        Source::Text(text) => tell_text(&room.cut(text), out),
    }
}

/// A medium without its data, as records have it.
fn tell_blob(modality: &str, kind: &str, data: &str, out: &mut ObjectWriter<'_>) {
    out.text("type", "blob");
    out.text("modality", modality);
    out.text("mime_type", kind);
    out.text("content", &format!("[base64, {} bytes]", data.len()));
}

#[cfg(test)]
mod tests;
