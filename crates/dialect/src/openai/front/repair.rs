//! Makes a conversation consistent: each call has an id, each result names its call, choices name tools.

use std::collections::HashSet;

use model::{AssistantPart, ChatRequest, LossKind, Losses, Message, Tool, ToolChoice, ToolResult};

use super::field::Place;
use crate::RequestError;

/// A call that may still be answered.
struct Open {
    id: Box<str>,
    name: Box<str>,
    answered: bool,
}

/// Gives calls without an id one, and finds the call of each result that does not name it.
pub(super) fn link(messages: &mut [Message]) -> Result<(), RequestError> {
    let mut taken: HashSet<Box<str>> = calls(messages).filter(|id| !id.is_empty()).map(Box::from).collect();
    let mut open: Vec<Open> = Vec::new();
    let mut number = 0_u32;
    for (index, message) in messages.iter_mut().enumerate() {
        match message {
            Message::Assistant(assistant) => {
                for part in &mut assistant.parts {
                    let AssistantPart::ToolCall(call) = part else { continue };
                    while call.id.is_empty() {
                        let id: Box<str> = format!("call_{number}").into();
                        number += 1;
                        if taken.insert(id.clone()) {
                            call.id = id;
                        }
                    }
                    open.push(Open { id: call.id.clone(), name: call.name.clone(), answered: false });
                }
            }
            Message::Tool(result) => {
                answer(result, &mut open).ok_or_else(|| {
                    Place::Member(
                        &Place::Item(&Place::Member(&Place::Top, "messages"), index),
                        "tool_call_id",
                    )
                    .wrong("the id of a tool call")
                })?;
            }
            Message::System(_) | Message::User(_) => {}
        }
    }
    Ok(())
}

fn calls(messages: &[Message]) -> impl Iterator<Item = &str> {
    let assistants = messages.iter().filter_map(|message| match message {
        Message::Assistant(assistant) => Some(&assistant.parts),
        _ => None,
    });
    assistants.flatten().filter_map(|part| match part {
        AssistantPart::ToolCall(call) => Some(&*call.id),
        _ => None,
    })
}

/// Links a result and its call; none where no call can be meant.
fn answer(result: &mut ToolResult, open: &mut [Open]) -> Option<()> {
    if !result.call.is_empty() {
        // The last call of this id: some servers count them anew in every turn.
        if let Some(call) = open.iter_mut().rev().find(|call| call.id == result.call) {
            call.answered = true;
            result.name.get_or_insert_with(|| call.name.clone());
        }
        return Some(());
    }
    let name = result.name.as_deref();
    let call = match name {
        Some(name) => open
            .iter()
            .position(|call| !call.answered && &*call.name == name)
            .or_else(|| open.iter().rposition(|call| &*call.name == name)),
        None => open.iter().position(|call| !call.answered),
    };
    let call = open.get_mut(call?)?;
    call.answered = true;
    result.call = call.id.clone();
    result.name = Some(call.name.clone());
    Some(())
}

/// Refuses two tools of one name; leaves out a choice of what there is not.
pub(super) fn check_tools(request: &mut ChatRequest, losses: &mut Losses) -> Result<(), RequestError> {
    let mut names = HashSet::new();
    for (index, tool) in request.tools.iter().enumerate() {
        let Tool::Function(function) = tool else { continue };
        if !names.insert(&*function.name) {
            let tools = Place::Member(&Place::Top, "tools");
            let item = Place::Item(&tools, index);
            return Err(Place::Member(&Place::Member(&item, "function"), "name").wrong("unique"));
        }
    }
    let keep = match &request.tool_choice {
        Some(ToolChoice::Named(name)) => names.contains(&**name) || has_native(&request.tools, name),
        Some(ToolChoice::Among { names: among, .. }) => among.iter().any(|name| names.contains(&**name)),
        // Anthropic takes these without tools, so it is up to the codec.
        Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Required) | None => true,
    };
    if request.tools.is_empty() && !keep {
        request.tool_choice = None;
        losses.add("tool_choice", LossKind::Dropped);
    } else if !keep {
        return Err(Place::Member(&Place::Top, "tool_choice").wrong("a choice among the tools"));
    }
    Ok(())
}

fn has_native(tools: &[Tool], wanted: &str) -> bool {
    tools.iter().any(|tool| matches!(tool, Tool::Native { name, .. } if &**name == wanted))
}
