//! The order that `OpenAI` wants: after an assistant that calls tools, a result for each call and nothing else.

use std::collections::HashSet;

use model::{AssistantMessage, AssistantPart, Message, SystemMessage, ToolResult, UserMessage, UserPart};

/// One message as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn<'r> {
    /// Neighbouring instructions are one message: templates of open models take one only.
    System(Vec<&'r SystemMessage>),
    User(&'r UserMessage),
    Assistant(&'r AssistantMessage),
    /// The result of the call with this id; none where the client has sent none.
    Tool(&'r str, Option<&'r ToolResult>),
    /// What results show besides text, which a tool message cannot have.
    Shown(Vec<&'r ToolResult>),
    /// A result of no call.
    Orphan(&'r ToolResult),
}

pub(super) fn arrange(messages: &[Message]) -> Vec<Turn<'_>> {
    let mut turns = Vec::new();
    // Positions of results that stand behind their calls already.
    let mut placed = HashSet::new();
    for (at, message) in messages.iter().enumerate() {
        match message {
            Message::System(system) => match turns.last_mut() {
                Some(Turn::System(list)) => list.push(system),
                _ => turns.push(Turn::System(vec![system])),
            },
            Message::User(user) if user.parts.is_empty() => {}
            Message::User(user) => turns.push(Turn::User(user)),
            Message::Tool(_) if placed.contains(&at) => {}
            Message::Tool(result) => turns.push(Turn::Orphan(result)),
            Message::Assistant(assistant) => {
                turns.push(Turn::Assistant(assistant));
                answer(assistant, messages, at, &mut placed, &mut turns);
            }
        }
    }
    turns
}

/// Puts the results of an assistant's calls behind it, wherever they stand before the next assistant.
fn answer<'r>(
    assistant: &'r AssistantMessage,
    messages: &'r [Message],
    at: usize,
    placed: &mut HashSet<usize>,
    turns: &mut Vec<Turn<'r>>,
) {
    let following = || {
        let messages = messages.iter().enumerate().skip(at + 1);
        messages.take_while(|(_, message)| !matches!(message, Message::Assistant(_)))
    };
    let mut shown = Vec::new();
    for part in &assistant.parts {
        let AssistantPart::ToolCall(call) = part else { continue };
        let result = following().find_map(|(at, message)| match message {
            Message::Tool(result) if result.call == call.id && !placed.contains(&at) => Some((at, result)),
            _ => None,
        });
        turns.push(Turn::Tool(&call.id, result.map(|(_, result)| result)));
        if let Some((at, result)) = result {
            placed.insert(at);
            if result.parts.iter().any(|part| !matches!(part, UserPart::Text(_))) {
                shown.push(result);
            }
        }
    }
    if !shown.is_empty() {
        turns.push(Turn::Shown(shown));
    }
}
