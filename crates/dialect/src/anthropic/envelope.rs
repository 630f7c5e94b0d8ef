//! Messages as a relay sees them: what is read of bodies that pass, and the few edits that hosts need.

use std::borrow::Cow;

use document::{Document, Edits};
use model::{ErrorKind, Losses, Operation, UpstreamError};
use stream::StreamReader;

use super::hosting::{API, BEDROCK, DATABRICKS, ErrorForm, FOUNDRY, Hosting, VERTEX};
use super::{count, error};
use crate::envelope::data_frame;
use crate::{
    AnswerError, Call, Delivery, Envelope, Head, HeaderOf, Reading, RequestError, Verdict, WholeAnswer,
    gemini, invoke,
};

mod edits;
mod name;
mod reader;
mod shape;
mod whole;

use reader::Reader;

/// The envelope of Messages, and of the legacy completions, for one host of Claude.
#[derive(Debug, Clone, Copy)]
pub struct MessagesEnvelope {
    hosting: &'static Hosting,
}

/// Anthropic's own API; also what clients speak, whoever the target is.
pub static ENVELOPE: MessagesEnvelope = MessagesEnvelope { hosting: &API };
/// AWS Bedrock, `InvokeModel`; its streams are reframed before they are relayed.
pub static BEDROCK_ENVELOPE: MessagesEnvelope = MessagesEnvelope { hosting: &BEDROCK };
/// Google Vertex AI, `rawPredict`.
pub static VERTEX_ENVELOPE: MessagesEnvelope = MessagesEnvelope { hosting: &VERTEX };
/// Azure AI Foundry.
pub static FOUNDRY_ENVELOPE: MessagesEnvelope = MessagesEnvelope { hosting: &FOUNDRY };
/// Databricks' endpoints in Anthropic's shape.
pub static DATABRICKS_ENVELOPE: MessagesEnvelope = MessagesEnvelope { hosting: &DATABRICKS };

impl Envelope for MessagesEnvelope {
    fn head<'d>(&self, document: &'d Document) -> Result<Head<'d>, RequestError> {
        shape::head(document)
    }

    fn check(&self, document: &Document, operation: Operation) -> Result<(), RequestError> {
        shape::check(document, operation)
    }

    fn edit(
        &self,
        document: &Document,
        call: &Call<'_>,
        edits: &mut Edits,
        losses: &mut Losses,
    ) -> Result<(), RequestError> {
        edits::edit(self.hosting, document, call, edits, losses);
        Ok(())
    }

    fn headers(&self, call: &Call<'_>) -> Vec<(&'static str, String)> {
        edits::headers(self.hosting, call)
    }

    fn estimate_input(&self, document: &Document, _delivery: Delivery) -> u64 {
        count::estimate(document)
    }

    fn whole(&self, reading: &Reading<'_>, body: &[u8]) -> Result<WholeAnswer, AnswerError> {
        whole::read(reading, body)
    }

    fn named<'d>(&self, document: &'d Document, call: &Call<'_>) -> Option<Cow<'d, str>> {
        name::asked(self.hosting, document, call)
    }

    fn stream(&self, reading: &Reading<'_>) -> Box<dyn StreamReader> {
        Box::new(Reader::new(reading.operation, reading.named))
    }

    fn said(&self, data: &[u8], text: &mut String) {
        reader::said(data, text);
    }

    fn answered(&self, body: &[u8], text: &mut String) {
        reader::answered(body, text);
    }

    fn error(&self, verdict: &Verdict<'_>) -> Vec<u8> {
        error::body(ErrorKind::of_status(verdict.status), verdict.message, None)
    }

    fn error_frame(&self, verdict: &Verdict<'_>) -> Vec<u8> {
        error::frame(ErrorKind::of_status(verdict.status), verdict.message, None)
    }

    fn frame_error(&self, body: &[u8]) -> Vec<u8> {
        [b"event: error\n".to_vec(), data_frame(body)].concat()
    }

    fn error_status(&self, data: &[u8]) -> u16 {
        error::event_status(data)
    }

    fn foreign_error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> Option<UpstreamError> {
        if self.hosting.errors == ErrorForm::Anthropic || error::is_own(body) {
            return None;
        }
        Some(match self.hosting.errors {
            ErrorForm::Aws => invoke::refused(status, headers, body),
            ErrorForm::Google => gemini::refused(status, body),
            ErrorForm::Anthropic | ErrorForm::Databricks => error::read(status, headers, body),
        })
    }

    /// <https://docs.anthropic.com/en/api/errors#request-id>
    fn request_id_header(&self) -> &'static str {
        "request-id"
    }

    fn keep_alive(&self) -> &'static [u8] {
        b"event: ping\ndata: {\"type\": \"ping\"}\n\n"
    }
}

#[cfg(test)]
mod tests;
