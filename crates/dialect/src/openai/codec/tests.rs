//! Tests of the codec: requests as they are written, answers, streams and errors as they are read.

use document::Document;
use model::{ChatEvent, Effort, Settings};
use serde_json::Value;
use stream::{Progress, Unit};

use super::*;
use crate::openai::CHAT_FRONT;
use crate::{ChatFront, Delivery, Quirks, TokenLimit};

mod answers;
mod calls;
mod equality;
mod errors;
mod recordings;
mod requests;
mod schema;
mod streams;

static THINKS: Family = Family {
    thinking: Thinking::Levels { efforts: &[Effort::Low, Effort::Medium, Effort::High], may_be_off: true },
    ..Family::UNKNOWN
};
static REASONING: Quirks = Quirks { token_limit: TokenLimit::MaxCompletionTokens, ..Quirks::NONE };

/// What differs from a plain call.
struct Target {
    model: &'static str,
    family: &'static Family,
    quirks: &'static Quirks,
    delivery: Delivery,
}

impl Default for Target {
    fn default() -> Self {
        Self { model: "m", family: &THINKS, quirks: &Quirks::NONE, delivery: Delivery::Whole }
    }
}

impl Target {
    fn encode(&self, request: &ChatRequest) -> Result<Encoded, EncodeError> {
        let settings = Settings::default();
        let call = ChatCall {
            model: self.model,
            family: self.family,
            quirks: self.quirks,
            settings: &settings,
            delivery: self.delivery,
            want_usage: true,
            nonce: "n0",
        };
        CHAT_CODEC.encode(request, &call)
    }

    /// The body, and what was lost.
    fn body(&self, request: &ChatRequest) -> (Value, Vec<String>) {
        let encoded = self.encode(request).unwrap();
        let losses = encoded.losses.iter().map(|loss| format!("{} {}", loss.member, loss.kind.name()));
        (serde_json::from_slice(&encoded.body).unwrap(), losses.collect())
    }

    fn answer(&self) -> Box<dyn ChatAnswer> {
        self.encode(&request(r#""messages":[{"role":"user","content":"q"}]"#)).unwrap().answer
    }
}

fn request(members: &str) -> ChatRequest {
    asked(&CHAT_FRONT, &format!("{{{members}}}"))
}

fn asked(front: &dyn ChatFront, body: &str) -> ChatRequest {
    front.read(&Document::parse(body.to_owned().into()).unwrap()).unwrap().request
}

fn whole(body: &str) -> Result<ChatResponse, DecodeError> {
    Target::default().answer().whole(&|_| None, body.as_bytes())
}

/// A whole answer with this message.
fn message(message: &str) -> ChatResponse {
    whole(&format!(r#"{{"choices":[{{"index":0,"message":{message},"finish_reason":"stop"}}]}}"#)).unwrap()
}

/// The events of a stream of these data; they obey the grammar.
fn events(data: &[&str]) -> Vec<ChatEvent> {
    let mut decoder = Target::default().answer().decoder();
    let mut events = Vec::new();
    for data in data {
        let unit = Unit { name: None, exception: false, data: data.as_bytes() };
        if decoder.unit(unit, &mut events).unwrap() == Progress::End {
            break;
        }
    }
    let mut grammar = model::Grammar::default();
    for event in &events {
        grammar.accept(event).unwrap();
    }
    events
}

fn delta(delta: &str) -> String {
    format!(
        r#"{{"id":"c","created":1,"model":"m","choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#
    )
}

fn ended(reason: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}]}}"#)
}
