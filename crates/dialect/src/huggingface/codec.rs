//! Text generation: one prompt, one text.
//!
//! From <https://huggingface.co/docs/inference-providers/tasks/text-generation>.

use document::{ObjectWriter, write_body};
use model::{ChatRequest, LossKind, Losses, Parameter, ResponseFormat, UpstreamError};

use super::answer::Answer;
use super::error;
use crate::{
    ChatCall, ChatCodec, Counting, Delivery, EncodeError, Encoded, ErrorReader, Family, Handling, HeaderOf,
    Quirks, counting, prompt, settle,
};

const MOST_STOPS: usize = 4;
const ANY_OBJECT: &[u8] = br#"{"type":"object"}"#;
/// Parameters that clients may send at the top of the body.
const KNOWN: [&str; 13] = [
    "adapter_id",
    "best_of",
    "decoder_input_details",
    "details",
    "do_sample",
    "grammar",
    "max_new_tokens",
    "repetition_penalty",
    "return_full_text",
    "top_n_tokens",
    "truncate",
    "typical_p",
    "watermark",
];

/// Text generation at one of its two addresses.
#[derive(Debug, Clone, Copy)]
pub struct GenerateCodec {
    /// Whether the body, and not the path, asks for a stream.
    stream_in_body: bool,
}

/// At the address of a model.
pub static GENERATE_CODEC: GenerateCodec = GenerateCodec { stream_in_body: true };
/// At `/generate` and `/generate_stream`.
pub static TGI_CODEC: GenerateCodec = GenerateCodec { stream_in_body: false };

impl ErrorReader for GenerateCodec {
    fn error(&self, status: u16, headers: HeaderOf<'_>, body: &[u8]) -> UpstreamError {
        error::read_body(status, headers, body)
    }
}

impl ChatCodec for GenerateCodec {
    fn counting(&self, _quirks: &Quirks) -> &'static Counting {
        &counting::TEXT_GENERATION
    }

    fn handling(&self, parameter: Parameter, _family: &Family) -> Handling {
        match parameter {
            Parameter::MaxTokens => Handling::Rename("parameters.max_new_tokens"),
            Parameter::Temperature => Handling::Rename("parameters.temperature"),
            Parameter::TopP => Handling::Rename("parameters.top_p"),
            Parameter::TopK => Handling::Rename("parameters.top_k"),
            Parameter::Stop => Handling::Rename("parameters.stop"),
            Parameter::Seed => Handling::Rename("parameters.seed"),
            Parameter::FrequencyPenalty => Handling::Rename("parameters.frequency_penalty"),
            Parameter::JsonObject | Parameter::JsonSchema => Handling::Rename("parameters.grammar"),
            Parameter::ImageData | Parameter::ImageUrl | Parameter::Audio | Parameter::File => {
                Handling::Refuse
            }
            _ => Handling::Drop,
        }
    }

    fn encode(&self, request: &ChatRequest, call: &ChatCall<'_>) -> Result<Encoded, EncodeError> {
        let mut losses = Losses::default();
        settle(self, request, call.family, &mut losses)?;
        let body = write_body(|body| {
            body.text("inputs", &prompt::paragraphs(request));
            body.object("parameters", |parameters| write_parameters(request, parameters, &mut losses));
            if self.stream_in_body && call.delivery == Delivery::Stream {
                body.bool("stream", true);
            }
        });
        Ok(Encoded { body, headers: Vec::new(), losses, answer: Box::new(Answer) })
    }
}

fn write_parameters(request: &ChatRequest, parameters: &mut ObjectWriter<'_>, losses: &mut Losses) {
    let sampling = &request.sampling;
    if let Some(limit) = request.max_tokens {
        parameters.number("max_new_tokens", limit);
    }
    // The server takes no temperature of 0: then the likeliest token is to be taken, which has a name of its own.
    let greedy = sampling.temperature.as_ref().is_some_and(|number| number.as_f64() == Some(0.0));
    if greedy {
        losses.add(Parameter::Temperature.name(), LossKind::Emulated);
        parameters.bool("do_sample", false);
    }
    for (name, value) in [
        ("temperature", sampling.temperature.as_ref().filter(|_| !greedy)),
        ("top_p", sampling.top_p.as_ref()),
        ("top_k", sampling.top_k.as_ref()),
        ("seed", sampling.seed.as_ref()),
        ("frequency_penalty", sampling.frequency_penalty.as_ref()),
    ] {
        if let Some(value) = value {
            parameters.raw(name, value.as_str().as_bytes());
        }
    }
    if !sampling.stop.is_empty() {
        if sampling.stop.len() > MOST_STOPS {
            losses.add(Parameter::Stop.name(), LossKind::Approximated);
        }
        parameters.texts("stop", sampling.stop.iter().take(MOST_STOPS));
    }
    let schema = match &request.response_format {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(ANY_OBJECT),
        ResponseFormat::JsonSchema { schema, .. } => Some(schema.as_bytes()),
    };
    if let Some(schema) = schema {
        parameters.object("grammar", |grammar| {
            grammar.text("type", "json");
            grammar.raw("value", schema);
        });
    }
    if request.extras.value("return_full_text").is_none() {
        parameters.bool("return_full_text", false);
    }
    for extra in request.extras.iter() {
        let own = match &*extra.name {
            "grammar" => schema.is_some(),
            "max_new_tokens" => request.max_tokens.is_some(),
            "do_sample" => greedy,
            name => !KNOWN.contains(&name),
        };
        if own {
            losses.add(extra.name.to_string(), LossKind::Dropped);
        } else {
            parameters.raw(&extra.name, extra.value.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
