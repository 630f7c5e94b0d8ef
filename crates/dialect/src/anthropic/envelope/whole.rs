//! Checks whole answers and reads what is accounted for.

use document::{Kind, Value, walk_members};
use model::{Operation, Told};

use super::name;
use super::reader::{block_bytes, name_of};
use crate::anthropic::content::stop_reason;
use crate::anthropic::usage::{Counts, tier};
use crate::{AnswerError, Reading, WholeAnswer};

/// Checks that `body` is an answer of `operation`, and reads its usage. Values that do not matter are passed
/// over, not validated. Where the client is to be told of the model by a name, that is put in.
pub(super) fn read(reading: &Reading<'_>, body: &[u8]) -> Result<WholeAnswer, AnswerError> {
    let operation = reading.operation;
    let required = match operation {
        Operation::Chat => Some(("content", Kind::Array)),
        Operation::Completions => Some(("completion", Kind::String)),
        _ => None,
    };
    if required.is_some() && std::str::from_utf8(body).is_err() {
        return Err(AnswerError::NotAnObject);
    }
    let mut found = None;
    let mut counts = Counts::default();
    let mut told = Told::default();
    let mut mended = None;
    let walked = walk_members(body, |member, cursor| {
        if let Some((name, kind)) = required
            && member.is(name)
        {
            found = cursor.value().filter(|value| value.kind() == kind);
        } else if member.is("usage") {
            if let Some(usage) = cursor.value() {
                counts.update(usage);
                told.service_tier = tier(usage);
            }
        } else if member.is("model") {
            if let Some(model) = cursor.value() {
                told.model = name_of(model);
                mended = reading.named.and_then(|name| name::replaced(body, model, name));
            }
        } else if member.is("id") {
            told.id = cursor.value().and_then(name_of);
        } else if member.is("stop_reason") {
            let reason = cursor.value().and_then(Value::as_str);
            told.finish_reasons.extend(reason.map(|reason| stop_reason(Some(&reason))));
        }
    });
    walked.map_err(|_| AnswerError::NotAnObject)?;
    let mut answer = WholeAnswer { usage: counts.usage(), told, mended, output_bytes: 0 };
    if let Some((name, _)) = required {
        let said = found.ok_or(AnswerError::Missing(name, operation.route_type()))?;
        if answer.usage.is_none() {
            answer.output_bytes = match said.kind() {
                Kind::Array => said.items().map(block_bytes).sum(),
                _ => said.as_str().map_or(0, |text| text.len() as u64),
            };
        }
    }
    Ok(answer)
}
