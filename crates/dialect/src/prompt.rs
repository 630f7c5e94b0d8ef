//! Messages as plain text, for what takes one prompt.

use model::{AssistantPart, ChatRequest, Message, SystemMessage};

/// All instructions of one message.
pub(crate) fn instructions(system: &SystemMessage) -> String {
    let texts: Vec<&str> = system.parts.iter().map(|part| part.text.as_str()).collect();
    texts.join("\n")
}

/// The prompt as written; of a conversation, what was said, a paragraph each.
pub(crate) fn paragraphs(request: &ChatRequest) -> String {
    let said = request.messages.iter().map(|message| match message {
        Message::System(system) => instructions(system),
        Message::User(user) => Message::text_of(&user.parts),
        Message::Tool(result) => Message::text_of(&result.parts),
        Message::Assistant(assistant) => {
            let texts = assistant.parts.iter().filter_map(|part| match part {
                AssistantPart::Text(part) => Some(part.text.as_str()),
                _ => None,
            });
            texts.collect()
        }
    });
    said.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::trial;

    #[test]
    fn a_prompt_stays_and_a_conversation_becomes_one() {
        assert_eq!(paragraphs(&trial::completion(&json!({"prompt": " p\n"}))), " p\n");
        let asked = trial::chat(&json!({"messages": [{"role": "system", "content": "s"},
            {"role": "user", "content": "a"}, {"role": "assistant", "content": ""}, {"role": "user", "content": "b"}]}));
        assert_eq!(paragraphs(&asked), "s\n\na\n\nb");
    }
}
