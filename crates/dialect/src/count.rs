//! Counts of tokens by providers that count in a format of their own: a request as it would be sent, wrapped into a
//! question of how long it is.

use document::{Document, write_object};
use model::{ErrorKind, UpstreamError};

use crate::{DecodeError, read};

/// Asks a provider for the tokens of a request, and reads what it says.
pub trait CountCodec: Sync {
    /// The question. `request` is the body that the request itself would have, `model` what the provider calls the
    /// model.
    fn ask(&self, request: &Document, model: &str) -> Vec<u8>;
    /// Name of the member of an answer that has the tokens of the input.
    fn member(&self) -> &'static str;

    /// Tokens of the input, as an answer with status 2xx tells them.
    fn read(&self, body: &[u8]) -> Result<u64, DecodeError> {
        let answer = read::object(body)?;
        read::count(answer.value(self.member())).ok_or(DecodeError::Missing(self.member()))
    }
}

/// Whether an error says that the provider does not count tokens for the model: it knows no such place, or says so
/// in words.
pub fn cannot_count(error: &UpstreamError) -> bool {
    if matches!(error.status, 404 | 405 | 501) {
        return true;
    }
    let message = error.message.to_ascii_lowercase();
    error.kind == ErrorKind::InvalidRequest && message.contains("support") && message.contains("count")
}

/// Members of `request`, but for those that are `left` out.
pub(crate) fn without(request: &Document, left: &[&str], object: &mut document::ObjectWriter<'_>) {
    for member in request.members().filter(|member| !left.iter().any(|name| member.name.is(name))) {
        object.raw(&member.name.decoded(), member.value.raw());
    }
}

/// An object of those members of `request` that are `kept`.
pub(crate) fn only(request: &Document, kept: &[&str]) -> Vec<u8> {
    write_object(|object| {
        for member in request.members().filter(|member| kept.iter().any(|name| member.name.is(name))) {
            object.raw(&member.name.decoded(), member.value.raw());
        }
    })
}

#[cfg(test)]
mod tests;
