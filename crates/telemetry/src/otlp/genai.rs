//! What spans tell of a model's work, by the conventions for generative AI
//! (<https://opentelemetry.io/docs/specs/semconv/gen-ai/>, version 1.40).

use model::Told;

use super::wire::{Attributes, Value};
use crate::record::Record;

/// What was asked of which model.
#[derive(Debug, Clone)]
pub struct GenAi<'a> {
    /// `chat`, `embeddings` and so on.
    pub operation: &'a str,
    /// As the conventions call it.
    pub provider: &'a str,
    pub request_model: Option<&'a str>,
    pub asked: Option<&'a AskedParameters>,
    /// Messages as JSON, where content may be told.
    pub input: Option<String>,
    pub output: Option<String>,
}

/// Parameters of a request, as its target was told them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AskedParameters {
    pub max_tokens: Option<u64>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub top_k: Option<f64>,
    pub frequency_penalty: Option<f64>,
    pub presence_penalty: Option<f64>,
    /// How many answers are wanted.
    pub choices: Option<u64>,
    /// The answer shall be JSON.
    pub json: bool,
}

impl GenAi<'_> {
    /// Attributes of the span; tokens and what the answer told of itself only where statistics are wanted.
    pub(super) fn attributes<'r>(&'r self, record: &'r Record<'_>) -> Attributes<'r> {
        let mut attributes = vec![
            ("gen_ai.operation.name", Value::Text(self.operation)),
            ("gen_ai.provider.name", Value::Text(self.provider)),
        ];
        if let Some(model) = self.request_model {
            attributes.push(("gen_ai.request.model", Value::Text(model)));
        }
        if let Some(asked) = self.asked {
            asked.write(&mut attributes);
        }
        if let Some(ai) = record.ai.as_ref().filter(|ai| ai.statistics) {
            write_told(ai.told, &mut attributes);
            if ai.told.model.is_none()
                && let Some(model) = self.request_model
            {
                attributes.push(("gen_ai.response.model", Value::Text(model)));
            }
            if let Some((usage, _)) = record.usage {
                let parts = [
                    ("gen_ai.usage.input_tokens", usage.prompt_tokens()),
                    ("gen_ai.usage.output_tokens", usage.completion_tokens()),
                ];
                attributes.extend(parts.map(|(name, tokens)| (name, Value::Int(tokens))));
                let details = [
                    ("gen_ai.usage.cache_read.input_tokens", usage.cache_read),
                    ("gen_ai.usage.cache_creation.input_tokens", usage.cache_writes()),
                    ("gen_ai.usage.reasoning.output_tokens", usage.reasoning),
                ];
                let known = details.into_iter().filter(|(_, tokens)| *tokens > 0);
                attributes.extend(known.map(|(name, tokens)| (name, Value::Int(tokens))));
            }
        }
        for (name, messages) in
            [("gen_ai.input.messages", &self.input), ("gen_ai.output.messages", &self.output)]
        {
            attributes.extend(messages.as_deref().map(|messages| (name, Value::Text(messages))));
        }
        attributes
    }
}

impl AskedParameters {
    fn write(&self, attributes: &mut Attributes<'_>) {
        let numbers = [
            ("gen_ai.request.temperature", self.temperature),
            ("gen_ai.request.top_p", self.top_p),
            ("gen_ai.request.top_k", self.top_k),
            ("gen_ai.request.frequency_penalty", self.frequency_penalty),
            ("gen_ai.request.presence_penalty", self.presence_penalty),
        ];
        if let Some(most) = self.max_tokens {
            attributes.push(("gen_ai.request.max_tokens", Value::Int(most)));
        }
        for (name, number) in numbers {
            attributes.extend(number.map(|number| (name, Value::Double(number))));
        }
        if let Some(choices) = self.choices.filter(|choices| *choices != 1) {
            attributes.push(("gen_ai.request.choice.count", Value::Int(choices)));
        }
        attributes.push(("gen_ai.output.type", Value::Text(if self.json { "json" } else { "text" })));
    }
}

fn write_told<'r>(told: &'r Told, attributes: &mut Attributes<'r>) {
    if let Some(id) = &told.id {
        attributes.push(("gen_ai.response.id", Value::Text(id)));
    }
    if let Some(model) = &told.model {
        attributes.push(("gen_ai.response.model", Value::Text(model)));
    }
    if !told.finish_reasons.is_empty() {
        let words = told.finish_reasons.iter().map(|reason| reason.convention_name()).collect();
        attributes.push(("gen_ai.response.finish_reasons", Value::Texts(words)));
    }
}
