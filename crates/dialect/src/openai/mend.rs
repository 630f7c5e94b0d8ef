//! Puts right what clients of OpenAI's API could not read of a relayed answer.
//!
//! Some providers answer in nearly the same form. What of it differs is listed with the provider
//! ([`Deviation`](crate::Deviation)) and edited by span; all else of an answer, its unknown members too, goes out as it came.

mod calls;
mod failure;
mod message;
mod needles;
mod parts;
mod usage;

use std::collections::BTreeMap;

use bytes::Bytes;
use document::{Document, Edits, Kind, Value, quote};

use super::finish;
use crate::{Deviation, Reading};
use calls::Calls;
pub(super) use failure::told;

/// Choices whose state is kept; `OpenAI` allows 128.
const MAX_CHOICES: usize = 128;

/// Mends one answer, whole or chunk by chunk.
#[derive(Debug)]
pub(super) struct Mender {
    deviations: &'static [Deviation],
    /// `completion_tokens` leaves reasoning out.
    reasoning_outside: bool,
    nonce: Box<str>,
    choices: BTreeMap<u64, Spoken>,
}

/// What a choice has said that matters to its next chunk.
#[derive(Debug, Default)]
struct Spoken {
    calls: Calls,
    /// Thoughts that may still be sealed; none where they got too long.
    thoughts: Option<String>,
}

/// Whether a message is all of it or a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Delta,
}

impl Mender {
    /// None where the provider answers as `OpenAI` does.
    pub(super) fn new(reading: &Reading<'_>) -> Option<Box<Self>> {
        let quirks = reading.quirks;
        let chats = reading.operation == model::Operation::Chat;
        (chats && !quirks.answers.is_empty()).then(|| {
            Box::new(Self {
                deviations: quirks.answers,
                reasoning_outside: quirks.reasoning_outside_completion,
                nonce: reading.nonce.into(),
                choices: BTreeMap::new(),
            })
        })
    }

    /// A whole answer as it should be; none where it is that.
    pub(super) fn whole(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        self.mend(body, Extent::Whole)
    }

    /// The same for the data of a chunk. Chunks are given in their order, all of them.
    pub(super) fn chunk(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        if !self.deviations.iter().any(|deviation| needles::shows(*deviation, data)) {
            return None;
        }
        self.mend(data, Extent::Delta)
    }

    fn has(&self, deviation: Deviation) -> bool {
        self.deviations.contains(&deviation)
    }

    fn mend(&mut self, body: &[u8], extent: Extent) -> Option<Vec<u8>> {
        let document = Document::parse(Bytes::copy_from_slice(body)).ok()?;
        let mut edits = Edits::default();
        let choices = document.value("choices").filter(|choices| choices.kind() == Kind::Array)?;
        for (position, choice) in (0..).zip(choices.items()).take(MAX_CHOICES) {
            let index = choice.value("index").and_then(Value::as_u64).unwrap_or(position);
            self.choice(choice, index, &document, extent, &mut edits);
        }
        if self.has(Deviation::EmptyId) && document.value("id").is_none_or(Value::is_empty) {
            edits.set("id", quote(&format!("chatcmpl-{}", self.nonce)));
        }
        if self.has(Deviation::UsageParts)
            && let Some(counts) = document.value("usage").filter(|usage| usage.kind() == Kind::Object)
            && let Some(mended) = usage::mended(counts, self.reasoning_outside)
        {
            edits.replace(&counts, mended);
        }
        (!edits.is_empty()).then(|| document.apply(&edits).to_bytes().into())
    }

    fn choice(
        &mut self,
        choice: Value<'_>,
        index: u64,
        document: &Document,
        extent: Extent,
        edits: &mut Edits,
    ) {
        let name = if extent == Extent::Whole { "message" } else { "delta" };
        let message = choice.value(name).filter(|message| message.kind() == Kind::Object);
        let word = choice.value("finish_reason").and_then(Value::as_str).filter(|word| !word.is_empty());
        // A map that no provider may fill at will.
        if !self.choices.contains_key(&index) && self.choices.len() >= MAX_CHOICES {
            return;
        }
        let deviations = self.deviations;
        let spoken = self
            .choices
            .entry(index)
            .or_insert_with(|| Spoken { thoughts: Some(String::new()), ..Spoken::default() });
        let ends = extent == Extent::Whole || word.is_some();
        let sources = document.value("citations").filter(|_| ends && index == 0);
        if let Some(message) = message {
            let seed = format!("{}_{index}", self.nonce);
            let sources = sources.filter(|_| deviations.contains(&Deviation::Sources));
            if let Some(mended) = message::mended(message, deviations, extent, sources, &seed, spoken) {
                edits.replace(&message, mended);
            }
        }
        if deviations.contains(&Deviation::FinishWords)
            && let Some(value) = choice.value("finish_reason")
            && let Some(word) = word
        {
            let known = finish::word(&word, !spoken.calls.is_empty());
            if known != word {
                edits.replace(&value, quote(known));
            }
        }
    }
}

#[cfg(test)]
mod tests;
