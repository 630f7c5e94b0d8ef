//! Vectors from a target with a format of its own: one call or several, merged in the order of the inputs.

use dialect::{DecodeError, EmbeddingsCall, EmbeddingsCodec, EmbeddingsFront, EncodedEmbeddings, Identity};
use model::{EmbeddingsRequest, EmbeddingsResponse, Losses, Settings, Told, Usage, UsageSource};

use crate::error::GatewayError;
use crate::translate::header_of;

/// Calls that one request may become.
const MAX_CALLS: usize = 256;

/// A request for vectors on its way.
pub struct Embedding {
    codec: &'static dyn EmbeddingsCodec,
    front: &'static dyn EmbeddingsFront,
    request: EmbeddingsRequest,
    identity: Identity,
    /// Inputs that have been sent, and of these the ones of the last call.
    sent: usize,
    last: usize,
    gathered: EmbeddingsResponse,
}

/// One call.
pub struct Batch {
    /// A JSON object.
    pub body: Vec<u8>,
    pub headers: Vec<(&'static str, String)>,
    pub losses: Losses,
}

impl Embedding {
    pub fn new(
        codec: &'static dyn EmbeddingsCodec,
        front: &'static dyn EmbeddingsFront,
        request: EmbeddingsRequest,
        identity: Identity,
    ) -> Self {
        Self { codec, front, request, identity, sent: 0, last: 0, gathered: EmbeddingsResponse::default() }
    }

    fn call<'a>(&'a self, settings: &'a Settings) -> EmbeddingsCall<'a> {
        EmbeddingsCall { model: &self.identity.model, settings }
    }

    /// Whether the call that was made last has the last inputs.
    pub fn is_last(&self) -> bool {
        self.sent >= self.request.inputs.len()
    }

    /// Calls that the request becomes, and inputs in all of them.
    pub fn calls(&self, settings: &Settings) -> (usize, usize) {
        let inputs = self.request.inputs.len();
        (inputs.div_ceil(self.codec.batch(&self.call(settings)).max(1)), inputs)
    }

    /// Tokens of the input, estimated.
    pub fn input_estimate(&self) -> u64 {
        self.identity.input_estimate
    }

    /// The next call; none where all inputs have been sent.
    pub fn next(&mut self, settings: &Settings) -> Result<Option<Batch>, GatewayError> {
        let call = self.call(settings);
        let size = self.codec.batch(&call).max(1);
        if self.request.inputs.len() > size.saturating_mul(MAX_CALLS) {
            return Err(GatewayError::TooManyInputs(size.saturating_mul(MAX_CALLS)));
        }
        let inputs = self.request.inputs.get(self.sent..).unwrap_or_default();
        let inputs = inputs.get(..size).unwrap_or(inputs);
        if inputs.is_empty() {
            return Ok(None);
        }
        let EncodedEmbeddings { body, headers, losses } = self.codec.encode(&self.request, inputs, &call)?;
        self.last = inputs.len();
        self.sent += self.last;
        Ok(Some(Batch { body, headers, losses }))
    }

    /// Takes the answer to the last call.
    pub fn take(
        &mut self,
        settings: &Settings,
        headers: &http::HeaderMap,
        body: &[u8],
    ) -> Result<(), DecodeError> {
        let answer = self.codec.decode(&self.call(settings), &header_of(headers), body, self.last)?;
        let first = self.sent == self.last;
        let gathered = &mut self.gathered;
        gathered.vectors.extend(answer.vectors);
        gathered.model = gathered.model.take().or(answer.model);
        if first {
            gathered.extras = answer.extras;
        }
        // A sum that lacks a call would be told as the whole: then nothing counts as reported.
        gathered.usage = if first {
            answer.usage
        } else {
            gathered.usage.zip(answer.usage).map(|(so_far, more)| so_far.plus(more))
        };
        Ok(())
    }

    /// All vectors, as the client reads them.
    pub fn write(&self) -> Vec<u8> {
        self.front.write(&self.request, &self.gathered, &self.identity)
    }

    /// The usage to account for.
    pub fn usage(&self) -> (Usage, UsageSource) {
        if let Some(usage) = self.gathered.usage {
            return (usage, UsageSource::Reported);
        }
        let usage = Usage { fresh_input: self.identity.input_estimate, ..Usage::default() };
        (usage, UsageSource::Estimated)
    }

    /// What the answers have told of themselves.
    pub fn told(&self) -> Told {
        Told { model: self.gathered.model.clone(), ..Told::default() }
    }

    /// An answer with an error status, read.
    pub fn error(&self, status: u16, headers: &http::HeaderMap, body: &[u8]) -> model::UpstreamError {
        self.codec.error(status, &header_of(headers), body)
    }
}
