//! A request that its target reads in another format: read into the model, written by the target's codec, and
//! what the way there must tell the way back.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use dialect::{
    Asked, ChatAnswer, ChatCall, ChatCodec, ChatFront, ChatWriter, EncodeError, Encoded, Identity,
};
use document::Document;
use model::{ChatResponse, ConfiguredOptions, Losses, UpstreamError, Usage, UsageSource};
use stream::{Framer, Transcoder};

use crate::error::GatewayError;

/// What an answer needs that was decided with its request.
pub struct Translation {
    codec: &'static dyn ChatCodec,
    answer: Box<dyn ChatAnswer>,
    writer: Box<dyn ChatWriter>,
    identity: Identity,
}

/// A request as its target reads it.
pub struct Translated {
    pub translation: Translation,
    /// A JSON object.
    pub body: Vec<u8>,
    pub headers: Vec<(&'static str, String)>,
    pub losses: Losses,
}

/// Translates a request.
pub fn translate(
    codec: &'static dyn ChatCodec,
    front: &'static dyn ChatFront,
    document: &Document,
    call: &ChatCall<'_>,
    options: &ConfiguredOptions,
    told: &http::HeaderMap,
    identity: Identity,
) -> Result<Translated, GatewayError> {
    let Asked { mut request, mut losses, writer } = front.read(document)?;
    request.merge(options);
    let read = codec.reads_headers().iter().filter_map(|name| Some((*name, joined(told, name)?)));
    request.headers = read.collect();
    let encoded = codec.encode(&request, call).map_err(|error| in_words_of(front, error))?;
    let Encoded { body, headers: more, losses: lost, answer } = encoded;
    // What they say is said in the body.
    let mut headers: Vec<_> = codec.reads_headers().iter().map(|name| (*name, String::new())).collect();
    headers.extend(more);
    for loss in lost.iter() {
        losses.add(front.member(&loss.member).to_owned(), loss.kind);
    }
    Ok(Translated { translation: Translation { codec, answer, writer, identity }, body, headers, losses })
}

/// An error whose member has the name that the client knows it by.
fn in_words_of(front: &dyn ChatFront, error: EncodeError) -> EncodeError {
    let name = |member: Cow<'static, str>| Cow::Owned(front.member(&member).to_owned());
    match error {
        EncodeError::Unsupported(member) => EncodeError::Unsupported(name(member)),
        EncodeError::Invalid { member, reason } => EncodeError::Invalid { member: name(member), reason },
    }
}

/// What an answer is called where its provider gives it no name.
pub fn identity(request_id: &str, model: &str, input_estimate: u64) -> Identity {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Identity { id: request_id.into(), created: now.as_secs(), model: model.into(), input_estimate }
}

impl Translation {
    /// Tokens of the input, estimated.
    pub fn input_estimate(&self) -> u64 {
        self.identity.input_estimate
    }

    /// Reads a whole answer and writes it for the client.
    pub fn whole(
        &self,
        headers: &http::HeaderMap,
        body: &[u8],
    ) -> Result<(Vec<u8>, ChatResponse), dialect::DecodeError> {
        let mut response = self.answer.whole(&header_of(headers), body)?;
        if response.usage.is_none() {
            response.usage = Some(self.estimate(&response));
            let written = self.writer.whole(&response, &self.identity);
            response.usage = None;
            return Ok((written, response));
        }
        Ok((self.writer.whole(&response, &self.identity), response))
    }

    /// The usage to account for.
    pub fn usage(&self, response: &ChatResponse) -> (Usage, UsageSource) {
        match response.usage {
            Some(usage) => (usage, UsageSource::Reported),
            None => (self.estimate(response), UsageSource::Estimated),
        }
    }

    fn estimate(&self, response: &ChatResponse) -> Usage {
        let output = response.output_bytes().div_ceil(4);
        Usage { fresh_input: self.identity.input_estimate, output, ..Usage::default() }
    }

    /// The machine for a streamed answer.
    pub fn transcoder(&self, framer: Framer) -> Transcoder {
        let encoder = self.writer.encoder(self.identity.clone());
        Transcoder::new(framer, self.answer.decoder(), encoder, self.identity.input_estimate)
    }

    /// An answer with an error status, read.
    pub fn error(&self, status: u16, headers: &http::HeaderMap, body: &[u8]) -> UpstreamError {
        self.codec.error(status, &header_of(headers), body)
    }
}

/// All values of a header as one; none where it is not there, or is no text.
fn joined(headers: &http::HeaderMap, name: &str) -> Option<Box<str>> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() { None } else { Some(values.join(",").into()) }
}

/// Headers by name, for dialects, which know no HTTP types.
pub fn header_of(headers: &http::HeaderMap) -> impl Fn(&str) -> Option<String> {
    |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
