//! By which name a client is told of the model that answered.
//!
//! Claude Code sends its thinking back only where the answer's `model` is, letter for letter, the one that it asks
//! for; Claude then refuses a turn with tools whose thinking is missing.

use std::borrow::Cow;

use document::{Document, Value, quote};
use model::Operation;

use crate::Call;
use crate::anthropic::hosting::Hosting;

const MEMBER: &str = "model";

/// The client's own name for the model, where the host was told another: by another member, or by the URL, where hosts
/// have names of their own.
pub(super) fn asked<'d>(hosting: &Hosting, document: &'d Document, call: &Call<'_>) -> Option<Cow<'d, str>> {
    let own = document.value(MEMBER).and_then(Value::as_str).filter(|name| !name.is_empty())?;
    let told = hosting.model_in_body && call.model.is_none_or(|model| *model == *own);
    (call.operation != Operation::Preserve && !told).then_some(own)
}

/// `body` with this name in the place of `model`, a value of it; none where it stands there already.
pub(super) fn replaced(body: &[u8], model: Value<'_>, name: &str) -> Option<Vec<u8>> {
    model.as_str().filter(|model| model != name)?;
    let span = model.span();
    let (before, rest) = body.split_at_checked(span.start)?;
    Some([before, &quote(name), rest.get(span.len()..)?].concat())
}
