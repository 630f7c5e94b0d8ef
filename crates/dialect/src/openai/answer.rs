//! Checks whole OpenAI answers and reads what is accounted for.
//!
//! From <https://platform.openai.com/docs/api-reference/chat/object>.

use document::{Kind, Value, walk_members};
use model::Operation;

use super::generated::Generated;
use super::mend::Mender;
use super::usage;
use crate::{AnswerError, Reading, WholeAnswer};

/// Checks that `body` is an answer of `operation`, and reads its usage.
///
/// Values that do not matter are passed over, not validated.
pub fn whole(reading: &Reading<'_>, body: &[u8]) -> Result<WholeAnswer, AnswerError> {
    let Reading { operation, quirks, .. } = *reading;
    let required = match operation {
        Operation::Chat | Operation::Completions => Some("choices"),
        Operation::Embeddings => Some("data"),
        _ => None,
    };
    let mut list = None;
    let mut answer = WholeAnswer::default();
    let read = walk_members(body, |member, cursor| {
        if required.is_some_and(|required| member.is(required)) {
            list = cursor.value().filter(|value| value.kind() == Kind::Array);
        } else if member.is("usage") {
            answer.usage = usage::read_at(cursor, quirks.reasoning_outside_completion);
        }
    });
    read.map_err(|_| AnswerError::NotAnObject)?;
    if let Some(required) = required {
        let list = list.ok_or(AnswerError::Missing(required, operation.route_type()))?;
        if answer.usage.is_none() && operation != Operation::Embeddings {
            answer.output_bytes = generated(operation, list).bytes;
        }
        answer.mended = Mender::new(reading).and_then(|mut mender| mender.whole(body));
    }
    Ok(answer)
}

fn generated(operation: Operation, choices: Value<'_>) -> Generated {
    let mut generated = Generated::default();
    for member in choices.items().flat_map(Value::members) {
        match member.name.raw() {
            b"message" if operation == Operation::Chat => {
                for part in member.value.members() {
                    generated.add_member(part.name.raw(), part.value);
                }
            }
            b"text" if operation == Operation::Completions => generated.add_text(member.value),
            _ => {}
        }
    }
    generated
}

#[cfg(test)]
mod tests;
