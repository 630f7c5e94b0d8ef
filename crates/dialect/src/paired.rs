//! A conversation in which every call is followed by its result, for providers that insist on it.
//!
//! Clients send results late, twice, or not at all, and calls under ids that occur twice. What comes out has one
//! result behind the message of each call, in the order of the calls; a result of no call is something that the
//! user says.

use model::{AssistantMessage, AssistantPart, Message, SystemMessage, ToolCall, ToolResult, UserMessage};

use crate::once::Once;

/// What stands for a result that nobody gave.
pub(crate) const NO_RESULT: &str = "(no result)";

#[derive(Debug)]
pub(crate) enum Turn<'r> {
    System(&'r SystemMessage),
    User(&'r UserMessage),
    /// The ids of its calls, in their order; none occurs twice in a conversation.
    Assistant {
        message: &'r AssistantMessage,
        ids: Vec<Box<str>>,
    },
    /// What a call, under this id, gave, if anything.
    Result {
        id: Box<str>,
        call: &'r ToolCall,
        result: Option<&'r ToolResult>,
    },
    /// A result of no call.
    Orphan(&'r ToolResult),
}

/// A call that was made.
struct Made<'r> {
    /// Which turn made it.
    turn: usize,
    call: &'r ToolCall,
    id: Box<str>,
    result: Option<&'r ToolResult>,
}

/// The turns of a conversation.
pub(crate) fn turns(messages: &[Message]) -> Vec<Turn<'_>> {
    let mut turns = Vec::with_capacity(messages.len());
    let mut made: Vec<Made<'_>> = Vec::new();
    let mut ids = Once::default();
    for message in messages {
        match message {
            Message::System(system) => turns.push(Turn::System(system)),
            Message::User(user) => turns.push(Turn::User(user)),
            Message::Assistant(assistant) => {
                let ids = record_calls(assistant, turns.len(), &mut made, &mut ids);
                turns.push(Turn::Assistant { message: assistant, ids });
            }
            Message::Tool(result) => match open_call(result, &mut made) {
                Some(call) => call.result = Some(result),
                None => turns.push(Turn::Orphan(result)),
            },
        }
    }
    place_results(turns, made)
}

/// Takes note of the calls of a message; gives their ids.
fn record_calls<'r>(
    message: &'r AssistantMessage,
    turn: usize,
    made: &mut Vec<Made<'r>>,
    taken: &mut Once,
) -> Vec<Box<str>> {
    let mut ids = Vec::new();
    for part in &message.parts {
        let AssistantPart::ToolCall(call) = part else { continue };
        let id = taken.take(if call.id.is_empty() { "call" } else { &call.id }, usize::MAX);
        ids.push(id.clone());
        made.push(Made { turn, call, id, result: None });
    }
    ids
}

/// The call that a result answers: the last one of its id that has none, else of its name.
fn open_call<'m, 'r>(result: &ToolResult, made: &'m mut [Made<'r>]) -> Option<&'m mut Made<'r>> {
    let open = |call: &Made<'r>| call.result.is_none();
    let of_id = made.iter().rposition(|call| open(call) && call.call.id == result.call);
    let by_name =
        || made.iter().rposition(|call| open(call) && Some(&*call.call.name) == result.name.as_deref());
    let answered = || made.iter().any(|call| call.call.id == result.call);
    let place = of_id.or_else(|| if answered() { None } else { by_name() })?;
    made.get_mut(place)
}

fn place_results<'r>(turns: Vec<Turn<'r>>, made: Vec<Made<'r>>) -> Vec<Turn<'r>> {
    let mut placed = Vec::with_capacity(turns.len() + made.len());
    let mut made = made.into_iter().peekable();
    for (at, turn) in turns.into_iter().enumerate() {
        placed.push(turn);
        while let Some(Made { id, call, result, .. }) = made.next_if(|call| call.turn == at) {
            placed.push(Turn::Result { id, call, result });
        }
    }
    placed
}

/// A result of no call, as a text.
pub(crate) fn orphan_text(result: &ToolResult) -> String {
    let text = Message::text_of(&result.parts);
    match &result.name {
        Some(name) => format!("Result of the tool {name}: {text}"),
        None => format!("Result of a tool: {text}"),
    }
}

#[cfg(test)]
mod tests;
