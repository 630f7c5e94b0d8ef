//! What an answer used, estimated, where its provider does not say: by the vocabulary of the model where it is one of
//! OpenAI's families, else by words and bytes (spec/gateway.md §3.7).

use dialect::UsageInStream;
use model::Usage;
use stream::TokenCounter;
use tokens::{Tally, Vocabulary};

use crate::body::Body;
use crate::prepare::{Plan, Prepared};

/// Counts a stream delta by delta.
struct Deltas(Tally);

impl TokenCounter for Deltas {
    fn add(&mut self, text: &str) {
        self.0.add(text);
    }

    fn tokens(&self) -> u64 {
        self.0.tokens()
    }
}

impl Prepared<'_> {
    /// The vocabulary to count with, where somebody wants to know the counts.
    fn vocabulary(&self) -> Option<Vocabulary> {
        let model = self.model.as_deref().filter(|_| self.target.logging.statistics)?;
        Vocabulary::of_model(model)
    }

    /// Whether the provider was asked for the usage of a stream, or tells it unasked.
    fn usage_expected(&self) -> bool {
        self.usage_asked || self.usage_added() || self.quirks.usage_in_stream == UsageInStream::Always
    }

    /// Who counts the tokens of a relayed stream; nobody where its provider does.
    pub fn counter(&self) -> Option<Box<dyn TokenCounter>> {
        if self.usage_expected() {
            return None;
        }
        Some(Box::new(Deltas(self.vocabulary()?.tally())))
    }

    /// Tokens of the input of a stream.
    pub fn streamed_input(&self) -> u64 {
        let counted = if self.usage_expected() { None } else { self.counted_input() };
        counted.unwrap_or_else(|| self.input_estimate())
    }

    /// What a whole answer used that has told nothing; `bytes` of it are generated text.
    pub fn estimate(&self, body: &[u8], bytes: u64) -> Usage {
        let output = self.counted_output(body).filter(|_| bytes > 0).unwrap_or(bytes.div_ceil(4));
        let fresh_input = self.counted_input().unwrap_or_else(|| self.input_estimate());
        Usage { fresh_input, output, ..Usage::default() }
    }

    fn counted_input(&self) -> Option<u64> {
        let (Body::Object { document, .. }, Plan::Relay(envelope)) = (&self.body, &self.plan) else {
            return None;
        };
        let mut tally = self.vocabulary()?.tally();
        let beside = envelope.texts(document, &mut |text| tally.add(text))?;
        Some(tally.tokens() + beside)
    }

    fn counted_output(&self, body: &[u8]) -> Option<u64> {
        let Plan::Relay(envelope) = self.plan else { return None };
        let mut tally = self.vocabulary()?.tally();
        let mut text = String::new();
        envelope.generated(body, &mut text);
        tally.add(&text);
        Some(tally.tokens())
    }

    /// Tokens of the input by Kong's rule.
    pub fn input_estimate(&self) -> u64 {
        match (&self.body, &self.plan) {
            (Body::Object { document, .. }, Plan::Relay(envelope)) => {
                envelope.estimate_input(document, self.delivery)
            }
            _ => 0,
        }
    }
}
