//! Stands in for OpenAI's wire format until the crate that knows it has it.

use dialect::{AnswerError, Call, Delivery, Envelope, Head, Quirks, RequestError, Verdict, WholeAnswer};
use document::{Document, Edits};
use model::{Losses, Operation};
use stream::StreamReader;

pub(crate) struct Pending;

pub(crate) static OPENAI: Pending = Pending;

impl Envelope for Pending {
    fn head<'d>(&self, _: &'d Document) -> Result<Head<'d>, RequestError> {
        Err(RequestError::NoPrompt)
    }

    fn check(&self, _: &Document, _: Operation) -> Result<(), RequestError> {
        Err(RequestError::NoPrompt)
    }

    fn edit(&self, _: &Document, _: &Call<'_>, _: &mut Edits, _: &mut Losses) -> Result<(), RequestError> {
        Err(RequestError::NoPrompt)
    }

    fn estimate_input(&self, _: &Document, _: Delivery) -> u64 {
        0
    }

    fn whole(&self, _: Operation, _: &Quirks, _: &[u8]) -> Result<WholeAnswer, AnswerError> {
        Err(AnswerError::NotAnObject)
    }

    fn stream(&self, _: Operation, _: &Quirks) -> Box<dyn StreamReader> {
        unreachable!("no request is accepted")
    }

    fn error(&self, _: &Verdict<'_>) -> Vec<u8> {
        Vec::new()
    }

    fn error_frame(&self, _: &Verdict<'_>) -> Vec<u8> {
        Vec::new()
    }

    fn error_status(&self, _: &[u8]) -> u16 {
        500
    }

    fn keep_alive(&self) -> &'static [u8] {
        b":\n\n"
    }
}
