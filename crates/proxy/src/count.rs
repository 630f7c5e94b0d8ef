//! A count of tokens that a provider makes in its own format: what the way there tells the way back.

use dialect::{Asides, ChatCodec, CountCodec, DecodeError, cannot_count};
use http::{HeaderMap, StatusCode};
use model::UpstreamError;

use crate::translate::header_of;

/// One request to count.
pub struct Count {
    pub asides: &'static dyn Asides,
    pub counter: &'static dyn CountCodec,
    /// Reads errors.
    pub codec: &'static dyn ChatCodec,
    /// The gateway's own answer.
    pub estimated: Vec<u8>,
}

/// What came of it.
pub enum Counted {
    /// The count as the client reads it.
    Told(Vec<u8>),
    /// The provider does not count tokens for the model: the gateway's estimate.
    Estimated(Vec<u8>),
    Failed(UpstreamError),
}

impl Count {
    pub fn read(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Counted, DecodeError> {
        if status.is_success() {
            return Ok(Counted::Told(self.asides.counted(self.counter.read(body)?)));
        }
        let error = self.codec.error(status.as_u16(), &header_of(headers), body);
        Ok(if cannot_count(&error) {
            Counted::Estimated(std::mem::take(&mut self.estimated))
        } else {
            Counted::Failed(error)
        })
    }
}
