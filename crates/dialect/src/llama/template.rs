//! Llama 2's template, as Kong writes it: instructions within the first turn, and no word of what the model said.

use crate::{paired, prompt};
use model::{AssistantPart, ChatRequest, LossKind, Losses, Message};

/// A conversation. What the model said before has no place in the template: a loss.
pub(super) fn conversation(request: &ChatRequest, losses: &mut Losses) -> String {
    let mut instructions: Vec<String> = Vec::new();
    let mut turns: Vec<String> = Vec::new();
    let mut unsaid = false;
    for message in &request.messages {
        match message {
            Message::System(system) => instructions.push(prompt::instructions(system)),
            Message::User(user) => turns.push(Message::text_of(&user.parts)),
            Message::Tool(result) => turns.push(paired::orphan_text(result)),
            Message::Assistant(assistant) => {
                unsaid |= assistant.parts.iter().any(|part| !matches!(part, AssistantPart::Reasoning(_)));
            }
        }
    }
    if unsaid {
        losses.add("messages(assistant)", LossKind::Dropped);
    }
    turns.retain(|turn| !turn.is_empty());
    let instructions = instructions.join("\n");
    let mut written = String::from("<s>[INST] ");
    if !instructions.is_empty() {
        for part in ["<<SYS>> ", &instructions, " <</SYS>> "] {
            written.push_str(part);
        }
    }
    written.push_str(&turns.join(" [/INST] <s>[INST] "));
    written.push_str(" [/INST]");
    written
}

/// A prompt of completions.
pub(super) fn completion(request: &ChatRequest) -> String {
    let said = request.messages.iter().filter_map(|message| match message {
        Message::User(user) => Some(Message::text_of(&user.parts)),
        _ => None,
    });
    let prompt: String = said.collect();
    format!("<s> [INST] <<SYS>> You are a helpful assistant. <<SYS>> {prompt} [/INST]")
}
