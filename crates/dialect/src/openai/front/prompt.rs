//! The prompt of the older completions, as one message of a user.

use document::Kind;
use model::{LossKind, Losses, Message, TextPart, UserMessage, UserPart};

use super::field::Field;
use crate::RequestError;

/// Several prompts become one, a line each: one request has one conversation.
pub(super) fn read(field: Field<'_, '_>, losses: &mut Losses) -> Result<Message, RequestError> {
    const EXPECTED: &str = "a string or an array of strings";
    let text = match field.value.kind() {
        Kind::String => field.text()?.into_owned(),
        Kind::Array => {
            let mut prompts = Vec::new();
            field.items(|prompt| {
                prompts.push(prompt.text().map_err(|_| field.wrong(EXPECTED))?);
                Ok(())
            })?;
            match prompts.len() {
                0 => return Err(RequestError::NoPrompt),
                1 => {}
                _ => losses.add("prompt", LossKind::Approximated),
            }
            prompts.join("\n")
        }
        _ => return Err(field.wrong(EXPECTED)),
    };
    let parts = vec![UserPart::Text(TextPart::new(text))];
    Ok(Message::User(UserMessage { parts, name: None }))
}
