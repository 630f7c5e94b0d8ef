//! A target's rules about messages: members, ids of calls, thoughts that go back.

use document::{Kind, ObjectWriter, Value, quote, write_array, write_object};
use model::{LossKind, Losses};

use super::Draft;
use crate::short_id::{is_short, shorten};
use crate::{MessageRules, ThoughtPart};

impl Draft<'_, '_> {
    /// Puts each message into the form that the target takes. What fits stays as it is.
    pub(super) fn fit_messages(&mut self) {
        let rules = self.call.quirks.messages;
        if rules == MessageRules::NONE {
            return;
        }
        let newer = self.call.quirks.developer_is_system;
        for message in self.document.value("messages").into_iter().flat_map(Value::items) {
            let role = message.value("role").and_then(Value::as_str).unwrap_or_default();
            let role = if newer && role == "developer" { "system" } else { &*role };
            if let Some(fitted) = fitted(message, role, &rules, self.losses) {
                self.edits.replace(&message, fitted);
            }
        }
    }
}

/// A message as the target takes it; none where it is that.
fn fitted(message: Value<'_>, role: &str, rules: &MessageRules, losses: &mut Losses) -> Option<Vec<u8>> {
    if message.kind() != Kind::Object {
        return None;
    }
    let known = rules.members.iter().find(|(of, _)| *of == role).map(|(_, known)| *known);
    let thoughts = rules.thoughts.filter(|_| role == "assistant").and_then(|part| {
        let thoughts = thoughts_of(message);
        (!thoughts.is_empty()).then_some((part, thoughts))
    });
    let fits = thoughts.is_none()
        && message.members().all(|member| {
            let name = member.name.decoded();
            known.is_none_or(|known| known.contains(&&*name))
                && match &*name {
                    "tool_calls" => calls(member.value, rules).is_none(),
                    "tool_call_id" => id(member.value, rules).is_none(),
                    _ => true,
                }
        });
    if fits {
        return None;
    }
    Some(write_object(|object| {
        for member in message.members() {
            let (name, value) = (member.name.decoded(), member.value);
            match &*name {
                "role" => object.text("role", role),
                // Written behind the others, as one list.
                "content" | "reasoning_content" | "reasoning" | "thinking_blocks" if thoughts.is_some() => {}
                name if known.is_some_and(|known| !known.contains(&name)) => {
                    if !value.is_null() && !value.is_empty() {
                        lose(name, losses);
                    }
                }
                "tool_calls" => {
                    object.raw("tool_calls", calls(value, rules).as_deref().unwrap_or(value.raw()));
                }
                "tool_call_id" => {
                    object.raw("tool_call_id", id(value, rules).as_deref().unwrap_or(value.raw()));
                }
                name => object.raw(name, value.raw()),
            }
        }
        if let Some((part, thoughts)) = &thoughts {
            write_content(message.value("content"), *part, thoughts, object);
        }
    }))
}

fn lose(name: &str, losses: &mut Losses) {
    // A header repeats it.
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let name = if name.len() <= 64 && name.bytes().all(legal) { name } else { "*" };
    let member = format!("messages.{name}");
    if !losses.iter().any(|loss| loss.member == member) {
        losses.add(member, LossKind::Dropped);
    }
}

/// An id as the target takes it; none where it is that.
fn id(value: Value<'_>, rules: &MessageRules) -> Option<Vec<u8>> {
    let length = rules.call_id?;
    let id = value.as_str().filter(|id| !is_short(id, length))?;
    Some(quote(&shorten(&id, length)).into())
}

fn calls(list: Value<'_>, rules: &MessageRules) -> Option<Vec<u8>> {
    let changed = |call: Value<'_>| call.value("id").and_then(|value| id(value, rules));
    if list.items().all(|call| changed(call).is_none()) {
        return None;
    }
    Some(write_array(|array| {
        for call in list.items() {
            match changed(call) {
                None => array.raw(call.raw()),
                Some(id) => array.object(|object| {
                    for member in call.members() {
                        let raw = if member.name.is("id") { &id } else { member.value.raw() };
                        object.raw(&member.name.decoded(), raw);
                    }
                }),
            }
        }
    }))
}

/// A thought and its seal, if it has one.
struct Thought {
    text: String,
    seal: Option<String>,
}

/// What an assistant thought, as clients give it back: in blocks where it is sealed, else as one text.
fn thoughts_of(message: Value<'_>) -> Vec<Thought> {
    let text = |value: Option<Value<'_>>| value.and_then(Value::as_str).unwrap_or_default().into_owned();
    // Seals of other makers mean nothing to the target.
    let own = |block: &Value<'_>| text(block.value("type")) == "thinking" && block.value("maker").is_none();
    let blocks = message.value("thinking_blocks").into_iter().flat_map(Value::items).filter(own);
    let sealed: Vec<_> = blocks
        .map(|block| Thought {
            text: text(block.value("thinking")),
            seal: Some(text(block.value("signature"))).filter(|seal| !seal.is_empty()),
        })
        .filter(|thought| !thought.text.is_empty() || thought.seal.is_some())
        .collect();
    if !sealed.is_empty() {
        return sealed;
    }
    let told = ["reasoning_content", "reasoning"].into_iter().map(|name| text(message.value(name)));
    let told = told.into_iter().find(|text| !text.is_empty());
    told.into_iter().map(|text| Thought { text, seal: None }).collect()
}

/// Thoughts, then what was said.
fn write_content(
    content: Option<Value<'_>>,
    part: ThoughtPart,
    thoughts: &[Thought],
    object: &mut ObjectWriter<'_>,
) {
    object.array("content", |parts| {
        for thought in thoughts {
            parts.object(|object| write_thought(thought, part, object));
        }
        match content {
            Some(content) if content.kind() == Kind::Array => {
                content.items().for_each(|part| parts.raw(part.raw()));
            }
            Some(content) if content.kind() == Kind::String && !content.is_empty() => {
                parts.object(|object| {
                    object.text("type", "text");
                    object.raw("text", content.raw());
                });
            }
            _ => {}
        }
    });
}

fn write_thought(thought: &Thought, part: ThoughtPart, object: &mut ObjectWriter<'_>) {
    let sign = |object: &mut ObjectWriter<'_>| {
        if let Some(seal) = &thought.seal {
            object.text("signature", seal);
        }
    };
    match part {
        ThoughtPart::Thinking => {
            object.text("type", "thinking");
            object.array("thinking", |list| {
                list.object(|object| {
                    object.text("type", "text");
                    object.text("text", &thought.text);
                });
            });
            sign(object);
        }
        ThoughtPart::Reasoning => {
            object.text("type", "reasoning");
            object.array("summary", |list| {
                list.object(|object| {
                    object.text("type", "summary_text");
                    object.text("text", &thought.text);
                    sign(object);
                });
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use document::{Document, Edits};
    use model::{ConfiguredOptions, Operation, Settings};
    use serde_json::{Value, json};

    use super::*;
    use crate::{Call, Delivery, Family, Quirks};

    const STRICT: MessageRules = MessageRules {
        members: &[
            ("system", &["role", "content"]),
            ("assistant", &["role", "content", "tool_calls", "prefix"]),
            ("tool", &["role", "content", "tool_call_id", "name"]),
        ],
        call_id: Some(9),
        thoughts: Some(ThoughtPart::Thinking),
    };

    fn fit(messages: &str, rules: MessageRules) -> (Value, Vec<String>, bool) {
        let quirks = Quirks { messages: rules, developer_is_system: true, ..Quirks::NONE };
        let document =
            Document::parse(format!(r#"{{"stream":false,"messages":[{messages}]}}"#).into()).unwrap();
        let (mut edits, mut losses) = (Edits::default(), Losses::default());
        let call = Call {
            operation: Operation::Chat,
            model: None,
            options: &ConfiguredOptions::default(),
            family: &Family::UNKNOWN,
            settings: const { &Settings::NONE },
            quirks: &quirks,
            delivery: Delivery::Whole,
            want_usage: false,
            credential: None,
            betas: "",
            version: "",
        };
        super::super::edit(&document, &call, &mut edits, &mut losses);
        let body: Value = serde_json::from_slice(&document.apply(&edits).to_bytes()).unwrap();
        let losses = losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name())).collect();
        (body["messages"].clone(), losses, edits.is_empty())
    }

    #[test]
    fn ids_of_calls_and_of_their_results_are_shortened_alike() {
        let (messages, losses, _) = fit(
            r#"{"role":"assistant","content":null,"tool_calls":[{"id":"call_abc","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"gSIMJiOkT"}]},
               {"role":"tool","tool_call_id":"call_abc","content":"a"},{"role":"tool","tool_call_id":"gSIMJiOkT","content":"b"}"#,
            STRICT,
        );
        let calls = &messages[0]["tool_calls"];
        assert_eq!((&calls[0]["id"], &calls[1]["id"]), (&messages[1]["tool_call_id"], &json!("gSIMJiOkT")));
        assert!(is_short(calls[0]["id"].as_str().unwrap(), 9));
        assert_eq!(calls[0]["function"], json!({"name": "f", "arguments": "{}"}));
        assert_eq!(messages[2]["tool_call_id"], "gSIMJiOkT");
        assert!(losses.is_empty(), "{losses:?}");
    }

    #[test]
    fn members_that_are_not_known_are_taken_out() {
        let (messages, losses, _) = fit(
            r#"{"role":"developer","content":"s","name":"n"},
               {"role":"assistant","content":"a","refusal":null,"annotations":[],"audio":{"id":"x"},"prefix":true},
               {"role":"user","content":"u","anything":1}"#,
            STRICT,
        );
        let expected = json!([
            {"role": "system", "content": "s"},
            {"role": "assistant", "content": "a", "prefix": true},
            {"role": "user", "content": "u", "anything": 1},
        ]);
        assert_eq!(messages, expected);
        assert_eq!(losses, ["messages.name dropped", "messages.audio dropped"]);
    }

    #[test]
    fn thoughts_go_back_as_parts() {
        let said = r#"{"role":"assistant","content":"a","reasoning_content":"r"}"#;
        let part = |part| MessageRules { thoughts: Some(part), ..MessageRules::NONE };
        let text = json!({"type": "text", "text": "a"});
        let thinking = json!({"type": "thinking", "thinking": [{"type": "text", "text": "r"}]});
        let (messages, losses, _) = fit(said, part(ThoughtPart::Thinking));
        assert_eq!(messages, json!([{"role": "assistant", "content": [thinking, text]}]));
        assert!(losses.is_empty());
        let sealed = r#"{"role":"assistant","content":null,"reasoning_content":"r","thinking_blocks":[{"type":"thinking","thinking":"r","signature":"S"},{"type":"thinking","thinking":"x","signature":"G","maker":"gemini"}],"tool_calls":[]}"#;
        let summary = json!([{"type": "summary_text", "text": "r", "signature": "S"}]);
        let reasoning = json!({"type": "reasoning", "summary": summary});
        let (messages, ..) = fit(sealed, part(ThoughtPart::Reasoning));
        assert_eq!(messages, json!([{"role": "assistant", "content": [reasoning], "tool_calls": []}]));
    }

    #[test]
    fn what_fits_is_not_touched() {
        let fitting = r#"{"role":"system","content":"s"},{"role":"assistant","content":[{"type":"text","text":"a"}],"tool_calls":[{"id":"gSIMJiOkT"}]}, 7"#;
        assert!(fit(fitting, STRICT).2);
        let unruled = r#"{"role":"assistant","content":"a","reasoning_content":"r","x":1}"#;
        assert!(fit(unruled, MessageRules::NONE).2);
    }
}
