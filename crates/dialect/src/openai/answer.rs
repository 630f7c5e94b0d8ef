//! Checks whole OpenAI answers and reads what is accounted for.
//!
//! From <https://platform.openai.com/docs/api-reference/chat/object>.

use document::{Cursor, Kind, Value, walk_members};
use model::{FinishReason, Operation};

use super::finish;
use super::generated::Generated;
use super::mend::Mender;
use super::stream::name;
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
    if required.is_some() && operation != Operation::Embeddings && std::str::from_utf8(body).is_err() {
        return Err(AnswerError::NotAnObject);
    }
    let mut list = None;
    let mut reasons = Vec::new();
    let mut answer = WholeAnswer::default();
    let read = walk_members(body, |member, cursor| {
        if required.is_some_and(|required| member.is(required)) {
            list = match operation {
                Operation::Embeddings => cursor.value().filter(|value| value.kind() == Kind::Array),
                _ => cursor.items(|choice| reasons.extend(finish_reason(choice))),
            };
        } else if member.is("usage") {
            answer.usage = usage::read_at(cursor, quirks.reasoning_outside_completion);
        } else if member.is("model") {
            answer.told.model = cursor.value().and_then(name);
        } else if member.is("id") {
            answer.told.id = cursor.value().and_then(name);
        } else if member.is("service_tier") {
            answer.told.service_tier = cursor.value().and_then(name);
        }
    });
    read.map_err(|_| AnswerError::NotAnObject)?;
    if let Some(required) = required {
        let list = list.ok_or(AnswerError::Missing(required, operation.route_type()))?;
        if operation != Operation::Embeddings {
            answer.told.finish_reasons = reasons;
            if answer.usage.is_none() {
                answer.output_bytes = generated(operation, list).bytes;
            }
        }
        answer.mended = Mender::new(reading).and_then(|mut mender| mender.whole(body));
    }
    Ok(answer)
}

fn finish_reason(choice: &mut Cursor<'_>) -> Option<FinishReason> {
    let mut reason = None;
    choice.members(|name, cursor| {
        if name.is("finish_reason") {
            let word = cursor.value().and_then(Value::as_str);
            reason = word.map(|word| finish::read(&word, None, false).reason);
        }
    });
    reason
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
