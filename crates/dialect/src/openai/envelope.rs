//! OpenAI's bodies as a relay sees them.

use document::{Document, Edits};
use model::{Losses, Operation};
use stream::StreamReader;

use super::stream::Reader;
use super::{answer, error, estimate, request, said, shape, texts};
use crate::{AnswerError, Call, Delivery, Envelope, Head, Reading, RequestError, Verdict, WholeAnswer};

/// The envelope of chat, completions and embeddings.
#[derive(Debug, Clone, Copy)]
pub struct OpenAi;

/// The one [`OpenAi`].
pub static OPENAI: OpenAi = OpenAi;

impl Envelope for OpenAi {
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
        request::edit(document, call, edits, losses);
        Ok(())
    }

    fn estimate_input(&self, document: &Document, delivery: Delivery) -> u64 {
        estimate::input(document, delivery)
    }

    fn texts(&self, document: &Document, visit: &mut dyn FnMut(&str)) -> Option<u64> {
        Some(texts::show(document, visit))
    }

    fn generated(&self, body: &[u8], text: &mut String) {
        said::all(body, text);
    }

    fn whole(&self, reading: &Reading<'_>, body: &[u8]) -> Result<WholeAnswer, AnswerError> {
        answer::whole(reading, body)
    }

    fn stream(&self, reading: &Reading<'_>) -> Box<dyn StreamReader> {
        Box::new(Reader::new(reading))
    }

    fn said(&self, data: &[u8], text: &mut String) {
        said::read(data, text);
    }

    fn answered(&self, body: &[u8], text: &mut String) {
        said::read_whole(body, text);
    }

    fn error(&self, verdict: &Verdict<'_>) -> Vec<u8> {
        error::body(verdict)
    }

    fn error_frame(&self, verdict: &Verdict<'_>) -> Vec<u8> {
        error::frame(verdict)
    }

    fn error_status(&self, data: &[u8]) -> u16 {
        error::status(data)
    }

    /// <https://platform.openai.com/docs/api-reference/debugging-requests>
    fn request_id_header(&self) -> &'static str {
        "x-request-id"
    }

    fn keep_alive(&self) -> &'static [u8] {
        b": keep-alive\n\n"
    }
}
