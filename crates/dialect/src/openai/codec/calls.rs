//! Tool calls out of deltas: whatever order, index and completeness they come in.

use document::{Kind, Value, write_object};
use model::{CallIndex, ChatEvent, ChoiceIndex, Json, Maker};
use stream::Unreadable;

use super::Way;
use crate::read;

/// Calls that one answer may have, and bytes that may wait for the name of their call.
const MAX_CALLS: usize = 1024;
const MAX_HELD: usize = 16 << 20;

/// Name of a call whose own got lost: the client sees that something was called which it does not have.
const NAMELESS: &str = "_";

/// The tool calls of one choice. A call is told when its id and its name are known; what has no id at the end
/// gets one; what has neither name nor arguments is no call.
#[derive(Debug, Default)]
pub(super) struct Calls {
    slots: Vec<Slot>,
    told: CallIndex,
    held: usize,
}

#[derive(Debug, Default)]
struct Slot {
    /// The provider's index.
    index: Option<u64>,
    id: Box<str>,
    name: Box<str>,
    /// Arguments that came before the call could be told.
    held: String,
    /// The index under which it was told.
    told: Option<CallIndex>,
    /// A tool that takes text, of which only `OpenAI` knows.
    custom: bool,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.slots.iter().all(|slot| slot.name.is_empty())
    }

    /// Reads one item of `tool_calls`. In a whole answer each is a call of its own.
    pub(super) fn add(
        &mut self,
        item: Value<'_>,
        whole: bool,
        choice: ChoiceIndex,
        way: &Way,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        let custom = item.value("custom").filter(|value| value.kind() == Kind::Object);
        // Without the wrapper it is what some servers send.
        let function = custom.or_else(|| item.value("function")).unwrap_or(item);
        let id = item.value("id").and_then(name_of).unwrap_or_default();
        let name = function.value("name").and_then(name_of).unwrap_or_default();
        let index = item.value("index").and_then(Value::as_u64).filter(|_| !whole);
        let at = self.find(index, &id, &name, whole)?;
        let Some(slot) = self.slots.get_mut(at) else { return Err(Unreadable) };
        slot.custom |= custom.is_some();
        if slot.id.is_empty() {
            slot.id = id;
        }
        if slot.name.is_empty() {
            slot.name = way.names.inward(&name).into();
        }
        let arguments = function.value("arguments").or_else(|| function.value("input"));
        let arguments = arguments.map(text_of).unwrap_or_default();
        self.append(at, arguments, choice, events)
    }

    /// Reads the older `function_call`, which has no id and is the only one.
    pub(super) fn add_function_call(
        &mut self,
        call: Value<'_>,
        choice: ChoiceIndex,
        way: &Way,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        let at = self.find(Some(0), "", "", false)?;
        let Some(slot) = self.slots.get_mut(at) else { return Err(Unreadable) };
        if slot.id.is_empty() {
            slot.id = way.made_id(choice, at);
        }
        if slot.name.is_empty() {
            let name = call.value("name").and_then(name_of).unwrap_or_default();
            slot.name = way.names.inward(&name).into();
        }
        let arguments = call.value("arguments").map(text_of).unwrap_or_default();
        self.append(at, arguments, choice, events)
    }

    /// The slot that a delta belongs to; a new one where none is meant.
    fn find(&mut self, index: Option<u64>, id: &str, name: &str, whole: bool) -> Result<usize, Unreadable> {
        let by_index = || self.slots.iter().rposition(|slot| index.is_some() && slot.index == index);
        let by_id = || self.slots.iter().rposition(|slot| !id.is_empty() && &*slot.id == id);
        let found = match index {
            _ if whole => None,
            // Some servers number all calls 0: another id with a name is another call.
            Some(_) => by_index().filter(|at| {
                let other = self.slots.get(*at).is_some_and(|slot| !slot.id.is_empty() && &*slot.id != id);
                !(other && !id.is_empty() && !name.is_empty())
            }),
            None if !id.is_empty() => by_id(),
            None if name.is_empty() => self.slots.len().checked_sub(1),
            None => None,
        };
        if let Some(at) = found.or_else(|| by_id().filter(|_| !whole)) {
            return Ok(at);
        }
        if self.slots.len() >= MAX_CALLS {
            return Err(Unreadable);
        }
        self.slots.push(Slot { index, ..Slot::default() });
        Ok(self.slots.len() - 1)
    }

    fn append(
        &mut self,
        at: usize,
        arguments: String,
        choice: ChoiceIndex,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), Unreadable> {
        let Some(slot) = self.slots.get_mut(at) else { return Err(Unreadable) };
        if let Some(call) = slot.told {
            if !arguments.is_empty() {
                events.push(ChatEvent::ToolArguments { choice, call, delta: arguments });
            }
            return Ok(());
        }
        self.held += arguments.len();
        if self.held > MAX_HELD {
            return Err(Unreadable);
        }
        slot.held.push_str(&arguments);
        if !slot.custom && !slot.id.is_empty() && !slot.name.is_empty() {
            self.held -= slot.held.len();
            slot.tell(&mut self.told, choice, events);
        }
        Ok(())
    }

    /// Nothing more comes: tells what was held.
    pub(super) fn finish(&mut self, choice: ChoiceIndex, way: &Way, events: &mut Vec<ChatEvent>) {
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if slot.told.is_some() || (slot.name.is_empty() && slot.held.is_empty()) {
                continue;
            }
            if slot.name.is_empty() {
                slot.name = NAMELESS.into();
            }
            if slot.id.is_empty() {
                slot.id = way.made_id(choice, at);
            }
            if slot.custom {
                let value = Json::from_checked(slot.custom_call());
                events.push(ChatEvent::Native { choice, maker: Maker::OpenAi, value });
                slot.held.clear();
            } else {
                slot.tell(&mut self.told, choice, events);
            }
        }
        self.held = 0;
    }
}

impl Slot {
    fn tell(&mut self, next: &mut CallIndex, choice: ChoiceIndex, events: &mut Vec<ChatEvent>) {
        let call = *next;
        *next += 1;
        self.told = Some(call);
        events.push(ChatEvent::ToolStart {
            choice,
            call,
            id: self.id.clone(),
            name: self.name.clone(),
            seal: None,
        });
        let delta = std::mem::take(&mut self.held);
        if !delta.is_empty() {
            events.push(ChatEvent::ToolArguments { choice, call, delta });
        }
    }

    fn custom_call(&self) -> Vec<u8> {
        write_object(|call| {
            call.text("id", &self.id);
            call.text("type", "custom");
            call.object("custom", |custom| {
                custom.text("name", &self.name);
                custom.text("input", &self.held);
            });
        })
    }
}

/// A text, or a number as its text.
fn name_of(value: Value<'_>) -> Option<Box<str>> {
    match value.kind() {
        Kind::String => Some(value.as_str()?.as_ref().into()),
        Kind::Number => Some(String::from_utf8_lossy(value.raw()).into()),
        _ => None,
    }
}

/// A text of JSON, or, wrongly, the JSON itself.
fn text_of(value: Value<'_>) -> String {
    match value.kind() {
        Kind::Null => String::new(),
        Kind::String => value.as_str().unwrap_or_default().into_owned(),
        _ => read::compact(value),
    }
}
