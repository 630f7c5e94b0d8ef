//! Calls of an answer, under the names that the client knows and dense indexes.

use document::{Kind, Value};
use model::{CallIndex, ChatEvent};

use crate::{NameRule, ToolNames, read};

/// What Cohere takes as the name of a function.
pub(super) const NAMES: NameRule = NameRule { also: "", longest: 128, starts_with_letter: true };

/// Stands for no arguments at all.
const NULL: &str = "null";

/// What the way back must know of the request.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) names: ToolNames,
    /// Begins the ids of calls that came without one.
    pub(super) nonce: Box<str>,
}

#[derive(Debug)]
pub(super) struct Calls {
    way: Way,
    made: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    /// The provider's own index.
    place: Option<u64>,
    /// Arguments that may yet become `null`.
    held: String,
    flows: bool,
}

impl Calls {
    pub(super) fn new(way: Way) -> Self {
        Self { way, made: Vec::new() }
    }

    pub(super) fn any(&self) -> bool {
        !self.made.is_empty()
    }

    /// A call begins.
    pub(super) fn start(
        &mut self,
        place: Option<u64>,
        id: Option<String>,
        name: Option<&str>,
        events: &mut Vec<ChatEvent>,
    ) {
        let call = self.next();
        let id = id.unwrap_or_else(|| format!("call_{}_{call}", self.way.nonce)).into();
        let name = name.map_or("_", |name| self.way.names.inward(name)).into();
        events.push(ChatEvent::ToolStart { choice: 0, call, id, name, seal: None });
        self.made.push(Call { place, held: String::new(), flows: false });
    }

    /// More arguments of the call at a place; of the last one where none is told.
    pub(super) fn arguments(&mut self, place: Option<u64>, more: &str, events: &mut Vec<ChatEvent>) {
        let known = |call: &Call| place.is_some() && call.place == place;
        let found = self.made.iter().rposition(known).or_else(|| self.made.len().checked_sub(1));
        let Some((index, call)) = found.and_then(|index| Some((index, self.made.get_mut(index)?))) else {
            return;
        };
        call.held.push_str(more);
        if call.held.is_empty() || (!call.flows && NULL.starts_with(call.held.as_str())) {
            return;
        }
        call.flows = true;
        let delta = std::mem::take(&mut call.held);
        events.push(ChatEvent::ToolArguments { choice: 0, call: number(index), delta });
    }

    /// A call that is told all at once: arguments as a text, or as an object.
    pub(super) fn whole(
        &mut self,
        id: Option<String>,
        name: Option<&str>,
        arguments: Option<Value<'_>>,
        events: &mut Vec<ChatEvent>,
    ) {
        self.start(None, id, name, events);
        if let Some(arguments) = read::present(arguments) {
            let text = match arguments.kind() {
                Kind::String => read::text(Some(arguments)).unwrap_or_default(),
                _ => read::compact(arguments),
            };
            self.arguments(None, &text, events);
        }
    }

    /// The call at a place has all of its arguments.
    pub(super) fn end(&mut self, place: Option<u64>, events: &mut Vec<ChatEvent>) {
        let found =
            self.made.iter_mut().enumerate().rfind(|(_, call)| place.is_some() && call.place == place);
        if let Some((index, call)) = found {
            call.complete(index, events);
        }
    }

    /// Nothing more comes: tells what is still held.
    pub(super) fn finish(&mut self, events: &mut Vec<ChatEvent>) {
        for (index, call) in self.made.iter_mut().enumerate() {
            call.complete(index, events);
        }
    }

    fn next(&self) -> CallIndex {
        number(self.made.len())
    }
}

impl Call {
    /// Clients read arguments as JSON: those that are none are an empty object.
    fn complete(&mut self, index: usize, events: &mut Vec<ChatEvent>) {
        if self.flows {
            return;
        }
        self.flows = true;
        let held = std::mem::take(&mut self.held);
        let delta = if held.is_empty() || held == NULL { "{}".to_owned() } else { held };
        events.push(ChatEvent::ToolArguments { choice: 0, call: number(index), delta });
    }
}

fn number(index: usize) -> CallIndex {
    CallIndex::try_from(index).unwrap_or(CallIndex::MAX)
}
