//! A conversation as `/v1/chat` takes it: what was said before, and the last message, or the last results, apart.
//!
//! Instructions stand in the history as something that the user said, as Kong has them.

use document::{Document, ObjectWriter};
use model::{Losses, Message, ToolCall, ToolResult};

use crate::cohere::conversation::{PLACEHOLDER, Said, lose_extras};
use crate::paired::{NO_RESULT, Turn, orphan_text, turns};
use crate::{ToolNames, prompt};

pub(super) struct History<'r>(Vec<Entry<'r>>);

enum Entry<'r> {
    User(String),
    Chatbot(Said<'r>),
    /// Results of the calls of the entry before.
    Tool(Vec<(&'r ToolCall, Option<&'r ToolResult>)>),
}

impl<'r> History<'r> {
    pub(super) fn of(messages: &'r [Message], losses: &mut Losses) -> Self {
        let mut entries: Vec<Entry<'r>> = Vec::new();
        for turn in turns(messages) {
            let entry = match turn {
                Turn::System(system) => Entry::User(prompt::instructions(system)),
                Turn::User(user) => Entry::User(Message::text_of(&user.parts)),
                Turn::Assistant { message, ids } => Entry::Chatbot(Said::of(message, ids, losses)),
                Turn::Result { call, result, .. } => {
                    if let Some(result) = result {
                        lose_extras(result, losses);
                    }
                    if let Some(Entry::Tool(results)) = entries.last_mut() {
                        results.push((call, result));
                        continue;
                    }
                    Entry::Tool(vec![(call, result)])
                }
                Turn::Orphan(result) => {
                    lose_extras(result, losses);
                    Entry::User(orphan_text(result))
                }
            };
            if !entry.is_silent() {
                entries.push(entry);
            }
        }
        Self(entries)
    }

    pub(super) fn ends_with_results(&self) -> bool {
        matches!(self.0.last(), Some(Entry::Tool(_)))
    }

    pub(super) fn write(&self, names: &ToolNames, body: &mut ObjectWriter<'_>) {
        let (message, results, before) = match self.0.split_last() {
            Some((Entry::User(text), before)) => (text.as_str(), None, before),
            Some((Entry::Tool(results), before)) => ("", Some(results), before),
            _ => (PLACEHOLDER, None, self.0.as_slice()),
        };
        if !before.is_empty() {
            body.array("chat_history", |history| {
                for entry in before {
                    history.object(|object| entry.write(names, object));
                }
            });
        }
        body.text("message", message);
        if let Some(results) = results {
            write_results(results, names, body);
        }
    }
}

impl Entry<'_> {
    fn is_silent(&self) -> bool {
        match self {
            Self::User(text) => text.is_empty(),
            Self::Chatbot(said) => said.text.is_empty() && said.calls.is_empty(),
            Self::Tool(_) => false,
        }
    }

    fn write(&self, names: &ToolNames, entry: &mut ObjectWriter<'_>) {
        match self {
            Self::User(text) => {
                entry.text("role", "USER");
                entry.text("message", text);
            }
            Self::Chatbot(said) => {
                entry.text("role", "CHATBOT");
                entry.text("message", &said.text);
                if !said.calls.is_empty() {
                    entry.array("tool_calls", |calls| {
                        for (_, call) in &said.calls {
                            calls.object(|object| write_call(call, names, object));
                        }
                    });
                }
            }
            Self::Tool(results) => {
                entry.text("role", "TOOL");
                write_results(results, names, entry);
            }
        }
    }
}

fn write_call(call: &ToolCall, names: &ToolNames, object: &mut ObjectWriter<'_>) {
    object.text("name", names.outward(&call.name));
    object.raw("parameters", call.arguments.as_object());
}

fn write_results(
    results: &[(&ToolCall, Option<&ToolResult>)],
    names: &ToolNames,
    object: &mut ObjectWriter<'_>,
) {
    object.array("tool_results", |list| {
        for (call, result) in results {
            list.object(|object| {
                object.object("call", |object| write_call(call, names, object));
                let text =
                    result.map_or_else(|| NO_RESULT.to_owned(), |result| Message::text_of(&result.parts));
                object.array("outputs", |outputs| {
                    // Outputs are objects; a text becomes one.
                    if Document::parse(bytes::Bytes::copy_from_slice(text.as_bytes())).is_ok() {
                        outputs.raw(text.trim().as_bytes());
                    } else {
                        outputs.object(|output| output.text("result", &text));
                    }
                });
            });
        }
    });
}
