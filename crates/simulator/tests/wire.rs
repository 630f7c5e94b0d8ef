//! The simulator over real sockets, with a client that shares nothing with it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::similar_names,
    reason = "helpers of tests are tests"
)]

#[path = "wire/answers.rs"]
mod answers;
#[path = "wire/anthropic.rs"]
mod anthropic;
#[path = "wire/anthropic_judging.rs"]
mod anthropic_judging;
#[path = "wire/bedrock.rs"]
mod bedrock;
#[path = "wire/bedrock_judging.rs"]
mod bedrock_judging;
#[path = "wire/binary.rs"]
mod binary;
#[path = "wire/cohere.rs"]
mod cohere;
#[path = "wire/collected.rs"]
mod collected;
#[path = "wire/faults.rs"]
mod faults;
#[path = "wire/gemini.rs"]
mod gemini;
#[path = "wire/gemini_judging.rs"]
mod gemini_judging;
#[path = "wire/huggingface.rs"]
mod huggingface;
#[path = "wire/judging.rs"]
mod judging;
#[path = "wire/ollama.rs"]
mod ollama;

use testkit::{Answer, Call, Shared, Upstream};

static SIMULATOR: Shared<Upstream> = Shared::new(Upstream::start);

/// A call with a key that is accepted.
fn post(path: &str, body: &str) -> Call {
    Call::post(path).header("authorization", "Bearer sk-sim-1").json(body)
}

/// A chat call under OpenAI's rules; `more` is further members, each with a comma before it.
fn chat(text: &str, more: &str) -> Call {
    let body = format!(r#"{{"model":"gpt-4o","messages":[{{"role":"user","content":"{text}"}}]{more}}}"#);
    post("/v1/chat/completions", &body)
}

fn send(call: &Call) -> Answer {
    call.send(SIMULATOR.hold().addr)
}
